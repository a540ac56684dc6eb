//! Gathered calls that are awaited, that outlive their machine, and that many make at once while members come and go.

#[path = "groups/members.rs"]
mod members;
mod support;

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use greenroom::prelude::*;
use greenroom::{ExitReason, block_on};
use members::{ENOUGH, Node, hold, numbered};
use support::{Dropped, Flag, Tally, both_worlds, real, settle, watched};

// ---- Awaited ----

#[test]
fn a_gather_can_be_awaited_on_a_thread_and_in_a_handler() {
    watched(|| {
        let vm = real();
        let (group, members) = numbered(&vm, 5);
        let expected: Vec<_> = members.into_iter().zip((0..5).map(Ok)).collect();
        for limit in [Duration::MAX, support::LOST] {
            let awaited = block_on(async { group.each_within(limit).run(|number| *number).await });
            let replies = awaited.unwrap().unwrap();
            assert_eq!((replies.answers.as_slice(), replies.is_complete()), (expected.as_slice(), true));
        }
    });
    both_worlds(|vm| {
        let (group, members) = numbered(vm, 3);
        let go = Flag::default();
        let busy = members[1].request().run(hold(&go));
        let gathered =
            vm.run(move || block_on(async { group.each_within(ENOUGH).run(|number| *number).await }));
        let replies = gathered.unwrap().unwrap().unwrap();
        assert_eq!(replies.answers, [(members[0].clone(), Ok(0)), (members[2].clone(), Ok(2))]);
        assert_eq!(replies.missing, [members[1].clone()]);
        go.raise();
        busy.wait().unwrap();
    });
}

#[test]
fn an_await_of_an_empty_group_or_of_answers_that_are_there_is_ready_at_once() {
    both_worlds(|vm| {
        let replies = block_on(Group::<Node<u32>>::new().each().run(|number| *number).into_future());
        assert!(replies.unwrap().unwrap().is_complete());
        let (group, _) = numbered(vm, 3);
        let gather = group.each().run(|number| *number);
        settle(vm, "all have answered", || gather.missing().is_empty());
        let actors = vm.actors();
        let promise = gather.into_future();
        assert!(promise.is_done());
        assert_eq!(vm.actors(), actors, "nobody waits for it");
        assert_eq!(promise.wait().unwrap().answers.len(), 3);
    });
}

// ---- The machine's end ----

#[test]
fn who_waits_for_a_group_whose_machine_ends_hears_of_it() {
    watched(|| {
        let vm = real();
        let (group, members) = numbered(&vm, 4);
        let begun = Tally::default();
        let begin = begun.clone();
        let never = move |_: &mut u32| {
            begin.add_one();
            drop(sleep(Duration::MAX));
        };
        let waiting = thread::scope(|scope| {
            let waiting = scope.spawn(|| group.each_within(Duration::MAX).run(never).replies());
            support::wait_until("all have begun", || begun.count() == 4);
            drop(vm);
            waiting.join().unwrap()
        });
        assert!(waiting.missing.is_empty());
        for (answer, member) in waiting.answers.iter().zip(&members) {
            let stopped = CallError::Stopped { reason: ExitReason::Shutdown, started: true };
            assert_eq!(answer, &(member.clone(), Err(stopped)));
        }
        assert!(group.is_empty(), "they have all ended");
    });
}

#[test]
fn a_handler_that_gathers_is_unwound_with_its_machine_and_nothing_is_left() {
    let (dropped, begun) = (Tally::default(), Tally::default());
    both_worlds(|vm| {
        let before = begun.count();
        let (group, _) = numbered(vm, 4);
        let (held, begin) = (Dropped(dropped.clone()), begun.clone());
        let (kept_replies, drops) = (Dropped(dropped.clone()), dropped.clone());
        let work = move |number: &mut u32| {
            if *number > 1 {
                begin.add_one();
                drop(sleep(Duration::MAX));
            }
            Dropped(drops)
        };
        let waiter = vm.process(move |_: Inbox<()>| {
            let _held = (held, kept_replies);
            drop(group.each_within(Duration::MAX).run(work).replies());
        });
        settle(vm, "two have begun", || begun.count() == before + 2);
        drop(waiter);
    });
    // Per world: what the handler held, and two replies that it never saw.
    let worlds = 1 + support::SEEDS.count();
    assert_eq!(dropped.count(), 4 * worlds);
}

