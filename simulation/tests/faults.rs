//! Each fault does what it says, and nothing else.

mod support;

use std::time::Duration;

use greenroom::now;
use greenroom::prelude::*;
use greenroom_simulation::{Fault, Faults, Latency, Link, Node, Simulation};
use support::{Bell, Heard, ms, numbers};

/// Two nodes, and a bell on the second that the first rings so many times, once a millisecond.
fn ring(seed: u64, link: Link, times: u64) -> (Simulation, Heard, [Node; 2]) {
    let mut sim = Simulation::new(seed);
    sim.network(link);
    let (near, far) = (sim.node("near"), sim.node("far"));
    let heard = Heard::default();
    let bell = sim.spawn_on(&far, Bell { heard: Heard::clone(&heard) });
    sim.start_on(&near, move || {
        for number in 0..times {
            bell.ring(number).unwrap();
            sleep(ms(1)).unwrap();
        }
    });
    (sim, heard, [near, far])
}

#[test]
fn a_link_without_faults_delivers_everything_in_order_after_its_latency() {
    let (mut sim, heard, _) = ring(1, Link::new().latency(ms(7)), 100);
    sim.run_for(ms(200)).unwrap();
    let heard = heard.lock().unwrap();
    assert_eq!(heard.len(), 100);
    for (place, (number, at)) in heard.iter().enumerate() {
        assert_eq!(*number, place as u64);
        let sent = ms(*number);
        assert!((sent + ms(7)..sent + ms(8)).contains(at), "{number} came at {at:?}");
    }
}

#[test]
fn as_much_is_lost_as_the_link_says_and_the_rest_keeps_its_order() {
    let (mut sim, heard, _) = ring(2, Link::new().loss(0.2), 2000);
    sim.run_for(ms(4000)).unwrap();
    let came = numbers(&heard);
    assert!((1500..1700).contains(&came.len()), "{}", came.len());
    assert!(came.is_sorted());
    let run = sim.so_far();
    assert_eq!(run.happened.len() + came.len(), 2000);
    assert!(run.happened.iter().all(|happened| matches!(happened.fault, Fault::Lost(_))));
}

#[test]
fn what_may_overtake_comes_in_another_order_and_what_may_not_does_not() {
    let jitter = Latency::uniform(ms(1)..=ms(20));
    let (mut sim, heard, _) = ring(3, Link::new().latency(jitter.clone()).reordering(true), 100);
    sim.run_for(ms(200)).unwrap();
    let mut came = numbers(&heard);
    assert!(!came.is_sorted());
    came.sort_unstable();
    assert_eq!(came, (0..100).collect::<Vec<_>>());
    assert!(sim.so_far().happened.iter().any(|happened| matches!(happened.fault, Fault::Overtaking(_))));

    let (mut sim, heard, _) = ring(3, Link::new().latency(jitter), 100);
    sim.run_for(ms(200)).unwrap();
    assert_eq!(numbers(&heard), (0..100).collect::<Vec<_>>());
    assert!(sim.so_far().happened.is_empty());
}

#[test]
fn what_is_delivered_twice_comes_twice_and_nothing_else_does() {
    let (mut sim, heard, _) = ring(11, Link::new().duplication(0.1), 500);
    sim.run_for(ms(1000)).unwrap();
    let run = sim.so_far();
    assert!((35..65).contains(&run.happened.len()), "{}", run.happened.len());
    let twice = |number: &u64| {
        run.happened
            .iter()
            .any(|it| matches!(it.fault, Fault::Repeated(passing) if passing.number == *number))
    };
    let mut came = numbers(&heard);
    came.sort_unstable();
    let wanted: Vec<u64> =
        (0..500).flat_map(|number| std::iter::repeat_n(number, 1 + usize::from(twice(&number)))).collect();
    assert_eq!(came, wanted);
}

#[test]
fn one_direction_may_be_worse_than_the_other() {
    let (mut sim, heard, [near, far]) = ring(4, Link::new(), 10);
    sim.link(&near, &far, Link::new().loss(1.0));
    sim.run_for(ms(100)).unwrap();
    assert!(numbers(&heard).is_empty());
    let bell = sim.spawn_on(&near, Bell { heard: Heard::clone(&heard) });
    let answered = sim.run_on(&far, move || bell.within(ms(50)).echo(1)).unwrap();
    assert_eq!(numbers(&heard), [1]);
    assert!(matches!(answered, Err(CallError::Timeout { .. })), "the reply is lost: {answered:?}");
}

