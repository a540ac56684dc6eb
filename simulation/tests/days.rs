//! Virtual time costs nothing: what a run costs is what happens in it.

mod support;

use std::time::Duration;

use greenroom::prelude::*;
use greenroom_simulation::{Faults, Link, Simulation};
use support::{Bell, Heard, ms};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Ten nodes that call each other once a minute, each its neighbour, for a day, while some crash, are cut off, and
/// lose messages.
#[test]
fn a_day_of_a_program_that_always_does_something_is_over_soon() {
    const NODES: usize = 10;
    let mut sim = Simulation::new(1);
    sim.network(Link::new().latency(ms(1)..=ms(50)).loss(0.01));
    let heard = Heard::default();
    let nodes = sim.nodes("n", NODES);
    for (number, node) in nodes.iter().enumerate() {
        let heard = Heard::clone(&heard);
        let next = nodes[(number + 1) % NODES].name().to_owned();
        sim.on_start(node, move || {
            let bell = spawn(Bell { heard: Heard::clone(&heard) });
            greenroom::register("bell", &bell).unwrap();
            while sleep(Duration::from_secs(60)).is_ok() {
                if let Ok(next) = greenroom::lookup_on::<Bell>(&next, "bell") {
                    let _ = next.within(SECOND).echo(number as u64);
                }
            }
        });
    }
    sim.faults(Faults::new().crashes(100, SECOND..=Duration::from_secs(600)).partitions(50, SECOND * 60));
    sim.run_for(DAY).unwrap();
    assert_eq!(sim.now(), DAY);
    let heard = heard.lock().unwrap().len();
    assert!((12_500..14_400).contains(&heard), "{heard} calls arrived");
}
