//! The way from one activation to the next, and to the pool and back, allocates nothing.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use greenroom_stackful::{Coroutine, PoolOptions, StackPool, StackSize};

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: the system's allocator does the work; counting does not allocate.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller's obligation.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's obligation.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations(run: impl FnOnce()) -> usize {
    let before = ALLOCATIONS.get();
    run();
    ALLOCATIONS.get() - before
}

#[test]
fn taking_running_and_putting_back_allocates_nothing() {
    let options = PoolOptions { warm_stacks: 3, ..PoolOptions::default() };
    let mut pool = StackPool::new(options);
    let stacks: [_; 10] = std::array::from_fn(|_| pool.take(StackSize::KIB_64).unwrap());
    assert_eq!(allocations(|| stacks.into_iter().for_each(|stack| pool.put(stack))), 0);
    let lives = allocations(|| {
        for _ in 0..100 {
            let taken: [_; 10] = std::array::from_fn(|_| pool.take(StackSize::KIB_64).unwrap());
            for stack in taken {
                let mut coroutine = Coroutine::new(stack, |suspender, word| {
                    suspender.suspend(word);
                });
                assert_eq!(coroutine.resume(1), Some(1));
                pool.recycle(&mut coroutine);
                assert_eq!(coroutine.resume(2), None);
                pool.put(coroutine.into_stack());
            }
        }
    });
    assert_eq!(lives, 0);
    assert_eq!(pool.stats().carved, 10);
}

#[test]
fn the_counter_counts() {
    assert_eq!(allocations(|| drop(std::hint::black_box(Box::new(1)))), 1);
}
