//! Scribe: topics that any node publishes on and any subscribes to, over Chord; and how well Chord finds its way.
//!
//! | file | what |
//! |---|---|
//! | `scribe` | the actor beside each node, a part of the tree of each topic that asks for it |
//! | `trees` | everybody subscribes and publishes at once |
//! | `lookups` | thousands of lookups, while nodes crash |
//!
//! Prints:
//! ```text
//! 20 nodes on real cores: 37 subscribers and 12 publications, heard 111 times: by each who should, once
//! 200 simulated rings of 8: 3160 subscribers and 2400 publications, heard 9480 times: by each who should, once
//! 40 nodes, 5000 lookups: 3.41 hops on average, 7 at most; 100.00 % right
//! 10 nodes crash during 5000 more: 3.84 hops on average, 24 at most; 99.68 % right
//! on average, fewer than the binary logarithm of 40: 5.32
//! ```

mod lookups;
mod trees;

use std::time::Duration;

use greenroom::prelude::*;
use greenroom_examples::chance::Chance;
use greenroom_examples::chord::{Circle, Network};
use greenroom_examples::worlds;

use crate::trees::Spread;

/// How many nodes each keeps after it.
const SUCCESSORS: usize = 4;

fn main() -> greenroom::Result {
    // As long as the most loaded computer takes: a node that is slow has not crashed.
    let vm = Vm::builder().call_deadline(Duration::from_secs(60)).build()?;
    println!("20 nodes on real cores: {}", vm.run(on_real_cores)??);
    drop(vm);

    let runs = worlds::simulate(on_a_small_ring)?;
    let count = runs.len();
    println!("{count} simulated rings of 8: {}", runs.into_iter().fold(Spread::default(), Spread::and));

    lookups::report()
}

fn on_real_cores() -> greenroom::Result<Spread> {
    let (circle, mut chance) = (Circle::of_bits(8), Chance::new(1));
    let network = network_of(20, circle, Duration::from_millis(20), &mut chance)?;
    trees::spread(&network, circle, &mut chance)
}

fn on_a_small_ring(mut chance: Chance) -> Spread {
    let circle = Circle::of_bits(5);
    let network = network_of(8, circle, Duration::from_millis(100), &mut chance).expect("the ring settles");
    trees::spread(&network, circle, &mut chance).expect("nobody crashes")
}

/// A ring of so many nodes anywhere on a circle, when it has settled.
fn network_of(
    nodes: u64,
    circle: Circle,
    period: Duration,
    chance: &mut Chance,
) -> greenroom::Result<Network> {
    let mut network = Network::new(circle, SUCCESSORS, period);
    let mut before = None;
    while (network.ids().len() as u64) < nodes {
        let id = circle.key(chance.below(u64::MAX));
        if !network.ids().contains(&id) {
            network.join(id, before)?;
            before = Some(id);
        }
    }
    network.settle(3000)?;
    Ok(network)
}
