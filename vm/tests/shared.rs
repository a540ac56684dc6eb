//! Shared promises: one reply for many who wait and many callbacks, and for nobody.

mod support;

use std::thread;
use std::time::Duration;

use greenroom::SharedPromise;
use greenroom::prelude::*;
use support::{Flag, LOST, Object, Tally, ask, both_worlds, real, settle, sum, wait_until, watched};

#[test]
fn callbacks_of_a_shared_promise_come_in_the_order_of_their_registration() {
    watched(|| {
        let vm = real();
        for _ in 0..200 {
            let (numbers, go) = (vm.spawn(Object(Vec::new())), Flag::default());
            let wait = go.clone();
            let promise = vm.spawn(Object(())).send_request(ask(move |(): &mut ()| wait.wait())).shared();
            for number in 0..20 {
                if number == 3 {
                    go.raise();
                }
                promise.then(&numbers, move |Object(numbers), _| numbers.push(number));
            }
            let seen = || numbers.ask(ask(|numbers: &mut Vec<i32>| numbers.clone())).unwrap();
            wait_until("all have run", || seen().len() == 20);
            assert_eq!(seen(), (0..20).collect::<Vec<_>>());
        }
    });
}

#[test]
fn many_who_wait_and_many_callbacks_race_with_one_reply_and_each_gets_it_once() {
    watched(|| {
        let vm = real();
        for round in 0..200_u32 {
            let (sum, server) = (vm.spawn(Object(0)), vm.spawn(Object(())));
            let promise: SharedPromise<String> = server
                .send_request(ask(move |(): &mut ()| {
                    (0..round % 4).for_each(|_| yield_now().unwrap());
                    format!("{round}")
                }))
                .shared();
            let waits = |promise: SharedPromise<String>| move || promise.wait().unwrap();
            let handlers: Vec<_> = (0..3)
                .map(|_| {
                    let (wait, sum) = (promise.clone(), sum.clone());
                    vm.spawn(Object(())).send_request(ask(move |(): &mut ()| {
                        wait.then(&sum, |Object(sum), _| *sum += 1);
                        wait.wait().unwrap()
                    }))
                })
                .collect();
            let threads: Vec<_> = (0..2).map(|_| thread::spawn(waits(promise.clone()))).collect();
            promise.then(&sum, |Object(sum), _| *sum += 1);
            let expected = Ok(format!("{round}"));
            assert_eq!(greenroom::block_on(promise.clone()).unwrap(), expected);
            assert!(threads.into_iter().all(|thread| Ok(thread.join().unwrap()) == expected));
            assert!(handlers.into_iter().all(|handler| handler.wait() == expected));
            assert_eq!(promise.wait_for(Duration::ZERO), expected);
            wait_until("all called back", || sum.ask(ask(|sum: &mut i32| *sum)) == Ok(4));
        }
    });
}

#[test]
fn a_limit_that_passes_leaves_a_shared_promise_usable_and_says_whether_it_began() {
    both_worlds(|vm| {
        let reply = vm.run(|| {
            let (go, begun) = (Flag::default(), Flag::default());
            let (wait, begin) = (go.clone(), begun.clone());
            let server = spawn(Object(()));
            let first = server.send_request(ask(move |(): &mut ()| {
                begin.raise();
                wait.wait();
                5
            }));
            let (first, second) = (first.shared(), server.send_request(ask(|(): &mut ()| 6)).shared());
            begun.wait();
            let limit = Duration::from_millis(2);
            for _ in 0..20 {
                assert!(matches!(first.wait_for(limit), Err(CallError::Timeout { started: true, .. })));
                assert!(matches!(second.wait_for(limit), Err(CallError::Timeout { started: false, .. })));
            }
            assert!(!first.is_done());
            go.raise();
            (first.wait_for(LOST), second.wait_for(LOST), first.is_done())
        });
        assert_eq!(reply, Ok((Ok(5), Ok(6), true)));
    });
}

#[test]
fn a_shared_promise_that_nobody_wants_calls_its_request_off_and_one_with_a_callback_does_not() {
    both_worlds(|vm| {
        let (go, ran, called) = (Flag::default(), Tally::default(), Flag::default());
        let server = vm.spawn(Object(()));
        let wait = go.clone();
        let first = server.send_request(ask(move |(): &mut ()| wait.wait()));
        let request = || {
            let run = ran.clone();
            server.send_request(ask(move |(): &mut ()| run.add_one())).shared()
        };
        let (unwanted, awaited) = (request(), request());
        let call = called.clone();
        awaited.then(&vm.spawn(Object(())), move |_, _| call.raise());
        let clone = unwanted.clone();
        drop((unwanted, awaited));
        drop(clone);
        go.raise();
        first.wait().unwrap();
        settle(vm, "it was called back", || called.is_raised());
        assert_eq!((ran.count(), sum(vm, |counted| counted.expired)), (1, 1));
    });
}

#[test]
fn a_reply_whose_clone_panics_ends_the_actor_that_wanted_it() {
    #[derive(Debug)]
    struct Unclonable;
    impl Clone for Unclonable {
        fn clone(&self) -> Self {
            panic!("on purpose")
        }
    }
    both_worlds(|vm| {
        let (doomed, server) = (vm.spawn(Object(())), vm.spawn(Object(())));
        let promise = server.send_request(ask(|(): &mut ()| Unclonable)).shared();
        promise.then(&doomed, |_, _| {});
        settle(vm, "it has ended", || doomed.exit_reason().is_some());
        assert_eq!(server.ask(ask(|(): &mut ()| 1)), Ok(1));
    });
}
