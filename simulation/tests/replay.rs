//! A failure that was found can be looked at again: the same run, byte for byte, here and on other machines.

mod support;

use std::fs;

use greenroom::prelude::*;
use greenroom_simulation::{Faults, Link, Plan, Schedule, Search, Simulation};
use greenroom_trace::Trace;
use support::{Bell, Heard, ms};

/// A program in which everything that chance can draw is drawn.
fn busy(sim: &mut Simulation) -> greenroom::Result {
    sim.network(Link::new().latency(ms(1)..=ms(9)).loss(0.05).duplication(0.05).reordering(true));
    let nodes = sim.nodes("n", 4);
    sim.faults(Faults::new().crashes(2, ms(20)).partitions(2, ms(5)..=ms(10)).skew(ms(5), 100));
    let heard = Heard::default();
    let boot = {
        let heard = Heard::clone(&heard);
        move || {
            let bell = spawn(Bell { heard: Heard::clone(&heard) });
            greenroom::register("bell", &bell).unwrap();
            let _ = sleep(std::time::Duration::MAX);
        }
    };
    nodes.iter().for_each(|node| sim.on_start(node, boot.clone()));
    for node in &nodes {
        sim.start_on(node, || {
            for number in 0..20 {
                for other in ["n-0", "n-1", "n-2", "n-3"] {
                    if let Ok(bell) = greenroom::lookup_on::<Bell>(other, "bell") {
                        let _ = bell.ring(number);
                        let _ = bell.within(ms(12)).echo(number);
                    }
                }
            }
        });
    }
    sim.run_for(ms(100))?;
    let heard = heard.lock().unwrap().len() as u64;
    let wanted = sim.amount("wanted", 0..=1_000_000);
    if heard < wanted { Err(format!("{heard} of {wanted}").into()) } else { Ok(()) }
}

fn jsonl(trace: &Trace) -> Vec<u8> {
    let mut bytes = Vec::new();
    trace.write(&mut bytes).unwrap();
    bytes
}

#[test]
fn the_same_plan_gives_the_same_trace_byte_for_byte() {
    for schedule in [Schedule::Random, Schedule::Pct { depth: 3, steps: 1000 }] {
        for seed in 0..5 {
            let plan = Plan { schedule: schedule.clone(), ..Plan::new(seed) };
            let search = Search::new("busy", busy);
            let (run, trace) = search.trace(&plan);
            assert!(trace.events.len() > 100 && run.happened.len() > 10, "{} events", trace.events.len());
            let elsewhere = std::thread::scope(|scope| scope.spawn(|| jsonl(&search.trace(&plan).1)).join());
            assert!(jsonl(&trace) == elsewhere.unwrap(), "two traces of {plan}");
            assert_eq!(search.once(&plan), run, "a recording changes nothing");
        }
    }
}

#[test]
fn other_seeds_give_other_traces() {
    let search = Search::new("busy", busy);
    let traces: std::collections::HashSet<_> =
        (0..10).map(|seed| jsonl(&search.trace(&Plan::new(seed)).1)).collect();
    assert_eq!(traces.len(), 10);
}

/// FNV-1a.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[test]
fn this_machine_gives_the_trace_that_others_gave() {
    let (_, trace) = Search::new("busy", busy).trace(&Plan::new(1));
    let (events, hash) = (trace.events.len(), hash(&jsonl(&trace)));
    // Both change whenever what is recorded, or the order of steps, changes on purpose: then write down what is found.
    assert_eq!((events, format!("{hash:x}").as_str()), (320, "d296914360764c7a"));
}

#[test]
fn a_failure_is_saved_as_diagram_log_and_trace_and_its_plan_replays_it() {
    let folder = std::env::temp_dir().join(format!("greenroom-replay-{}", std::process::id()));
    let search = || Search::new("busy", busy).seeds(0..10).folder(&folder).shrink_runs(60);
    let report = search().run();
    let found = report.found().expect("so many are not heard");
    let files = found.saved.clone().unwrap();
    let saved: Vec<_> = files.iter().map(|file| file.file_name().unwrap().to_str().unwrap()).collect();
    assert_eq!(saved, ["busy-0.html", "busy-0.log", "busy-0.trace.jsonl"]);
    let log = fs::read_to_string(&files[1]).unwrap();
    assert!(log.contains(&found.replay()) && log.contains("casts ring"), "{log}");
    assert!(fs::read_to_string(&files[0]).unwrap().starts_with("<!DOCTYPE html>"));

    let first = fs::read(&files[2]).unwrap();
    let plan: Plan = found.replay().strip_prefix("busy ").unwrap().parse().unwrap();
    let again = search().replay(&plan);
    assert_eq!(again.found().unwrap().run, found.least_run);
    assert!(fs::read(&files[2]).unwrap() == first, "the replay's trace differs");
    fs::remove_dir_all(folder).unwrap();
}
