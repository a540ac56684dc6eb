//! The simulated world: the same seed gives the same run, another another, and time costs nothing.

mod support;

use std::time::{Duration, Instant};

use greenroom::prelude::*;
use greenroom::trace::{Filter, What};
use greenroom::{ExitReason, World, blocking};
use support::{Flag, Object, Tally, ask, in_simulations, watched};

/// What happened in a run of a program in which chance has much to decide: sends, calls, requests, processes,
/// time-outs, panics and ends, on three workers.
fn run(seed: u64) -> Vec<String> {
    let vm = Vm::builder().workers(3).world(World::Simulated { seed }).build().unwrap();
    let session = vm.trace(Filter::everything());
    vm.run(|| {
        let counters: Vec<_> = (0..5).map(|_| spawn(Object(0_u32))).collect();
        let callers: Vec<_> = (0..10_u64)
            .map(|caller| {
                let counters = counters.clone();
                spawn(Object(())).send_request(ask(move |(): &mut ()| {
                    for round in 0..10 {
                        let counter = &counters[(caller + round) as usize % 5];
                        let add = ask(move |n: &mut u32| {
                            if round % 3 == 0 {
                                sleep(Duration::from_micros(caller * 100)).unwrap();
                            }
                            *n += 1;
                        });
                        match round % 4 {
                            0 => counter.send(add).unwrap(),
                            1 => drop(counter.ask_within(Duration::from_micros(300), add)),
                            _ => drop(counter.send_request(add).wait()),
                        }
                    }
                    assert_ne!(caller, 3, "on purpose");
                }))
            })
            .collect();
        let process = process(move |inbox: Inbox<u32>| while inbox.recv().is_ok() {});
        for number in 0..5 {
            process.send(number).unwrap();
        }
        process.exit("done");
        for caller in callers {
            let _ = caller.wait();
        }
        counters[0].stop();
    })
    .unwrap();
    vm.run(|| sleep(Duration::from_secs(1))).unwrap().unwrap();
    let machine = session.take();
    assert!(session.take().is_empty(), "they are given out once");
    machine.iter().map(ToString::to_string).collect()
}

#[test]
fn the_same_seed_gives_the_same_run_message_for_message() {
    for seed in support::SEEDS {
        let (first, second) = (run(seed), run(seed));
        assert!(first.len() > 200);
        for (number, (a, b)) in first.iter().zip(&second).enumerate() {
            assert_eq!(a, b, "event {number} of seed {seed}");
        }
        assert_eq!(first.len(), second.len());
    }
}

#[test]
fn other_seeds_give_other_runs() {
    let runs: std::collections::HashSet<Vec<String>> = (0..20).map(run).collect();
    assert!(runs.len() >= 19, "only {} of 20 differ", runs.len());
}

#[test]
fn an_hour_takes_no_time() {
    let begin = Instant::now();
    in_simulations(|vm| {
        vm.run(|| sleep(Duration::from_secs(3600))).unwrap().unwrap();
        let slow = vm.spawn(Object(()));
        let hour = ask(|(): &mut ()| sleep(Duration::from_secs(3600)).unwrap());
        assert_eq!(slow.ask_within(Duration::from_secs(3601), hour), Ok(()));
    });
    assert!(begin.elapsed() < Duration::from_secs(600));
}

#[test]
fn a_deadline_in_virtual_time_is_kept_to_the_nanosecond() {
    in_simulations(|vm| {
        let second = Duration::from_secs(1);
        let call = |limit: Duration| {
            let slow = vm.spawn(Object(()));
            vm.run(move || slow.ask_within(limit, ask(move |(): &mut ()| sleep(second).unwrap()))).unwrap()
        };
        let limit = second - Duration::from_millis(1);
        let error = call(limit).unwrap_err();
        // The handler that waited notices a turn or two later.
        let microseconds = Duration::from_micros(5);
        let CallError::Timeout { elapsed, started: true, .. } = error else { panic!("{error}") };
        assert!((limit..limit + microseconds).contains(&elapsed), "{elapsed:?}");
        assert_eq!(call(second + Duration::from_millis(1)), Ok(()));
    });
}

#[test]
fn waiting_for_what_cannot_come_is_reported_and_does_not_hang() {
    watched(|| {
        in_simulations(|vm| {
            let mute = vm.spawn(Object(()));
            let never = ask(|(): &mut ()| sleep(Duration::MAX).unwrap());
            assert_eq!(mute.ask_within(Duration::MAX, never), Err(CallError::Stalled));
            let stuck = vm.run(|| process(|inbox: Inbox<()>| drop(inbox.recv())).exit_reason());
            assert_eq!(stuck, Ok(None), "the machine goes on afterwards");
        });
    });
}

#[test]
fn all_workers_are_on_the_thread_that_built_the_machine() {
    in_simulations(|vm| {
        let here = std::thread::current().id();
        let workers = vm.run(move || {
            let asked: Vec<_> = (0..100)
                .map(|_| {
                    spawn(Object(()))
                        .send_request(ask(|(): &mut ()| (std::thread::current().id(), current_worker())))
                })
                .collect();
            let seen = asked.into_iter().map(|promise| promise.wait().unwrap());
            seen.map(|(thread, worker)| {
                assert_eq!(thread, here);
                worker.unwrap()
            })
            .collect::<std::collections::BTreeSet<_>>()
        });
        assert_eq!(workers.unwrap().len(), 3, "all three had work");
        assert_eq!(vm.run(move || blocking(|| std::thread::current().id())), Ok(Ok(here)));
    });
}

#[test]
fn two_simulations_on_one_thread_call_each_other() {
    watched(|| {
        let (one, two) = (support::simulated(1), support::simulated(2));
        let callee = two.spawn(Object(20));
        let reply = one.run(move || {
            callee.ask(ask(|n: &mut i32| {
                sleep(Duration::from_millis(1)).unwrap();
                *n + 1
            }))
        });
        assert_eq!(reply, Ok(Ok(21)));
    });
}

#[test]
fn the_end_of_an_actor_is_in_the_log_with_its_reason() {
    let vm = Vm::builder().workers(1).world(World::Simulated { seed: 3 }).build().unwrap();
    let session = vm.trace(Filter::everything());
    let actor = vm.spawn(Object(()));
    actor.ask(ask(|(): &mut ()| greenroom::exit("tired"))).unwrap();
    support::settle(&vm, "it has ended", || actor.exit_reason().is_some());
    let end = What::Stop { actor: actor.id(), reason: ExitReason::Custom("tired".into()) };
    assert!(session.take().iter().any(|record| record.what == end));
}

#[test]
fn who_yields_until_some_time_has_passed_does_not_hold_time_still() {
    in_simulations(|vm| {
        let (over, tally) = (Flag::default(), Tally::default());
        let (end, turns) = (over.clone(), tally.clone());
        vm.process(move |_: Inbox<()>| {
            sleep(Duration::from_millis(1)).unwrap();
            end.raise();
        });
        vm.run(move || {
            while !over.is_raised() {
                turns.add_one();
                yield_now().unwrap();
            }
        })
        .unwrap();
        assert!(tally.count() > 1, "it waited for a timer by yielding");
    });
}
