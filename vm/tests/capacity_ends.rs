//! What becomes of senders that wait for room when something ends: their receiver, their machine, they themselves.

mod support;

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use greenroom::prelude::*;
use greenroom::{ChildSpec, Supervisor, on_big_stack};
use support::narrow::{Held, Narrow, Note, Policy, Seen, Wait, run};
use support::{
    Dropped, Flag, Object, Tally, ask, both_worlds, real, real_builder, resume_quietly, settle, simulated,
    sum, wait_until, watched,
};

fn full<const N: usize>(vm: &Vm) -> (Ref<Narrow<Wait, N>>, Held) {
    let actor = vm.spawn(Narrow::default());
    let held = Held::hold(&actor, |holds| settle(vm, "it is busy", holds));
    for number in 0..u32::try_from(N).unwrap() {
        actor.send(Note(number)).unwrap();
    }
    (actor, held)
}

fn waits(vm: &Vm) -> u64 {
    sum(vm, |counted| counted.waits_for_room)
}

/// Has a handler of its own send something, and says what comes of it.
fn sender<P: Policy>(vm: &Vm, to: &Ref<Narrow<P, 1>>, number: u32) -> Promise<Result<(), (u32, CallError)>> {
    let (task, to) = (vm.spawn(Object(())), to.clone());
    task.send_request(ask(move |(): &mut ()| {
        to.send(Note(number)).map_err(|back| (back.message.0, back.error))
    }))
}

#[test]
fn senders_that_wait_when_their_receiver_stops_get_their_messages_back() {
    both_worlds(|vm| {
        let (actor, held) = full::<1>(vm);
        actor.exit("enough");
        let senders: Vec<_> = (1..=3).map(|number| sender(vm, &actor, number)).collect();
        let (to, caller) = (actor, vm.spawn(Object(())));
        let asked = caller.send_request(ask(move |(): &mut ()| to.ask(Note(9))));
        settle(vm, "all wait", || waits(vm) == 4);
        held.let_go();
        let reason = ExitReason::Custom("enough".into());
        let stopped = CallError::Stopped { reason, started: false };
        // One came in when the message before the exit was taken out.
        let outcomes: Vec<_> = senders.into_iter().map(|sender| sender.wait().unwrap()).collect();
        let back = outcomes.iter().filter(|outcome| outcome.is_err()).count();
        let asked = asked.wait().unwrap();
        for (number, outcome) in (1..).zip(&outcomes) {
            if let Err(error) = outcome {
                assert_eq!(*error, (number, stopped.clone()));
            }
        }
        assert_eq!(asked, Err(stopped));
        let taken_in = outcomes.len() - back;
        assert_eq!(sum(vm, |counted| counted.dead_letters), taken_in as u64);
        assert!(taken_in <= 1, "only one message was handled");
    });
}

#[test]
fn senders_that_wait_when_their_receiver_panics_get_their_messages_back() {
    both_worlds(|vm| {
        let actor = vm.spawn(Narrow::<Wait, 1>::default());
        let (begun, go_on) = (Flag::default(), Flag::default());
        let (tell, until) = (begun.clone(), go_on.clone());
        let busy = actor.send_request(run(move || {
            tell.raise();
            until.wait();
            resume_quietly();
        }));
        settle(vm, "it is busy", || begun.is_raised());
        actor.send(Note(0)).unwrap();
        let senders: Vec<_> = (1..=3).map(|number| sender(vm, &actor, number)).collect();
        settle(vm, "all wait", || waits(vm) == 3);
        go_on.raise();
        assert!(matches!(busy.wait(), Err(CallError::Panicked(_))));
        for (number, sender) in (1..).zip(senders) {
            let (back, error) = sender.wait().unwrap().unwrap_err();
            assert_eq!(back, number);
            let CallError::Stopped { reason: ExitReason::Panicked(_), started: false } = error else {
                panic!("{error}")
            };
        }
        assert_eq!(sum(vm, |counted| counted.dead_letters), 1, "the one that was in the mailbox");
    });
}

#[test]
fn senders_that_wait_when_their_receiver_is_killed_get_their_messages_back() {
    both_worlds(|vm| {
        let (actor, held) = full::<1>(vm);
        let senders: Vec<_> = (1..=3).map(|number| sender(vm, &actor, number)).collect();
        settle(vm, "all wait", || waits(vm) == 3);
        actor.kill();
        for (number, sender) in (1..).zip(senders) {
            let stopped = CallError::Stopped { reason: ExitReason::Killed, started: false };
            assert_eq!(sender.wait().unwrap(), Err((number, stopped)));
        }
        drop(held);
    });
}

