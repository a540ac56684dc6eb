//! Memory of messages and cells: each worker keeps what it frees for what it allocates next.
//!
//! Most messages are allocated and freed by the same few workers at a rate that makes the allocator the dearest
//! part of a send (measured: 110 of 440 instructions). So a block of up to 256 bytes that is freed on a worker goes into a
//! magazine there, by its size, and the next allocation of that size takes it out. Where one worker allocates and
//! another frees, as with many senders and one receiver, full magazines go by way of the machine's depot from the one to
//! the other, 256 blocks for one lock (J. Bonwick and J. Adams, "Magazines and Vmem", 2001).
//!
//! Plain threads use the allocator, and so does everybody when magazines and depot are empty or full; a block may be
//! freed anywhere, for all come from the global allocator and none belongs to anyone.

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::cell::Cell;
use std::mem;
use std::ptr::{self, NonNull};

use parking_lot::Mutex;

use crate::worker::{self, Worker};

/// No coarser than allocators are: a header of 56 bytes rounded up to 64 would cost 80 of glibc's.
const STEP: usize = 8;
const LARGEST: usize = 256;
const CLASSES: usize = LARGEST / STEP;
/// Blocks in a full magazine. None under the address sanitizer, which must see every free.
const FULL: u32 = if cfg!(feature = "sanitizer") { 0 } else { 256 };
/// Full magazines of a size in a depot; what is more goes to the allocator.
const IN_DEPOT: usize = 64;

/// A free block.
struct Free {
    next: *mut Free,
}

/// Free blocks of one size, last in first out.
struct Magazine {
    first: Cell<*mut Free>,
    length: Cell<u32>,
}

// SAFETY: free blocks are nobody's but the magazine's.
unsafe impl Send for Magazine {}

impl Magazine {
    const fn empty() -> Self {
        Magazine { first: Cell::new(ptr::null_mut()), length: Cell::new(0) }
    }

    #[inline]
    fn pop(&self) -> Option<NonNull<u8>> {
        let block = NonNull::new(self.first.get())?;
        // SAFETY: a block in a magazine is free memory with a `Free` at its beginning.
        self.first.set(unsafe { block.as_ref() }.next);
        self.length.set(self.length.get() - 1);
        Some(block.cast())
    }

    #[inline]
    fn push(&self, block: NonNull<u8>) {
        let block = block.cast::<Free>();
        // SAFETY: the block is free, and large and aligned enough for a `Free`.
        unsafe { block.write(Free { next: self.first.get() }) };
        self.first.set(block.as_ptr());
        self.length.set(self.length.get() + 1);
    }

    fn is_empty(&self) -> bool {
        self.length.get() == 0
    }

    /// What is in it, and leaves it empty.
    fn take(&self) -> Magazine {
        let taken = Magazine::empty();
        self.swap(&taken);
        taken
    }

    fn swap(&self, other: &Magazine) {
        self.first.swap(&other.first);
        self.length.swap(&other.length);
    }

    /// Gives its blocks to the allocator.
    fn discard(&self, class: usize) {
        while let Some(block) = self.pop() {
            // SAFETY: allocated with its class's layout, and out of the magazine.
            unsafe { dealloc(block.as_ptr(), layout_of(class)) };
        }
    }
}

/// The magazines of one worker for one size: the second is full, or empty, so that one who frees and allocates at the
/// edge of a magazine does not run to the depot each time.
struct Pair {
    loaded: Magazine,
    other: Magazine,
}

impl Pair {
    const fn empty() -> Self {
        Pair { loaded: Magazine::empty(), other: Magazine::empty() }
    }

    #[inline]
    fn pop(&self, worker: &Worker, class: usize) -> Option<NonNull<u8>> {
        self.loaded.pop().or_else(|| self.reload(&worker.core.depot, class))
    }

    /// From the next magazine, when the loaded one is empty.
    #[cold]
    fn reload(&self, depot: &Depot, class: usize) -> Option<NonNull<u8>> {
        if self.other.is_empty() {
            depot.take(class).swap(&self.other);
        }
        self.loaded.swap(&self.other);
        self.loaded.pop()
    }

