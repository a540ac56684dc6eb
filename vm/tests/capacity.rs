//! Mailboxes with a capacity: how many messages lie in one, and what becomes of the next.

mod support;

use std::thread;
use std::time::Duration;

use greenroom::prelude::*;
use greenroom::{Incident, Overload, QueueLimit, yield_now};
use support::narrow::{DropNewest, DropOldest, Fail, Held, Log, Narrow, Note, Policy, Seen, Wait, run};
use support::{
    Flag, LOST, both_worlds, in_simulations, real, real_builder, settle, sum, wait_until, watched,
};

/// A busy actor, on the thread of a test.
fn hold<P: Policy, const N: usize>(vm: &Vm, actor: &Ref<Narrow<P, N>>) -> Held {
    Held::hold(actor, |holds| settle(vm, "it is busy", holds))
}

/// A busy actor, and what it is told.
fn busy_with_log<P: Policy, const N: usize>(vm: &Vm) -> (Ref<Narrow<P, N>>, Held, Log) {
    let narrow = Narrow::default();
    let log = narrow.log();
    let actor = vm.spawn(narrow);
    let held = hold(vm, &actor);
    (actor, held, log)
}

/// Waits until something was told in this order.
fn settle_on(vm: &Vm, log: &Log, told: &[u32]) {
    settle(vm, "it was told all", || log.lock().unwrap().len() >= told.len());
    assert_eq!(*log.lock().unwrap(), told);
}

fn busy<P: Policy, const N: usize>(vm: &Vm) -> (Ref<Narrow<P, N>>, Held) {
    let actor = vm.spawn(Narrow::default());
    let held = hold(vm, &actor);
    (actor, held)
}

fn overloaded<P: Policy, const N: usize>(actor: &Ref<Narrow<P, N>>) -> CallError {
    let kind = std::any::type_name::<Narrow<P, N>>();
    let kind = &kind[kind.find("Narrow").unwrap()..];
    CallError::Overloaded { actor: actor.id(), kind, limit: QueueLimit::Messages(N) }
}

#[test]
fn one_who_is_told_that_there_is_no_room_gets_the_message_back() {
    both_worlds(|vm| {
        let (actor, held, log) = busy_with_log::<Fail, 2>(vm);
        for number in 1..=2 {
            actor.send(Note(number)).unwrap();
        }
        let refused = actor.send(Note(3)).unwrap_err();
        assert_eq!((refused.message, &refused.error), (Note(3), &overloaded(&actor)));
        assert!(refused.error.is_unstarted());
        let text = refused.error.to_string();
        assert!(text.contains(&format!("#{}:", actor.id())) && text.contains("full with 2"), "{text}");
        assert_eq!(actor.ask(Note(4)), Err(overloaded(&actor)));
        assert_eq!(actor.send_request(Note(5)).wait(), Err(overloaded(&actor)));
        held.let_go();
        settle_on(vm, &log, &[1, 2]);
        assert_eq!(actor.send(Note(6)).map_err(CallError::from), Ok(()), "there is room again");
        assert_eq!(sum(vm, |counted| counted.overloads), 3);
    });
}

#[test]
fn no_more_than_the_capacity_gets_in_however_many_send_at_once() {
    watched(|| {
        let vm = real();
        let (actor, held, log) = busy_with_log::<Fail, 10>(&vm);
        let sent: usize = thread::scope(|scope| {
            let count = || (0..500).filter(|&number| actor.send(Note(number)).is_ok()).count();
            let inside = {
                let actor = actor.clone();
                move || (0..500).filter(|&number| actor.send(Note(number)).is_ok()).count()
            };
            let threads: Vec<_> = (0..3).map(|_| scope.spawn(count)).collect();
            let inside = vm.run(inside).unwrap();
            inside + threads.into_iter().map(|thread| thread.join().unwrap()).sum::<usize>()
        });
        assert_eq!(sent, 10);
        assert_eq!(sum(&vm, |counted| counted.overloads), 2000 - 10);
        held.let_go();
        wait_until("all are handled", || log.lock().unwrap().len() == 10);
    });
}

