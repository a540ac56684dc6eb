//! Names at the end of what bears them: free before anyone is told, whatever the end, and none left behind.

mod support;

use std::pin::pin;
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;

use greenroom::prelude::*;
use greenroom::{ActorId, ExitReason, NameError, lookup, register, spawn_named, unregister, whereis};
use support::{
    Dropped, Flag, LOST, Object, Tally, ask, both_worlds, in_simulations, named, real, resume_quietly,
    settle, simulated, wait_until, watched,
};

/// How an actor may end while a caller waits for it.
#[derive(Clone, Copy, Debug)]
enum Death {
    /// Asked to stop, with the caller's request behind it in the mailbox.
    Stop,
    /// The caller's own request panics, called by hand-off.
    Panic,
    /// It panics with a message of someone else, and the caller's request waits.
    PanicInAnother,
    /// It suspends in the caller's request, and panics then.
    PanicLater,
}

/// Keeps its worker busy meanwhile.
fn spin_until(flag: &Flag) {
    while !flag.is_raised() {
        thread::yield_now();
    }
}

/// Has a named actor die, and returns when a pending call has told so.
fn die(actor: &Ref<Object<u32>>, death: Death) -> CallError {
    let panics = |_: &mut u32| resume_quietly();
    let answer = match death {
        Death::Stop => {
            actor.stop();
            actor.ask_within(LOST, ask(|_: &mut u32| ()))
        }
        Death::Panic => actor.ask_within(LOST, ask(panics)),
        Death::PanicInAnother => {
            actor.send(ask(panics)).unwrap();
            actor.ask_within(LOST, ask(|_: &mut u32| ()))
        }
        Death::PanicLater => actor.ask_within(
            LOST,
            ask(|_: &mut u32| {
                yield_now().unwrap();
                resume_quietly();
            }),
        ),
    };
    answer.unwrap_err()
}

#[test]
fn a_name_is_free_again_before_callers_hear_of_the_death() {
    const RESTARTS: u32 = 1000;
    /// What a supervisor does: it waits in a call, and when that fails it starts a successor under the same name.
    fn supervise(death: Death, restarts: u32) {
        let mut actor = spawn_named("ward", Object(0)).unwrap();
        for round in 1..=restarts {
            let error = die(&actor, death);
            assert!(matches!(error, CallError::Stopped { .. } | CallError::Panicked(_)), "{error}");
            actor = match spawn_named("ward", Object(round)) {
                Ok(actor) => actor,
                Err(error) => panic!("round {round} of {death:?}: {error}"),
            };
            let found = lookup::<Object<u32>>("ward").unwrap();
            assert_eq!(found.ask_within(LOST, ask(|n: &mut u32| *n)), Ok(round));
        }
        unregister("ward").unwrap();
    }
    let deaths = [Death::Stop, Death::Panic, Death::PanicInAnother, Death::PanicLater];
    watched(|| {
        for death in deaths {
            named(&format!("the real world, {death:?}"), || {
                real().run(move || supervise(death, RESTARTS)).unwrap();
            });
        }
    });
    watched(|| {
        for death in deaths {
            in_simulations(|vm| vm.run(move || supervise(death, RESTARTS / 4)).unwrap());
        }
    });
}

#[test]
fn a_name_is_free_again_before_a_caller_on_another_worker_hears_of_the_death() {
    watched(|| {
        let supervise = || {
            let mut ward = spawn_named("ward", Object(0)).unwrap();
            for round in 1..=1000 {
                let (begun, go) = (Flag::default(), Flag::default());
                let (begins, goes) = (begun.clone(), go.clone());
                let end = ask(move |_: &mut u32| {
                    begins.raise();
                    spin_until(&goes);
                    resume_quietly();
                });
                // With this worker busy, the other one takes it up.
                let pending = ward.send_request(end);
                spin_until(&begun);
                go.raise();
                assert!(matches!(pending.wait(), Err(CallError::Panicked(_))));
                let successor = spawn_named("ward", Object(round));
                ward = successor.unwrap_or_else(|error| panic!("round {round}: {error}"));
            }
        };
        real().run(supervise).unwrap();
    });
}

