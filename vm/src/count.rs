//! The two counts of an actor's cell: strong references, and everything that keeps its memory.
//!
//! | count  | held by                                                                            |
//! |--------|------------------------------------------------------------------------------------|
//! | strong | each `Ref`; when it falls to zero the actor ends, unless it makes a `Ref` to itself |
//! | weak   | each `WeakRef`, the machine while the actor lives, all strong ones together        |
//!
//! Unlike in `std::sync::Arc`, strong may rise again from zero: an actor whose last message holds no
//! reference to it may still hand one out. So the one who lets strong fall to zero owns the strong side's
//! share of weak until it has marked the mailbox; only then may the memory go.

use super::sync::{AtomicU32, Ordering};

/// Past this many references the process aborts, as `Arc` does: a count that wraps frees living memory.
const LIMIT: u32 = u32::MAX / 2;

/// See the head of this file.
#[derive(Debug)]
pub(crate) struct Counts {
    strong: AtomicU32,
    weak: AtomicU32,
}

impl Counts {
    /// One strong reference, and the machine's hold.
    pub(crate) fn new() -> Self {
        Counts { strong: AtomicU32::new(1), weak: AtomicU32::new(2) }
    }

    /// One more strong reference, made from one that exists.
    #[inline]
    pub(crate) fn add_strong(&self) {
        // ORDERING: Relaxed: the reference it is made from keeps everything alive meanwhile.
        let before = self.strong.fetch_add(1, Ordering::Relaxed);
        assert_below_limit(before);
    }

    /// One more strong reference, made by the running actor itself, which may hold none.
    pub(crate) fn add_strong_from_inside(&self) {
        // ORDERING: Relaxed: the running actor is kept alive by the machine's hold.
        let before = self.strong.fetch_add(1, Ordering::Relaxed);
        assert_below_limit(before);
        if before == 0 {
            self.add_weak();
        }
    }

    /// One more strong reference, if there still is one.
    pub(crate) fn try_add_strong(&self) -> bool {
        // ORDERING: Relaxed, a first guess that the exchange below checks.
        let mut count = self.strong.load(Ordering::Relaxed);
        while count != 0 {
            assert_below_limit(count);
            // ORDERING: Relaxed: what the new reference reaches is guarded by the mailbox's own word.
            match self.strong.compare_exchange_weak(count, count + 1, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return true,
                Err(now) => count = now,
            }
        }
        false
    }

    /// One strong reference less. True: it was the last; the caller marks the mailbox, then
    /// gives up the strong side's share by [`drop_weak`](Self::drop_weak).
    #[inline]
    #[must_use]
    pub(crate) fn drop_strong(&self) -> bool {
        // ORDERING: Release: each drop's earlier uses come before the mark that the last one sets, by the
        // release sequence of this count, and before the free of the memory that the last one gives up;
        // Acquire: the last one has them all when it does.
        self.strong.fetch_sub(1, Ordering::AcqRel) == 1
    }

    /// Whether any strong reference is left. Decides only when asked by the holder of the right to
    /// run, after it has taken the mailbox's mark; and after a `false` it looks at the mailbox once more: the
    /// mark may be of an earlier fall to zero, and something sent since by a reference that is gone as well.
    pub(crate) fn is_referenced(&self) -> bool {
        // ORDERING: Acquire pairs with the Release in `drop_strong`: what was sent by a reference is found in
        // the mailbox by who does not find the reference any more. That the fall which set the mark is
        // seen is due to the Acquire with which the mark was taken.
        self.strong.load(Ordering::Acquire) != 0
    }

    /// One more hold on the memory, made from one that exists.
    pub(crate) fn add_weak(&self) {
        // ORDERING: Relaxed: the hold it is made from keeps the memory meanwhile.
        let before = self.weak.fetch_add(1, Ordering::Relaxed);
        assert_below_limit(before);
    }

    /// One hold on the memory less. True: it was the last, and the memory is the caller's to free.
    #[must_use]
    pub(crate) fn drop_weak(&self) -> bool {
        // ORDERING: Release: this holder's uses of the memory come before its free; Acquire: the last one
        // has them all before it frees.
        self.weak.fetch_sub(1, Ordering::AcqRel) == 1
    }
}

#[inline]
fn assert_below_limit(before: u32) {
    if before > LIMIT {
        too_many_references();
    }
}

#[cold]
fn too_many_references() -> ! {
    // Not a panic: a caught one would leave the count past its limit.
    std::process::abort()
}