#[test]
fn what_comes_last_is_dropped_and_counted() {
    both_worlds(|vm| {
        let (actor, held, log) = busy_with_log::<DropNewest, 3>(vm);
        for number in 1..=10 {
            actor.send(Note(number)).unwrap();
        }
        assert_eq!(actor.send_request(Note(11)).wait(), Err(overloaded(&actor)));
        held.let_go();
        settle_on(vm, &log, &[1, 2, 3]);
        assert_eq!(sum(vm, |counted| counted.dropped_newest), 7);
        assert_eq!(sum(vm, |counted| counted.overloads), 1, "one was told");
        assert_eq!(sum(vm, |counted| counted.dead_letters), 0);
    });
}

#[test]
fn what_has_waited_longest_is_dropped_and_counted_and_the_newest_are_kept() {
    both_worlds(|vm| {
        let (actor, held, log) = busy_with_log::<DropOldest, 3>(vm);
        let asked = actor.send_request(Note(0));
        for number in 1..=10 {
            actor.send(Note(number)).unwrap();
        }
        assert_eq!(asked.wait(), Err(overloaded(&actor)));
        held.let_go();
        settle_on(vm, &log, &[8, 9, 10]);
        assert_eq!(sum(vm, |counted| counted.dropped_oldest), 8);
        assert_eq!(sum(vm, |counted| counted.dead_letters), 0);
    });
}

#[test]
fn stops_pass_where_there_is_no_room_and_keep_their_place() {
    both_worlds(|vm| {
        fn check<P: Policy>(vm: &Vm) {
            let (actor, held) = busy::<P, 3>(vm);
            let replies: Vec<_> = (1..=2).map(|number| actor.send_request(Note(number))).collect();
            actor.exit("enough");
            let late = actor.send_request(Note(3));
            actor.exit("too late");
            held.let_go();
            let replies: Vec<_> = replies.into_iter().map(Promise::wait).collect();
            assert_eq!(replies, [Ok(1), Ok(2)]);
            let reason = ExitReason::Custom("enough".into());
            assert_eq!(late.wait(), Err(CallError::Stopped { reason: reason.clone(), started: false }));
            assert_eq!(actor.exit_reason(), Some(reason));
        }
        check::<Wait>(vm);
        check::<Fail>(vm);
        check::<DropNewest>(vm);
        check::<DropOldest>(vm);
    });
}

#[test]
fn the_stop_of_a_full_actor_is_reached_whoever_is_dropped() {
    both_worlds(|vm| {
        let (actor, held) = busy::<DropOldest, 1>(vm);
        actor.send(Note(1)).unwrap();
        actor.stop();
        for number in 2..=4 {
            actor.send(Note(number)).unwrap();
        }
        held.let_go();
        settle(vm, "it has ended", || actor.exit_reason().is_some());
        assert_eq!(actor.exit_reason(), Some(ExitReason::Normal));
        assert_eq!(sum(vm, |counted| counted.dropped_oldest), 3);
        assert_eq!(sum(vm, |counted| counted.dead_letters), 1, "the last one was behind the stop");
    });
}

#[test]
fn a_sender_that_waits_for_room_lets_the_others_of_its_core_go_on() {
    let program = |vm: &Vm| {
        let (actor, held) = busy::<Wait, 1>(vm);
        actor.send(Note(1)).unwrap();
        let (to, sent) = (actor.clone(), Flag::default());
        let tell = sent.clone();
        let sender = vm.spawn(Narrow::<Wait, 1>::default());
        let done = sender.send_request(run(move || {
            to.send(Note(2)).unwrap();
            tell.raise();
        }));
        settle(vm, "it waits", || sum(vm, |counted| counted.waits_for_room) == 1);
        // On the one worker, while it waits.
        let other = vm.spawn(Narrow::<Wait, 1>::default());
        assert_eq!(other.ask(Note(7)), Ok(1));
        assert!(!sent.is_raised());
        held.let_go();
        done.wait().unwrap();
        assert!(sent.is_raised());
        assert_eq!(actor.ask(Seen), Ok(vec![1, 2]));
    };
    watched(|| program(&real_builder().workers(1).relief(0).build().unwrap()));
    in_simulations(program);
}