#[test]
fn a_name_is_free_again_before_a_plain_thread_hears_of_the_death() {
    watched(|| {
        let vm = real();
        let mut actor = vm.spawn_named("ward", Object(0)).unwrap();
        for round in 1..=1000 {
            let pending = match round % 2 {
                0 => actor.send_request(ask(|_: &mut u32| resume_quietly())),
                _ => {
                    actor.stop();
                    actor.send_request(ask(|_: &mut u32| ()))
                }
            };
            pending.wait().unwrap_err();
            let ended = NameError::Ended { name: "again".into() };
            assert_eq!(vm.register("again", &actor), Err(ended), "what has ended gets no name");
            actor = vm.spawn_named("ward", Object(round)).unwrap();
        }
    });
}

#[test]
fn a_name_is_free_again_before_the_state_and_unread_messages_are_dropped() {
    /// At its drop: takes the name that was its actor's.
    struct Heir(&'static str, Tally);
    impl Drop for Heir {
        fn drop(&mut self) {
            register(self.0, &spawn(Object(0))).unwrap();
            unregister(self.0).unwrap();
            self.1.add_one();
        }
    }
    both_worlds(|vm| {
        let drops = Tally::default();
        let count = drops.clone();
        vm.run(move || {
            let heir = |name| Heir(name, count.clone());
            let state = spawn_named("state", Object(heir("state"))).unwrap();
            let unread = heir("state");
            let both_are_sent = Flag::default();
            let go = both_are_sent.clone();
            let end = ask(move |_: &mut Heir| {
                go.wait();
                stop();
            });
            state.send(end).unwrap();
            state.send(ask(move |_: &mut Heir| drop(unread))).unwrap();
            both_are_sent.raise();
            let process = process(|inbox: Inbox<Heir>| {
                register("process", &inbox.me()).unwrap();
                // Reads all of them, and receives none.
                assert!(inbox.recv_match(|_| false).is_err());
            });
            for _ in 0..3 {
                process.send(heir("process")).unwrap();
            }
            process.stop();
        })
        .unwrap();
        settle(vm, "all are dropped", || drops.count() == 5);
        assert!(vm.names().is_empty());
    });
}

#[test]
fn a_name_that_is_given_while_its_actor_ends_is_refused_or_freed() {
    watched(|| {
        let vm = real();
        let (mut given, mut refused) = (0, 0);
        for round in 0..2000 {
            let actor = vm.spawn(Object(round));
            actor.stop();
            // More and more late.
            for _ in 0..round % 50 {
                std::hint::spin_loop();
            }
            match vm.register("fleeting", &actor) {
                Ok(()) => given += 1,
                Err(NameError::Ended { .. }) => refused += 1,
                Err(error) => panic!("{error}"),
            }
            wait_until("the name is free", || vm.whereis("fleeting").is_none());
        }
        assert_eq!(given + refused, 2000);
        assert!(vm.names().is_empty());
        drop(vm);
    });
}

#[test]
fn names_that_come_and_go_at_random_leave_nothing_behind() {
    const NAMES: [&str; 4] = ["a", "b", "c", "d"];
    fn meddle(seed: u64, dropped: &Tally, spawned: &Tally) {
        let mut chance = seed;
        for _ in 0..300 {
            chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let name = NAMES[(chance >> 33) as usize % NAMES.len()];
            let state = || Object(Dropped(dropped.clone()));
            match (chance >> 40) % 6 {
                0 | 1 => {
                    spawned.add_one();
                    // One that comes back is dropped here.
                    drop(spawn_named(name, state()));
                }
                2 => drop(unregister(name)),
                3 => {
                    let other = NAMES[(chance >> 50) as usize % NAMES.len()];
                    let _ = lookup::<Object<Dropped>>(name).and_then(|actor| register(other, &actor));
                }
                4 => drop(lookup::<Object<Dropped>>(name).map(|actor| actor.stop())),
                _ => {
                    if let Ok(actor) = lookup::<Object<Dropped>>(name) {
                        let _ = actor.ask_within(LOST, ask(|_: &mut Dropped| resume_quietly()));
                    }
                }
            }
        }
    }
    both_worlds(|vm| {
        let (dropped, spawned, done) = (Tally::default(), Tally::default(), Tally::default());
        let meddlers: Vec<_> = (0..4).map(|_| vm.spawn(Object(()))).collect();
        for (seed, meddler) in meddlers.iter().enumerate() {
            let (dropped, spawned, done) = (dropped.clone(), spawned.clone(), done.clone());
            let work = ask(move |(): &mut ()| {
                meddle(seed as u64, &dropped, &spawned);
                done.add_one();
            });
            meddler.send(work).unwrap();
        }
        drop(meddlers);
        settle(vm, "all have done", || done.count() == 4);
        for name in vm.names() {
            let _ = vm.unregister(&name);
        }
        settle(vm, "nobody is left", || vm.actors() == 0 && vm.names().is_empty());
        settle(vm, "every state is dropped", || dropped.count() == spawned.count());
    });
}

#[test]
fn what_has_names_at_a_machine_s_end_is_dropped_with_it() {
    let vms = (0..3).map(simulated).chain([real()]);
    watched(|| {
        for vm in vms {
            let dropped = Tally::default();
            for number in 0..100 {
                let name: Arc<str> = format!("actor {number}").into();
                let actor = vm.spawn_named(Arc::clone(&name), Object(Dropped(dropped.clone()))).unwrap();
                vm.register(format!("again {name}"), &actor).unwrap();
                if number % 2 == 0 {
                    actor.ask(ask(|_: &mut Dropped| ())).unwrap();
                }
            }
            let held = Dropped(dropped.clone());
            let begun = Flag::default();
            let begins = begun.clone();
            let waiter = vm.process(move |inbox: Inbox<()>| {
                let _held = held;
                begins.raise();
                let _ = inbox.recv();
            });
            vm.register("process", &waiter).unwrap();
            let weak = vm.lookup::<Object<Dropped>>("actor 1").unwrap().downgrade();
            settle(&vm, "the process waits", || begun.is_raised());
            assert_eq!(dropped.count(), 0);
            drop(vm);
            assert_eq!(dropped.count(), 101);
            assert!(weak.upgrade().is_none());
            assert_eq!(waiter.exit_reason(), Some(ExitReason::Shutdown));
        }
    });
}

// ---- Parallel methods ----

struct Shop;

#[actor]
impl Shop {
    #[parallel]
    fn fail_inside(me: &Me<Self>) {
        me.with(|_| resume_quietly());
    }
}

/// Asks, when it is woken, who has the name.
struct Asks(mpsc::Sender<Option<ActorId>>);

impl Wake for Asks {
    fn wake(self: Arc<Self>) {
        let _ = self.0.send(whereis("shop"));
    }
}

#[test]
fn the_name_of_an_actor_that_panics_inside_of_with_is_free_before_its_caller_is_told() {
    in_simulations(|vm| {
        let shop = vm.spawn(Shop);
        vm.register("shop", &shop).unwrap();
        let (tell, told) = mpsc::channel();
        let waker = Waker::from(Arc::new(Asks(tell)));
        let mut answer = pin!(shop.request().fail_inside());
        assert!(matches!(answer.as_mut().poll(&mut Context::from_waker(&waker)), Poll::Pending));
        settle(vm, "it has failed", || shop.exit_reason().is_some());
        assert_eq!(told.try_recv(), Ok(None));
    });
}
