//! One guarded stack: who owns it may run code on it.
//!
//! Its header lies in its own memory, just above the base, in a page that every run touches
//! anyway: so a million resting stacks have no side table, and the owner, the code that runs on
//! it and the signal handler all reach the header by arithmetic.

use core::num::NonZeroUsize;
use core::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::Arc;

use crate::layout::{HEADER, PAGE, Place, SlabKind};
use crate::slab::Slab;
use crate::{StackSize, memory};

/// What a stack knows of itself. All zeros, as fresh memory is, is a stack at rest.
#[repr(C, align(64))]
pub(crate) struct Header {
    /// Not zero: the yellow zone is open. Set by the signal handler of the thread that runs on
    /// this stack, and cleared by its owner, on the same thread or after a hand-over.
    overflowed: AtomicU32,
    /// The stack pointer at the last suspension; meaningless while code runs on the stack.
    suspended_at: AtomicUsize,
}

const _: () = assert!(size_of::<Header>() == HEADER);

impl Header {
    /// The header of the stack with this base.
    ///
    /// # Safety
    ///
    /// `base` is the base of a stack of a slab that stays mapped for `'a`.
    #[inline]
    pub(crate) unsafe fn at<'a>(base: usize) -> &'a Self {
        let header = core::ptr::with_exposed_provenance::<Self>(base);
        // SAFETY: the mapping's provenance is exposed and it lives by the caller's word; any bits
        // are a valid header, it is aligned as bases are, and it is only ever shared.
        unsafe { &*header }
    }

    #[inline]
    pub(crate) fn overflowed(&self) -> bool {
        // ORDERING: Relaxed: one flag without cargo, written by this thread's own signal handler.
        self.overflowed.load(Ordering::Relaxed) != 0
    }

    pub(crate) fn mark(&self, overflowed: bool) {
        // ORDERING: Relaxed, as in `overflowed`.
        self.overflowed.store(overflowed.into(), Ordering::Relaxed);
    }

    #[inline]
    pub(crate) fn note_suspension(&self, stack_pointer: usize) {
        // ORDERING: Relaxed: read only by the thread that wrote it, which resumed this coroutine.
        self.suspended_at.store(stack_pointer, Ordering::Relaxed);
    }

    pub(crate) fn suspended_at(&self) -> usize {
        // ORDERING: Relaxed, as in `note_suspension`.
        self.suspended_at.load(Ordering::Relaxed)
    }
}

/// A guarded stack, taken from a [`StackPool`](crate::StackPool).
///
/// Dropped instead of put back, its place stays unused until the pool and all its stacks are
/// gone; it does no other harm.
#[derive(Debug)]
pub struct Stack {
    base: NonZeroUsize,
    limit: NonZeroUsize,
    slab: Arc<Slab>,
}

impl Stack {
    /// # Safety
    ///
    /// The place is in the slab, is guarded, and no other `Stack` has it.
    pub(crate) unsafe fn new(slab: Arc<Slab>, place: Place) -> Self {
        let base = NonZeroUsize::new(place.base).expect("the zero page is never mapped");
        let limit = NonZeroUsize::new(place.limit).expect("the zero page is never mapped");
        Self { base, limit, slab }
    }

    /// The size class; `None` for a big stack.
    pub fn size(&self) -> Option<StackSize> {
        match self.slab.kind() {
            SlabKind::Sized(size) => Some(size),
            SlabKind::Big => None,
        }
    }

    /// The address where the stack begins; it grows downwards from here.
    #[inline]
    pub fn base(&self) -> usize {
        self.base.get()
    }

    /// The lowest address of the stack, its guards included.
    #[inline]
    pub fn limit(&self) -> usize {
        self.limit.get()
    }

    /// Whether the code on this stack has gone into the yellow zone since it was last re-armed.
    /// One load.
    #[inline]
    pub fn overflowed(&self) -> bool {
        self.header().overflowed()
    }

    /// Bytes in use at the deepest point since memory was last given back, rounded up to the page.
    /// About 2 µs: a system call for each MiB of the stack.
    ///
    /// It counts pages that are in memory, so what was swapped out is missed.
    pub fn used_peak(&self) -> usize {
        let place = self.place();
        let from = if self.overflowed() { place.yellow } else { place.usable };
        // SAFETY: the range is this stack's own, and its yellow zone is left out unless it is open.
        let lowest = unsafe { memory::lowest_written(from, place.top) };
        lowest.map_or(0, |lowest| place.top - lowest)
    }

