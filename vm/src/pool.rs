//! The coroutines of a worker: all of them, and those that are free, by stack size.

use std::ptr::NonNull;

use greenroom_stackful::{PoolOptions, Stack, StackError, StackPool, StackSize};

use crate::coroutine::Coroutine;

/// Free coroutines of a size beyond this many are ended, and the memory of their stacks given back.
const KEPT: usize = 4096;

/// See the head of this file.
pub(crate) struct Coroutines {
    all: Vec<NonNull<Coroutine>>,
    /// Last in, first out: the hottest stack goes out next.
    free: [Vec<NonNull<Coroutine>>; StackSize::COUNT],
    stacks: StackPool,
}

impl Coroutines {
    pub(crate) fn new(options: PoolOptions) -> Self {
        Coroutines { all: Vec::new(), free: Default::default(), stacks: StackPool::new(options) }
    }

    #[inline]
    pub(crate) fn take(&mut self, size: StackSize) -> Option<NonNull<Coroutine>> {
        self.free[size.class()].pop()
    }

    /// Takes a free coroutine back.
    #[inline]
    pub(crate) fn put(&mut self, coroutine: NonNull<Coroutine>) {
        // SAFETY: the worker's own, and alive.
        let size = unsafe { coroutine.as_ref() }.size;
        let free = &mut self.free[size.class()];
        if free.len() < KEPT {
            free.push(coroutine);
        } else {
            self.destroy(coroutine);
        }
    }

    #[inline]
    pub(crate) fn free(&self, size: StackSize) -> usize {
        self.free[size.class()].len()
    }

    /// A stack for a new coroutine.
    pub(crate) fn stack(&mut self, size: StackSize) -> Result<Stack, StackError> {
        self.stacks.take(size)
    }

    pub(crate) fn stacks(&mut self) -> &mut StackPool {
        &mut self.stacks
    }

    /// Enters a new coroutine, which goes out at once.
    pub(crate) fn enter(&mut self, coroutine: NonNull<Coroutine>) {
        // SAFETY: new, and alive.
        unsafe { coroutine.as_ref() }.place.set(self.all.len());
        self.all.push(coroutine);
    }

    /// Every coroutine that is suspended in the middle of a handler.
    pub(crate) fn suspended(&self) -> Vec<NonNull<Coroutine>> {
        // SAFETY: all that are entered are alive.
        self.all.iter().copied().filter(|coroutine| unsafe { coroutine.as_ref() }.is_suspended()).collect()
    }

    /// Ends a free coroutine.
    fn destroy(&mut self, coroutine: NonNull<Coroutine>) {
        // SAFETY: free, hence alive.
        let place = unsafe { coroutine.as_ref() }.place.get();
        self.all.swap_remove(place);
        if let Some(moved) = self.all.get(place) {
            // SAFETY: all that are entered are alive.
            unsafe { moved.as_ref() }.place.set(place);
        }
        // SAFETY: free, on its worker's thread, and in neither list any more.
        let stack = unsafe { Coroutine::destroy(coroutine) };
        self.stacks.put(stack);
    }

    /// Ends all of them, at the worker's end.
    ///
    /// # Panics
    /// If one is not free.
    pub(crate) fn destroy_all(&mut self) {
        for class in 0..StackSize::COUNT {
            while let Some(coroutine) = self.free[class].pop() {
                self.destroy(coroutine);
            }
        }
        assert!(self.all.is_empty(), "every handler has been unwound before its stack goes");
    }
}
