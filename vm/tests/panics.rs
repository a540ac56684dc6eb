//! Panics: they end one actor, its callers are told where and why, and nobody else notices.

mod support;

use std::panic::{catch_unwind, panic_any, resume_unwind};
use std::time::Duration;

use greenroom::prelude::*;
use greenroom::{ExitReason, on_big_stack};
use support::{
    Dropped, Flag, Object, Tally, ask, both_worlds, is_child, run_as_child, settle, sum, wait_until,
};

fn panicked(error: CallError) -> greenroom::PanicReport {
    match error {
        CallError::Panicked(report) => report,
        other => panic!("not a panic: {other}"),
    }
}

#[test]
fn a_panic_reaches_the_caller_with_its_text_and_place() {
    both_worlds(|vm| {
        let actor = vm.spawn(Object(()));
        let line = line!() + 1;
        let error: Result<(), _> = actor.ask(ask(|(): &mut ()| panic!("{} apples", 7)));
        let report = panicked(error.unwrap_err());
        assert_eq!(report.message(), "7 apples");
        let place = format!("panics.rs:{line}:");
        assert!(report.location().contains(&place), "{} is not in {place}", report.location());
    });
}

#[test]
fn a_panicking_send_ends_its_receiver_for_all_to_see_and_not_its_sender() {
    both_worlds(|vm| {
        let actor = vm.spawn(Object(()));
        let subject = actor.clone();
        vm.run(move || {
            subject.send(ask(|(): &mut ()| panic!("boom"))).unwrap();
            wait_until("it has ended", || subject.exit_reason().is_some());
        })
        .unwrap();
        let Some(ExitReason::Panicked(report)) = actor.exit_reason() else {
            panic!("{:?}", actor.exit_reason())
        };
        assert_eq!(report.message(), "boom");
        let error = actor.send(ask(|(): &mut ()| ())).unwrap_err();
        let refused = CallError::Stopped { reason: ExitReason::Panicked(report), started: false };
        assert_eq!(error.error, refused);
        assert_eq!(actor.ask(ask(|(): &mut ()| ())), Err(refused));
    });
}

#[test]
fn calls_queued_behind_a_panic_come_back_with_it() {
    both_worlds(|vm| {
        let go = Flag::default();
        let (actor, wait) = (vm.spawn(Object(())), go.clone());
        let first = actor.send_request(ask(move |(): &mut ()| {
            wait.wait();
            panic!("the reason");
        }));
        let queued: Vec<_> = (0..20).map(|_| actor.send_request(ask(|(): &mut ()| ()))).collect();
        go.raise();
        let report = panicked(Result::<(), _>::unwrap_err(first.wait()));
        for promise in queued {
            let reason = ExitReason::Panicked(report.clone());
            assert_eq!(promise.wait(), Err(CallError::Stopped { reason, started: false }));
        }
    });
}

#[test]
fn a_panic_after_a_wait_reaches_the_caller_as_well() {
    both_worlds(|vm| {
        let report = vm.run(|| {
            let late = ask(|(): &mut ()| {
                sleep(Duration::from_millis(1)).unwrap();
                panic!("late");
            });
            panicked(Result::<(), _>::unwrap_err(spawn(Object(())).ask(late)))
        });
        assert_eq!(report.unwrap().message(), "late");
    });
}

#[test]
fn a_thousand_panics_end_a_thousand_actors_and_no_more() {
    both_worlds(|vm| {
        let witness = vm.spawn(Object(0));
        vm.run(move || {
            for number in 0..1000 {
                // Resumed, so that the hook does not print a thousand texts.
                let error = spawn(Object(())).ask(ask(move |(): &mut ()| resume_unwind(Box::new("quiet"))));
                assert_eq!(panicked(Result::<(), _>::unwrap_err(error)).message(), "quiet");
                assert_eq!(witness.ask(ask(|n: &mut i32| std::mem::replace(n, *n + 1))), Ok(number));
            }
        })
        .unwrap();
        settle(vm, "the dead are gone", || vm.actors() == 0);
        assert_eq!(sum(vm, |counted| counted.panics), 1000);
    });
}

#[test]
fn a_panic_whose_payload_is_no_text_is_reported_too() {
    both_worlds(|vm| {
        let report = |payload: u64| {
            let error = vm.spawn(Object(())).ask(ask(move |(): &mut ()| panic_any(payload)));
            panicked(Result::<(), _>::unwrap_err(error))
        };
        assert_eq!(report(3).message(), "a value that is not a text");
        assert!(report(3).location().contains("panics.rs"));
    });
}

