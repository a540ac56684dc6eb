//! Overflows of a coroutine's stack: the yellow zone, the red guard, and what comes after.

mod support;

use std::cell::Cell;
use std::os::unix::process::ExitStatusExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use greenroom_stackful::overflow::{self, AlternateStack};
use greenroom_stackful::{BigStack, Coroutine, GuardKind, PoolOptions, StackPool, StackSize};
use support::{assert_finished, dive, in_child, mappings, plunge, stderr};

/// With a sanitizer frames are several times larger.
const SMALLEST: StackSize = if cfg!(feature = "sanitizer") { StackSize::KIB_64 } else { StackSize::KIB_16 };

/// Overflows a new coroutine once, checks that all of it was unwound, and gives its stack back.
fn overflow_once(pool: &mut StackPool, size: StackSize) {
    let frames = Rc::new(Cell::new(0));
    let drops = Rc::new(Cell::new(0));
    let (in_frames, in_drops) = (Rc::clone(&frames), Rc::clone(&drops));
    let stack = pool.take(size).unwrap();
    assert!(!stack.overflowed());
    let mut coroutine = Coroutine::new(stack, move |suspender, _| {
        dive(suspender, &in_frames, &in_drops);
    });
    let panic = catch_unwind(AssertUnwindSafe(|| coroutine.resume(0))).unwrap_err();
    assert_eq!(*panic.downcast::<&str>().unwrap(), "stack overflow");
    assert!(frames.get() > 10);
    assert_eq!(drops.get(), frames.get());
    assert!(coroutine.overflowed());
    assert!(coroutine.is_done());
    pool.put(coroutine.into_stack());
}

fn prepare() -> AlternateStack {
    overflow::install().unwrap();
    AlternateStack::for_this_thread().unwrap()
}

#[test]
fn an_overflow_ends_in_a_panic_that_runs_every_destructor() {
    let output = in_child("an_overflow_ends_in_a_panic_that_runs_every_destructor", || {
        let _alternate = prepare();
        let mut pool = StackPool::new(PoolOptions::default());
        for size in [SMALLEST, StackSize::KIB_64, StackSize::KIB_256, StackSize::MIB_1] {
            let before = overflow::overflows();
            overflow_once(&mut pool, size);
            assert_eq!(overflow::overflows(), before + 1);
        }
    });
    assert_finished(&output);
}

#[test]
fn a_thousand_overflows_in_a_row_leave_no_trace() {
    let output = in_child("a_thousand_overflows_in_a_row_leave_no_trace", || {
        let _alternate = prepare();
        let mut pool = StackPool::new(PoolOptions::default());
        overflow_once(&mut pool, StackSize::KIB_64);
        let before = mappings();
        for _ in 1..1000 {
            overflow_once(&mut pool, StackSize::KIB_64);
        }
        assert_eq!(overflow::overflows(), 1000);
        assert_eq!(pool.stats().carved, 1);
        assert!(mappings() <= before + 4, "{} mappings, {before} before", mappings());
    });
    assert_finished(&output);
}

#[test]
fn threads_that_overflow_while_they_allocate_do_not_block_one_another() {
    let output = in_child("threads_that_overflow_while_they_allocate_do_not_block_one_another", || {
        overflow::install().unwrap();
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    let _alternate = AlternateStack::for_this_thread().unwrap();
                    let mut pool = StackPool::new(PoolOptions::default());
                    (0..200).for_each(|_| overflow_once(&mut pool, StackSize::KIB_64));
                });
            }
        });
        assert_eq!(overflow::overflows(), 600);
    });
    assert_finished(&output);
}

#[test]
fn a_panic_with_its_message_fits_in_the_yellow_zone() {
    let output = in_child("a_panic_with_its_message_fits_in_the_yellow_zone", || {
        let _alternate = prepare();
        let mut pool = StackPool::new(PoolOptions::default());
        let stack = pool.take(StackSize::KIB_64).unwrap();
        let mut coroutine = Coroutine::new(stack, |suspender, _| {
            fn fill(suspender: &greenroom_stackful::Suspender) -> u64 {
                assert!(!suspender.overflowed(), "this far and no farther");
                let room = std::hint::black_box([1_u64; 16]);
                fill(suspender) + room[5]
            }
            fill(suspender);
        });
        catch_unwind(AssertUnwindSafe(|| coroutine.resume(0))).unwrap_err();
    });
    assert_finished(&output);
    assert!(stderr(&output).contains("this far and no farther"), "{}", stderr(&output));
}

#[test]
fn a_coroutine_that_overflowed_is_recycled_and_overflows_again() {
    let output = in_child("a_coroutine_that_overflowed_is_recycled_and_overflows_again", || {
        let _alternate = prepare();
        let mut pool = StackPool::new(PoolOptions::default());
        let stack = pool.take(StackSize::KIB_64).unwrap();
        let mut coroutine = Coroutine::new(stack, |suspender, _| {
            loop {
                let counter = Rc::new(Cell::new(0));
                let dived = catch_unwind(AssertUnwindSafe(|| dive(suspender, &counter, &counter)));
                suspender.suspend(usize::from(dived.is_err()));
            }
        });
        for round in 1..=100 {
            assert_eq!(coroutine.resume(0), Some(1));
            assert!(coroutine.overflowed());
            pool.recycle(&mut coroutine);
            assert!(!coroutine.overflowed());
            assert_eq!(overflow::overflows(), round);
        }
        assert!(pool.stats().peak_used_bytes > StackSize::KIB_64.bytes());
    });
    assert_finished(&output);
}

