//! Threads that the system refuses: with the machine, or later.
//!
//! `RLIMIT_NPROC` does not bind root, so threads are made too large instead: each wants 64 MiB of address space, and there
//! is less. That binds everyone.

use std::fs;
use std::sync::mpsc;
use std::time::Duration;

use greenroom::prelude::*;
use greenroom::{World, blocking};

use crate::support::child::{in_child, own_name};
use crate::support::{LOST, Object, ask, real, real_builder, sum, wait_until};
use crate::tight::Tight;

/// Threads of this process want 64 MiB each.
const LARGE_THREADS: &[(&str, &str)] = &[("RUST_MIN_STACK", "67108864"), ("MALLOC_ARENA_MAX", "1")];
/// Threads of this process want 2 MiB each, and their stacks for handlers more than 24.
const SMALL_THREADS: &[(&str, &str)] = &[("MALLOC_ARENA_MAX", "1")];

/// Enough for everything but a large thread.
const NO_LARGE_THREAD: u64 = 40 << 20;
/// Enough for some small threads, but not for the stacks that handlers run on there.
const NO_STACKS: u64 = 16 << 20;

fn threads() -> usize {
    fs::read_dir("/proc/self/task").unwrap().count()
}

/// The machine cannot be built, says why, and leaves nothing behind.
fn is_refused(why: &[&str], with: World) {
    let before = threads();
    for _ in 0..50 {
        let error = real_builder().name("tight").world(with).build().unwrap_err().to_string();
        for part in why {
            assert!(error.contains(part), "{part:?} is not in {error:?}");
        }
    }
    // A joined thread may still be in the list for a moment.
    wait_until("its threads are gone", || threads() == before);
}

#[test]
#[cfg_attr(feature = "sanitizer", ignore = "the sanitizer takes more address space than there may be here")]
fn a_machine_that_gets_too_few_threads_is_not_built_and_says_which() {
    let ended = in_child(own_name!(), LARGE_THREADS, || {
        let tight = Tight::leave(NO_LARGE_THREAD);
        is_refused(&["cannot start thread tight-0", "fewer workers or raise the limit"], World::Real);
        drop(tight);
        let tight = Tight::leave(NO_LARGE_THREAD + (90 << 20));
        is_refused(&["cannot start thread tight-"], World::Real);
        drop(tight);
        assert_eq!(real().run(|| 5), Ok(5));
    });
    ended.finished();
}

#[test]
#[cfg_attr(feature = "sanitizer", ignore = "the sanitizer takes more address space than there may be here")]
fn a_machine_whose_workers_get_no_stack_is_not_built_and_says_so() {
    let ended = in_child(own_name!(), SMALL_THREADS, || {
        let tight = Tight::leave(NO_STACKS);
        let why = ["a worker has no stack to begin with", "address space", "ulimit -v"];
        is_refused(&why, World::Real);
        is_refused(&why, World::Simulated { seed: 1 });
        drop(tight);
        assert_eq!(real().run(|| 5), Ok(5));
    });
    ended.finished();
}

/// Both workers of a machine are blocked, there is no relief to be had while it is tight, and nothing is lost meanwhile.
fn relief_comes_when_it_can(tight: u64) {
    let vm = real();
    vm.run(|| ()).unwrap();
    let (tell, begun) = mpsc::channel();
    let (gates, blocked): (Vec<_>, Vec<_>) = (0..2)
        .map(|_| {
            let ((gate, closed), tell) = (mpsc::channel::<()>(), tell.clone());
            let block = ask(move |(): &mut ()| {
                tell.send(()).unwrap();
                closed.recv_timeout(LOST)
            });
            (gate, vm.spawn(Object(())).send_request(block))
        })
        .unzip();
    let tight = Tight::leave(tight);
    (0..2).for_each(|_| begun.recv_timeout(LOST).unwrap());
    let tasks: Vec<_> =
        (0..100).map(|number| vm.spawn(Object(number)).send_request(ask(|n: &mut i32| *n))).collect();
    // More ticks of the monitor than there is relief to be spent in vain.
    std::thread::sleep(Duration::from_millis(400));
    assert!(tasks.iter().all(|task| !task.is_done()), "there is nobody to do it");
    drop(tight);
    for (number, task) in (0..).zip(tasks) {
        assert_eq!(task.wait(), Ok(number));
    }
    assert!(sum(&vm, |counted| counted.relief) > 0);
    assert!(blocked.iter().all(|promise| !promise.is_done()), "it was relief that did it");
    drop(gates);
    for promise in blocked {
        assert!(promise.wait().unwrap().is_err());
    }
}

#[test]
#[cfg_attr(feature = "sanitizer", ignore = "the sanitizer takes more address space than there may be here")]
fn relief_whose_threads_are_refused_comes_when_there_are_some_and_nothing_is_lost() {
    in_child(own_name!(), LARGE_THREADS, || relief_comes_when_it_can(NO_LARGE_THREAD)).finished();
}

