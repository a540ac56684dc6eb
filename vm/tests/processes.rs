//! Processes: what their inbox gives them, and when it says why there is nothing.

mod support;

use std::sync::mpsc;
use std::time::{Duration, Instant};

use greenroom::prelude::*;
use greenroom::{ExitReason, RecvError, on_big_stack};
use support::{Dropped, Flag, LOST, Object, Tally, ask, both_worlds, real, settle, watched};

/// Runs a process to its end, with what `with` does to it, and returns what it returned.
fn process_with<M: Send + 'static, R: Send + 'static>(
    vm: &Vm,
    with: impl FnOnce(&ProcessRef<M>) + Send + 'static,
    body: impl FnOnce(Inbox<M>) -> R + Send + 'static,
) -> R {
    let (tell, told) = mpsc::channel();
    let process = vm.process(move |inbox| tell.send(body(inbox)).unwrap());
    let subject = process.clone();
    vm.run(move || with(&subject)).unwrap();
    settle(vm, "the process has ended", || process.exit_reason().is_some());
    told.recv().unwrap()
}

fn send_all(numbers: impl IntoIterator<Item = u32> + Send + 'static) -> impl FnOnce(&ProcessRef<u32>) + Send {
    move |process| numbers.into_iter().for_each(|number| process.send(number).unwrap())
}

#[test]
fn a_process_receives_what_it_is_sent_and_answers_through_the_reference_in_it() {
    both_worlds(|vm| {
        let answers = vm.run(|| {
            let doubler = process(|inbox: Inbox<(u32, ProcessRef<u32>)>| {
                while let Ok((number, from)) = inbox.recv() {
                    from.send(2 * number).unwrap();
                }
            });
            let collector = spawn(Object(()));
            collector.ask_within(
                LOST,
                ask(move |(): &mut ()| {
                    let (tell, told) = mpsc::channel();
                    let done = Flag::default();
                    let end = done.clone();
                    process(move |inbox: Inbox<u32>| {
                        for number in 0..100 {
                            doubler.send((number, inbox.me())).unwrap();
                        }
                        tell.send((0..100).map(|_| inbox.recv().unwrap()).collect::<Vec<_>>()).unwrap();
                        end.raise();
                    });
                    done.wait();
                    told.recv().unwrap()
                }),
            )
        });
        assert_eq!(answers.unwrap().unwrap(), (0..100).map(|n| 2 * n).collect::<Vec<_>>());
    });
}

#[test]
fn a_receive_without_time_looks_at_everything_queued_once_and_keeps_what_did_not_match() {
    both_worlds(|vm| {
        let go = Flag::default();
        let ready = go.clone();
        let found = process_with(
            vm,
            move |process| {
                send_all(0..100)(process);
                ready.raise();
            },
            move |inbox| {
                go.wait();
                let mut looked_at = Vec::new();
                let nothing = inbox.recv_match_timeout(Duration::ZERO, |number| {
                    looked_at.push(*number);
                    *number > 100
                });
                assert_eq!(nothing, Err(RecvError::Timeout));
                assert_eq!(looked_at, (0..100).collect::<Vec<_>>(), "each once, in order");
                let last = inbox.recv_match_timeout(Duration::ZERO, |number| *number == 99);
                assert_eq!((last, inbox.len()), (Ok(99), 99));
                let rest: Vec<_> = std::iter::from_fn(|| inbox.recv_timeout(Duration::ZERO).ok()).collect();
                assert!(inbox.is_empty());
                rest
            },
        );
        assert_eq!(found, (0..99).collect::<Vec<_>>());
    });
}

#[test]
fn a_selective_receive_waits_for_what_it_wants_and_looks_at_each_message_once() {
    both_worlds(|vm| {
        let (found, looked_at, rest) = process_with(vm, send_all([5, 6, 7, 8, 9]), |inbox| {
            let mut looked_at = 0;
            let found = inbox.recv_match(|number| {
                looked_at += 1;
                *number == 8
            });
            let rest: Vec<_> = (0..4).map(|_| inbox.recv().unwrap()).collect();
            (found, looked_at, rest)
        });
        assert_eq!((found, looked_at, rest), (Ok(8), 4, vec![5, 6, 7, 9]));
    });
}

#[test]
fn a_receive_with_a_limit_waits_as_long_and_then_says_so() {
    watched(|| {
        let limit = Duration::from_millis(20);
        let waited = process_with(
            &real(),
            |_: &ProcessRef<u32>| (),
            move |inbox| {
                let begin = Instant::now();
                assert_eq!(inbox.recv_timeout(limit), Err(RecvError::Timeout));
                begin.elapsed()
            },
        );
        assert!(waited >= limit);
    });
    // An hour of virtual time.
    support::in_simulations(|vm| {
        let hour = Duration::from_secs(3600);
        let (tell, told) = mpsc::channel();
        let process = vm.process(move |inbox: Inbox<u32>| tell.send(inbox.recv_timeout(hour)).unwrap());
        vm.run(move || {
            sleep(hour - Duration::from_millis(1)).unwrap();
            process.send(3).unwrap();
            settle_inside(&process);
        })
        .unwrap();
        assert_eq!(told.recv().unwrap(), Ok(3));
    });
}

fn settle_inside(process: &ProcessRef<u32>) {
    support::wait_until("it has ended", || process.exit_reason().is_some());
}

