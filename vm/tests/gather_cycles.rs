//! Gathered calls that wait for whoever waits for them, and those that only seem to.

#[path = "groups/members.rs"]
mod members;
mod support;

use std::time::Duration;

use greenroom::prelude::*;
use members::{ENOUGH, Node, hold, numbered};
use support::{Flag, both_worlds, in_simulations, settle};

/// Far less than the deadlines here, and no less than it takes to see that a wait is for ever.
const SOON: Duration = Duration::from_millis(101);

fn is_deadlock<R>(answer: &Result<R, CallError>) -> bool {
    matches!(answer, Err(CallError::Deadlock { .. }))
}

#[test]
fn a_handler_that_gathers_from_its_own_group_hears_at_once_that_it_cannot_answer() {
    both_worlds(|vm| {
        let (group, members) = numbered(vm, 3);
        let inside = group.clone();
        let replies = members[1].run(move |_| inside.each().run(|number| *number).replies()).unwrap();
        assert_eq!(replies.answers[0], (members[0].clone(), Ok(0)));
        assert_eq!(replies.answers[2], (members[2].clone(), Ok(2)));
        assert!(is_deadlock(&replies.answers[1].1), "{replies:?}");
        let inside = group.clone();
        members[1].run(move |_| inside.cast().tell(|number| *number += 1)).unwrap();
        assert_eq!(
            group.each().run(|number| *number).all(),
            Ok(vec![1, 2, 3]),
            "a cast reaches it, afterwards"
        );
        // The group was in its members' hands, and they in its.
        members.iter().for_each(|member| assert!(group.remove(member)));
    });
}

#[test]
fn one_that_gathers_and_does_not_wait_is_asked_like_the_others() {
    both_worlds(|vm| {
        let (group, members) = numbered(vm, 3);
        let inside = group.clone();
        members[1].run(move |_| drop(inside.each().run(|number| *number += 10))).unwrap();
        assert_eq!(group.each().run(|number| *number).all(), Ok(vec![10, 11, 12]));
        members.iter().for_each(|member| assert!(group.remove(member)));
    });
}

#[test]
fn a_parallel_method_of_the_caller_itself_answers() {
    both_worlds(|vm| {
        let (group, members) = numbered(vm, 3);
        let inside = group.clone();
        let all = members[1].run(move |_| inside.each().beside(|_| current_actor_id()).all()).unwrap();
        let ids: Vec<_> = members.iter().map(Ref::id).collect();
        assert_eq!(all, Ok(ids));
        members.iter().for_each(|member| assert!(group.remove(member)));
    });
}

fn current_actor_id() -> greenroom::ActorId {
    greenroom::current_actor().unwrap()
}

#[test]
fn a_member_whose_caller_up_the_chain_gathers_from_it_cannot_answer() {
    both_worlds(|vm| {
        let (group, members) = numbered(vm, 3);
        let (inside, middle) = (group.clone(), vm.spawn(Node(())));
        // The second member calls the middle, which gathers from all.
        let replies = members[1]
            .run(move |_| middle.run(move |()| inside.each().run(|number| *number).replies()))
            .unwrap()
            .unwrap();
        let answers: Vec<_> = replies.answers.iter().map(|(_, answer)| answer).collect();
        assert_eq!((answers[0], answers[2]), (&Ok(0), &Ok(2)));
        assert!(is_deadlock(answers[1]));
        members.iter().for_each(|member| assert!(group.remove(member)));
    });
}

#[test]
fn members_that_call_back_who_gathers_are_told_that_they_wait_for_each_other() {
    both_worlds(|vm| {
        let (group, members) = numbered(vm, 4);
        let gatherer = vm.spawn(Node(7));
        let (back, inside) = (gatherer.clone(), group);
        let replies = gatherer.within(Duration::MAX).run(move |_| {
            let call_back = move |number: &mut u32| match *number {
                2 => back.within(Duration::MAX).run(|number| *number),
                number => Ok(number),
            };
            inside.each_within(Duration::MAX).run(call_back).replies()
        });
        let replies = replies.unwrap();
        let values: Vec<_> = replies.answers.iter().map(|(_, answer)| answer.clone()).collect();
        assert_eq!([&values[0], &values[1], &values[3]], [&Ok(Ok(0)), &Ok(Ok(1)), &Ok(Ok(3))]);
        // Whoever sees it first is told: the member that calls back, or the one that waits for it.
        let seen = match &values[2] {
            Ok(called_back) => is_deadlock(called_back),
            answer => is_deadlock(answer),
        };
        assert!(seen, "{values:?}");
        assert_eq!(members[2].run(|number| *number), Ok(2), "they are as good as before");
    });
}

#[test]
fn such_a_cycle_is_seen_soon() {
    in_simulations(|vm| {
        let (group, _) = numbered(vm, 1);
        let gatherer = vm.spawn(Node(7));
        let late = Flag::default();
        let (raise, seen) = (late.clone(), late);
        let clock = vm.process(move |_: Inbox<()>| {
            sleep(SOON).unwrap();
            raise.raise();
        });
        let back = gatherer.clone();
        gatherer
            .within(Duration::MAX)
            .run(move |_| {
                let call_back = move |_: &mut u32| back.within(Duration::MAX).run(|_| ()).is_err();
                drop(group.each_within(Duration::MAX).run(call_back).first());
            })
            .unwrap();
        assert!(!seen.is_raised());
        drop(clock);
    });
}

#[test]
fn a_member_that_is_slow_or_busy_with_other_calls_is_no_cycle() {
    both_worlds(|vm| {
        let (group, members) = numbered(vm, 3);
        let (go, other) = (Flag::default(), vm.spawn(Node(0)));
        let busy = other.request().run(hold(&go));
        let inside = group;
        let call_other = move |number: &mut u32| other.run(|_| ()).map(|()| *number);
        let gatherer = vm.spawn(Node(()));
        let gathered = gatherer.request().run(move |()| inside.each().run(call_other).all());
        let raise = go;
        let timer = vm.process(move |_: Inbox<()>| {
            sleep(ENOUGH).unwrap();
            raise.raise();
        });
        assert_eq!(gathered.wait(), Ok(Ok(vec![Ok(0), Ok(1), Ok(2)])));
        busy.wait().unwrap();
        settle(vm, "the members are at rest", || members.iter().all(|member| member.run(|_| ()).is_ok()));
        drop(timer);
    });
}

#[test]
fn a_gathered_call_has_no_more_time_than_its_caller() {
    in_simulations(|vm| {
        let (group, members) = numbered(vm, 2);
        let (limit, late) = (Duration::from_millis(10), Flag::default());
        let caller = vm.spawn(Node(()));
        let told = late.clone();
        let never = |_: &mut u32| drop(sleep(Duration::MAX));
        let failed = caller.within(limit).run(move |()| {
            let replies = group.each_within(ENOUGH).run(never).replies();
            if replies.missing == members {
                told.raise();
            }
        });
        // Both are over at the same time: who comes first is chance.
        assert!(matches!(failed, Ok(()) | Err(CallError::Timeout { .. })), "{failed:?}");
        vm.run(move || sleep(Duration::from_millis(1))).unwrap().unwrap();
        assert!(late.is_raised());
    });
}
