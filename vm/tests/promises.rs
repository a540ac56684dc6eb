//! Promises: waited for in handlers, on threads and by tasks, given up, and waited for again.

mod support;

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use greenroom::prelude::*;
use greenroom::{join_all, join_all_within};
use support::{Dropped, Flag, LOST, Object, Tally, ask, both_worlds, real, settle, sum, watched};

/// Runs one future on this thread, which it parks meanwhile.
fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

#[test]
fn a_request_returns_at_once_and_its_promise_gets_the_reply() {
    both_worlds(|vm| {
        let replies = vm.run(|| {
            let square = spawn(Object(()));
            let promises: Vec<_> =
                (0..100_u64).map(|n| square.send_request(ask(move |(): &mut ()| n * n))).collect();
            promises.into_iter().map(|promise| promise.wait().unwrap()).sum::<u64>()
        });
        assert_eq!(replies, Ok(328_350));
    });
}

#[test]
fn five_servers_answer_twenty_clients_with_fifty_requests_each() {
    both_worlds(|vm| {
        let servers: Vec<_> = (0..5).map(|_| vm.spawn(Object(0_u32))).collect();
        let clients: Vec<_> = (0..20)
            .map(|client| {
                let servers = servers.clone();
                vm.spawn(Object(())).send_request(ask(move |(): &mut ()| {
                    let promises: Vec<_> = (0..50)
                        .map(|n| {
                            let number = client * 50 + n;
                            let count = ask(move |count: &mut u32| {
                                *count += 1;
                                number
                            });
                            (number, servers[number % 5].send_request(count))
                        })
                        .collect();
                    promises.into_iter().all(|(number, promise)| promise.wait() == Ok(number))
                }))
            })
            .collect();
        assert!(clients.into_iter().all(|client| client.wait() == Ok(true)));
        let counts = servers.iter().map(|server| server.ask(ask(|count: &mut u32| *count)).unwrap());
        assert_eq!(counts.sum::<u32>(), 1000);
    });
}

#[test]
fn a_limit_that_passes_leaves_the_promise_usable() {
    both_worlds(|vm| {
        let reply = vm.run(|| {
            let (go, begun) = (Flag::default(), Flag::default());
            let (wait, begin) = (go.clone(), begun.clone());
            let mut promise = spawn(Object(())).send_request(ask(move |(): &mut ()| {
                begin.raise();
                wait.wait();
                5
            }));
            begun.wait();
            let limit = Duration::from_millis(5);
            for _ in 0..3 {
                assert!(matches!(promise.wait_for(limit), Err(CallError::Timeout { started: true, .. })));
                assert!(!promise.is_done());
            }
            go.raise();
            let reply = promise.wait_for(LOST);
            assert!(promise.is_done());
            reply
        });
        assert_eq!(reply, Ok(Ok(5)));
    });
}

#[test]
fn a_promise_dropped_before_its_request_begins_keeps_it_from_running() {
    both_worlds(|vm| {
        let (go, ran, dropped) = (Flag::default(), Tally::default(), Tally::default());
        let (busy, wait) = (vm.spawn(Object(())), go.clone());
        let first = busy.send_request(ask(move |(): &mut ()| wait.wait()));
        let (run, held) = (ran.clone(), Dropped(dropped.clone()));
        drop(busy.send_request(ask(move |(): &mut ()| {
            let _held = held;
            run.add_one()
        })));
        go.raise();
        first.wait().unwrap();
        busy.ask(ask(|(): &mut ()| ())).unwrap();
        assert_eq!((ran.count(), dropped.count()), (0, 1));
        assert_eq!(sum(vm, |counted| counted.expired), 1);
    });
}

#[test]
fn a_reply_to_a_promise_that_was_dropped_meanwhile_is_dropped_once() {
    both_worlds(|vm| {
        let dropped = Tally::default();
        let reply = dropped.clone();
        let actor = vm.spawn(Object(()));
        let again = actor.clone();
        vm.run(move || {
            let (go, begun) = (Flag::default(), Flag::default());
            let (wait, begin) = (go.clone(), begun.clone());
            let promise = again.send_request(ask(move |(): &mut ()| {
                begin.raise();
                wait.wait();
                Dropped(reply)
            }));
            begun.wait();
            drop(promise);
            go.raise();
        })
        .unwrap();
        actor.ask(ask(|(): &mut ()| ())).unwrap();
        settle(vm, "the reply is dropped", || dropped.count() == 1);
        assert_eq!(sum(vm, |counted| counted.late_replies), 1);
    });
}

