//! Where nothing may wait: destructors that run while a handler unwinds, and the big stack. Nothing hangs there.

mod support;

use std::panic::catch_unwind;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use greenroom::prelude::*;
use greenroom::{RecvError, blocking, on_big_stack};
use support::{Object, Tally, ask, both_worlds, settle};

type Seen = Arc<Mutex<Vec<CallError>>>;

/// Tries everything that waits, when it is dropped.
struct Tries {
    seen: Seen,
    other: Ref<Object<u32>>,
}

impl Drop for Tries {
    fn drop(&mut self) {
        let mut seen = self.seen.lock().unwrap();
        let add = || ask(|n: &mut u32| *n += 1);
        seen.extend(self.other.ask(add()).err());
        seen.extend(self.other.ask_within(Duration::MAX, add()).err());
        seen.extend(sleep(Duration::from_secs(1)).err());
        seen.extend(yield_now().err());
        seen.extend(blocking(|| ()).err());
        seen.extend(self.other.send_request(ask(|_: &mut u32| sleep(Duration::from_secs(1)))).wait().err());
        // What does not wait works.
        self.other.send(add()).unwrap();
        let _ = spawn(Object(0_u32)).send(add());
    }
}

#[test]
fn calls_from_destructors_of_a_panicking_handler_fail_at_once_and_sends_arrive() {
    both_worlds(|vm| {
        let seen = Seen::default();
        let other = vm.spawn(Object(0));
        let tries = Tries { seen: seen.clone(), other: other.clone() };
        let error = vm.spawn(Object(())).ask(ask(move |(): &mut ()| {
            let _tries = tries;
            panic!("on purpose");
        }));
        assert!(matches!(Result::<(), _>::unwrap_err(error), CallError::Panicked(_)));
        assert_eq!(*seen.lock().unwrap(), vec![CallError::Unwinding; 6]);
        settle(vm, "the send has arrived", || other.ask(ask(|n: &mut u32| *n)) == Ok(1));
    });
}

#[test]
fn calls_from_destructors_fail_at_once_while_a_machine_s_end_unwinds_their_handler() {
    support::watched(|| {
        for vm in support::SEEDS.map(support::simulated).chain([support::real()]) {
            let seen = Seen::default();
            let begun = support::Flag::default();
            let (other, begin) = (vm.spawn(Object(0)), begun.clone());
            let tries = Tries { seen: seen.clone(), other };
            vm.spawn(Object(()))
                .send(ask(move |(): &mut ()| {
                    let _tries = tries;
                    begin.raise();
                    sleep(Duration::MAX).unwrap();
                }))
                .unwrap();
            settle(&vm, "it waits", || begun.is_raised());
            drop(vm);
            assert_eq!(*seen.lock().unwrap(), vec![CallError::Unwinding; 6]);
        }
    });
}

#[test]
fn a_receive_while_unwinding_fails_at_once() {
    struct Receives(Inbox<u32>, Arc<Mutex<Option<RecvError>>>);
    impl Drop for Receives {
        fn drop(&mut self) {
            *self.1.lock().unwrap() = self.0.recv().err();
        }
    }
    both_worlds(|vm| {
        let seen = Arc::new(Mutex::new(None));
        let tell = seen.clone();
        let process = vm.process(move |inbox: Inbox<u32>| {
            let _receives = Receives(inbox, tell);
            panic!("on purpose");
        });
        settle(vm, "it has ended", || process.exit_reason().is_some());
        assert_eq!(*seen.lock().unwrap(), Some(RecvError::Unwinding));
    });
}

#[test]
fn a_handler_that_unwinds_disturbs_no_other_handler_of_its_thread() {
    both_worlds(|vm| {
        let finished = Tally::default();
        for number in 0..50 {
            let finished = finished.clone();
            let body = ask(move |(): &mut ()| {
                sleep(Duration::from_micros(50)).unwrap();
                assert!(number % 2 == 0, "on purpose");
                sleep(Duration::from_micros(50)).unwrap();
                finished.add_one();
            });
            vm.spawn(Object(())).send(body).unwrap();
        }
        settle(vm, "the others are done", || finished.count() == 25);
    });
}

#[test]
fn on_the_big_stack_nothing_waits_and_everything_else_works() {
    both_worlds(|vm| {
        let other = vm.spawn(Object(1));
        let seen = vm
            .run(move || {
                on_big_stack(|| {
                    other.send(ask(|n: &mut i32| *n += 1)).unwrap();
                    let errors = [
                        other.ask(ask(|n: &mut i32| *n)).err(),
                        sleep(Duration::ZERO).err(),
                        yield_now().err(),
                        blocking(|| ()).err(),
                        other.send_request(ask(|n: &mut i32| *n)).wait().err(),
                    ];
                    (errors, spawn(Object(())).id(), other)
                })
            })
            .unwrap();
        for error in &seen.0 {
            assert_eq!(*error, Some(CallError::MayNotWait { why: "this code runs on the big stack" }));
        }
        assert_eq!(seen.2.ask(ask(|n: &mut i32| *n)), Ok(2));
    });
}

#[test]
fn a_handler_that_has_caught_its_own_panic_may_wait_again() {
    both_worlds(|vm| {
        let result = vm.run(|| {
            let caught = catch_unwind(|| panic!("inner")).is_err();
            (caught, sleep(Duration::from_micros(10)), spawn(Object(3)).ask(ask(|n: &mut i32| *n)))
        });
        assert_eq!(result, Ok((true, Ok(()), Ok(3))));
    });
}