#[test]
#[cfg_attr(feature = "sanitizer", ignore = "the sanitizer takes more address space than there may be here")]
fn relief_whose_stacks_are_refused_comes_when_there_are_some_and_nothing_is_lost() {
    in_child(own_name!(), SMALL_THREADS, || relief_comes_when_it_can(NO_STACKS)).finished();
}

#[test]
#[cfg_attr(feature = "sanitizer", ignore = "the sanitizer takes more address space than there may be here")]
fn a_machine_ends_while_its_relief_waits_for_a_stack() {
    let ended = in_child(own_name!(), SMALL_THREADS, || {
        let vm = real();
        let (tell, begun) = mpsc::channel();
        let tight = Tight::leave(NO_STACKS);
        for _ in 0..2 {
            let tell = tell.clone();
            let block = ask(move |(): &mut ()| {
                tell.send(()).unwrap();
                std::thread::sleep(Duration::from_millis(300));
            });
            vm.spawn(Object(())).send(block).unwrap();
        }
        (0..2).for_each(|_| begun.recv_timeout(LOST).unwrap());
        let waits = vm.spawn(Object(())).send_request(ask(|(): &mut ()| ()));
        std::thread::sleep(Duration::from_millis(100));
        drop(vm);
        assert!(waits.is_done());
        drop(tight);
    });
    ended.finished();
}

#[test]
#[cfg_attr(feature = "sanitizer", ignore = "the sanitizer takes more address space than there may be here")]
fn a_timer_for_whose_clock_there_is_no_thread_fails_its_starter_and_the_next_one_works() {
    let ended = in_child(own_name!(), LARGE_THREADS, || {
        let vm = real();
        let counter = vm.spawn(Object(0));
        let start = || {
            let to = counter.clone();
            let start = ask(move |(): &mut ()| {
                to.send_after(MILLISECOND, ask(|n: &mut i32| *n += 1));
            });
            vm.spawn(Object(())).ask(start)
        };
        let tight = Tight::leave(NO_LARGE_THREAD);
        for _ in 0..10 {
            let Err(CallError::Panicked(report)) = start() else { panic!("there was a thread") };
            assert!(report.message().contains("no thread is to be had for the clock"), "{report}");
        }
        // What handlers wait for needs no thread.
        assert_eq!(vm.run(|| sleep(MILLISECOND)), Ok(Ok(())));
        drop(tight);
        assert_eq!(start(), Ok(()));
        wait_until("it has ticked", || counter.ask(ask(|n: &mut i32| *n)) == Ok(1));
    });
    ended.finished();
}

#[test]
#[cfg_attr(feature = "sanitizer", ignore = "the sanitizer takes more address space than there may be here")]
fn blocking_work_without_a_thread_fails_clearly_and_with_one_thread_all_of_it_is_done() {
    let ended = in_child(own_name!(), LARGE_THREADS, || {
        let vm = real();
        let works =
            |work: i32| vm.spawn(Object(())).send_request(ask(move |(): &mut ()| blocking(move || work)));
        let tight = Tight::leave(NO_LARGE_THREAD);
        for _ in 0..10 {
            let refused = works(1).wait().unwrap().unwrap_err();
            assert!(
                matches!(&refused, CallError::NoStack { reason } if reason.contains("no thread")),
                "{refused:?}"
            );
        }
        drop(tight);
        assert_eq!(works(2).wait(), Ok(Ok(2)));
        let tight = Tight::leave(NO_LARGE_THREAD);
        // As many as find a stack to wait on in what the machine has already.
        let all: Vec<_> = (0..40).map(works).collect();
        for (number, work) in (0..).zip(all) {
            assert_eq!(work.wait(), Ok(Ok(number)));
        }
        drop(tight);
    });
    ended.finished();
}

#[test]
#[cfg_attr(feature = "sanitizer", ignore = "the sanitizer takes more address space than there may be here")]
fn an_actor_for_whose_own_thread_there_is_none_comes_back() {
    let ended = in_child(own_name!(), LARGE_THREADS, || {
        let vm = real();
        let tight = Tight::leave(NO_LARGE_THREAD);
        for number in 0..10 {
            let error = vm.spawn_dedicated(Object(number)).unwrap_err();
            assert!(error.to_string().contains("cannot start thread greenroom-own-"), "{error}");
            assert_eq!(error.into_actor().0, number);
        }
        drop(tight);
        assert_eq!(vm.spawn_dedicated(Object(7)).unwrap().ask(ask(|n: &mut i32| *n)), Ok(7));
        wait_until("all are gone", || vm.actors() == 0);
    });
    ended.finished();
}