#[test]
fn a_reply_that_is_there_and_never_taken_is_dropped_with_its_promise() {
    both_worlds(|vm| {
        let dropped = Tally::default();
        let reply = dropped.clone();
        let promise = vm.spawn(Object(())).send_request(ask(move |(): &mut ()| Dropped(reply)));
        settle(vm, "the reply is there", || promise.is_done());
        assert_eq!(dropped.count(), 0);
        drop(promise);
        assert_eq!(dropped.count(), 1);
    });
}

#[test]
#[should_panic(expected = "taken once")]
fn a_reply_is_taken_once() {
    let vm = real();
    let mut promise = vm.spawn(Object(())).send_request(ask(|(): &mut ()| 1));
    assert_eq!(promise.wait_for(LOST), Ok(1));
    let _ = promise.wait();
}

#[test]
fn a_plain_thread_that_waits_with_a_limit_goes_on_when_it_has_passed_and_not_before() {
    watched(|| {
        let vm = real();
        let (go, limit) = (Flag::default(), Duration::from_millis(20));
        let wait = go.clone();
        let mut promise = vm.spawn(Object(())).send_request(ask(move |(): &mut ()| wait.wait()));
        let begin = Instant::now();
        assert!(matches!(promise.wait_for(limit), Err(CallError::Timeout { .. })));
        assert!(begin.elapsed() >= limit);
        go.raise();
        assert_eq!(promise.wait_for(LOST), Ok(()));
    });
}

#[test]
fn a_promise_moves_between_threads_and_handlers_and_is_waited_for_there() {
    watched(|| {
        let vm = real();
        for _ in 0..200 {
            let promise = vm.spawn(Object(())).send_request(ask(|(): &mut ()| yield_now().map(|()| 1)));
            let moved = thread::spawn(move || promise.wait().unwrap().unwrap());
            assert_eq!(moved.join().unwrap(), 1);
            let promise = vm.spawn(Object(())).send_request(ask(|(): &mut ()| yield_now().map(|()| 2)));
            assert_eq!(vm.run(move || promise.wait().unwrap()).unwrap(), Ok(2));
        }
    });
}

#[test]
fn an_async_task_awaits_a_promise() {
    watched(|| {
        let vm = real();
        let actor = vm.spawn(Object(()));
        let sum = block_on(async {
            let mut sum = 0;
            for number in 0..2000_u64 {
                let reply = actor.send_request(ask(move |(): &mut ()| {
                    if number % 3 == 0 {
                        yield_now().unwrap();
                    }
                    number
                }));
                sum += reply.await.unwrap();
            }
            sum
        });
        assert_eq!(sum, 1_999_000);
    });
}

#[test]
fn a_promise_that_was_polled_can_be_dropped_or_waited_for_otherwise() {
    watched(|| {
        let vm = real();
        for round in 0..300 {
            let mut promise = vm.spawn(Object(())).send_request(ask(|(): &mut ()| yield_now().map(|()| 7)));
            let mut context = Context::from_waker(Waker::noop());
            let polled = match pin!(&mut promise).poll(&mut context) {
                Poll::Ready(reply) => {
                    assert_eq!(reply, Ok(Ok(7)));
                    continue;
                }
                Poll::Pending => promise,
            };
            match round % 3 {
                0 => drop(polled),
                1 => assert_eq!(polled.wait(), Ok(Ok(7))),
                // A second poll with another waker takes the first one's place.
                _ => assert_eq!(block_on(polled), Ok(Ok(7))),
            }
        }
    });
}

#[test]
fn a_promise_of_an_actor_that_ends_fails_at_once_wherever_it_is_waited_for() {
    watched(|| {
        let vm = real();
        for round in 0..200 {
            let actor = vm.spawn(Object(()));
            let promises: Vec<_> = (0..4).map(|_| actor.send_request(ask(|(): &mut ()| stop()))).collect();
            for (number, promise) in promises.into_iter().enumerate() {
                let reply = match (round + number) % 3 {
                    0 => block_on(promise),
                    1 => vm.run(move || promise.wait()).unwrap(),
                    _ => promise.wait(),
                };
                let refused = matches!(reply, Err(CallError::Stopped { started: false, .. }));
                assert!(if number == 0 { reply.is_ok() } else { refused }, "{reply:?}");
            }
        }
    });
}