#[test]
fn what_is_sent_into_a_partition_is_lost_and_what_is_sent_after_it_arrives() {
    let (mut sim, heard, [near, _]) = ring(5, Link::new(), 100);
    sim.run_for(ms(20)).unwrap();
    sim.partition([&near], ms(30));
    sim.run_for(ms(200)).unwrap();
    let came = numbers(&heard);
    assert!((69..=71).contains(&came.len()), "{came:?}");
    assert!(came.contains(&10) && !came.contains(&30) && came.contains(&60));
}

#[test]
fn those_on_one_side_of_a_partition_still_reach_each_other() {
    let mut sim = Simulation::new(6);
    let nodes = sim.nodes("n", 3);
    let heard = Heard::default();
    let bell = sim.spawn_on(&nodes[0], Bell { heard: Heard::clone(&heard) });
    sim.partition(&nodes[..2], Duration::MAX);
    let (one, other) = (bell.clone(), bell);
    assert_eq!(sim.run_on(&nodes[1], move || one.echo(1)).unwrap(), Ok(1));
    assert!(sim.run_on(&nodes[2], move || other.within(ms(100)).echo(2)).unwrap().is_err());
    assert_eq!(numbers(&heard), [1]);
}

#[test]
fn a_crash_ends_a_node_s_actors_and_a_restart_boots_it_again() {
    let mut sim = Simulation::new(7);
    let (near, far) = (sim.node("near"), sim.node("far"));
    let heard = Heard::default();
    let for_boot = Heard::clone(&heard);
    sim.on_start(&far, move || {
        let bell = spawn(Bell { heard: Heard::clone(&for_boot) });
        greenroom::register("bell", &bell).unwrap();
        bell.ring(100).unwrap();
        let _ = sleep(Duration::MAX);
    });
    sim.run_for(ms(10)).unwrap();
    let echo =
        |number| move || greenroom::lookup_on::<Bell>("far", "bell").unwrap().within(ms(50)).echo(number);
    assert_eq!(sim.run_on(&near, echo(1)).unwrap(), Ok(1));
    sim.crash(&far);
    assert!(!sim.is_up(&far));
    assert!(sim.run_on(&near, || greenroom::lookup_on::<Bell>("far", "bell").is_err()).unwrap());
    sim.restart(&far);
    sim.run_for(ms(10)).unwrap();
    assert_eq!(sim.run_on(&near, echo(2)).unwrap(), Ok(2));
    assert_eq!(numbers(&heard), [100, 1, 100, 2]);
}

#[test]
fn a_clock_that_is_ahead_and_fast_shows_more() {
    let mut sim = Simulation::new(9);
    let node = sim.node("node");
    sim.skew(&node, 5_000_000, 1000);
    sim.run_for(Duration::from_secs(10)).unwrap();
    let shown = sim.run_on(&node, now).unwrap();
    let wanted = Duration::from_secs(10) + ms(5) + ms(10);
    assert!(shown.abs_diff(wanted) < ms(1), "{shown:?}");
}

#[test]
fn chance_crashes_parts_and_skews_as_often_as_it_was_told_to() {
    let mut sim = Simulation::new(10);
    let nodes = sim.nodes("n", 5);
    sim.faults(Faults::new().partitions(3, ms(50)).crashes(2, ms(10)..=ms(20)).skew(ms(5), 100));
    sim.run_for(Duration::from_secs(10)).unwrap();
    let run = sim.so_far();
    let count = |is: fn(&Fault) -> bool| run.happened.iter().filter(|happened| is(&happened.fault)).count();
    assert_eq!(count(|fault| matches!(fault, Fault::Partition(_))), 3);
    assert_eq!(count(|fault| matches!(fault, Fault::Crash(_))), 2);
    assert_eq!(count(|fault| matches!(fault, Fault::Skew(_))), 5);
    drop(run);
    sim.run_for(ms(100)).unwrap();
    assert!(nodes.iter().all(|node| sim.is_up(node)), "all are back");
}

#[test]
fn faults_spare_those_that_they_are_not_for() {
    for seed in 0..20 {
        let mut sim = Simulation::new(seed);
        let nodes = sim.nodes("n", 4);
        sim.faults(
            Faults::new().partitions(2, ms(50)).crashes(5, ms(10)).skew(ms(5), 100).among(&nodes[1..2]),
        );
        sim.run_for(Duration::from_secs(1)).unwrap();
        let run = sim.so_far();
        assert!(!run.happened.is_empty());
        assert!(run.happened.iter().all(|happened| happened.what.contains("n-1")), "{:?}", run.happened);
    }
}
