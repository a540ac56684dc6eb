//! The coroutines of a worker: all of them, and those that are free, by stack size.

use std::cell::{Cell, RefCell};
use std::ptr::NonNull;

use greenroom_stackful::{PoolOptions, StackError, StackPool, StackSize};

use crate::coroutine::Coroutine;
use crate::worker::Worker;

/// Free coroutines of a size beyond this many are ended, and the memory of their stacks given back.
const KEPT: usize = 4096;

/// See the head of this file.
pub(crate) struct Coroutines {
    free: [FreeList; StackSize::COUNT],
    rare: RefCell<Rare>,
}

/// Last in, first out: the hottest stack goes out next. Linked through the coroutines themselves.
#[derive(Default)]
struct FreeList {
    first: Cell<Option<NonNull<Coroutine>>>,
    length: Cell<usize>,
}

/// What only the making and ending of coroutines touches.
struct Rare {
    all: Vec<NonNull<Coroutine>>,
    stacks: StackPool,
}

impl FreeList {
    #[inline]
    fn pop(&self) -> Option<NonNull<Coroutine>> {
        let coroutine = self.first.get()?;
        // SAFETY: a free coroutine is alive.
        self.first.set(unsafe { coroutine.as_ref() }.next_free.get());
        self.length.set(self.length.get() - 1);
        Some(coroutine)
    }

    #[inline]
    fn push(&self, coroutine: NonNull<Coroutine>) {
        // SAFETY: as above.
        unsafe { coroutine.as_ref() }.next_free.set(self.first.get());
        self.first.set(Some(coroutine));
        self.length.set(self.length.get() + 1);
    }
}

impl Coroutines {
    pub(crate) fn new(options: PoolOptions) -> Self {
        let rare = Rare { all: Vec::new(), stacks: StackPool::new(options) };
        Coroutines { free: Default::default(), rare: RefCell::new(rare) }
    }

    /// A free coroutine, or a new one.
    #[inline]
    pub(crate) fn take(&self, worker: &Worker, size: StackSize) -> Result<NonNull<Coroutine>, StackError> {
        match self.free[size.class()].pop() {
            Some(free) => Ok(free),
            None => self.create(worker, size),
        }
    }

    #[cold]
    fn create(&self, worker: &Worker, size: StackSize) -> Result<NonNull<Coroutine>, StackError> {
        let stack = self.rare.borrow_mut().stacks.take(size)?;
        // It runs as far as its first suspension, on its own stack.
        let coroutine = Coroutine::create(worker, stack, size);
        let all = &mut self.rare.borrow_mut().all;
        // SAFETY: new, and alive.
        unsafe { coroutine.as_ref() }.place.set(all.len());
        all.push(coroutine);
        Ok(coroutine)
    }

    /// Sees to it that at least `spare` free ones of the default size are there.
    #[inline]
    pub(crate) fn keep_spare(&self, worker: &Worker, spare: usize) -> Result<(), StackError> {
        while self.free[StackSize::KIB_64.class()].length.get() < spare {
            let coroutine = self.create(worker, StackSize::KIB_64)?;
            self.put(coroutine);
        }
        Ok(())
    }

    /// Takes a free coroutine back.
    #[inline]
    pub(crate) fn put(&self, coroutine: NonNull<Coroutine>) {
        // SAFETY: the worker's own, and alive.
        let size = unsafe { coroutine.as_ref() }.size;
        let free = &self.free[size.class()];
        if free.length.get() < KEPT {
            free.push(coroutine);
        } else {
            self.destroy(coroutine);
        }
    }

    /// Gives a free coroutine that went into its yellow zone its guard back, measures how deep it went, and gives
    /// back memory that it used far down.
    #[cold]
    pub(crate) fn mend(&self, coroutine: NonNull<Coroutine>) {
        // SAFETY: it does not run: it is at its first suspension.
        unsafe { coroutine.as_ref().recycle(&mut self.rare.borrow_mut().stacks) };
    }

    /// Every coroutine that is suspended in the middle of a handler.
    pub(crate) fn suspended(&self) -> Vec<NonNull<Coroutine>> {
        let rare = self.rare.borrow();
        // SAFETY: all that are entered are alive.
        rare.all.iter().copied().filter(|coroutine| unsafe { coroutine.as_ref() }.is_suspended()).collect()
    }

    /// Ends a free coroutine that is in no list.
    #[cold]
    fn destroy(&self, coroutine: NonNull<Coroutine>) {
        let rare = &mut *self.rare.borrow_mut();
        // SAFETY: free, hence alive.
        let place = unsafe { coroutine.as_ref() }.place.get();
        rare.all.swap_remove(place);
        if let Some(moved) = rare.all.get(place) {
            // SAFETY: all that are entered are alive.
            unsafe { moved.as_ref() }.place.set(place);
        }
        // SAFETY: free, on its worker's thread, and in neither list any more.
        let stack = unsafe { Coroutine::destroy(coroutine) };
        rare.stacks.put(stack);
    }

    /// The most bytes of a stack in use that were seen when one was put back.
    pub(crate) fn stack_peak(&self) -> usize {
        self.rare.borrow().stacks.stats().peak_used_bytes
    }

    /// Ends all of them, at the worker's end.
    ///
    /// # Panics
    /// If one is not free.
    pub(crate) fn destroy_all(&self) {
        for free in &self.free {
            while let Some(coroutine) = free.pop() {
                self.destroy(coroutine);
            }
        }
        assert!(self.rare.borrow().all.is_empty(), "every handler has been unwound before its stack goes");
    }
}
