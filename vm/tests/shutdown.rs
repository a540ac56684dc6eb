//! A machine's end: every suspended stack is unwound, every destructor runs once, every thread is joined, everybody
//! who waits is told, and the memory comes back.

mod support;

use std::fs;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use greenroom::prelude::*;
use greenroom::{ExitReason, World, blocking};
use support::{
    Dropped, Flag, Object, SEEDS, Tally, ask, is_child, real, real_builder, resident_bytes, run_as_child,
    settle, simulated, wait_until, watched,
};

/// Machines of both worlds, each for a test to drop.
fn machines() -> impl Iterator<Item = Vm> {
    SEEDS.map(simulated).chain((0..3).map(|_| real()))
}

/// Has handlers wait in every way there is, each with something on its stack and in its state.
fn fill(vm: &Vm, each: usize, dropped: &Tally, waiting: &Tally) -> usize {
    let never = vm.spawn(Object(()));
    never.send(ask(|(): &mut ()| sleep(Duration::MAX).unwrap())).unwrap();
    for _ in 0..each {
        let held = || (Dropped(dropped.clone()), waiting.clone());
        let state = || Object(Dropped(dropped.clone()));
        let (on_stack, waits) = held();
        let sleeps = ask(move |_: &mut Dropped| {
            let _on_stack = on_stack;
            waits.add_one();
            sleep(Duration::MAX).unwrap();
        });
        vm.spawn(state()).send(sleeps).unwrap();

        let (on_stack, waits) = held();
        let callee = never.clone();
        let calls = ask(move |_: &mut Dropped| {
            let _on_stack = on_stack;
            waits.add_one();
            callee.ask_within(Duration::MAX, ask(|(): &mut ()| ())).unwrap();
        });
        vm.spawn(state()).send(calls).unwrap();

        // One that waits for a callee which waits itself: both are suspended.
        let ((on_stack, waits), (below, waits_too), inner) = (held(), held(), state());
        let chain = ask(move |_: &mut Dropped| {
            let _on_stack = on_stack;
            waits.add_one();
            let deep = ask(move |_: &mut Dropped| {
                let _on_stack = below;
                waits_too.add_one();
                sleep(Duration::MAX).unwrap();
            });
            spawn(inner).ask_within(Duration::MAX, deep).unwrap();
        });
        vm.spawn(state()).send(chain).unwrap();

        let (on_stack, waits) = held();
        drop(vm.process(move |inbox: Inbox<()>| {
            let (_on_stack, _me) = (on_stack, inbox.me());
            waits.add_one();
            inbox.recv().unwrap();
        }));
    }
    settle(vm, "all wait", || waiting.count() == 5 * each);
    // States of four, and what lies on five stacks.
    9 * each
}

#[test]
fn every_suspended_stack_is_unwound_and_every_destructor_runs_once() {
    watched(|| {
        for vm in machines() {
            let (dropped, waiting) = (Tally::default(), Tally::default());
            let all = fill(&vm, 100, &dropped, &waiting);
            assert_eq!(dropped.count(), 0);
            drop(vm);
            assert_eq!(dropped.count(), all);
        }
    });
}

#[test]
fn no_thread_of_the_machine_is_left() {
    let names = || -> Vec<String> {
        let tasks = fs::read_dir("/proc/self/task").unwrap();
        tasks.filter_map(|task| fs::read_to_string(task.unwrap().path().join("comm")).ok()).collect()
    };
    let of_ours = || names().iter().filter(|name| name.starts_with("mortal")).count();
    watched(|| {
        let vm = real_builder().name("mortal").build().unwrap();
        vm.run(|| blocking(|| ())).unwrap().unwrap();
        // Two workers, the monitor, and one of the pool; a thread that has just begun is not named yet.
        wait_until("all threads have begun", || of_ours() >= 4);
        drop(vm);
        // A joined thread may still be in the list for a moment.
        wait_until("all threads are gone", || of_ours() == 0);
    });
}

#[test]
fn queued_messages_go_back_to_those_who_wait_and_are_dropped_once() {
    watched(|| {
        for vm in machines() {
            let (begun, dropped) = (Flag::default(), Tally::default());
            let (actor, begin) = (vm.spawn(Object(())), begun.clone());
            let first = actor.send_request(ask(move |(): &mut ()| {
                begin.raise();
                sleep(Duration::MAX).unwrap();
            }));
            settle(&vm, "it waits", || begun.is_raised());
            let letter = || Dropped(dropped.clone());
            for _ in 0..50 {
                let letter = letter();
                actor.send(ask(move |(): &mut ()| drop(letter))).unwrap();
            }
            let requests: Vec<_> = (0..50)
                .map(|_| {
                    let letter = letter();
                    actor.send_request(ask(move |(): &mut ()| drop(letter)))
                })
                .collect();
            drop(vm);
            assert_eq!(dropped.count(), 100);
            let shut = |started| Err(CallError::Stopped { reason: ExitReason::Shutdown, started });
            assert_eq!(first.wait(), shut(true));
            assert!(requests.into_iter().all(|request| request.wait() == shut(false)));
            assert_eq!(actor.exit_reason(), Some(ExitReason::Shutdown));
        }
    });
}

