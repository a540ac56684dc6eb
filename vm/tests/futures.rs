//! Futures in handlers: only the handler waits, whoever wakes it and whenever; nothing else may wait in a poll.

mod support;

use std::cell::RefCell;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use greenroom::prelude::*;
use greenroom::{block_on, blocking, join_all, on_big_stack};
use support::{Flag, Object, SEEDS, ask, both_worlds, real_builder, simulated, watched};

/// Both outputs, of futures that are polled beside each other.
async fn join<A: Future, B: Future>(first: A, second: B) -> (A::Output, B::Output) {
    let (mut first, mut second) = (pin!(first), pin!(second));
    let (mut one, mut two) = (None, None);
    poll_fn(move |context| {
        if one.is_none() {
            one = ready(first.as_mut().poll(context));
        }
        if two.is_none() {
            two = ready(second.as_mut().poll(context));
        }
        if one.is_some() && two.is_some() {
            return Poll::Ready(one.take().zip(two.take()).unwrap());
        }
        Poll::Pending
    })
    .await
}

fn ready<T>(poll: Poll<T>) -> Option<T> {
    match poll {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

/// Wakes itself once, as futures do that let others go first.
async fn give_way() {
    let mut first = true;
    poll_fn(|context| {
        if std::mem::take(&mut first) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(())
    })
    .await;
}

#[test]
fn a_handler_that_awaits_lets_every_other_on_its_worker_go_on() {
    watched(|| {
        for vm in SEEDS.map(simulated).chain([real_builder().workers(1).build().unwrap()]) {
            let (go, begun) = (Flag::default(), Flag::default());
            let (wait, begin) = (go.clone(), begun.clone());
            let server = vm.spawn(Object(()));
            let waits = vm.spawn(Object(())).send_request(ask(move |(): &mut ()| {
                block_on(async move {
                    let slow = server.send_request(ask(move |(): &mut ()| {
                        begin.raise();
                        wait.wait();
                        1
                    }));
                    slow.await.unwrap() + server.send_request(ask(|(): &mut ()| 2)).await.unwrap()
                })
            }));
            let others = vm.run(move || {
                begun.wait();
                let sum: u32 = (0..100).map(|n| spawn(Object(n)).ask(ask(|n: &mut u32| *n)).unwrap()).sum();
                go.raise();
                sum
            });
            assert_eq!((others, waits.wait()), (Ok(4950), Ok(Ok(3))));
        }
    });
}

#[test]
fn two_promises_are_joined_as_futures() {
    both_worlds(|vm| {
        let sum = vm.run(|| {
            let (one, two) = (spawn(Object(1)), spawn(Object(2)));
            let mut sum = 0;
            for round in 0..50 {
                let ask = |wait: bool| {
                    ask(move |n: &mut i32| {
                        if wait {
                            yield_now().unwrap();
                        }
                        *n
                    })
                };
                let both = join(one.send_request(ask(round % 2 == 0)), two.send_request(ask(round % 3 == 0)));
                let (one, two) = block_on(both).unwrap();
                sum += one.unwrap() + two.unwrap();
            }
            sum
        });
        assert_eq!(sum, Ok(150));
    });
}

#[test]
fn a_future_may_borrow_from_its_handler_and_need_not_be_send() {
    both_worlds(|vm| {
        let seen = vm.run(|| {
            let (server, log) = (spawn(Object(20)), Rc::new(RefCell::new(Vec::new())));
            let name = String::from("n");
            let one = async {
                log.borrow_mut().push(format!("{name}1"));
                let n = server.send_request(ask(|n: &mut i32| *n)).await.unwrap();
                log.borrow_mut().push(format!("{name}{n}"));
            };
            let other = async {
                give_way().await;
                log.borrow_mut().push(format!("{name}2"));
            };
            block_on(join(one, other)).unwrap();
            let mut seen = log.take();
            seen.sort();
            seen
        });
        assert_eq!(seen.unwrap(), ["n1", "n2", "n20"]);
    });
}

#[test]
fn a_future_that_is_woken_while_it_is_polled_is_polled_again_and_others_go_on_between() {
    watched(|| {
        for vm in SEEDS.map(simulated).chain([real_builder().workers(1).build().unwrap()]) {
            let (by_message, by_timer) = (Flag::default(), Flag::default());
            let (message, timer) = (by_message.clone(), by_timer.clone());
            vm.spawn(Object(()))
                .send(ask(move |(): &mut ()| {
                    sleep(Duration::from_millis(1)).unwrap();
                    timer.raise();
                }))
                .unwrap();
            let polled = vm.run(move || {
                let other = spawn(Object(()));
                let mut polled = 0;
                let seen = poll_fn(|context| {
                    polled += 1;
                    if by_message.is_raised() && by_timer.is_raised() {
                        return Poll::Ready(());
                    }
                    if polled == 3 {
                        let message = message.clone();
                        other.send(ask(move |(): &mut ()| message.raise())).unwrap();
                    }
                    context.waker().wake_by_ref();
                    context.waker().wake_by_ref();
                    Poll::Pending
                });
                block_on(seen).unwrap();
                polled
            });
            assert!(polled.unwrap() > 3);
        }
    });
}

#[test]
fn nothing_may_wait_while_a_future_is_polled_and_everything_may_afterwards() {
    both_worlds(|vm| {
        let (errors, after) = vm
            .run(|| {
                let (go, busy) = (Flag::default(), spawn(Object(3)));
                let wait = go.clone();
                let first = busy.send_request(ask(move |_: &mut i32| wait.wait()));
                let get = || ask(|n: &mut i32| *n);
                let shared = busy.send_request(get()).shared();
                let errors = block_on(async {
                    give_way().await;
                    [
                        busy.ask(get()).err(),
                        busy.ask_within(Duration::MAX, get()).err(),
                        busy.send_request(get()).wait().err(),
                        shared.wait().err(),
                        join_all([busy.send_request(get())]).err(),
                        sleep(Duration::ZERO).err(),
                        yield_now().err(),
                        blocking(|| ()).err(),
                        block_on(async {}).err(),
                        on_big_stack(|| sleep(Duration::ZERO).err()),
                    ]
                });
                go.raise();
                first.wait().unwrap();
                let after = (shared.wait(), busy.ask(get()), sleep(Duration::ZERO), block_on(async { 1 }));
                (errors.unwrap(), after)
            })
            .unwrap();
        for error in errors {
            let Some(error @ CallError::MayNotWait { .. }) = error else { panic!("{error:?}") };
            assert!(error.to_string().contains("await instead"), "{error}");
        }
        assert_eq!(after, (Ok(3), Ok(3), Ok(()), Ok(1)));
    });
}

#[test]
fn a_handler_whose_future_panicked_may_wait_again_and_one_that_lets_it_end_does() {
    both_worlds(|vm| {
        let waited = vm.run(|| {
            let caught = catch_unwind(AssertUnwindSafe(|| {
                block_on(async {
                    give_way().await;
                    panic!("on purpose")
                })
            }));
            (caught.is_err(), sleep(Duration::ZERO), block_on(give_way()))
        });
        assert_eq!(waited, Ok((true, Ok(()), Ok(()))));
        let error = vm.spawn(Object(())).ask(ask(|(): &mut ()| block_on(async { panic!("on purpose") })));
        assert!(matches!(Result::<Result<(), _>, _>::unwrap_err(error), CallError::Panicked(_)));
    });
}

#[test]
fn no_future_is_awaited_where_nothing_may_wait() {
    struct Tries(Arc<Mutex<Option<CallError>>>);
    impl Drop for Tries {
        fn drop(&mut self) {
            *self.0.lock().unwrap() = block_on(async {}).err();
        }
    }
    both_worlds(|vm| {
        let seen = Arc::default();
        let tries = Tries(Arc::clone(&seen));
        let _ = vm.run(move || {
            let _tries = tries;
            panic!("on purpose");
        });
        assert_eq!(*seen.lock().unwrap(), Some(CallError::Unwinding));
        let error = vm.run(|| on_big_stack(|| block_on(async {}))).unwrap();
        assert!(matches!(error, Err(CallError::MayNotWait { .. })));
    });
}

#[test]
fn a_process_that_awaits_keeps_its_messages_for_later() {
    both_worlds(|vm| {
        let (go, heard) = (Flag::default(), vm.spawn(Object(Vec::new())));
        let (wait, hears, server) = (go.clone(), heard.clone(), vm.spawn(Object(())));
        let process = vm.process(move |inbox: Inbox<i32>| {
            let slow = server.send_request(ask(move |(): &mut ()| wait.wait()));
            block_on(slow).unwrap().unwrap();
            while let Ok(number) = inbox.recv() {
                hears.ask(ask(move |heard: &mut Vec<i32>| heard.push(number))).unwrap();
            }
        });
        (0..3).for_each(|number| process.send(number).unwrap());
        go.raise();
        let seen = || heard.ask(ask(|heard: &mut Vec<i32>| heard.clone())).unwrap();
        support::settle(vm, "all were heard", || seen().len() == 3);
        assert_eq!(seen(), [0, 1, 2]);
    });
}