#[test]
fn a_payload_that_panics_when_it_is_dropped_ends_nobody_else() {
    struct Grenade;
    impl Drop for Grenade {
        fn drop(&mut self) {
            panic!("in the payload");
        }
    }
    both_worlds(|vm| {
        let error = vm.spawn(Object(())).ask(ask(|(): &mut ()| panic_any(Grenade)));
        panicked(Result::<(), _>::unwrap_err(error));
        assert_eq!(vm.spawn(Object(())).ask(ask(|(): &mut ()| 1)), Ok(1));
    });
}

#[test]
fn a_state_that_panics_when_it_is_dropped_ends_nobody_else() {
    struct Grenade;
    impl Drop for Grenade {
        fn drop(&mut self) {
            panic!("in the state");
        }
    }
    both_worlds(|vm| {
        vm.spawn(Object(Grenade)).ask(ask(|_: &mut Grenade| stop())).unwrap();
        let error = vm.spawn(Object(Grenade)).ask(ask(|_: &mut Grenade| panic!("first")));
        assert_eq!(panicked(Result::<(), _>::unwrap_err(error)).message(), "first");
        drop(vm.spawn(Object(Grenade)));
        settle(vm, "all are gone", || vm.actors() == 0);
    });
}

#[test]
fn a_queued_message_that_panics_when_it_is_dropped_keeps_no_other_from_being_returned() {
    struct Grenade;
    impl Drop for Grenade {
        fn drop(&mut self) {
            panic!("in the message");
        }
    }
    both_worlds(|vm| {
        let go = Flag::default();
        let (actor, wait) = (vm.spawn(Object(())), go.clone());
        let first = actor.send_request(ask(move |(): &mut ()| {
            wait.wait();
            stop();
        }));
        let grenade = Grenade;
        actor.send(ask(move |(): &mut ()| std::mem::forget(grenade))).unwrap();
        let behind = actor.send_request(ask(|(): &mut ()| ()));
        go.raise();
        first.wait().unwrap();
        assert!(matches!(behind.wait(), Err(CallError::Stopped { started: false, .. })));
    });
}

#[test]
fn what_lies_on_a_panicking_handler_s_stack_is_dropped_once() {
    both_worlds(|vm| {
        let dropped = Tally::default();
        for number in 0..10 {
            let held = Dropped(dropped.clone());
            let error = vm.spawn(Object(())).ask(ask(move |(): &mut ()| {
                let _held = held;
                if number % 2 == 0 {
                    sleep(Duration::from_micros(10)).unwrap();
                }
                panic!("on purpose");
            }));
            panicked(Result::<(), _>::unwrap_err(error));
        }
        assert_eq!(dropped.count(), 10);
    });
}

#[test]
fn a_panic_on_the_big_stack_goes_on_in_the_handler() {
    both_worlds(|vm| {
        let caught = vm.run(|| {
            let error = spawn(Object(())).ask(ask(|(): &mut ()| on_big_stack(|| panic!("deep down"))));
            let caught = catch_unwind(|| on_big_stack(|| panic!("caught"))).is_err();
            (panicked(Result::<(), _>::unwrap_err(error)).message().to_owned(), caught, on_big_stack(|| 5))
        });
        assert_eq!(caught, Ok(("deep down".to_owned(), true, 5)));
    });
}

#[test]
fn a_panic_that_the_handler_catches_itself_ends_nothing() {
    both_worlds(|vm| {
        let actor = vm.spawn(Object(()));
        let caught = actor.ask(ask(|(): &mut ()| {
            let caught = catch_unwind(|| panic!("inner")).is_err();
            sleep(Duration::from_micros(10)).unwrap();
            caught
        }));
        assert_eq!(caught, Ok(true));
        assert_eq!(actor.exit_reason(), None);
    });
}

#[test]
fn a_panic_in_the_function_that_a_machine_runs_comes_back_to_who_ran_it() {
    both_worlds(|vm| {
        let error = vm
            .run(|| {
                if vm_is_fine() {
                    panic!("main")
                }
            })
            .unwrap_err();
        assert_eq!(panicked(error).message(), "main");
        assert_eq!(vm.run(|| 1), Ok(1));
    });
    fn vm_is_fine() -> bool {
        true
    }
}

#[test]
fn a_panic_is_printed_by_the_hook_that_was_there_before_with_a_backtrace_if_one_is_asked_for() {
    const NAME: &str =
        "a_panic_is_printed_by_the_hook_that_was_there_before_with_a_backtrace_if_one_is_asked_for";
    if is_child() {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            eprintln!("backtrace: {}", std::backtrace::Backtrace::force_capture());
            before(info);
        }));
        let vm = support::real();
        panicked(Result::<(), _>::unwrap_err(vm.run(|| panic!("for the hook"))));
        return;
    }
    let output = run_as_child(NAME);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{text}");
    assert!(text.contains("for the hook") && text.contains("panics::"), "{text}");
}
