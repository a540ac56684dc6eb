//! Overflow: a handler that uses up its stack ends its actor, and nothing else; one that runs on ends the process
//! with its name.

#![cfg(not(feature = "sanitizer"))] // With a sanitizer frames are several times larger; the stacks' own tests run with it.

mod support;

use std::hint::black_box;
use std::os::unix::process::ExitStatusExt;

use greenroom::prelude::*;
use greenroom::{ExitReason, Incident, StackSize, on_big_stack};
use support::{Dropped, Object, Tally, ask, is_child, real, run_as_child, settle, watched};

/// Recurses until so many bytes of stack are used, and runs `bottom` there.
fn dive<R>(bytes: usize, bottom: impl FnOnce() -> R) -> R {
    fn deeper<R>(top: usize, bytes: usize, bottom: impl FnOnce() -> R) -> R {
        let here = black_box([0_u8; 64]);
        if top - (&raw const here).addr() >= bytes {
            return bottom();
        }
        let result = deeper(top, bytes, bottom);
        black_box(&here);
        result
    }
    let top = 0_u8;
    deeper((&raw const top).addr(), bytes, bottom)
}

/// A little more than an actor has, and less than would end the process.
const TOO_DEEP: usize = (64 << 10) + 512;

#[test]
fn deep_recursion_that_ends_in_a_call_ends_its_actor_only_a_thousand_times_in_a_row() {
    watched(|| {
        let vm = real();
        let incidents = vm.incidents(10_000);
        let witness = vm.spawn(Object(0));
        let unwound = Tally::default();
        let tally = unwound.clone();
        vm.run(move || {
            for number in 0..1000 {
                let (called, held) = (witness.clone(), Dropped(tally.clone()));
                let deep = ask(move |(): &mut ()| {
                    let _held = held;
                    dive(TOO_DEEP, || match number % 4 {
                        0 => drop(called.ask(ask(|n: &mut i32| *n += 1000))),
                        1 => drop(called.send(ask(|n: &mut i32| *n += 1000))),
                        2 => drop(spawn(Object(()))),
                        _ => yield_now().unwrap(),
                    });
                });
                let doomed = spawn(Object(()));
                let error = doomed.ask(deep).unwrap_err();
                let reason = ExitReason::StackOverflow;
                assert_eq!(error, CallError::Stopped { reason: reason.clone(), started: true });
                assert_eq!(doomed.exit_reason(), Some(reason));
                assert_eq!(witness.ask(ask(|n: &mut i32| std::mem::replace(n, *n + 1))), Ok(number));
            }
        })
        .unwrap();
        assert_eq!(unwound.count(), 1000);
        let is_overflow = |incident: &Incident| {
            matches!(incident, Incident::StackOverflow { kind: "Object<()>", stack: 65_536, .. })
        };
        assert_eq!(incidents.try_iter().filter(is_overflow).count(), 1000);
        settle(&vm, "the dead are gone", || vm.actors() == 0);
    });
}

#[test]
fn a_queued_message_that_goes_too_deep_ends_its_actor_and_is_named_to_who_asks() {
    watched(|| {
        let vm = real();
        let actors: Vec<_> = (0..50).map(|_| vm.spawn(Object(()))).collect();
        for actor in &actors {
            actor.send(ask(|(): &mut ()| dive(TOO_DEEP, || yield_now().unwrap()))).unwrap();
        }
        for actor in &actors {
            support::wait_until("it has ended", || actor.exit_reason().is_some());
            assert_eq!(actor.exit_reason(), Some(ExitReason::StackOverflow));
        }
        assert_eq!(vm.run(|| 1), Ok(1));
    });
}

#[test]
fn a_handler_that_went_too_deep_and_came_back_goes_on_and_so_do_others() {
    watched(|| {
        let vm = real();
        for _ in 0..100 {
            let actor = vm.spawn(Object(0));
            actor.ask(ask(|n: &mut i32| dive(TOO_DEEP, || *n += 1))).unwrap();
            assert_eq!(actor.ask(ask(|n: &mut i32| *n)), Ok(1), "it made no call down there");
        }
    });
}

struct Roomy;
impl Actor for Roomy {
    const STACK: StackSize = StackSize::MIB_1;
}
struct Dive(usize);
impl Message for Dive {
    type Reply = bool;
}
impl Handler<Dive> for Roomy {
    fn handle(&mut self, Dive(bytes): Dive) -> bool {
        dive(bytes, yield_now).is_ok()
    }
}

