//! Gathered calls: every reply with its member, in both worlds, and who is late.

#[path = "groups/members.rs"]
mod members;
mod support;

use std::thread;
use std::time::Duration;

use greenroom::prelude::*;
use greenroom::{ExitReason, QuorumError};
use members::{ENOUGH, Node, Refusal, even, hold, numbered};
use support::{Flag, LOST, Tally, both_worlds, in_simulations, real, settle, sum, watched};

#[test]
fn a_gathered_call_returns_every_reply_with_its_member() {
    both_worlds(|vm| {
        let (group, members) = numbered(vm, 20);
        // Those that come last are the first to answer.
        let work = |number: &mut u32| {
            sleep(Duration::from_millis(u64::from(20 - *number))).unwrap();
            *number
        };
        assert_eq!(group.each().run(work).all(), Ok((0..20).collect()));
        let replies = group.each().run(work).replies();
        assert!(replies.is_complete());
        let expected: Vec<_> = members.into_iter().zip((0..20).map(Ok)).collect();
        assert_eq!(replies.answers, expected);
        assert_eq!(
            group.each().tell(|number| *number += 1).all(),
            Ok(vec![(); 20]),
            "one-way methods confirm"
        );
    });
}

#[test]
fn answers_are_iterated_over_in_the_order_in_which_they_come() {
    in_simulations(|vm| {
        let (group, members) = numbered(vm, 10);
        let order = vm.run(move || {
            let gather = group.each().run(|number| {
                sleep(Duration::from_millis(u64::from(*number * 7 % 10 + 1))).unwrap();
                *number
            });
            // Half of them have answered before anybody asks.
            sleep(Duration::from_millis(5)).unwrap();
            gather.collect::<Vec<_>>()
        });
        let expected = (0..10_usize).map(|place| place * 3 % 10);
        let expected: Vec<_> = expected.map(|number| (members[number].clone(), Ok(number as u32))).collect();
        assert_eq!(order, Ok(expected));
    });
}

#[test]
fn a_member_slower_than_the_deadline_is_named_as_missing() {
    both_worlds(|vm| {
        let (group, members) = numbered(vm, 4);
        let (go, begun) = (Flag::default(), Tally::default());
        let (wait, begin) = (go.clone(), begun.clone());
        let work = move |number: &mut u32| {
            begin.add_one();
            if *number == 1 || *number == 2 {
                wait.wait();
            }
            *number
        };
        let limit = ENOUGH;
        let replies = group.each_within(limit).run(work).replies();
        assert_eq!(replies.answers, [(members[0].clone(), Ok(0)), (members[3].clone(), Ok(3))]);
        assert_eq!(replies.missing, [members[1].clone(), members[2].clone()]);
        assert!(!replies.is_complete());
        assert_eq!(begun.count(), 4);

        let late = group.each_within(limit).run(|number| *number).all();
        let is_late = |error: &CallError| matches!(error, CallError::Timeout { limit: of, elapsed, started: false } if *of == limit && *elapsed >= limit);
        assert!(late.as_ref().is_err_and(is_late), "{late:?}");
        let mut gather = group.each_within(limit).run(|number| *number);
        assert_eq!(gather.by_ref().count(), 2);
        assert_eq!((gather.missing(), gather.next()), (vec![members[1].clone(), members[2].clone()], None));

        // What had begun has run to its end, what had not was called off, and the group is as good as before.
        go.raise();
        assert_eq!(group.each().run(|number| *number).all(), Ok(vec![0, 1, 2, 3]));
        assert_eq!(sum(vm, |counted| counted.expired), 4);
    });
}