    /// Closes the yellow zone again if a hit opened it. The stack is at rest: `&mut self` says so,
    /// for whoever runs code on a stack owns it.
    ///
    /// Where the kernel refuses (the process locked its memory meanwhile), it stays open and
    /// [`overflowed`](Self::overflowed).
    pub fn rearm(&mut self) {
        // SAFETY: nobody runs on this stack, for `self` is borrowed exclusively.
        unsafe { self.rearm_below(self.base()) };
    }

    /// Whether more than the topmost `keep` bytes were ever used, at a guess that costs 50 ns: by
    /// whether the page below them is still all zeros. A frame may step over that page, or write
    /// nothing but zeros there; then it is wrong.
    pub(crate) fn looks_deep(&self, keep: usize) -> bool {
        let place = self.place();
        let probe = (place.top.saturating_sub(keep) & !(PAGE - 1)) - PAGE;
        if self.overflowed() || !memory::CAN_LOOK {
            return true;
        }
        // SAFETY: the page is part of this stack's usable range.
        probe >= place.usable && !unsafe { memory::is_zero(probe) }
    }

    /// Makes the stack as good as new as far as no frame lies there: closes an opened yellow zone,
    /// and if more than `keep` bytes were used, gives back the memory of those below. Returns how
    /// many were used.
    ///
    /// # Safety
    ///
    /// No frame on this stack lies below `in_use_from`.
    pub(crate) unsafe fn recycle_below(&mut self, in_use_from: usize, keep: usize) -> usize {
        let peak = self.used_peak();
        // SAFETY: the caller's obligation.
        unsafe { self.rearm_below(in_use_from) };
        let place = self.place();
        let kept_from = place.top.saturating_sub(keep).max(place.usable);
        let end = kept_from.min(in_use_from) & !(PAGE - 1);
        if peak > keep && end > place.usable {
            // SAFETY: the range is below all frames, and nothing else is kept on a stack.
            unsafe { memory::discard(place.usable, end - place.usable) };
        }
        peak
    }

    /// A yellow zone that is in use stays open.
    ///
    /// # Safety
    ///
    /// No frame on this stack lies below `in_use_from`.
    unsafe fn rearm_below(&mut self, in_use_from: usize) {
        let place = self.place();
        if !self.overflowed() || in_use_from < place.usable {
            return;
        }
        let bytes = place.usable - place.yellow;
        // SAFETY: the yellow zone is this stack's own, and no frame is in it.
        let closed = unsafe { self.slab.mechanism().close(place.yellow, bytes) };
        if closed.is_ok() {
            self.header().mark(false);
        }
    }

    /// Gives all memory of a stack at rest back, the header's too.
    pub(crate) fn discard(&mut self) {
        debug_assert!(!self.overflowed(), "an open yellow zone would be forgotten");
        let place = self.place();
        // SAFETY: nobody runs on this stack, for `self` is borrowed exclusively.
        unsafe { memory::discard(place.usable, place.top - place.usable) };
    }

    #[inline]
    pub(crate) fn header(&self) -> &Header {
        // SAFETY: the base is a base, and the slab is mapped for as long as `self` holds it.
        unsafe { Header::at(self.base.get()) }
    }

    pub(crate) fn place(&self) -> Place {
        self.slab.kind().layout().place(self.limit.get(), 0)
    }
}

/// The borrowed bounds of a [`Stack`], for corosensei: a `Coroutine` of theirs keeps its stack to
/// itself, and we want to look at ours.
#[derive(Clone, Copy)]
pub(crate) struct Bounds {
    base: NonZeroUsize,
    limit: NonZeroUsize,
}

impl Bounds {
    /// # Safety
    ///
    /// The bounds are used for one coroutine or call at a time, and not after `stack` is gone.
    pub(crate) unsafe fn of(stack: &Stack) -> Self {
        Self { base: stack.base, limit: stack.limit }
    }
}

// SAFETY: a stack of a slab has a guard below it, at least 13 KiB that may be used, and bases and
// limits that are multiples of 64; `Bounds::of` makes its caller answer for exclusive use.
unsafe impl corosensei::stack::Stack for Bounds {
    #[inline]
    fn base(&self) -> corosensei::stack::StackPointer {
        self.base
    }

    #[inline]
    fn limit(&self) -> corosensei::stack::StackPointer {
        self.limit
    }
}
