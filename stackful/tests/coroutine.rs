//! Coroutines: words in and out, reuse, panics, unwinding, recycling; and the big stack.

mod support;

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;

use greenroom_stackful::{BigStack, Coroutine, PoolOptions, Stack, StackPool, StackSize};
use support::{Counted, sink, sinker};

fn stack() -> Stack {
    StackPool::new(PoolOptions::default()).take(StackSize::KIB_64).unwrap()
}

#[test]
fn words_go_in_and_out_over_many_activations() {
    let mut summer = Coroutine::new(stack(), |suspender, mut word| {
        let mut sum = 0;
        loop {
            sum += word;
            word = suspender.suspend(sum);
        }
    });
    let mut expected = 0_usize;
    for word in (0..10_000).chain([usize::MAX / 2]) {
        expected += word;
        assert_eq!(summer.resume(word), Some(expected));
    }
}

#[test]
fn a_body_that_returns_gives_its_stack_to_the_next_one() {
    let mut first = Coroutine::new(stack(), |_, _| {});
    assert_eq!(first.resume(0), None);
    assert!(first.is_done());
    let mut second = Coroutine::new(first.into_stack(), |suspender, word| {
        suspender.suspend(word + 1);
    });
    assert_eq!(second.resume(1), Some(2));
}

#[test]
fn one_coroutine_resumes_another_and_each_returns_to_its_own_resumer() {
    let mut inner = Coroutine::new(stack(), |suspender, mut word| {
        loop {
            word = suspender.suspend(word * 10);
        }
    });
    let mut outer = Coroutine::new(stack(), move |suspender, mut word| {
        loop {
            word = suspender.suspend(inner.resume(word).unwrap() + 1);
        }
    });
    assert_eq!(outer.resume(1), Some(11));
    assert_eq!(outer.resume(2), Some(21));
}

#[test]
fn a_panic_of_the_body_goes_on_in_the_resumer() {
    let mut coroutine = Coroutine::new(stack(), |suspender, word| {
        suspender.suspend(word);
        resume_unwind(Box::new(17));
    });
    assert_eq!(coroutine.resume(1), Some(1));
    let panic = catch_unwind(AssertUnwindSafe(|| coroutine.resume(2))).unwrap_err();
    assert_eq!(*panic.downcast::<i32>().unwrap(), 17);
    assert!(coroutine.is_done());
    coroutine.into_stack();
}

#[test]
fn unwinding_a_suspended_coroutine_runs_its_destructors_innermost_first() {
    struct Named(&'static str, Rc<RefCell<Vec<&'static str>>>);
    impl Drop for Named {
        fn drop(&mut self) {
            self.1.borrow_mut().push(self.0);
        }
    }
    let order = Rc::new(RefCell::new(Vec::new()));
    let in_body = Rc::clone(&order);
    let mut coroutine = Coroutine::new(stack(), move |suspender, _| {
        let _outer = Named("outer", Rc::clone(&in_body));
        sink(5000, &mut || {
            let _inner = Named("inner", Rc::clone(&in_body));
            suspender.suspend(0);
            in_body.borrow_mut().push("went on");
        });
    });
    coroutine.resume(0);
    coroutine.unwind();
    assert_eq!(*order.borrow(), ["inner", "outer"]);
    assert!(coroutine.is_done());
    coroutine.unwind();
    coroutine.into_stack();
}

#[test]
fn a_body_that_catches_the_unwinding_is_unwound_where_it_suspends_next() {
    let caught = Rc::new(Cell::new(0));
    let in_body = Rc::clone(&caught);
    let mut coroutine = Coroutine::new(stack(), move |suspender, _| {
        loop {
            let handler = || suspender.suspend(1);
            if catch_unwind(AssertUnwindSafe(handler)).is_err() {
                in_body.set(in_body.get() + 1);
            }
            suspender.suspend(2);
        }
    });
    assert_eq!(coroutine.resume(0), Some(1));
    coroutine.unwind();
    assert!(coroutine.is_done());
    assert_eq!(caught.get(), 1);
}

#[test]
fn dropping_a_coroutine_unwinds_it() {
    let drops = Rc::new(Cell::new(0));
    let (first, second) = (Counted(Rc::clone(&drops)), Counted(Rc::clone(&drops)));
    let mut suspended = Coroutine::new(stack(), move |suspender, _| {
        let _first = &first;
        suspender.suspend(0);
    });
    let never_begun = Coroutine::new(stack(), move |_, _| drop(second));
    suspended.resume(0);
    drop((suspended, never_begun));
    assert_eq!(drops.get(), 2);
}

#[test]
#[should_panic(expected = "cannot extract stack from an incomplete coroutine")]
fn the_stack_of_a_coroutine_that_is_not_done_is_not_given_away() {
    let mut coroutine = sinker(&mut StackPool::new(PoolOptions::default()), StackSize::KIB_64);
    coroutine.resume(0);
    coroutine.into_stack();
}