#[test]
fn a_deadline_passes_at_its_time() {
    in_simulations(|vm| {
        let (group, members) = numbered(vm, 3);
        let before = Duration::from_micros(100);
        for limit in [1, 10, 1000, 1_000_000].map(Duration::from_millis) {
            let (early, late) = (Flag::default(), Flag::default());
            let clock = vm.process({
                let (early, late) = (early.clone(), late.clone());
                move |_: Inbox<()>| {
                    sleep(limit - before).unwrap();
                    early.raise();
                    sleep(before * 2).unwrap();
                    late.raise();
                }
            });
            let never = |_: &mut u32| drop(sleep(Duration::MAX));
            let (group, expected) = (group.clone(), members.clone());
            let seen = vm.run(move || {
                let replies = group.each_within(limit).run(never).replies();
                (replies.missing == expected, early.is_raised(), late.is_raised())
            });
            assert_eq!(seen, Ok((true, true, false)), "with a limit of {limit:?}");
            drop(clock);
        }
    });
}

#[test]
fn the_deadline_is_the_machines_if_none_is_given() {
    let vm = Vm::builder().workers(2).pin(false).call_deadline(Duration::from_millis(20)).build().unwrap();
    watched(|| {
        let (group, members) = numbered(&vm, 2);
        let never = |_: &mut u32| drop(sleep(Duration::MAX));
        assert_eq!(group.each().run(never).replies().missing, members);
        let limit = Duration::from_millis(20);
        let inside = vm.run(move || group.each().run(never).all());
        assert!(matches!(inside, Ok(Err(CallError::Timeout { limit: of, .. })) if of == limit), "{inside:?}");
    });
}

#[test]
fn errors_appear_per_member() {
    both_worlds(|vm| {
        let (group, members) = numbered(vm, 5);
        let replies = group
            .each()
            .attempt(|number| match *number {
                3 => panic!("on purpose"),
                4 => {
                    greenroom::exit("enough");
                    Ok(4)
                }
                _ => even(number),
            })
            .replies();
        let [zero, one, two, three, four] = replies.answers.try_into().unwrap();
        assert_eq!([zero, two], [(members[0].clone(), Ok(0)), (members[2].clone(), Ok(2))]);
        assert_eq!(one, (members[1].clone(), Err(Refusal::Odd(1))));
        assert!(
            matches!(three.1, Err(Refusal::Call(CallError::Panicked(report))) if report.message() == "on purpose")
        );
        assert_eq!(four.1, Ok(4), "it had answered before it ended");
        settle(vm, "two have ended", || group.len() == 3);
        assert_eq!(group.members(), members[..3]);
        assert_eq!(group.each().attempt(even).all(), Err(Refusal::Odd(1)));
    });
}

#[test]
fn a_member_that_ends_meanwhile_fails_at_once_and_the_others_go_on() {
    both_worlds(|vm| {
        let (group, members) = numbered(vm, 4);
        let (go, begun) = (Flag::default(), Tally::default());
        let (wait, begin) = (go.clone(), begun.clone());
        // Two run, and two calls are queued behind other work.
        let busy: Vec<_> = members[..2].iter().map(|member| member.request().run(hold(&go))).collect();
        let mut gather = group.each().run(move |number: &mut u32| {
            begin.add_one();
            match *number {
                3 => panic!("on purpose"),
                _ => wait.wait(),
            }
            *number
        });
        let (member, answer) = gather.next().unwrap();
        assert_eq!(member, members[3]);
        assert!(matches!(answer, Err(CallError::Panicked(_))));
        settle(vm, "the other runs", || begun.count() == 2);

        members[0].exit("enough");
        let reason = ExitReason::Custom("enough".into());
        go.raise();
        let mut rest: Vec<_> = gather.collect();
        rest.sort_by_key(|(member, _)| members.iter().position(|other| other == member));
        assert_eq!(rest[1..], [(members[1].clone(), Ok(1)), (members[2].clone(), Ok(2))]);
        // It was asked before it was told to end, so it answers.
        assert_eq!(rest[0], (members[0].clone(), Ok(0)));
        settle(vm, "it has ended", || members[0].exit_reason() == Some(reason.clone()));
        drop(busy);
        assert_eq!(group.len(), 2);
    });
}

