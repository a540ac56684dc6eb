//! Memory: what an idle actor costs beyond its state, the allocator's part included.

#![cfg(not(feature = "sanitizer"))] // The sanitizer's own memory would be counted too.

mod support;

use greenroom::prelude::*;
use support::{Object, ask, is_child, real, resident_bytes, run_as_child, watched};

const ACTORS: usize = 1_000_000;

struct Empty;
impl Actor for Empty {}

/// What a machine may touch by itself meanwhile, whatever the number of actors: a thread's stack, a table, a page of the
/// program. It varies by some pages from run to run, where the limits below are exact.
const OF_THE_MACHINE: usize = 256 << 10;

/// What a million actors with one kind of state add to resident memory, in bytes an actor, the table of
/// references to them and [what the machine may touch](OF_THE_MACHINE) not counted. Pages that were there before are used
/// up first.
fn bytes_an_actor<A: Actor>(spawn_in: impl Fn(&Vm) -> Ref<A>) -> f64 {
    let vm = real();
    let mut actors = Vec::with_capacity(ACTORS);
    // Touched, so that the table is resident before.
    actors.resize_with(ACTORS, || None);
    let before = resident_bytes();
    for place in &mut actors {
        *place = Some(spawn_in(&vm));
    }
    let grown = resident_bytes() - before;
    assert_eq!(vm.actors(), ACTORS);
    // A million ends, one by one, show nothing here.
    std::mem::forget(actors);
    (grown - OF_THE_MACHINE) as f64 / ACTORS as f64
}

#[test]
fn an_idle_actor_costs_at_most_64_bytes_beyond_its_state() {
    if !is_child() {
        let output = run_as_child("an_idle_actor_costs_at_most_64_bytes_beyond_its_state");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
        assert!(text.contains("bytes an actor"), "it measured");
        return;
    }
    watched(|| {
        let empty = bytes_an_actor(|vm| vm.spawn(Empty));
        println!("{empty:.1} bytes an actor");
        assert!(empty <= 64.0, "{empty} bytes");
        assert!(empty >= 40.0, "{empty} bytes: that cannot be all");
    });
}

#[test]
fn an_idle_actor_s_state_is_the_rest() {
    if !is_child() {
        let output = run_as_child("an_idle_actor_s_state_is_the_rest");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        return;
    }
    watched(|| {
        let with_state = bytes_an_actor(|vm| vm.spawn(Object([7_u64; 8])));
        assert!(with_state >= 64.0 + 40.0, "{with_state} bytes for a state of 64");
        assert!(with_state <= 64.0 + 64.0, "{with_state} bytes for a state of 64");
        println!("{with_state:.3} bytes for a state of 64");
    });
}

#[test]
fn actors_that_have_handled_messages_are_as_small_afterwards() {
    if !is_child() {
        let output = run_as_child("actors_that_have_handled_messages_are_as_small_afterwards");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        return;
    }
    const MANY: usize = 200_000;
    watched(|| {
        let vm = real();
        let actors: Vec<_> = (0..MANY).map(|_| vm.spawn(Object(0_u64))).collect();
        let before = resident_bytes();
        let actors = vm.run(move || {
            for chunk in actors.chunks(1000) {
                for actor in chunk {
                    actor.send(ask(|n: &mut u64| *n += 1)).unwrap();
                }
                for actor in chunk {
                    assert_eq!(actor.ask(ask(|n: &mut u64| *n)), Ok(1));
                }
            }
            actors
        });
        let grown = resident_bytes().saturating_sub(before);
        // The workers' own stocks of stacks and blocks, and 16 bytes an actor, which none of them takes.
        assert!(grown < (8 << 20) + MANY * 16, "{grown} bytes more for {MANY} actors at rest");
        assert_eq!(actors.unwrap().len(), MANY);
    });
}