#[test]
fn recycling_keeps_what_lies_on_the_stack_and_gives_back_the_rest() {
    let mut pool = StackPool::new(PoolOptions::default());
    let stack = pool.take(StackSize::MIB_1).unwrap();
    let mut coroutine = Coroutine::new(stack, |suspender, _| {
        // Live frames well below the trim threshold, and a deeper dive before the suspension.
        let mut whole = true;
        sink(100 << 10, &mut || {
            let live = std::hint::black_box([7_u8; 2000]);
            sink(600 << 10, &mut || {});
            suspender.suspend(0);
            whole &= live.iter().all(|&byte| byte == 7);
        });
        suspender.suspend(usize::from(whole));
    });
    coroutine.resume(0);
    assert!(coroutine.stack().used_peak() > 700 << 10);
    pool.recycle(&mut coroutine);
    let kept = coroutine.stack().used_peak();
    assert!((100 << 10..300 << 10).contains(&kept), "{kept}");
    assert!(pool.stats().peak_used_bytes > 700 << 10);
    assert_eq!(coroutine.resume(0), Some(1), "the live frames are whole");
}

#[test]
fn a_coroutine_that_never_ran_can_be_recycled() {
    let mut pool = StackPool::new(PoolOptions::default());
    let mut coroutine = sinker(&mut pool, StackSize::KIB_64);
    pool.recycle(&mut coroutine);
    assert_eq!(coroutine.resume(100), Some(0));
}

#[test]
fn a_coroutine_that_is_suspended_on_a_big_stack_is_left_as_it_is() {
    // One lies above the coroutine's stack and the other below, for the kernel maps downwards.
    let earlier = BigStack::new().unwrap();
    let mut pool = StackPool::new(PoolOptions::default());
    let stack = pool.take(StackSize::MIB_1).unwrap();
    let later = BigStack::new().unwrap();
    let mut coroutine = Coroutine::new(stack, move |suspender, _| {
        for big in [earlier, later] {
            let mut whole = true;
            sink(300 << 10, &mut || {
                let live = std::hint::black_box([7_u8; 2000]);
                big.run(|| suspender.suspend(0));
                whole &= live.iter().all(|&byte| byte == 7);
            });
            suspender.suspend(usize::from(whole));
        }
    });
    for _ in 0..2 {
        assert_eq!(coroutine.resume(0), Some(0));
        pool.recycle(&mut coroutine);
        assert_eq!(coroutine.resume(0), Some(1), "the live frames are whole");
    }
}

#[test]
fn the_big_stack_runs_what_a_coroutines_stack_cannot_hold() {
    let big = Rc::new(BigStack::new().unwrap());
    let in_body = Rc::clone(&big);
    let mut coroutine = Coroutine::new(stack(), move |suspender, _| {
        let sum = in_body.run(|| {
            assert!(in_body.is_current());
            sink(4 << 20, &mut || {})
        });
        suspender.suspend(sum);
    });
    let frames = coroutine.resume(0).unwrap();
    assert!(frames > 1000);
    assert!(!coroutine.overflowed() && coroutine.stack().used_peak() < 32 << 10);
    assert!(big.stack().used_peak() > 4 << 20);
    assert!(!big.is_current());
}

#[test]
fn a_panic_on_the_big_stack_goes_on_in_the_caller_and_leaves_it_free() {
    let big = BigStack::new().unwrap();
    let drops = Rc::new(Cell::new(0));
    let panic = catch_unwind(AssertUnwindSafe(|| {
        big.run(|| {
            let _counted = Counted(Rc::clone(&drops));
            resume_unwind(Box::new("from below"));
        });
    }));
    assert_eq!(*panic.unwrap_err().downcast::<&str>().unwrap(), "from below");
    assert_eq!(drops.get(), 1);
    assert!(big.run(|| big.is_current()));
}

#[test]
fn a_call_within_a_call_of_the_big_stack_stays_on_it() {
    let big = BigStack::new().unwrap();
    let mut log = Vec::new();
    big.run(|| {
        log.push(1);
        big.run(|| {
            assert!(big.is_current());
            log.push(2);
        });
        log.push(3);
    });
    assert_eq!(log, [1, 2, 3]);
}

#[test]
fn a_big_stack_that_a_suspended_coroutine_holds_is_not_overwritten() {
    let big = Rc::new(BigStack::new().unwrap());
    let in_body = Rc::clone(&big);
    let mut coroutine = Coroutine::new(stack(), move |suspender, _| {
        let whole = in_body.run(|| {
            let live = std::hint::black_box([7_u8; 2000]);
            suspender.suspend(0);
            live.iter().all(|&byte| byte == 7)
        });
        suspender.suspend(usize::from(whole));
    });
    coroutine.resume(0);
    let frames = big.run(|| {
        assert!(!big.is_current());
        sink(100 << 10, &mut || {})
    });
    assert!(frames > 10);
    assert_eq!(coroutine.resume(0), Some(1));
}
