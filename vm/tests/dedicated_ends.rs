//! How actors with a thread of their own end: as others do, and their thread with them.

mod support;

use std::cell::Cell;
use std::fs;
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use greenroom::prelude::*;
use greenroom::{ExitReason, exit, spawn_dedicated};
use support::{
    Dropped, LOST, Object, Tally, ask, both_worlds, is_child, real, real_builder, run_as_child, settle,
    wait_until, watched,
};

fn solo<S: Send + 'static>(vm: &Vm, state: S) -> Ref<Object<S>> {
    vm.spawn_dedicated(Object(state)).unwrap()
}

/// How many threads of this process have names that begin so. The system may leave some out while others end.
fn threads_named(start: &str) -> usize {
    let tasks = fs::read_dir("/proc/self/task").unwrap();
    let names = tasks.filter_map(|task| fs::read_to_string(task.unwrap().path().join("comm")).ok());
    names.filter(|name| name.starts_with(start)).count()
}

#[test]
fn it_ends_by_itself_by_others_by_a_panic_or_when_nobody_refers_to_it_and_says_why() {
    both_worlds(|vm| {
        let dropped = Tally::default();
        let state = || Dropped(dropped.clone());
        let [stops, exits, stopped, panics] = [(); 4].map(|()| solo(vm, state()));
        stops.send(ask(|_: &mut Dropped| stop())).unwrap();
        exits.send(ask(|_: &mut Dropped| exit("enough"))).unwrap();
        stopped.stop();
        let report = panics.ask(ask(|_: &mut Dropped| panic!("on purpose")));
        let (handled, count) = (Tally::default(), 50);
        let released = solo(vm, state());
        for _ in 0..count {
            let handled = handled.clone();
            released
                .send(ask(move |_: &mut Dropped| {
                    handled.add_one();
                }))
                .unwrap();
        }
        let weak = released.downgrade();
        drop(released);
        settle(vm, "all have ended", || dropped.count() == 5 && vm.actors() == 0);
        assert!(matches!(Result::<(), _>::unwrap_err(report), CallError::Panicked(_)));
        assert_eq!(stops.exit_reason(), Some(ExitReason::Normal));
        assert_eq!(exits.exit_reason(), Some(ExitReason::Custom("enough".into())));
        assert_eq!(stopped.exit_reason(), Some(ExitReason::Normal));
        assert!(matches!(panics.exit_reason(), Some(ExitReason::Panicked(_))));
        assert_eq!((handled.count(), weak.upgrade()), (count, None));
        for ended in [stops, exits, stopped, panics] {
            assert!(ended.send(ask(|_: &mut Dropped| ())).is_err());
            let refused = ended.ask(ask(|_: &mut Dropped| ()));
            assert!(matches!(refused, Err(CallError::Stopped { started: false, .. })), "{refused:?}");
        }
    });
}

#[test]
fn its_thread_ends_with_it_while_the_machine_lives() {
    watched(|| {
        let vm = real_builder().name("brief").build().unwrap();
        let ends: [fn(&Ref<Object<()>>); 4] = [
            Ref::stop,
            |_| {},
            |actor| actor.send(ask(|(): &mut ()| panic!("on purpose"))).unwrap(),
            |actor| actor.send(ask(|(): &mut ()| stop())).unwrap(),
        ];
        for round in 0..10 {
            let actors: Vec<_> = (0..8).map(|_| solo(&vm, round)).collect();
            drop(actors);
            for end in ends {
                let actor = solo(&vm, ());
                actor.ask(ask(|(): &mut ()| ())).unwrap();
                wait_until("its thread is seen", || threads_named("brief-own") >= 1);
                end(&actor);
            }
            wait_until("their threads have ended", || threads_named("brief-own") == 0);
        }
        let lasting = solo(&vm, ());
        lasting.ask(ask(|(): &mut ()| ())).unwrap();
        wait_until("its thread alone is seen", || threads_named("brief-own") == 1);
        drop(vm);
        wait_until("all threads are gone", || threads_named("brief") == 0);
    });
}

#[test]
fn one_whose_destructor_waits_ends_when_that_has() {
    struct Calls(Ref<Object<u32>>, Tally);
    impl Drop for Calls {
        fn drop(&mut self) {
            sleep(Duration::from_millis(1)).unwrap();
            self.0.ask(ask(|n: &mut u32| *n += 1)).unwrap();
            self.1.add_one();
        }
    }
    both_worlds(|vm| {
        let (other, dropped) = (vm.spawn(Object(0)), Tally::default());
        let actor = solo(vm, Calls(other.clone(), dropped.clone()));
        actor.stop();
        settle(vm, "its destructor has run", || dropped.count() == 1);
        assert_eq!(other.ask(ask(|n: &mut u32| *n)), Ok(1));
    });
}