#[test]
fn a_member_told_to_end_before_it_is_asked_fails_unstarted() {
    both_worlds(|vm| {
        let (group, members) = numbered(vm, 3);
        let go = Flag::default();
        let busy = members[1].request().run(hold(&go));
        members[1].exit("enough");
        let gather = group.each().run(|number| *number);
        go.raise();
        let replies = gather.replies();
        let reason = ExitReason::Custom("enough".into());
        assert_eq!(
            replies.answers[1],
            (members[1].clone(), Err(CallError::Stopped { reason, started: false }))
        );
        assert_eq!((replies.answers.len(), replies.missing.len()), (3, 0));
        busy.wait().unwrap();
    });
}

#[test]
fn an_empty_group_returns_at_once() {
    both_worlds(|_| {
        let group = Group::<Node<u32>>::new();
        let each = || group.each_within(Duration::MAX).run(|number| *number);
        assert_eq!(each().all(), Ok(vec![]));
        let replies = each().replies();
        assert!(replies.is_complete() && replies.answers.is_empty());
        assert_eq!(each().next(), None);
        assert_eq!(each().quorum(0).unwrap(), []);
        let error = each().first().unwrap_err();
        assert!(matches!(error, QuorumError::TooFewMembers { wanted: 1, members: 0 }));
    });
}

#[test]
fn a_thousand_members_answer() {
    both_worlds(|vm| {
        let (group, members) = numbered(vm, 1000);
        let work = |number: &mut u32| {
            if number.is_multiple_of(100) {
                sleep(Duration::from_millis(1)).unwrap();
            }
            *number
        };
        assert_eq!(group.each().run(work).all(), Ok((0..1000).collect()));
        let (inside, handle) = (group.clone(), group.clone());
        let seen = vm.run(move || inside.each().run(work).map(|(_, answer)| answer.unwrap()).sum::<u32>());
        assert_eq!(seen, Ok(499_500));
        assert_eq!(
            vm.run(move || handle.each().run(work).quorum(700).map(|quorum| quorum.len()).unwrap()),
            Ok(700)
        );
        for member in &members[500..] {
            member.stop();
        }
        settle(vm, "half of them have left", || group.len() == 500);
        assert_eq!(group.cast().tell(|_| ()), 500);
    });
}

#[test]
fn where_nothing_may_wait_who_has_not_answered_comes_with_that() {
    both_worlds(|vm| {
        let (group, members) = numbered(vm, 3);
        let go = Flag::default();
        let busy = members[1].request().run(hold(&go));
        let inside = group;
        let (replies, iterated) = vm
            .run(move || {
                let (gather, mut other) =
                    (inside.each().run(|number| *number), inside.each().run(|number| *number));
                // Until the two at rest have answered.
                while other.missing().len() > 1 || gather.missing().len() > 1 {
                    sleep(Duration::from_millis(1)).unwrap();
                }
                greenroom::on_big_stack(|| (gather.replies(), other.by_ref().collect::<Vec<_>>()))
            })
            .unwrap();
        let is_refused = |answer: &Result<u32, _>| matches!(answer, Err(CallError::MayNotWait { .. }));
        assert_eq!((&replies.answers[0].1, &replies.answers[2].1), (&Ok(0), &Ok(2)));
        assert!(is_refused(&replies.answers[1].1) && replies.missing.is_empty());
        assert_eq!((iterated.len(), &iterated[2].0), (3, &members[1]));
        assert!(is_refused(&iterated[2].1));
        go.raise();
        busy.wait().unwrap();
    });
}

#[test]
fn plain_threads_gather_side_by_side() {
    watched(|| {
        let vm = real();
        let (group, _) = numbered(&vm, 16);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        assert_eq!(group.each().run(|number| *number).all(), Ok((0..16).collect()));
                        assert_eq!(group.each().run(|number| *number).count(), 16);
                        assert_eq!(group.each_within(LOST).run(|number| *number).quorum(9).unwrap().len(), 9);
                    }
                });
            }
        });
    });
}
