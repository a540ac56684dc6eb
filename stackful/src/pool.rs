//! A worker's stacks: taken hottest first, trimmed when they come back deep.
//!
//! It knows no coroutines' bodies and no other worker: nothing here is shared.
//!
//! | a free stack is | its memory                          | taken         |
//! |-----------------|-------------------------------------|---------------|
//! | warm            | up to the trim threshold is kept    | first, LIFO   |
//! | cold            | all given back, the guards stay     | when no warm  |
//! | not carved      | never touched, not guarded yet      | when no cold  |
//!
//! Whether a stack was used deep could be asked of the kernel each time it comes back, exactly.
//! That is 1.6 µs (`mincore`), and the look at one page instead is 0.05 µs: with it, take and put
//! back together are 0.1 µs, a carved stack 1.2 µs and its first run 2.5 µs more
//! (`benches/switch.rs`, 2026, a busy AMD EPYC).

use core::cell::Cell;
use core::marker::PhantomData;
use std::sync::Arc;

use crate::coroutine::Coroutine;
use crate::layout::SlabKind;
use crate::slab::{self, Slab};
use crate::{GuardKind, Stack, StackError, StackSize};

/// One in so many stacks that come back has its used pages counted, however it looks.
const COUNTED_EVERY: u32 = 64;

/// How a [`StackPool`] maps, guards and trims.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolOptions {
    /// How stacks are guarded.
    pub guard: GuardKind,
    /// Bytes of a class's first slab, rounded up to a power of two. Each next slab of the class is
    /// twice as large, up to 1 GiB. 4 MiB by default, so that a small pool stays small.
    pub slab_bytes: usize,
    /// A stack of which more bytes than this were used gives the rest back when it is put back.
    /// 16 KiB by default. Asking the kernel costs over 1 µs, so what is looked at is whether the page
    /// below the threshold was written to; one in 64 is counted in any case.
    pub trim_threshold: usize,
    /// How many free stacks of a class keep memory at all. 1024 by default.
    pub warm_stacks: usize,
}

impl Default for PoolOptions {
    fn default() -> Self {
        Self { guard: GuardKind::Auto, slab_bytes: 4 << 20, trim_threshold: 16 << 10, warm_stacks: 1024 }
    }
}

/// What a pool has and had.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolStats {
    /// Bytes of address space in slabs. Memory is behind few of them.
    pub mapped_bytes: usize,
    /// Slabs.
    pub slabs: usize,
    /// Stacks that were carved from the slabs, free and in use.
    pub carved: usize,
    /// Stacks that lie ready.
    pub free: usize,
    /// The most bytes that were found used on a stack when it was put back or recycled. Exact
    /// above the trim threshold, and below it a sample of one in 64.
    pub peak_used_bytes: usize,
}

/// The stacks of one worker, by size class.
///
/// It moves to its worker's thread before use and stays there; it is not `Sync`. Its slabs are
/// unmapped when it and every stack taken from it are dropped.
///
/// ```
/// use greenroom_stackful::{Coroutine, StackPool, StackSize};
///
/// let mut pool = StackPool::new(Default::default());
/// let stack = pool.take(StackSize::KIB_64)?;
/// let mut doubler = Coroutine::new(stack, |suspender, mut word| {
///     while word != 0 {
///         word = suspender.suspend(2 * word);
///     }
/// });
/// assert_eq!(doubler.resume(21), Some(42));
/// assert_eq!(doubler.resume(0), None);
/// pool.put(doubler.into_stack());
/// # Ok::<(), greenroom_stackful::StackError>(())
/// ```
#[derive(Debug)]
pub struct StackPool {
    options: PoolOptions,
    shelves: [Shelf; StackSize::COUNT],
    peak_used_bytes: usize,
    /// Stacks that came back so far; every [`COUNTED_EVERY`]th is looked at closely.
    returns: u32,
    not_sync: PhantomData<Cell<()>>,
}

/// The stacks of one size class.
#[derive(Debug)]
struct Shelf {
    size: StackSize,
    warm: Vec<Stack>,
    /// Has room for every stack that was carved, so that putting one back never allocates.
    cold: Vec<Stack>,
    /// The last one is being carved; the others are full.
    slabs: Vec<Arc<Slab>>,
    /// Stacks carved from the last slab: the next index.
    carved_of_last: usize,
    carved: usize,
}

impl StackPool {
    /// A pool without any slab yet.
    pub fn new(options: PoolOptions) -> Self {
        Self {
            options,
            shelves: StackSize::ALL.map(Shelf::new),
            peak_used_bytes: 0,
            returns: 0,
            not_sync: PhantomData,
        }
    }