#[test]
fn a_machine_s_end_unwinds_what_waits_refuses_what_is_queued_and_ends_the_rest() {
    watched(|| {
        for _ in 0..10 {
            let vm = real_builder().name("mortal").build().unwrap();
            let (dropped, waiting) = (Tally::default(), Tally::default());
            let state = || Dropped(dropped.clone());
            let never = vm.spawn(Object(()));
            never.send(ask(|(): &mut ()| sleep(Duration::MAX).unwrap())).unwrap();
            let rests = solo(&vm, state());
            let on_stack = || (Dropped(dropped.clone()), waiting.clone());

            let sleeps = solo(&vm, state());
            let (held, waits) = on_stack();
            let asleep = sleeps.send_request(ask(move |_: &mut Dropped| {
                let _held = held;
                waits.add_one();
                sleep(Duration::MAX).unwrap();
            }));
            let letter = Dropped(dropped.clone());
            sleeps.send(ask(move |_: &mut Dropped| drop(letter))).unwrap();
            let queued = sleeps.send_request(ask(|_: &mut Dropped| ()));

            let calls = solo(&vm, state());
            let (held, waits) = on_stack();
            let calling = calls.send_request(ask(move |_: &mut Dropped| {
                let _held = held;
                waits.add_one();
                let _ = never.ask_within(Duration::MAX, ask(|(): &mut ()| ()));
                sleep(Duration::MAX).unwrap();
            }));
            // A caller on a worker, which waits for one that will not answer. It may not have called yet when the end
            // begins, and then finds that one ended.
            let (held, waits) = on_stack();
            let caller = vm.spawn(Object(state()));
            let callee = sleeps.clone();
            let waits_for_it = caller.send_request(ask(move |_: &mut Dropped| {
                let _held = held;
                waits.add_one();
                let _ = callee.ask_within(Duration::MAX, ask(|_: &mut Dropped| ()));
                sleep(Duration::MAX).unwrap();
            }));
            wait_until("all wait", || waiting.count() == 3);
            drop(vm);
            // Four states, three stacks and a letter.
            assert_eq!(dropped.count(), 8);
            let shut = |started| Err(CallError::Stopped { reason: ExitReason::Shutdown, started });
            assert_eq!((asleep.wait(), calling.wait()), (shut(true), shut(true)));
            assert_eq!((waits_for_it.wait(), queued.wait()), (shut(true), shut(false)));
            for ended in [rests, sleeps, calls, caller] {
                assert_eq!(ended.exit_reason(), Some(ExitReason::Shutdown));
            }
            wait_until("all threads are gone", || threads_named("mortal") == 0);
        }
    });
}