#[test]
fn plain_threads_that_wait_are_told_at_once() {
    watched(|| {
        for _ in 0..20 {
            let vm = real();
            let actor = vm.spawn(Object(()));
            actor.send(ask(|(): &mut ()| sleep(Duration::MAX).unwrap())).unwrap();
            let waiting = Tally::default();
            let threads: Vec<_> = (0..4)
                .map(|_| {
                    let (actor, waiting) = (actor.clone(), waiting.clone());
                    thread::spawn(move || {
                        waiting.add_one();
                        actor.ask_within(Duration::MAX, ask(|(): &mut ()| ()))
                    })
                })
                .collect();
            wait_until("they are about to call", || waiting.count() == 4);
            drop(vm);
            for thread in threads {
                let refused = CallError::Stopped { reason: ExitReason::Shutdown, started: false };
                assert_eq!(thread.join().unwrap(), Err(refused));
            }
        }
    });
}

#[test]
fn threads_that_go_on_sending_while_a_machine_ends_get_every_message_handled_or_back() {
    watched(|| {
        for _ in 0..20 {
            let vm = real();
            let actors: Vec<_> = (0..10).map(|_| vm.spawn(Object(()))).collect();
            let (sent, dropped) = (Tally::default(), Tally::default());
            let threads: Vec<_> = (0..2)
                .map(|_| {
                    let (actors, sent, dropped) = (actors.clone(), sent.clone(), dropped.clone());
                    thread::spawn(move || {
                        for actor in actors.iter().cycle() {
                            sent.add_one();
                            let letter = Dropped(dropped.clone());
                            if actor.send(ask(move |(): &mut ()| drop(letter))).is_err() {
                                return;
                            }
                        }
                    })
                })
                .collect();
            wait_until("they are at it", || sent.count() > 1000);
            drop(vm);
            for thread in threads {
                thread.join().unwrap();
            }
            assert_eq!(sent.count(), dropped.count());
        }
    });
}

#[test]
fn references_outlive_their_machine_and_find_nobody_also_under_its_number() {
    watched(|| {
        // One world after the other: who waits on a thread drives the simulations on it.
        for next in [real as fn() -> Vm, || simulated(1)] {
            let vm = next();
            let actor = vm.spawn(Object(1));
            let (same, weak) = (actor.clone(), actor.downgrade());
            drop(vm);
            // It most likely gets the number that has become free.
            let other = next();
            let shut = Err(CallError::Stopped { reason: ExitReason::Shutdown, started: false });
            assert_eq!(actor.ask(ask(|n: &mut i32| *n)), shut);
            assert!(actor.send(ask(|n: &mut i32| *n)).is_err());
            assert!(weak.upgrade().is_none());
            let inside = other.run(move || {
                same.stop();
                assert!(same.send(ask(|n: &mut i32| *n)).is_err());
                same.ask(ask(|n: &mut i32| *n))
            });
            assert_eq!(inside, Ok(shut));
        }
    });
}

#[test]
fn several_machines_live_side_by_side_and_call_one_another() {
    watched(|| {
        let vms = [real(), real(), real()];
        let counters: Vec<_> = vms.iter().map(|vm| vm.spawn(Object(0_u32))).collect();
        let callers: Vec<_> = vms
            .iter()
            .flat_map(|vm| (0..4).map(move |_| vm.spawn(Object(()))))
            .map(|caller| {
                let counters = counters.clone();
                caller.send_request(ask(move |(): &mut ()| {
                    for round in 0..100 {
                        let add = ask(move |n: &mut u32| {
                            if round % 10 == 0 {
                                sleep(Duration::from_micros(20)).unwrap();
                            }
                            *n += 1;
                        });
                        counters[round % 3].ask(add).unwrap();
                    }
                }))
            })
            .collect();
        for caller in callers {
            caller.wait().unwrap();
        }
        let sum: u32 = counters.iter().map(|counter| counter.ask(ask(|n: &mut u32| *n)).unwrap()).sum();
        assert_eq!(sum, 1200);
    });
}