#[test]
fn an_actor_with_a_larger_stack_goes_deeper_called_or_sent_to() {
    support::both_worlds(|vm| {
        let roomy = vm.spawn(Roomy);
        assert_eq!(roomy.send_request(Dive(900 << 10)).wait(), Ok(true));
        let again = roomy.clone();
        assert_eq!(vm.run(move || again.ask(Dive(900 << 10))), Ok(Ok(true)));
        let error = roomy.ask(Dive((1 << 20) + 512)).unwrap_err();
        assert_eq!(error, CallError::Stopped { reason: ExitReason::StackOverflow, started: true });
    });
}

#[test]
fn a_deep_recursion_fits_on_the_big_stack() {
    support::both_worlds(|vm| {
        assert_eq!(vm.run(|| on_big_stack(|| dive(7 << 20, || 5))), Ok(5));
    });
}

#[test]
fn a_handler_that_runs_through_its_guard_ends_the_process_and_is_named() {
    struct Burrower;
    impl Actor for Burrower {}
    impl Handler<Dive> for Burrower {
        fn handle(&mut self, Dive(bytes): Dive) -> bool {
            dive(bytes, || true)
        }
    }
    if is_child() {
        let vm = real();
        println!("spawned {:?}", vm.spawn(Object(())));
        let burrower = vm.spawn(Burrower);
        println!("{burrower:?} digs");
        let _ = burrower.ask(Dive(1 << 20));
        unreachable!("the process has ended");
    }
    let output = run_as_child("a_handler_that_runs_through_its_guard_ends_the_process_and_is_named");
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.signal(), Some(6), "{text}");
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let name = printed.lines().find_map(|line| line.strip_suffix(" digs")).unwrap();
    assert!(name.contains("Burrower"), "{name}");
    for part in [name, "64 KiB", "Actor::STACK"] {
        assert!(text.contains(part), "{part:?} is not in {text:?}");
    }
}

#[test]
fn a_reply_that_an_overflow_ends_still_calls_back() {
    watched(|| {
        let vm = real();
        let told = vm.spawn(Object(Vec::new()));
        for _ in 0..20 {
            let promise =
                vm.spawn(Object(())).send_request(ask(|(): &mut ()| dive(TOO_DEEP, || yield_now().unwrap())));
            promise.then(&told, |Object(told), reply| told.push(reply.unwrap_err()));
        }
        let seen = || told.ask(ask(|told: &mut Vec<CallError>| told.clone())).unwrap();
        settle(&vm, "all are told", || seen().len() == 20);
        let error = CallError::Stopped { reason: ExitReason::StackOverflow, started: true };
        assert!(seen().iter().all(|told| *told == error));
    });
}

// ---- Parallel methods ----

#[derive(Default)]
struct Deep;

#[actor]
impl Deep {
    #[parallel]
    fn beside<R: Send + 'static>(me: &Me<Self>, work: impl Fn(&Me<Deep>) -> R + Send + 'static) -> R {
        work(me)
    }

    fn idle(&self) {}
}

#[test]
fn a_parallel_method_whose_stack_is_used_up_fails_alone_unless_it_has_the_state() {
    let overflown = CallError::Stopped { reason: ExitReason::StackOverflow, started: true };
    watched(|| {
        let vm = real();
        for round in 0..100 {
            let waits = move || {
                if round % 2 == 0 {
                    yield_now().unwrap();
                }
            };
            let deep = vm.spawn(Deep);
            let outside = deep.request().beside(move |_| {
                waits();
                dive(TOO_DEEP, || drop(spawn(Object(()))));
            });
            assert_eq!(outside.wait(), Err(overflown.clone()));
            assert_eq!(deep.idle(), Ok(()));
            let called = deep.clone();
            let inside = vm.run(move || {
                called.beside(move |me| {
                    waits();
                    me.with(|_| dive(TOO_DEEP, || drop(spawn(Object(())))));
                })
            });
            assert_eq!(inside.unwrap(), Err(overflown.clone()));
            settle(&vm, "the actor has ended", || deep.exit_reason() == Some(ExitReason::StackOverflow));
        }
    });
}

#[test]
fn a_parallel_method_that_stops_its_actor_and_goes_too_deep_ends_it_as_it_said() {
    watched(|| {
        let vm = real();
        for round in 0..100 {
            let deep = vm.spawn(Deep);
            let called = deep.clone();
            let work = move |_: &Me<Deep>| {
                greenroom::exit("enough");
                dive(TOO_DEEP, || {
                    if round % 2 == 0 {
                        drop(spawn(Object(())));
                    }
                });
            };
            let answer = if round % 4 < 2 {
                deep.request().beside(work).wait()
            } else {
                vm.run(move || called.beside(work)).unwrap()
            };
            assert_eq!(answer.is_err(), round % 2 == 0);
            let reason = Some(ExitReason::Custom("enough".into()));
            settle(&vm, "the actor has ended", || deep.exit_reason() == reason);
        }
    });
}