#[test]
fn a_yellow_zone_in_use_is_not_closed() {
    let output = in_child("a_yellow_zone_in_use_is_not_closed", || {
        let _alternate = prepare();
        let mut pool = StackPool::new(PoolOptions::default());
        let stack = pool.take(StackSize::KIB_64).unwrap();
        let mut coroutine = Coroutine::new(stack, |suspender, _| {
            /// Adds up the depths of all frames, but not before it was suspended at the deepest.
            fn fill(suspender: &greenroom_stackful::Suspender, depth: usize) -> usize {
                let room = std::hint::black_box([depth; 64]);
                if suspender.overflowed() {
                    suspender.suspend(depth);
                    return room[5];
                }
                fill(suspender, depth + 1) + room[5]
            }
            let sum = fill(suspender, 0);
            suspender.suspend(sum);
        });
        let depth = coroutine.resume(0).unwrap();
        pool.recycle(&mut coroutine);
        assert!(coroutine.overflowed());
        let sum = coroutine.resume(0);
        assert_eq!(sum, Some(depth * (depth + 1) / 2), "the frames in the yellow zone are whole");
        pool.recycle(&mut coroutine);
        assert!(!coroutine.overflowed());
    });
    assert_finished(&output);
}

#[test]
fn the_mprotect_fallback_overflows_and_is_closed_again_as_well() {
    let output = in_child("the_mprotect_fallback_overflows_and_is_closed_again_as_well", || {
        let _alternate = prepare();
        let options =
            PoolOptions { guard: GuardKind::ForceMprotect { margin: 1000 }, ..PoolOptions::default() };
        let mut pool = StackPool::new(options);
        for size in [SMALLEST, StackSize::KIB_64, StackSize::MIB_1] {
            (0..50).for_each(|_| overflow_once(&mut pool, size));
        }
        assert_eq!(overflow::overflows(), 150);
    });
    assert_finished(&output);
}

#[test]
fn a_stack_is_overflowed_from_another_ones_coroutine() {
    let output = in_child("a_stack_is_overflowed_from_another_ones_coroutine", || {
        let _alternate = prepare();
        let mut pool = StackPool::new(PoolOptions::default());
        let stack = pool.take(StackSize::KIB_64).unwrap();
        let mut outer = Coroutine::new(stack, |suspender, _| {
            let mut inner_pool = StackPool::new(PoolOptions::default());
            overflow_once(&mut inner_pool, StackSize::KIB_64);
            suspender.suspend(1);
        });
        assert_eq!(outer.resume(0), Some(1));
        assert!(!outer.overflowed(), "only the inner one went too deep");
    });
    assert_finished(&output);
}

#[test]
#[cfg_attr(feature = "sanitizer", ignore = "the sanitizer explains faults itself")]
fn a_hit_on_the_red_guard_aborts_with_a_message_that_names_the_culprit() {
    let output = in_child("a_hit_on_the_red_guard_aborts_with_a_message_that_names_the_culprit", || {
        let _alternate = prepare();
        overflow::set_describer(|out, size| {
            let _ = write!(out, "it was actor {} in method dig on {size:?}", 17);
        });
        let mut pool = StackPool::new(PoolOptions::default());
        let stack = pool.take(StackSize::KIB_64).unwrap();
        let mut coroutine = Coroutine::new(stack, |_, _| {
            plunge(0);
        });
        coroutine.resume(0);
    });
    assert_eq!(output.status.signal(), Some(libc::SIGABRT), "{}", stderr(&output));
    let message = stderr(&output);
    assert!(
        message.contains("fatal: a coroutine overflowed its stack of 64 KiB and the 16 KiB"),
        "{message}"
    );
    assert!(message.contains("it was actor 17 in method dig on Some("), "{message}");
}

#[test]
#[cfg_attr(feature = "sanitizer", ignore = "the sanitizer explains faults itself")]
fn a_red_hit_that_nobody_describes_names_the_remedy() {
    let output = in_child("a_red_hit_that_nobody_describes_names_the_remedy", || {
        let _alternate = prepare();
        let options =
            PoolOptions { guard: GuardKind::ForceMprotect { margin: 1000 }, ..PoolOptions::default() };
        let mut pool = StackPool::new(options);
        let stack = pool.take(StackSize::KIB_256).unwrap();
        let mut coroutine = Coroutine::new(stack, |_, _| {
            plunge(0);
        });
        coroutine.resume(0);
    });
    assert_eq!(output.status.signal(), Some(libc::SIGABRT), "{}", stderr(&output));
    let message = stderr(&output);
    assert!(message.contains("256 KiB") && message.contains("take a larger stack"), "{message}");
}

#[test]
#[cfg_attr(feature = "sanitizer", ignore = "the sanitizer explains faults itself")]
fn an_overflow_of_the_big_stack_aborts_with_a_message() {
    let output = in_child("an_overflow_of_the_big_stack_aborts_with_a_message", || {
        let _alternate = prepare();
        BigStack::new().unwrap().run(|| plunge(0));
    });
    assert_eq!(output.status.signal(), Some(libc::SIGABRT), "{}", stderr(&output));
    assert!(stderr(&output).contains("fatal: a big stack of 8128 KiB overflowed"), "{}", stderr(&output));
}

#[test]
fn installing_twice_is_installing_once() {
    let output = in_child("installing_twice_is_installing_once", || {
        overflow::install().unwrap();
        let _alternate = prepare();
        let mut pool = StackPool::new(PoolOptions::default());
        overflow_once(&mut pool, StackSize::KIB_64);
        assert_eq!(overflow::overflows(), 1);
    });
    assert_finished(&output);
}