#[test]
fn a_handler_that_waits_for_an_actor_of_another_machine_is_told_when_that_ends() {
    watched(|| {
        for _ in 0..20 {
            let (here, there) = (real(), real());
            let callee = there.spawn(Object(()));
            let begun = Flag::default();
            let begin = begun.clone();
            let waits = here.spawn(Object(())).send_request(ask(move |(): &mut ()| {
                let deep = ask(move |(): &mut ()| {
                    begin.raise();
                    sleep(Duration::MAX).unwrap();
                });
                callee.ask_within(Duration::MAX, deep)
            }));
            settle(&there, "the callee has begun", || begun.is_raised());
            drop(there);
            let told = waits.wait().unwrap();
            assert_eq!(told, Err(CallError::Stopped { reason: ExitReason::Shutdown, started: true }));
            assert_eq!(here.run(|| 1), Ok(1));
        }
    });
}

#[test]
fn a_machine_may_live_in_an_actor_of_another_and_ends_with_it() {
    watched(|| {
        let (outer, dropped) = (real(), Tally::default());
        let inner = real();
        inner
            .spawn(Object(Dropped(dropped.clone())))
            .send(ask(|_: &mut Dropped| sleep(Duration::MAX).unwrap()))
            .unwrap();
        let owner = outer.spawn(Object(inner));
        assert_eq!(owner.ask(ask(|inner: &mut Vm| inner.run(|| 5))), Ok(Ok(5)));
        owner.stop();
        wait_until("the inner one has ended", || dropped.count() == 1);
    });
}

#[test]
fn actors_that_are_busy_for_ever_do_not_keep_a_machine() {
    fn again(_: &mut Dropped) {
        me::<Object<Dropped>>().send(ask(again)).unwrap();
    }
    watched(|| {
        for _ in 0..20 {
            let (vm, dropped) = (real(), Tally::default());
            for _ in 0..20 {
                vm.spawn(Object(Dropped(dropped.clone()))).send(ask(again)).unwrap();
            }
            vm.run(|| sleep(Duration::from_millis(2))).unwrap().unwrap();
            assert_eq!(dropped.count(), 0);
            drop(vm);
            assert_eq!(dropped.count(), 20);
        }
    });
}

#[test]
#[cfg_attr(feature = "sanitizer", ignore = "the sanitizer's own memory would be counted too")]
fn a_thousand_machines_one_after_another_leave_no_memory_behind() {
    const NAME: &str = "a_thousand_machines_one_after_another_leave_no_memory_behind";
    if !is_child() {
        let output = run_as_child(NAME);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        return;
    }
    let mappings = || fs::read_to_string("/proc/self/maps").unwrap().lines().count();
    let live = |world: World, each: usize| {
        let vm = real_builder().world(world).build().unwrap();
        let (dropped, waiting) = (Tally::default(), Tally::default());
        let all = fill(&vm, each, &dropped, &waiting);
        drop(vm);
        assert_eq!(dropped.count(), all);
    };
    watched(|| {
        let rounds = |count: u64| {
            for number in 0..count {
                live(World::Simulated { seed: number }, 2);
                if number % 20 == 0 {
                    live(World::Real, 100);
                }
            }
        };
        rounds(200);
        let (memory, maps) = (resident_bytes(), mappings());
        rounds(1000);
        let grown = resident_bytes().saturating_sub(memory);
        let now = mappings();
        assert!(grown < 16 << 20, "{grown} bytes more");
        assert!(now < maps + 40, "{now} mappings, {maps} before");
    });
}

/// A machine whose last owner is given to `keeper`, a process of its own, which drops it once it has been released:
/// everything in the machine ends.
fn ends_by_itself(keeper: impl FnOnce(Arc<Vm>, mpsc::Receiver<()>) + Send + 'static) {
    watched(|| {
        let (dropped, waiting) = (Tally::default(), Tally::default());
        let vm = Arc::new(real());
        let all = fill(&vm, 10, &dropped, &waiting);
        let (release, released) = mpsc::channel();
        let owner = Arc::clone(&vm);
        vm.process(move |_: Inbox<()>| keeper(owner, released));
        drop(vm);
        release.send(()).unwrap();
        while dropped.count() < all {
            thread::yield_now();
        }
    });
}

#[test]
fn a_machine_whose_last_owner_is_one_of_its_own_actors_ends_all_the_same() {
    ends_by_itself(|owner, released| {
        let _ = blocking(move || released.recv());
        drop(owner);
    });
}

#[test]
fn a_machine_whose_last_owner_is_its_own_blocking_work_ends_all_the_same() {
    ends_by_itself(|owner, released| {
        let _ = blocking(move || {
            let _ = released.recv();
            drop(owner);
        });
    });
}