#[test]
fn threads_that_go_on_sending_while_a_machine_ends_get_every_message_handled_or_back() {
    watched(|| {
        for _ in 0..20 {
            let vm = real();
            let actors: Vec<_> = (0..4).map(|_| solo(&vm, ())).collect();
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
fn handlers_that_spawn_them_while_a_machine_ends_leave_none_behind() {
    watched(|| {
        for _ in 0..20 {
            let vm = real_builder().name("late").build().unwrap();
            let (spawned, dropped) = (Tally::default(), Tally::default());
            let breed = |spawned: Tally, dropped: Tally| {
                ask(move |own: &mut Vec<Ref<Object<Dropped>>>| {
                    loop {
                        own.truncate(3);
                        own.push(spawn_dedicated(Object(Dropped(dropped.clone()))).unwrap());
                        spawned.add_one();
                        own.last().unwrap().ask(ask(|_: &mut Dropped| ())).unwrap();
                    }
                })
            };
            let work = || breed(spawned.clone(), dropped.clone());
            let promises = [
                vm.spawn(Object(Vec::new())).send_request(work()),
                solo(&vm, Vec::new()).send_request(work()),
            ];
            wait_until("they are at it", || spawned.count() > 20);
            drop(vm);
            // A call may have been refused before its caller was unwound.
            assert!(promises.into_iter().all(|promise| promise.wait().is_err()));
            assert_eq!(spawned.count(), dropped.count());
            wait_until("all threads are gone", || threads_named("late") == 0);
        }
    });
}

#[test]
fn one_that_a_destructor_spawns_while_its_machine_ends_is_ended_too() {
    type Kept = Arc<Mutex<Vec<Ref<Object<Dropped>>>>>;
    struct Spawns(Kept, Tally);
    impl Drop for Spawns {
        fn drop(&mut self) {
            let late = spawn_dedicated(Object(Dropped(self.1.clone()))).unwrap();
            self.0.lock().unwrap().push(late);
        }
    }
    watched(|| {
        let vm = real_builder().name("latest").build().unwrap();
        let (kept, dropped, waiting) = (Kept::default(), Tally::default(), Tally::default());
        for actor in [vm.spawn(Object(())), solo(&vm, ())] {
            let (spawns, waits) = (Spawns(kept.clone(), dropped.clone()), waiting.clone());
            let wait = ask(move |(): &mut ()| {
                let _spawns = spawns;
                waits.add_one();
                sleep(Duration::MAX).unwrap();
            });
            actor.send(wait).unwrap();
        }
        wait_until("they wait", || waiting.count() == 2);
        drop(vm);
        let kept = kept.lock().unwrap();
        assert_eq!((kept.len(), dropped.count()), (2, 2));
        assert!(kept.iter().all(|late| late.exit_reason() == Some(ExitReason::Shutdown)));
        wait_until("all threads are gone", || threads_named("latest") == 0);
    });
}

#[test]
fn five_hundred_one_after_another_leave_no_stack_behind() {
    const NAME: &str = "five_hundred_one_after_another_leave_no_stack_behind";
    if !is_child() {
        let output = run_as_child(NAME);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        return;
    }
    let mappings = || fs::read_to_string("/proc/self/maps").unwrap().lines().count();
    watched(|| {
        let vm = real();
        let live = |count: u32| {
            for number in 0..count {
                assert_eq!(solo(&vm, number).ask(ask(|number: &mut u32| *number)), Ok(number));
            }
            wait_until("all have ended", || vm.actors() == 0);
        };
        live(50);
        let before = mappings();
        live(500);
        // A thread that nobody joins keeps its stack and the guard below it. The last ones may still be on their way.
        wait_until("their stacks are gone", || mappings() < before + 400);
    });
}

#[test]
fn a_machine_whose_last_owner_is_on_a_thread_of_its_own_ends_all_the_same() {
    watched(|| {
        thread_local! {
            static OWNER: Cell<Option<Arc<Vm>>> = const { Cell::new(None) };
        }
        type Keeper = (Option<Arc<Vm>>, Dropped);
        let lets_go: [fn(&mut Keeper); 3] = [
            |keeper| keeper.0 = None,
            // With its state.
            |_| stop(),
            // With its thread.
            |keeper| {
                OWNER.set(keeper.0.take());
                stop();
            },
        ];
        for let_go in lets_go {
            let dropped = Tally::default();
            let vm = Arc::new(real_builder().name("owned").build().unwrap());
            let (open, gate) = mpsc::channel::<()>();
            let owner = Arc::clone(&vm);
            let keeper = solo(&vm, (Some(owner), Dropped(dropped.clone())));
            keeper
                .send(ask(move |keeper: &mut Keeper| {
                    gate.recv_timeout(LOST).unwrap();
                    let_go(keeper);
                }))
                .unwrap();
            drop((vm, keeper));
            open.send(()).unwrap();
            wait_until("its state is dropped", || dropped.count() == 1);
            wait_until("the machine is gone", || threads_named("owned") == 0);
        }
    });
}

#[test]
fn a_hundred_at_once_block_together_and_end_together() {
    watched(|| {
        let vm = real_builder().name("crowd").build().unwrap();
        let barrier = Arc::new(std::sync::Barrier::new(100));
        let actors: Vec<_> = (0..100).map(|number| solo(&vm, number)).collect();
        let promises: Vec<_> = actors
            .iter()
            .map(|actor| {
                let barrier = barrier.clone();
                actor.send_request(ask(move |number: &mut u32| {
                    // Comes back only if all hundred are there.
                    barrier.wait();
                    *number
                }))
            })
            .collect();
        let total: u32 = promises.into_iter().map(|promise| promise.wait().unwrap()).sum();
        assert_eq!(total, (0..100).sum());
        wait_until("their threads are seen", || threads_named("crowd-own") == 100);
        drop(actors);
        wait_until("their threads have ended", || threads_named("crowd-own") == 0);
        assert_eq!(vm.run(|| 1), Ok(1));
    });
}