#[test]
fn a_gather_may_outlive_its_machine() {
    let machines: [fn() -> Vm; 2] = [real, || support::simulated(7)];
    for machine in machines {
        let (vm, dropped) = (machine(), Tally::default());
        watched(|| {
            let (group, members) = numbered(&vm, 3);
            let drops = dropped.clone();
            let ask = || {
                let drops = drops.clone();
                group.each().run(move |number| {
                    if *number == 2 {
                        drop(sleep(Duration::MAX));
                    }
                    Dropped(drops)
                })
            };
            let (taken, left) = (ask(), ask());
            settle(&vm, "two have answered each", || taken.missing().len() == 1 && left.missing().len() == 1);
            drop(vm);
            let replies = taken.replies();
            assert!(replies.answers[..2].iter().all(|(_, answer)| answer.is_ok()));
            let (member, answer) = &replies.answers[2];
            assert_eq!(member, &members[2]);
            assert!(matches!(answer, Err(CallError::Stopped { started: true, .. })));
            drop((replies, left));
        });
        assert_eq!(dropped.count(), 4);
    }
}

// ---- Many at once ----

/// What a caller does with a gathered call, in turn: takes all of it, or gives a part of it up.
fn gather_once(group: &Group<Node<u32>>, made: &Tally, dropped: &Tally, round: u32) {
    let (make, drops) = (made.clone(), dropped.clone());
    let work = move |number: &mut u32| {
        if *number % 5 == round % 5 {
            drop(sleep(Duration::from_micros(u64::from(*number))));
        }
        make.add_one();
        (*number, Dropped(drops))
    };
    let limit = if round.is_multiple_of(3) { Duration::from_micros(300) } else { support::LOST };
    let mut gather = group.each_within(limit).run(work);
    match round % 7 {
        0 => drop(gather),
        1 => gather.cancel(),
        2 => drop(gather.next()),
        3 => drop(gather.quorum(4)),
        4 => drop(gather.all()),
        5 => {
            let replies = gather.replies();
            assert!(replies.missing.is_empty() || limit < support::LOST);
        }
        _ => {
            let mut seen: Vec<_> =
                gather.filter_map(|(_, answer)| answer.ok()).map(|(number, _)| number).collect();
            let answers = seen.len();
            seen.sort_unstable();
            seen.dedup();
            assert_eq!(seen.len(), answers, "each member answers once");
        }
    }
}

#[test]
fn many_gather_while_members_come_and_go_and_no_reply_is_lost_or_doubled() {
    watched(|| {
        let vm = real();
        let (group, _) = numbered(&vm, 12);
        let (made, dropped, end) = (Tally::default(), Tally::default(), AtomicBool::new(false));
        let handlers: Vec<_> = (0..4)
            .map(|caller| {
                let (group, made, dropped) = (group.clone(), made.clone(), dropped.clone());
                vm.spawn(Node(())).request().run(move |()| {
                    (0..150).for_each(|round| gather_once(&group, &made, &dropped, round + caller));
                })
            })
            .collect();
        thread::scope(|scope| {
            let changer = scope.spawn(|| {
                let mut number = 12;
                while !end.load(Ordering::SeqCst) {
                    group.add(vm.spawn(Node(number)));
                    if let Some(first) = group.members().first() {
                        if number.is_multiple_of(2) {
                            first.stop();
                        } else {
                            group.remove(first);
                        }
                    }
                    number += 1;
                    thread::yield_now();
                }
            });
            let threads: Vec<_> = (0..2)
                .map(|caller| {
                    let (group, made, dropped) = (&group, &made, &dropped);
                    scope.spawn(move || {
                        (0..150).for_each(|round| gather_once(group, made, dropped, round + caller));
                    })
                })
                .collect();
            for caller in threads {
                caller.join().unwrap();
            }
            for caller in handlers {
                caller.wait().unwrap();
            }
            end.store(true, Ordering::SeqCst);
            changer.join().unwrap();
        });
        drop(group);
        settle(&vm, "all members have ended", || vm.actors() <= 1);
        assert!(made.count() > 1000, "only {} replies were made", made.count());
        assert_eq!(made.count(), dropped.count());
    });
}
