//! Quorums, and gathered calls that are given up: nobody is called off silently.

#[path = "groups/members.rs"]
mod members;
mod support;

use std::time::Duration;

use greenroom::QuorumError;
use greenroom::prelude::*;
use members::{ENOUGH, Refusal, even, hold, numbered};
use support::{Dropped, Flag, Tally, both_worlds, settle, sum};

#[test]
fn a_quorum_has_the_first_replies_and_calls_nobody_off() {
    both_worlds(|vm| {
        let (group, members) = numbered(vm, 5);
        let (go, ran) = (Flag::default(), Tally::default());
        // The last of the five has not even begun, for it is busy.
        let busy = members[4].request().run(hold(&go));
        let (wait, run) = (go.clone(), ran.clone());
        let mut gather = group.each().run(move |number: &mut u32| {
            if *number >= 3 {
                wait.wait();
            }
            run.add_one();
            *number
        });
        let mut quorum: Vec<_> = gather.quorum(3).unwrap();
        quorum.sort();
        let expected: Vec<_> = members.iter().cloned().zip(0..3).collect();
        assert_eq!((quorum, ran.count()), (expected, 3));

        drop(gather);
        go.raise();
        busy.wait().unwrap();
        settle(vm, "the slow ones have run too", || ran.count() == 5);
    });
}

#[test]
fn after_a_quorum_the_others_may_still_be_waited_for() {
    both_worlds(|vm| {
        let (group, members) = numbered(vm, 5);
        let go = Flag::default();
        let wait = go.clone();
        let mut gather = group.each().run(move |number: &mut u32| {
            if *number == 2 {
                wait.wait();
            }
            *number
        });
        gather.first().unwrap();
        gather.quorum(3).unwrap();
        assert_eq!(gather.missing(), [members[2].clone()]);
        assert!(matches!(gather.quorum(2), Err(QuorumError::TooFewMembers { wanted: 2, members: 1 })));
        go.raise();
        assert_eq!(gather.first().unwrap(), (members[2].clone(), 2));
        assert_eq!(gather.next(), None);
        assert_eq!(gather.all(), Ok(vec![]), "what was given is not given again");
    });
}

#[test]
fn the_first_reply_that_is_no_error_wins() {
    both_worlds(|vm| {
        let (group, members) = numbered(vm, 4);
        let (go, wait) = (Flag::default(), Flag::default());
        let mut gather = group.each().attempt({
            let wait = wait.clone();
            move |number| {
                if *number == 2 {
                    wait.wait();
                }
                if *number == 0 { Err(Refusal::Odd(0)) } else { even(number) }
            }
        });
        let waiting = go.clone();
        let releaser = vm.process(move |_: Inbox<()>| {
            sleep(Duration::from_millis(5)).unwrap();
            wait.raise();
            waiting.raise();
        });
        assert_eq!(gather.first().unwrap(), (members[2].clone(), 2));
        assert!(go.is_raised());
        drop(releaser);
    });
}

#[test]
fn a_quorum_that_cannot_be_reached_fails_as_soon_as_that_is_known() {
    both_worlds(|vm| {
        let (group, members) = numbered(vm, 5);
        let go = Flag::default();
        let wait = go.clone();
        let mut gather = group.each_within(Duration::MAX).attempt(move |number: &mut u32| {
            if *number == 4 {
                wait.wait();
            }
            even(number)
        });
        // Of five, two are odd.
        let error = gather.quorum(4).unwrap_err();
        let text = error.to_string();
        let QuorumError::NotReached { wanted, mut answers, mut errors, missing } = error else {
            panic!("{error}")
        };
        answers.sort();
        errors.sort_by_key(|(member, _)| member.clone());
        assert_eq!(wanted, 4);
        assert_eq!(answers.len() + errors.len() + missing.len(), 5);
        assert_eq!(errors, [(members[1].clone(), Refusal::Odd(1)), (members[3].clone(), Refusal::Odd(3))]);
        assert!(missing.contains(&members[4]) && !answers.contains(&(members[4].clone(), 4)));
        assert!(text.contains("of 4 wanted") && text.contains(&format!("{:?}", members[4])), "{text}");

        let mut gather = group.each().attempt(even);
        let error = gather.quorum(6).unwrap_err();
        assert!(matches!(error, QuorumError::TooFewMembers { wanted: 6, members: 5 }));
        assert_eq!(error.to_string(), "a quorum of 6 was asked of 5 members; ask for fewer, or add some",);
        go.raise();
        assert_eq!(gather.quorum(3).unwrap().len(), 3);
    });
}

#[test]
fn a_quorum_that_is_late_names_who_answered_and_who_is_missing() {
    both_worlds(|vm| {
        let (group, members) = numbered(vm, 3);
        let go = Flag::default();
        let wait = go.clone();
        let limit = ENOUGH;
        let mut gather = group.each_within(limit).run(move |number: &mut u32| {
            if *number > 0 {
                wait.wait();
            }
            *number
        });
        let Err(QuorumError::NotReached { answers, errors, missing, .. }) = gather.quorum(2) else {
            panic!("two wait")
        };
        assert_eq!((answers, errors.len()), (vec![(members[0].clone(), 0)], 0));
        assert_eq!(missing, members[1..]);
        go.raise();
    });
}

#[test]
fn a_gather_that_is_dropped_calls_nobody_off_and_drops_the_replies() {
    both_worlds(|vm| {
        let (group, members) = numbered(vm, 6);
        let (go, ran, dropped) = (Flag::default(), Tally::default(), Tally::default());
        let busy: Vec<_> = members[..3].iter().map(|member| member.request().run(hold(&go))).collect();
        let (run, drops) = (ran.clone(), dropped.clone());
        let gather = group.each().run(move |_| {
            run.add_one();
            Dropped(drops)
        });
        settle(vm, "those at rest have answered", || ran.count() == 3);
        assert_eq!(dropped.count(), 0, "answers that nobody took yet are kept");
        drop(gather);
        assert_eq!(dropped.count(), 3);
        go.raise();
        settle(vm, "the others have run, and their replies are gone", || dropped.count() == 6);
        assert_eq!(ran.count(), 6);
        drop(busy);
    });
}

#[test]
fn cancelling_calls_off_what_has_not_begun() {
    both_worlds(|vm| {
        let (group, members) = numbered(vm, 6);
        let (go, begun, ended) = (Flag::default(), Tally::default(), Tally::default());
        let busy: Vec<_> = members[..3].iter().map(|member| member.request().run(hold(&go))).collect();
        let (wait, begin, end) = (go.clone(), begun.clone(), ended.clone());
        let gather = group.each().run(move |_| {
            begin.add_one();
            wait.wait();
            end.add_one();
        });
        settle(vm, "those at rest have begun", || begun.count() == 3);
        gather.cancel();
        go.raise();
        for promise in busy {
            promise.wait().unwrap();
        }
        group.each().run(|_| ()).all().unwrap();
        assert_eq!((begun.count(), ended.count()), (3, 3));
        assert_eq!(sum(vm, |counted| counted.expired), 3);
    });
}