    #[inline]
    fn push(&self, block: NonNull<u8>, worker: &Worker, class: usize) {
        if self.loaded.length.get() == FULL {
            self.unload(&worker.core.depot, class);
        }
        self.loaded.push(block);
    }

    /// Puts the loaded magazine away when it is full.
    #[cold]
    fn unload(&self, depot: &Depot, class: usize) {
        if !self.other.is_empty() {
            depot.put(self.other.take(), class);
        }
        self.loaded.swap(&self.other);
    }
}

/// The free blocks of one worker, by size.
pub(crate) struct FreeBlocks {
    pairs: [Pair; CLASSES],
}

impl FreeBlocks {
    pub(crate) fn new() -> Self {
        FreeBlocks { pairs: [const { Pair::empty() }; CLASSES] }
    }
}

impl Drop for FreeBlocks {
    fn drop(&mut self) {
        for (class, pair) in self.pairs.iter().enumerate() {
            pair.loaded.discard(class);
            pair.other.discard(class);
        }
    }
}

/// Full magazines on their way from workers that free to workers that allocate.
pub(crate) struct Depot {
    full: [Mutex<Vec<Magazine>>; CLASSES],
}

impl Depot {
    pub(crate) fn new() -> Self {
        Depot { full: [const { Mutex::new(Vec::new()) }; CLASSES] }
    }

    fn take(&self, class: usize) -> Magazine {
        self.full[class].lock().pop().unwrap_or(Magazine::empty())
    }

    fn put(&self, magazine: Magazine, class: usize) {
        let mut full = self.full[class].lock();
        if full.len() < IN_DEPOT {
            full.push(magazine);
        } else {
            drop(full);
            magazine.discard(class);
        }
    }
}

impl Drop for Depot {
    fn drop(&mut self) {
        for (class, full) in self.full.iter_mut().enumerate() {
            mem::take(full.get_mut()).into_iter().for_each(|magazine| magazine.discard(class));
        }
    }
}

const fn layout_of(class: usize) -> Layout {
    // SAFETY: 8 is a power of two, and the size is far below the limit.
    unsafe { Layout::from_size_align_unchecked((class + 1) * STEP, 8) }
}

/// Which list has blocks for this layout.
#[inline]
const fn class_of(layout: Layout) -> Option<usize> {
    if layout.size() == 0 || layout.size() > LARGEST || layout.align() > 8 {
        return None;
    }
    Some((layout.size() - 1) / STEP)
}

/// Allocates a block. With a layout that is constant, which list has such blocks is one as well.
#[inline(always)]
pub(crate) fn allocate(layout: Layout) -> NonNull<u8> {
    let Some(class) = class_of(layout) else { return from_allocator(layout) };
    if let Some(worker) = worker::current()
        && let Some(block) = worker.free_blocks.pairs[class].pop(worker, class)
    {
        return block;
    }
    from_allocator(layout_of(class))
}

#[cold]
fn from_allocator(layout: Layout) -> NonNull<u8> {
    debug_assert!(layout.size() > 0, "nothing in the machine is of size zero");
    // SAFETY: the layout has a size: all that is allocated here begins with a header.
    NonNull::new(unsafe { alloc(layout) }).unwrap_or_else(|| handle_alloc_error(layout))
}

/// Allocates, and moves the value there.
#[inline]
pub(crate) fn place<T>(value: T) -> NonNull<T> {
    let place = allocate(const { Layout::new::<T>() }).cast::<T>();
    // SAFETY: new memory for a `T`.
    unsafe { place.write(value) };
    place
}

/// Frees what [`allocate`] gave for this layout.
///
/// # Safety
/// It did, and nobody uses the memory any more.
#[inline]
pub(crate) unsafe fn free(block: NonNull<u8>, layout: Layout) {
    let Some(class) = class_of(layout) else {
        // SAFETY: such layouts go to the allocator as they are.
        unsafe { dealloc(block.as_ptr(), layout) };
        return;
    };
    if FULL > 0
        && let Some(worker) = worker::current()
    {
        worker.free_blocks.pairs[class].push(block, worker, class);
        return;
    }
    // SAFETY: allocated with its class's layout.
    unsafe { dealloc(block.as_ptr(), layout_of(class)) };
}
