//! Stopping: what comes before the end is handled, what comes after comes back, and everybody is told.

mod support;

use std::sync::mpsc;
use std::time::Duration;

use greenroom::prelude::*;
use greenroom::{ExitReason, exit};
use support::{Dropped, Flag, Object, Tally, ask, both_worlds, settle, sum, wait_until};

#[test]
fn a_stop_lets_what_was_sent_before_it_be_handled_and_refuses_what_comes_after() {
    both_worlds(|vm| {
        let handled = Tally::default();
        let seen = handled.clone();
        vm.run(move || {
            let actor = spawn(Object(()));
            for _ in 0..10 {
                let handled = handled.clone();
                actor.send(ask(move |(): &mut ()| handled.add_one())).unwrap();
            }
            actor.stop();
            let late = actor.ask(ask(|(): &mut ()| unreachable!("sent after the stop")));
            let refused: Result<(), _> =
                Err(CallError::Stopped { reason: ExitReason::Normal, started: false });
            assert_eq!(late, refused);
            let back = actor.send(ask(|(): &mut ()| 5)).unwrap_err();
            assert_eq!(back.error, CallError::Stopped { reason: ExitReason::Normal, started: false });
            drop(back.message);
        })
        .unwrap();
        assert_eq!(seen.count(), 10);
    });
}

#[test]
fn what_could_not_be_sent_comes_back_whole() {
    struct Letter(Vec<u8>);
    impl Message for Letter {
        type Reply = ();
    }
    impl Handler<Letter> for Object<u8> {
        fn handle(&mut self, _: Letter) {}
    }
    both_worlds(|vm| {
        let actor = vm.spawn(Object(0_u8));
        actor.ask(ask(|_: &mut u8| exit("moved"))).unwrap();
        settle(vm, "it has ended", || actor.exit_reason().is_some());
        let error = actor.send(Letter(vec![1, 2, 3])).unwrap_err();
        assert_eq!(error.message.0, [1, 2, 3]);
        assert_eq!(error.to_string(), "the receiver has ended (exited: moved)");
    });
}

#[test]
fn a_caller_that_waits_gets_stopped_at_once_and_not_a_timeout() {
    both_worlds(|vm| {
        let go = Flag::default();
        let actor = vm.spawn(Object(()));
        vm.run(move || {
            let wait = go.clone();
            let first = actor.send_request(ask(move |(): &mut ()| {
                wait.wait();
                exit("closing");
            }));
            let queued: Vec<_> = (0..100).map(|_| actor.send_request(ask(|(): &mut ()| ()))).collect();
            go.raise();
            first.wait().unwrap();
            // Without a deadline: if they were forgotten this would hang.
            for promise in queued {
                let reason = ExitReason::Custom("closing".into());
                assert_eq!(promise.wait(), Err(CallError::Stopped { reason, started: false }));
            }
        })
        .unwrap();
    });
}

#[test]
fn queued_messages_that_nobody_waits_for_are_counted_as_dead_letters() {
    both_worlds(|vm| {
        let (go, dropped) = (Flag::default(), Tally::default());
        let (actor, wait) = (vm.spawn(Object(())), go.clone());
        let first = actor.send_request(ask(move |(): &mut ()| {
            wait.wait();
            stop();
        }));
        for _ in 0..7 {
            let letter = Dropped(dropped.clone());
            actor.send(ask(move |(): &mut ()| drop(letter))).unwrap();
        }
        go.raise();
        first.wait().unwrap();
        settle(vm, "the letters are dropped", || dropped.count() == 7);
        settle(vm, "they are counted", || sum(vm, |counted| counted.dead_letters) == 7);
    });
}

#[test]
fn of_two_exits_the_first_reason_wins() {
    both_worlds(|vm| {
        let actor = vm.spawn(Object(()));
        let ended = actor.clone();
        vm.run(move || {
            actor.exit("first");
            actor.exit("second");
            wait_until("it has ended", || actor.exit_reason().is_some());
        })
        .unwrap();
        assert_eq!(ended.exit_reason(), Some(ExitReason::Custom("first".into())));

        let actor = vm.spawn(Object(()));
        let twice = ask(|(): &mut ()| {
            exit("inner first");
            exit("inner second");
        });
        actor.ask(twice).unwrap();
        settle(vm, "it has ended", || actor.exit_reason().is_some());
        assert_eq!(actor.exit_reason(), Some(ExitReason::Custom("inner first".into())));
    });
}

