//! Memory of messages and cells: each worker keeps what it frees for what it allocates next.
//!
//! Most messages are allocated and freed by the same few workers at a rate that makes the allocator the dearest
//! part of a send (measured: 110 of 440 instructions). A block of up to 256 bytes goes, when it is freed on a
//! worker, onto a list there by its size, from which the next allocation of that size takes it. What a worker does not
//! need goes to the allocator, and so does everything on plain threads; a block may be freed anywhere,
//! for all come from the global allocator and none belongs to anyone.

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::cell::Cell;
use std::ptr::{self, NonNull};

use crate::worker;

/// No coarser than allocators are: a header of 56 bytes rounded up to 64 would cost 80 of glibc's.
const STEP: usize = 8;
const LARGEST: usize = 256;
const CLASSES: usize = LARGEST / STEP;
/// Blocks kept of a size. None under the address sanitizer, which must see every free.
const KEPT: u32 = if cfg!(feature = "sanitizer") { 0 } else { 1024 };

struct Free {
    next: *mut Free,
}

/// The free blocks of one worker, by size.
pub(crate) struct FreeBlocks {
    lists: [List; CLASSES],
}

struct List {
    first: Cell<*mut Free>,
    length: Cell<u32>,
}

impl FreeBlocks {
    pub(crate) fn new() -> Self {
        FreeBlocks {
            lists: [const { List { first: Cell::new(ptr::null_mut()), length: Cell::new(0) } }; CLASSES],
        }
    }
}

impl List {
    #[inline]
    fn pop(&self) -> Option<NonNull<u8>> {
        let block = NonNull::new(self.first.get())?;
        // SAFETY: a block in the list is free memory with a `Free` at its beginning.
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
}

impl Drop for FreeBlocks {
    fn drop(&mut self) {
        for (class, list) in self.lists.iter().enumerate() {
            while let Some(block) = list.pop() {
                // SAFETY: allocated with its class's layout, and out of the list.
                unsafe { dealloc(block.as_ptr(), layout_of(class)) };
            }
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

/// Allocates for a `T`.
#[inline]
pub(crate) fn allocate<T>() -> NonNull<T> {
    let layout = const { Layout::new::<T>() };
    let Some(class) = (const { class_of(Layout::new::<T>()) }) else { return from_allocator(layout).cast() };
    if let Some(worker) = worker::current()
        && let Some(block) = worker.free_blocks.lists[class].pop()
    {
        return block.cast();
    }
    from_allocator(layout_of(class)).cast()
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
    let place = allocate::<T>();
    // SAFETY: new memory for a `T`.
    unsafe { place.write(value) };
    place
}

/// Frees what [`allocate`] gave for a type of this layout.
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
    if let Some(worker) = worker::current() {
        let list = &worker.free_blocks.lists[class];
        if list.length.get() < KEPT {
            list.push(block);
            return;
        }
    }
    // SAFETY: allocated with its class's layout.
    unsafe { dealloc(block.as_ptr(), layout_of(class)) };
}