    /// The free stack that was used last, or a new one.
    ///
    /// A few ns; 1 µs when one is carved; some µs when a slab is mapped.
    ///
    /// # Errors
    ///
    /// When none is free and the kernel refuses address space or guards.
    #[inline]
    pub fn take(&mut self, size: StackSize) -> Result<Stack, StackError> {
        let shelf = &mut self.shelves[size.class()];
        match shelf.warm.pop() {
            Some(stack) => Ok(stack),
            None => shelf.take_cold(&self.options),
        }
    }

    /// Takes a stack back, closes its yellow zone and gives memory back that it used deep down.
    ///
    /// Some 50 ns, and it does not allocate; 3 to 8 µs when it was used deep.
    ///
    /// # Panics
    ///
    /// When `stack` is not of a size class; no stack that [`take`](Self::take) gave is.
    pub fn put(&mut self, mut stack: Stack) {
        let size = stack.size().expect("a pool's stack has a size class");
        let stays_warm = self.shelves[size.class()].warm.len() < self.options.warm_stacks;
        // One that goes cold gives everything back in any case: a look at it would only map a page.
        if stack.overflowed() || self.is_counted() || (stays_warm && self.looks_deep(&stack)) {
            let base = stack.base();
            // SAFETY: nobody runs on a stack that is owned here.
            let peak = unsafe { stack.recycle_below(base, self.options.trim_threshold) };
            self.peak_used_bytes = self.peak_used_bytes.max(peak);
        }
        if stack.overflowed() {
            // Its yellow zone cannot be closed, so it is not given out again.
            return;
        }
        let shelf = &mut self.shelves[size.class()];
        if stays_warm {
            shelf.warm.push(stack);
        } else {
            stack.discard();
            shelf.cold.push(stack);
        }
    }

    /// Does for a suspended coroutine that will be used again what [`put`](Self::put) does for a
    /// stack, as far as no frame lies there, and at the same cost: so it may be called whenever a
    /// coroutine comes to rest.
    pub fn recycle(&mut self, coroutine: &mut Coroutine) {
        if self.is_counted() || self.looks_deep(coroutine.stack()) {
            let peak = coroutine.recycle(self.options.trim_threshold);
            self.peak_used_bytes = self.peak_used_bytes.max(peak);
        }
    }

    /// Whether a stack that comes back is counted exactly: now and then, for looks deceive.
    fn is_counted(&mut self) -> bool {
        self.returns = self.returns.wrapping_add(1);
        self.returns.is_multiple_of(COUNTED_EVERY)
    }

    /// Whether a stack that comes back is worth system calls.
    fn looks_deep(&self, stack: &Stack) -> bool {
        stack.looks_deep(self.options.trim_threshold)
    }

    /// What the pool has and had.
    pub fn stats(&self) -> PoolStats {
        let mut stats = PoolStats { peak_used_bytes: self.peak_used_bytes, ..PoolStats::default() };
        for shelf in &self.shelves {
            stats.mapped_bytes += shelf.slabs.iter().map(|slab| slab.bytes()).sum::<usize>();
            stats.slabs += shelf.slabs.len();
            stats.carved += shelf.carved;
            stats.free += shelf.warm.len() + shelf.cold.len();
        }
        stats
    }
}

impl Shelf {
    fn new(size: StackSize) -> Self {
        Self { size, warm: Vec::new(), cold: Vec::new(), slabs: Vec::new(), carved_of_last: 0, carved: 0 }
    }

    #[cold]
    fn take_cold(&mut self, options: &PoolOptions) -> Result<Stack, StackError> {
        if let Some(stack) = self.cold.pop() {
            return Ok(stack);
        }
        let slab = self.slab_with_room(options)?;
        // SAFETY: the slab has room, and the index grows with each success.
        let stack = unsafe { slab.carve(self.carved_of_last) }?;
        self.carved_of_last += 1;
        self.carved += 1;
        self.make_room_for_all(options);
        Ok(stack)
    }

    /// The last slab if it has room, or a new one, twice as large.
    fn slab_with_room(&mut self, options: &PoolOptions) -> Result<Arc<Slab>, StackError> {
        let last = self.slabs.last();
        if let Some(slab) = last.filter(|slab| self.carved_of_last < slab.capacity()) {
            return Ok(Arc::clone(slab));
        }
        let bytes = last.map_or(options.slab_bytes, |slab| (2 * slab.bytes()).min(slab::LARGEST));
        let slab = Slab::new(SlabKind::Sized(self.size), bytes, options.guard)?;
        self.slabs.push(Arc::clone(&slab));
        self.carved_of_last = 0;
        Ok(slab)
    }

    /// Grows both lists so that every carved stack fits when all are put back.
    fn make_room_for_all(&mut self, options: &PoolOptions) {
        let warm = self.carved.min(options.warm_stacks);
        self.warm.reserve(warm.saturating_sub(self.warm.len()));
        let cold = self.carved - warm;
        self.cold.reserve(cold.saturating_sub(self.cold.len()));
    }
}