#[test]
fn an_actor_that_is_stopped_in_the_middle_of_a_message_ends_it_first() {
    both_worlds(|vm| {
        let actor = vm.spawn(Object(0));
        vm.run(move || {
            let (go, begun) = (Flag::default(), Flag::default());
            let (wait, begin) = (go.clone(), begun.clone());
            let reply = actor.send_request(ask(move |_: &mut i32| {
                begin.raise();
                wait.wait();
                "done"
            }));
            begun.wait();
            actor.stop();
            assert_eq!(actor.exit_reason(), None);
            go.raise();
            assert_eq!(reply.wait(), Ok("done"));
            wait_until("it has ended", || actor.exit_reason() == Some(ExitReason::Normal));
        })
        .unwrap();
    });
}

#[test]
fn the_state_is_dropped_once_however_the_actor_ends() {
    both_worlds(|vm| {
        let dropped = Tally::default();
        let subject = || vm.spawn(Object(Dropped(dropped.clone())));
        subject().ask(ask(|_: &mut Dropped| stop())).unwrap();
        subject().stop();
        subject().ask(ask(|_: &mut Dropped| panic!("on purpose"))).unwrap_err();
        drop(subject());
        let kept = subject().downgrade();
        settle(vm, "all are dropped", || dropped.count() == 5);
        assert!(kept.upgrade().is_none());
        vm.run(|| sleep(Duration::from_millis(5))).unwrap().unwrap();
        assert_eq!(dropped.count(), 5);
        settle(vm, "nobody is left", || vm.actors() == 0);
    });
}

#[test]
fn a_destructor_that_stops_ends_nobody_else() {
    struct Stopper;
    impl Drop for Stopper {
        fn drop(&mut self) {
            exit("in a destructor");
        }
    }
    both_worlds(|vm| {
        let others: Vec<_> = (0..20).map(|_| vm.spawn(Object(0))).collect();
        vm.run(move || {
            for other in &others {
                let doomed = spawn(Object(Stopper));
                doomed.send(ask(|_: &mut Stopper| stop())).unwrap();
                other.send(ask(|n: &mut i32| *n += 1)).unwrap();
                other.send(ask(|n: &mut i32| *n += 1)).unwrap();
                wait_until("the doomed one has ended", || doomed.exit_reason().is_some());
                assert_eq!(doomed.exit_reason(), Some(ExitReason::Normal));
            }
            for other in &others {
                assert_eq!(other.ask(ask(|n: &mut i32| *n)), Ok(2));
            }
        })
        .unwrap();
    });
}

#[test]
fn a_destructor_may_call_others_and_wait() {
    struct Farewell(Ref<Object<u32>>);
    impl Drop for Farewell {
        fn drop(&mut self) {
            let said = self.0.ask(ask(|n: &mut u32| {
                sleep(Duration::from_millis(1)).unwrap();
                *n += 1;
            }));
            assert_eq!(said, Ok(()));
        }
    }
    both_worlds(|vm| {
        let counter = vm.spawn(Object(0));
        for _ in 0..10 {
            vm.spawn(Object(Farewell(counter.clone()))).stop();
        }
        vm.run(move || wait_until("all said farewell", || counter.ask(ask(|n: &mut u32| *n)) == Ok(10)))
            .unwrap();
    });
}

#[test]
fn a_process_that_stops_itself_ends_with_its_reason_when_it_returns() {
    both_worlds(|vm| {
        let (tell, told) = mpsc::channel();
        let process = vm.process(move |inbox: Inbox<()>| {
            exit("had enough");
            tell.send(inbox.me()).unwrap();
        });
        settle(vm, "it has ended", || process.exit_reason().is_some());
        assert_eq!(told.recv().unwrap(), process);
        assert_eq!(process.exit_reason(), Some(ExitReason::Custom("had enough".into())));
        let refused = CallError::from(process.send(()).unwrap_err());
        let reason = ExitReason::Custom("had enough".into());
        assert_eq!(refused, CallError::Stopped { reason, started: false });
    });
}