#[test]
fn senders_that_wait_get_in_in_the_order_in_which_they_came() {
    both_worlds(|vm| {
        let (actor, held) = busy::<Wait, 2>(vm);
        actor.send(Note(0)).unwrap();
        actor.send(Note(1)).unwrap();
        let senders: Vec<_> = (2..8)
            .map(|number| {
                let (sender, to) = (vm.spawn(Narrow::<Wait, 1>::default()), actor.clone());
                let sent = sender.send_request(run(move || {
                    if number % 2 == 0 { to.send(Note(number)).is_ok() } else { to.ask(Note(number)).is_ok() }
                }));
                let waiting = u64::from(number) - 1;
                settle(vm, "it waits", || sum(vm, |counted| counted.waits_for_room) == waiting);
                sent
            })
            .collect();
        held.let_go();
        for sent in senders {
            assert_eq!(sent.wait(), Ok(true));
        }
        assert_eq!(actor.ask(Seen), Ok((0..8).collect()));
    });
}

#[test]
fn a_plain_thread_that_sends_waits_for_room() {
    watched(|| {
        let vm = real();
        let (actor, held) = busy::<Wait, 1>(&vm);
        actor.send(Note(1)).unwrap();
        thread::scope(|scope| {
            let sent = scope.spawn(|| actor.send(Note(2)));
            wait_until("it waits", || sum(&vm, |counted| counted.waits_for_room) == 1);
            assert!(!sent.is_finished());
            held.let_go();
            sent.join().unwrap().unwrap();
        });
        assert_eq!(actor.ask(Seen), Ok(vec![1, 2]));
    });
}

#[test]
fn a_call_waits_for_room_and_then_for_its_reply_within_its_deadline() {
    both_worlds(|vm| {
        let (actor, held) = busy::<Wait, 1>(vm);
        actor.send(Note(1)).unwrap();
        let late = actor.ask_within(Duration::from_millis(20), Note(2)).unwrap_err();
        assert!(matches!(late, CallError::Timeout { started: false, .. }), "{late}");
        assert_eq!(actor.send_request(Note(3)).wait(), Err(overloaded(&actor)), "a request never waits");
        let to = actor.clone();
        let caller = vm.spawn(Narrow::<Wait, 1>::default());
        let asked = caller.send_request(run(move || to.ask(Note(4))));
        settle(vm, "it waits", || sum(vm, |counted| counted.waits_for_room) == 2);
        held.let_go();
        assert_eq!(asked.wait().unwrap(), Ok(2));
        assert_eq!(actor.ask(Seen), Ok(vec![1, 4]));
        assert_eq!(sum(vm, |counted| counted.expired), 0, "who gave up has left the line");
    });
}

#[test]
fn a_sender_waits_no_longer_than_a_call_may_and_gets_its_message_back() {
    watched(|| {
        let vm = real_builder().call_deadline(Duration::from_millis(20)).build().unwrap();
        let (actor, held) = busy::<Wait, 1>(&vm);
        actor.send(Note(1)).unwrap();
        let outside = actor.send(Note(2)).unwrap_err();
        assert_eq!(outside.message, Note(2));
        assert!(matches!(outside.error, CallError::Timeout { started: false, .. }), "{outside}");
        let to = actor.clone();
        let inside = vm.run(move || to.send(Note(3))).unwrap().unwrap_err();
        assert_eq!(inside.message, Note(3));
        assert!(matches!(inside.error, CallError::Timeout { started: false, .. }), "{inside}");
        held.let_go();
        assert_eq!(actor.ask(Seen), Ok(vec![1]));
    });
}