#[test]
fn other_messages_do_not_prolong_a_limit() {
    support::in_simulations(|vm| {
        let result = process_with(
            vm,
            |process| {
                for _ in 0..20 {
                    sleep(Duration::from_millis(10)).unwrap();
                    if process.send(0).is_err() {
                        break;
                    }
                }
            },
            |inbox: Inbox<u32>| {
                let result = inbox.recv_match_timeout(Duration::from_millis(95), |number| *number == 1);
                (result, inbox.len())
            },
        );
        assert_eq!(result.0, Err(RecvError::Timeout));
        assert!((8..=9).contains(&result.1), "{result:?}");
    });
}

#[test]
fn an_exit_comes_once_and_the_process_may_still_clean_up() {
    both_worlds(|vm| {
        let (tell, told) = mpsc::channel();
        let process = vm.process(move |inbox: Inbox<u32>| {
            let first = inbox.recv();
            sleep(Duration::from_micros(100)).unwrap();
            let second = inbox.recv_timeout(Duration::ZERO);
            spawn(Object(())).ask(ask(|(): &mut ()| ())).unwrap();
            tell.send((first, second)).unwrap();
        });
        process.exit("please");
        settle(vm, "it has ended", || process.exit_reason().is_some());
        let please = ExitReason::Custom("please".into());
        assert_eq!(told.recv().unwrap(), (Err(RecvError::Exit(please.clone())), Err(RecvError::Timeout)));
        assert_eq!(process.exit_reason(), Some(please.clone()));
        let refused = process.send(1).unwrap_err();
        let error = CallError::Stopped { reason: please, started: false };
        assert_eq!((refused.message, refused.error), (1, error));
    });
}

#[test]
fn an_exit_interrupts_a_selective_receive() {
    both_worlds(|vm| {
        let result = process_with(
            vm,
            |process: &ProcessRef<u32>| {
                process.send(1).unwrap();
                process.stop();
            },
            |inbox| (inbox.recv_match(|number| *number == 2), inbox.recv()),
        );
        assert_eq!(result, (Err(RecvError::Exit(ExitReason::Normal)), Ok(1)));
    });
}

#[test]
fn a_process_nobody_can_send_to_is_told_so_and_one_with_a_limit_waits_it_out() {
    both_worlds(|vm| {
        let (tell, told) = mpsc::channel();
        drop(vm.process(move |inbox: Inbox<u32>| {
            let timed = inbox.recv_timeout(Duration::from_millis(1));
            tell.send((timed, inbox.recv())).unwrap();
        }));
        vm.run(|| sleep(Duration::from_millis(5))).unwrap().unwrap();
        let expected = (Err(RecvError::Timeout), Err(RecvError::Unreachable));
        assert_eq!(told.recv_timeout(LOST).unwrap(), expected);
    });
}

#[test]
fn the_last_reference_dropped_while_a_process_waits_wakes_it() {
    both_worlds(|vm| {
        for _ in 0..50 {
            let (tell, told) = mpsc::channel();
            let waiting = Flag::default();
            let begin = waiting.clone();
            let process = vm.process(move |inbox: Inbox<u32>| {
                begin.raise();
                tell.send(inbox.recv()).unwrap();
            });
            vm.run(move || {
                waiting.wait();
                drop(process);
                sleep(Duration::from_micros(100)).unwrap();
            })
            .unwrap();
            let mut end = None;
            settle(vm, "it was told", || {
                end = end.take().or_else(|| told.try_recv().ok());
                end.is_some()
            });
            assert_eq!(end, Some(Err(RecvError::Unreachable)));
        }
    });
}

#[test]
fn what_a_process_did_not_receive_is_dropped_with_it_once() {
    both_worlds(|vm| {
        let dropped = Tally::default();
        let process = vm.process(|inbox: Inbox<Dropped>| drop(inbox.recv()));
        let mut sent = 0;
        for _ in 0..20 {
            let letter = Dropped(dropped.clone());
            if process.send(letter).is_ok() {
                sent += 1;
            }
        }
        assert!(sent >= 1);
        settle(vm, "it has ended", || process.exit_reason().is_some());
        settle(vm, "all are dropped", || dropped.count() == 20);
    });
}

#[test]
fn a_process_that_panics_ends_with_the_report() {
    both_worlds(|vm| {
        let process = vm.process(|inbox: Inbox<u32>| panic!("got {}", inbox.recv().unwrap()));
        process.send(9).unwrap();
        settle(vm, "it has ended", || process.exit_reason().is_some());
        let Some(ExitReason::Panicked(report)) = process.exit_reason() else { panic!() };
        assert_eq!(report.message(), "got 9");
    });
}

#[test]
fn a_process_receives_and_calls_in_turns() {
    both_worlds(|vm| {
        let total = process_with(vm, send_all(0..200), |inbox| {
            let adder = spawn(Object(0_u32));
            for round in 0..200 {
                let number = inbox.recv().unwrap();
                let add = ask(move |sum: &mut u32| {
                    if round % 10 == 0 {
                        sleep(Duration::from_micros(20)).unwrap();
                    }
                    *sum += number;
                });
                adder.ask(add).unwrap();
            }
            adder.ask(ask(|sum: &mut u32| *sum)).unwrap()
        });
        assert_eq!(total, 19_900);
    });
}

#[test]
fn nothing_is_received_on_the_big_stack_but_what_is_there() {
    both_worlds(|vm| {
        let result = process_with(vm, send_all([1]), |inbox| {
            let first = inbox.recv();
            (first, on_big_stack(|| inbox.recv()))
        });
        let refused = RecvError::MayNotWait { why: "this code runs on the big stack" };
        assert_eq!(result, (Ok(1), Err(refused)));
    });
}
