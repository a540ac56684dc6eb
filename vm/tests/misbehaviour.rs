//! Destructors, wakers and inboxes that do what they should not: none of it reaches another actor or the machine.

mod support;

use std::cell::RefCell;
use std::panic::panic_any;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

use greenroom::blocking;
use greenroom::prelude::*;
use support::{Flag, Object, Tally, ask, both_worlds, real, real_builder, settle, wait_until, watched};

struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        if !thread::panicking() {
            panic!("on purpose");
        }
    }
}

#[test]
fn a_late_reply_that_panics_when_it_is_dropped_ends_nobody_else() {
    both_worlds(|vm| {
        let others = vm.spawn(Object(0));
        vm.run(move || {
            for _ in 0..20 {
                let slow = spawn(Object(()));
                let late = slow.ask_within(
                    Duration::from_millis(1),
                    ask(|(): &mut ()| {
                        sleep(Duration::from_millis(2)).unwrap();
                        Bomb
                    }),
                );
                assert!(matches!(late, Err(CallError::Timeout { .. })));
                sleep(Duration::from_millis(4)).unwrap();
                others.ask(ask(|n: &mut i32| *n += 1)).unwrap();
            }
        })
        .unwrap();
    });
}

#[test]
fn a_late_result_of_blocking_work_that_panics_when_it_is_dropped_takes_no_thread_away() {
    watched(|| {
        let vm = real_builder().blocking_threads(1).build().unwrap();
        let (begun, go, queued) = (Flag::default(), Flag::default(), Tally::default());
        let (begin, wait, count) = (begun.clone(), go.clone(), queued.clone());
        let works = vm.spawn(Object(()));
        works
            .send(ask(move |(): &mut ()| {
                let _ = blocking(move || {
                    begin.raise();
                    wait_until("it may end", || wait.is_raised());
                    Bomb
                });
            }))
            .unwrap();
        wait_until("it has begun", || begun.is_raised());
        let second = vm.spawn(Object(()));
        second
            .send(ask(move |(): &mut ()| {
                let _ = blocking(move || count.add_one());
            }))
            .unwrap();
        vm.run(|| sleep(Duration::from_millis(5))).unwrap().unwrap();
        // The machine's end unwinds both callers, and waits for both tasks.
        let ends = thread::spawn(move || drop(vm));
        wait_until("the caller is gone", || works.exit_reason().is_some());
        go.raise();
        ends.join().unwrap();
        assert_eq!(queued.count(), 1);
    });
}

#[test]
fn an_inbox_that_outlives_its_process_is_refused_to_others() {
    thread_local! {
        static KEPT: RefCell<Option<Inbox<String>>> = const { RefCell::new(None) };
    }
    watched(|| {
        let vm = Vm::builder().workers(1).relief(0).build().unwrap();
        let process = vm.process(move |inbox: Inbox<String>| {
            KEPT.set(Some(inbox));
        });
        wait_until("it has ended", || process.exit_reason().is_some());
        drop(process);
        let other = vm.spawn(Object(()));
        let error = other
            .ask(ask(|(): &mut ()| {
                let inbox = KEPT.take().unwrap();
                drop((0..100).map(|_| spawn(Object([7_u8; 100]))).collect::<Vec<_>>());
                inbox.len()
            }))
            .unwrap_err();
        assert!(error.to_string().contains("by its own process alone"), "{error}");
    });
}

#[test]
fn a_caller_has_its_reply_before_the_callee_s_destructor_calls_it_back() {
    struct Leaves(Ref<Object<u32>>);
    impl Drop for Leaves {
        fn drop(&mut self) {
            let said = self.0.ask(ask(|n: &mut u32| *n += 1));
            assert_eq!(said, Ok(()));
        }
    }
    both_worlds(|vm| {
        let counter = vm.spawn(Object(0));
        let reply = counter.ask(ask(|_: &mut u32| {
            let callee = spawn(Object(Leaves(me())));
            callee.ask(ask(|_: &mut Leaves| {
                stop();
                5
            }))
        }));
        assert_eq!(reply, Ok(Ok(5)));
        settle(vm, "it said farewell", || counter.ask(ask(|n: &mut u32| *n)) == Ok(1));
    });
}

#[test]
fn a_thread_s_last_destructors_may_call_actors() {
    // Slow enough for the caller to wait, which is what needs thread-locals of its own.
    fn count() -> support::Ask<u32, u32> {
        ask(|n: &mut u32| {
            sleep(Duration::from_millis(5)).unwrap();
            *n += 1;
            *n
        })
    }
    struct Last(Option<Ref<Object<u32>>>);
    impl Drop for Last {
        fn drop(&mut self) {
            if let Some(actor) = &self.0 {
                assert_eq!(actor.ask(count()), Ok(2));
            }
        }
    }
    thread_local! { static LAST: RefCell<Last> = const { RefCell::new(Last(None)) }; }
    watched(|| {
        let vm = real();
        let actor = vm.spawn(Object(0));
        let same = actor.clone();
        let thread = thread::spawn(move || {
            // Before it waits: thread-locals go in the reverse order of their first use.
            LAST.with_borrow_mut(|last| last.0 = Some(same.clone()));
            same.ask(count()).unwrap();
        });
        thread.join().unwrap();
        assert_eq!(actor.ask(count()), Ok(3));
    });
}

#[test]
fn a_waker_that_panics_ends_nobody() {
    struct Panics;
    impl Wake for Panics {
        fn wake(self: Arc<Self>) {
            panic!("on purpose");
        }
    }
    both_worlds(|vm| {
        let (actor, other) = (vm.spawn(Object(())), vm.spawn(Object(0)));
        let mut promises: Vec<_> = [false, true]
            .map(|fails| {
                actor.send_request(ask(move |(): &mut ()| {
                    sleep(Duration::from_millis(1)).unwrap();
                    assert!(!fails, "on purpose too");
                }))
            })
            .into();
        let waker = Waker::from(Arc::new(Panics));
        for promise in &mut promises {
            let polled = Future::poll(Pin::new(promise), &mut Context::from_waker(&waker));
            assert_eq!(polled, Poll::Pending);
        }
        settle(vm, "both are answered", || promises.iter().all(Promise::is_done));
        assert_eq!(other.ask(ask(|n: &mut i32| *n)), Ok(0));
        assert_eq!(promises.remove(0).wait(), Ok(()));
        assert!(matches!(promises.remove(0).wait(), Err(CallError::Panicked(_))));
    });
}

#[test]
fn a_payload_whose_destructor_panics_with_another_such_ends_nobody_else() {
    struct Hydra(u32);
    impl Drop for Hydra {
        fn drop(&mut self) {
            if self.0 > 0 {
                panic_any(Hydra(self.0 - 1));
            }
        }
    }
    both_worlds(|vm| {
        let other = vm.spawn(Object(0));
        for _ in 0..4 {
            let error = vm.spawn(Object(())).ask(ask(|(): &mut ()| panic_any(Hydra(5)))).unwrap_err();
            assert!(matches!(error, CallError::Panicked(_)));
        }
        assert_eq!(other.ask(ask(|n: &mut i32| *n)), Ok(0));
    });
}