#[test]
fn one_who_is_killed_while_it_waits_for_room_leaves_the_line_with_its_message() {
    both_worlds(|vm| {
        let (actor, held) = full::<1>(vm);
        let dropped = Tally::default();
        let tasks: Vec<_> = (0..2)
            .map(|number| {
                let (task, to) = (vm.spawn(Object(())), actor.clone());
                let message = Guarded(Dropped(dropped.clone()));
                task.send(ask(move |(): &mut ()| match number {
                    0 => to.ask(message).unwrap(),
                    _ => to.send(message).unwrap(),
                }))
                .unwrap();
                task
            })
            .collect();
        settle(vm, "both wait", || waits(vm) == 2);
        let last = sender(vm, &actor, 7);
        settle(vm, "one more waits", || waits(vm) == 3);
        tasks.iter().for_each(Ref::kill);
        settle(vm, "both have ended", || tasks.iter().all(|task| task.exit_reason().is_some()));
        assert_eq!(dropped.count(), 2);
        held.let_go();
        assert_eq!(last.wait(), Ok(Ok(())), "and the next is not held up");
        assert_eq!(actor.ask(Seen), Ok(vec![0, 7]));
    });
}

#[test]
fn senders_wait_over_a_restart_of_their_receiver_and_get_in_at_its_next_life() {
    both_worlds(|vm| {
        vm.run(|| {
            let supervisor =
                spawn(Supervisor::one_for_one().with(ChildSpec::new("narrow", Narrow::<Wait, 1>::default)));
            let actor = supervisor.find::<Narrow<Wait, 1>>("narrow").unwrap();
            let (begun, go_on) = (Flag::default(), Flag::default());
            let (tell, until) = (begun.clone(), go_on.clone());
            let busy = actor.send_request(run(move || {
                tell.raise();
                until.wait();
                resume_quietly();
            }));
            begun.wait();
            actor.send(Note(0)).unwrap();
            let senders: Vec<_> = (1..=3)
                .map(|number| {
                    let to = actor.clone();
                    spawn(Object(())).send_request(ask(move |(): &mut ()| to.send(Note(number)).is_ok()))
                })
                .collect();
            sleep(Duration::from_millis(5)).unwrap();
            go_on.raise();
            assert!(matches!(busy.wait(), Err(CallError::Panicked(_))));
            for sender in senders {
                assert_eq!(sender.wait(), Ok(true));
            }
            let mut seen = actor.ask(Seen).unwrap();
            seen.sort_unstable();
            assert_eq!(seen, [0, 1, 2, 3]);
        })
        .unwrap();
    });
}