#[test]
fn the_watermark_is_told_once_for_each_rise() {
    struct Marked;
    impl Actor for Marked {
        const CAPACITY: Capacity = Capacity::UNBOUNDED.watermark(4);
    }
    struct Work(Flag);
    impl Message for Work {
        type Reply = ();
    }
    impl Handler<Work> for Marked {
        fn handle(&mut self, Work(go_on): Work) {
            go_on.wait();
        }
    }
    watched(|| {
        let vm = real_builder().build().unwrap();
        let incidents = vm.incidents(100);
        let actor = vm.spawn(Marked);
        let fill = |count: usize| {
            let flags: Vec<_> = (0..count).map(|_| Flag::default()).collect();
            let replies: Vec<_> = flags.iter().map(|flag| actor.send_request(Work(flag.clone()))).collect();
            (flags, replies)
        };
        let handled = || sum(&vm, |counted| counted.messages);
        let before = handled();
        let (flags, mut replies) = fill(12);
        wait_until("the first is being handled", || handled() > before);
        let rises = || sum(&vm, |counted| counted.watermarks);
        assert_eq!(rises(), 1);
        // Three are left in the mailbox, and then five: it was not half empty.
        flags[..8].iter().for_each(Flag::raise);
        replies.drain(..8).for_each(|reply| reply.wait().unwrap());
        let (more, replies_to_more) = fill(2);
        assert_eq!(rises(), 1);
        flags.iter().chain(&more).for_each(Flag::raise);
        replies.into_iter().chain(replies_to_more).for_each(|reply| reply.wait().unwrap());
        let (flags, replies) = fill(6);
        assert_eq!(rises(), 2);
        flags.iter().for_each(Flag::raise);
        replies.into_iter().for_each(|reply| reply.wait().unwrap());
        let told = incidents.try_iter().filter(|incident| {
            let marked = actor.id();
            matches!(incident, Incident::Overload { actor, what: Overload::Watermark { queued: 4 }, .. } if *actor == marked)
        });
        assert_eq!(told.count(), 2);
    });
}

#[test]
fn a_busy_actor_with_a_capacity_handles_all_that_its_senders_wait_for() {
    both_worlds(|vm| {
        let actor = vm.spawn(Narrow::<Wait, 2>::default());
        let senders: Vec<_> = (0..6)
            .map(|sender| {
                let (task, to) = (vm.spawn(Narrow::<Wait, 1>::default()), actor.clone());
                task.send_request(run(move || {
                    for number in 0..50 {
                        to.send(Note(sender * 100 + number)).unwrap();
                        if number % 7 == 0 {
                            yield_now().unwrap();
                        }
                    }
                }))
            })
            .collect();
        for sender in senders {
            sender.wait().unwrap();
        }
        let seen = actor.ask(Seen).unwrap();
        assert_eq!(seen.len(), 300);
        for sender in 0..6 {
            let own: Vec<_> =
                seen.iter().filter(|&&number| number / 100 == sender).map(|n| n % 100).collect();
            assert_eq!(own, (0..50).collect::<Vec<_>>(), "in the order in which it sent them");
        }
    });
}

#[test]
fn an_actor_with_a_capacity_ends_when_nobody_refers_to_it() {
    both_worlds(|vm| {
        let (actor, held) = busy::<Fail, 2>(vm);
        let living = vm.actors();
        let reply = actor.send_request(Note(1));
        drop(actor);
        held.let_go();
        assert_eq!(reply.wait(), Ok(1));
        settle(vm, "it has ended", || vm.actors() == living - 1);
    });
}

#[test]
fn a_state_of_any_alignment_has_room_for_a_capacity() {
    #[repr(align(128))]
    struct Wide(u64);
    #[greenroom::actor(capacity = Capacity::of(1).when_full(WhenFull::Fail))]
    impl Wide {
        fn value(&self) -> (u64, usize) {
            (self.0, std::ptr::from_ref(self).addr() % 128)
        }
    }
    both_worlds(|vm| {
        let actors: Vec<_> = (0..50).map(|number| vm.spawn(Wide(number))).collect();
        for (number, actor) in (0..).zip(&actors) {
            assert_eq!(actor.within(LOST).value(), Ok((number, 0)));
        }
    });
}
