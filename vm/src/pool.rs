//! The coroutines of a worker: all of them, and those that are free, by stack size.

use std::cell::{Cell, RefCell};

use greenroom_stackful::{PoolOptions, StackError, StackPool, StackSize};

use crate::coroutine::{Coroutine, Handle};
use crate::worker::Worker;

/// Free coroutines of a size beyond this many are ended, and the memory of their stacks given back.
const KEPT: usize = 1024;

/// See the head of this file.
pub(crate) struct Coroutines {
    free: [FreeList; StackSize::COUNT],
    rare: RefCell<Rare>,
}

/// Last in, first out: the hottest stack goes out next. Linked through the coroutines themselves.
#[derive(Default)]
struct FreeList {
    first: Cell<Option<Handle>>,
    length: Cell<usize>,
}

/// What only the making and ending of coroutines touches.
struct Rare {
    /// By place, which a coroutine keeps for life.
    all: Vec<Option<Handle>>,
    free_places: Vec<usize>,
    stacks: StackPool,
}

impl FreeList {
    #[inline]
    fn pop(&self) -> Option<Handle> {
        let coroutine = self.first.get()?;
        self.first.set(coroutine.next_free.get());
        self.length.set(self.length.get() - 1);
        Some(coroutine)
    }

    #[inline]
    fn push(&self, coroutine: Handle) {
        coroutine.next_free.set(self.first.get());
        self.first.set(Some(coroutine));
        self.length.set(self.length.get() + 1);
    }
}

impl Coroutines {
    /// With a stack for the first of the default size, so that a worker has something to begin on.
    pub(crate) fn new(options: PoolOptions) -> Result<Self, StackError> {
        let mut stacks = StackPool::new(options);
        let first = stacks.take(StackSize::KIB_64)?;
        stacks.put(first);
        let rare = Rare { all: Vec::new(), free_places: Vec::new(), stacks };
        Ok(Coroutines { free: Default::default(), rare: RefCell::new(rare) })
    }

    /// A free coroutine, or a new one.
    #[inline]
    pub(crate) fn take(&self, worker: &Worker, size: StackSize) -> Result<Handle, StackError> {
        match self.free[size.class()].pop() {
            Some(free) => Ok(free),
            None => self.create(worker, size),
        }
    }

    #[cold]
    fn create(&self, worker: &Worker, size: StackSize) -> Result<Handle, StackError> {
        let stack = self.rare.borrow_mut().stacks.take(size)?;
        // It runs as far as its first suspension, on its own stack.
        let coroutine = Coroutine::create(worker, stack, size);
        let rare = &mut *self.rare.borrow_mut();
        let place = rare.free_places.pop().unwrap_or_else(|| {
            rare.all.push(None);
            rare.all.len() - 1
        });
        coroutine.place.set(place);
        rare.all[place] = Some(coroutine);
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
    pub(crate) fn put(&self, coroutine: Handle) {
        let free = &self.free[coroutine.size.class()];
        if free.length.get() < KEPT {
            free.push(coroutine);
        } else {
            self.destroy(coroutine);
        }
    }

    /// Gives a free coroutine that went into its yellow zone its guard back, measures how deep it went, and gives
    /// back memory that it used far down.
    #[cold]
    pub(crate) fn mend(&self, coroutine: Handle) {
        // SAFETY: it does not run: it is at its first suspension.
        unsafe { coroutine.recycle(&mut self.rare.borrow_mut().stacks) };
    }

    /// Every coroutine that is suspended in the middle of a handler.
    pub(crate) fn suspended(&self) -> Vec<Handle> {
        let rare = self.rare.borrow();
        rare.all.iter().flatten().copied().filter(|coroutine| coroutine.is_suspended()).collect()
    }

    /// The coroutine at a place, if it is suspended in the middle of a handler.
    pub(crate) fn suspended_at(&self, place: usize) -> Option<Handle> {
        let coroutine = self.rare.borrow().all.get(place).copied().flatten();
        coroutine.filter(|coroutine| coroutine.is_suspended())
    }

    /// Ends a free coroutine that is in no list.
    #[cold]
    fn destroy(&self, coroutine: Handle) {
        let rare = &mut *self.rare.borrow_mut();
        let place = coroutine.place.get();
        rare.all[place] = None;
        rare.free_places.push(place);
        // SAFETY: free, on its worker's thread, and in neither list any more.
        let stack = unsafe { coroutine.destroy() };
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
        let is_empty = self.rare.borrow().all.iter().all(Option::is_none);
        assert!(is_empty, "every handler has been unwound before its stack goes");
    }
}