/// A message that is counted when it is dropped.
struct Guarded(#[allow(dead_code, reason = "dropped")] Dropped);

impl Message for Guarded {
    type Reply = ();
}

impl<P: Policy, const N: usize> Handler<Guarded> for Narrow<P, N> {
    fn handle(&mut self, _: Guarded) {
        unreachable!("it never gets in");
    }
}

#[test]
fn a_machine_that_is_dropped_unwinds_those_who_wait_for_room_and_drops_each_message_once() {
    let program = |vm: Vm| {
        let (dropped, unwound) = (Tally::default(), Tally::default());
        let (actor, held) = full::<1>(&vm);
        let tasks: Vec<_> = (0..6)
            .map(|number| {
                let (task, to) = (vm.spawn(Object(())), actor.clone());
                let (message, guard) = (Guarded(Dropped(dropped.clone())), Dropped(unwound.clone()));
                task.send(ask(move |(): &mut ()| {
                    let _guard = guard;
                    match number % 2 {
                        0 => to.ask(message).unwrap(),
                        _ => to.send(message).unwrap(),
                    }
                    unreachable!("it never has room");
                }))
                .unwrap();
                task
            })
            .collect();
        settle(&vm, "all wait", || waits(&vm) == 6);
        drop(vm);
        assert_eq!((dropped.count(), unwound.count()), (6, 6));
        drop((tasks, held));
    };
    watched(|| {
        program(real());
        (0..6).for_each(|seed| program(simulated(seed)));
    });
}

#[test]
fn a_plain_thread_that_waits_when_the_machine_is_dropped_gets_its_message_back() {
    watched(|| {
        let vm = real();
        let (actor, held) = full::<1>(&vm);
        let sent = thread::spawn(move || {
            let refused = actor.send(Note(7)).unwrap_err();
            (refused.message, refused.error)
        });
        wait_until("it waits", || waits(&vm) == 1);
        drop(vm);
        let stopped = CallError::Stopped { reason: ExitReason::Shutdown, started: false };
        assert_eq!(sent.join().unwrap(), (Note(7), stopped));
        drop(held);
    });
}

#[test]
fn where_nothing_may_wait_a_sender_gets_its_message_back_at_once() {
    both_worlds(|vm| {
        let (actor, held) = full::<1>(vm);
        let to = actor.clone();
        let refused = vm.run(move || on_big_stack(|| to.send(Note(5)).unwrap_err())).unwrap();
        assert_eq!(refused.message, Note(5));
        assert!(matches!(refused.error, CallError::MayNotWait { .. }), "{refused}");

        struct SendsAtItsEnd(Ref<Narrow<Wait, 1>>, mpsc::Sender<CallError>);
        impl Drop for SendsAtItsEnd {
            fn drop(&mut self) {
                self.1.send(self.0.send(Note(6)).unwrap_err().error).unwrap();
            }
        }
        let (tell, told) = mpsc::channel();
        let guard = SendsAtItsEnd(actor, tell);
        let task = vm.spawn(Object(()));
        let panicked = task.ask(ask(move |(): &mut ()| {
            let _guard = guard;
            resume_quietly();
        }));
        assert!(panicked.is_err());
        assert_eq!(told.recv().unwrap(), CallError::Unwinding);
        assert_eq!(waits(vm), 0);
        held.let_go();
    });
}

#[test]
fn a_handler_waits_for_room_no_longer_than_it_is_wanted() {
    both_worlds(|vm| {
        let (actor, held) = full::<1>(vm);
        let (tell, told) = mpsc::channel();
        let (task, to) = (vm.spawn(Object(())), actor);
        let late = task.ask_within(
            Duration::from_millis(20),
            ask(move |(): &mut ()| {
                let refused = to.send(Note(3)).unwrap_err();
                tell.send(refused.error).unwrap();
            }),
        );
        assert!(matches!(late, Err(CallError::Timeout { started: true, .. })) || late.is_ok(), "{late:?}");
        let mut error = None;
        settle(vm, "it has given up", || {
            error = told.try_recv().ok();
            error.is_some()
        });
        let Some(CallError::Timeout { limit, started: false, .. }) = error else { panic!("{error:?}") };
        assert!(limit <= Duration::from_millis(20), "{limit:?}");
        held.let_go();
    });
}

#[test]
fn senders_come_and_go_while_room_comes_and_goes_and_no_message_is_lost_or_doubled() {
    watched(|| {
        let vm = real_builder().call_deadline(Duration::from_millis(3)).build().unwrap();
        let narrow = Narrow::<Wait, 2>::default();
        let log = narrow.log();
        let actor = vm.spawn(narrow);
        let senders: Vec<_> = (0..6_u32)
            .map(|sender| {
                let (task, to) = (vm.spawn(Object(())), actor.clone());
                task.send_request(ask(move |(): &mut ()| {
                    let mut sent = Vec::new();
                    for number in (sender * 1000..).take(60) {
                        if to.send(Note(number)).is_ok() {
                            sent.push(number);
                        }
                    }
                    sent
                }))
            })
            .collect();
        // Now and then the actor is slower than its senders' patience.
        let mut seed = 7_u32;
        while senders.iter().any(|sender| !sender.is_done()) {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let pause = Duration::from_micros(u64::from(seed >> 24) * 24);
            let _ = actor.send_request(run(move || sleep(pause).unwrap())).wait();
        }
        let mut sent: Vec<_> = senders.into_iter().flat_map(|sender| sender.wait().unwrap()).collect();
        wait_until("all that was sent is handled", || log.lock().unwrap().len() >= sent.len());
        let mut seen = log.lock().unwrap().clone();
        seen.sort_unstable();
        sent.sort_unstable();
        assert_eq!(seen, sent);
        assert!(waits(&vm) > 0);
    });
}