#[test]
fn a_detached_request_runs_although_nobody_wants_its_reply() {
    both_worlds(|vm| {
        let (go, ran, dropped) = (Flag::default(), Tally::default(), Tally::default());
        let (busy, wait) = (vm.spawn(Object(())), go.clone());
        let first = busy.send_request(ask(move |(): &mut ()| wait.wait()));
        let request = || {
            let (run, reply) = (ran.clone(), Dropped(dropped.clone()));
            busy.send_request(ask(move |(): &mut ()| {
                run.add_one();
                reply
            }))
        };
        request().detach();
        drop(request());
        go.raise();
        first.wait().unwrap();
        let late = request();
        settle(vm, "the reply is there", || late.is_done());
        late.detach();
        assert_eq!((ran.count(), dropped.count()), (2, 3));
        assert_eq!((sum(vm, |counted| counted.expired), sum(vm, |counted| counted.late_replies)), (1, 0));
    });
}

#[test]
fn a_detached_request_to_an_actor_that_ends_or_has_ended_disturbs_nobody() {
    both_worlds(|vm| {
        let actor = vm.spawn(Object(()));
        actor.send_request(ask(|(): &mut ()| panic!("on purpose"))).detach();
        actor.send_request(ask(|(): &mut ()| ())).detach();
        settle(vm, "it has ended", || actor.exit_reason().is_some());
        actor.send_request(ask(|(): &mut ()| ())).detach();
    });
}

#[test]
fn joined_promises_reply_in_their_order_whichever_comes_first() {
    both_worlds(|vm| {
        let replies = vm.run(|| {
            let square = |n: u64| {
                spawn(Object(n)).send_request(ask(|n: &mut u64| {
                    sleep(Duration::from_micros(20 * (10 - *n))).unwrap();
                    *n * *n
                }))
            };
            assert_eq!(join_all::<()>([]), Ok(vec![]));
            join_all((0..10).map(square))
        });
        assert_eq!(replies.unwrap().unwrap(), (0..10).map(|n| n * n).collect::<Vec<_>>());
        // On a plain thread too.
        let actors: Vec<_> = (0..10).map(|n| vm.spawn(Object(n))).collect();
        let replies = join_all(actors.iter().map(|actor| actor.send_request(ask(|n: &mut i32| *n))));
        assert_eq!(replies.unwrap(), (0..10).collect::<Vec<_>>());
    });
}

#[test]
fn the_first_error_of_joined_promises_gives_those_behind_it_up() {
    both_worlds(|vm| {
        let (go, ran) = (Flag::default(), Tally::default());
        let (busy, wait) = (vm.spawn(Object(())), go.clone());
        let first = busy.send_request(ask(move |(): &mut ()| wait.wait()));
        let gone = vm.spawn(Object(()));
        gone.stop();
        settle(vm, "it has ended", || gone.exit_reason().is_some());
        let count = |actor: &Ref<Object<()>>| {
            let ran = ran.clone();
            actor.send_request(ask(move |(): &mut ()| ran.add_one()))
        };
        let other = vm.spawn(Object(()));
        let error = join_all([count(&other), count(&gone), count(&busy)]).unwrap_err();
        assert!(matches!(error, CallError::Stopped { started: false, .. }), "{error}");
        go.raise();
        first.wait().unwrap();
        busy.ask(ask(|(): &mut ()| ())).unwrap();
        assert_eq!(ran.count(), 1);
    });
}

#[test]
fn a_limit_on_joined_promises_is_one_for_all() {
    both_worlds(|vm| {
        let (limit, go) = (Duration::from_millis(30), Flag::default());
        let sleeps = |vm: &Vm, millis| {
            vm.spawn(Object(())).send_request(ask(move |(): &mut ()| sleep(Duration::from_millis(millis))))
        };
        let wait = go.clone();
        let busy = vm.spawn(Object(()));
        let never = busy.send_request(ask(move |(): &mut ()| {
            wait.wait();
            Ok(())
        }));
        // Each takes less than the limit from when it is waited for, but the last is not answered.
        let promises: Vec<_> = (1..5).map(|n| sleeps(vm, n * 5)).chain([never]).collect();
        let late = vm.run(move || join_all_within(limit, promises)).unwrap();
        assert!(matches!(late, Err(CallError::Timeout { limit: passed, .. }) if passed == limit), "{late:?}");
        let late = join_all_within(limit, [busy.send_request(ask(|(): &mut ()| ()))]);
        assert!(matches!(late, Err(CallError::Timeout { started: false, .. })), "{late:?}");
        go.raise();
        let replies = join_all_within(LOST, (1..5).map(|n| sleeps(vm, n)));
        assert_eq!(replies, Ok(vec![Ok(()); 4]));
    });
}
