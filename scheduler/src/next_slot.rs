//! The next-slot: the one job that its worker runs next, ahead of its deque.
//!
//! A conversation of two actors goes through it: each send puts the other one here, so their messages meet a
//! warm cache and never pass through the deque that thieves look into.
//!
//! | slot | owner may | thief may |
//! |---|---|---|
//! | empty | put (plain store) | nothing |
//! | full | take (swap) | steal (compare and swap) |
//!
//! Only the owner ever stores a job, and only into an empty slot, so "empty" seen by the owner stays true. When a
//! thief may try at all is decided in `steal`; here it is only made safe.

use std::ptr;
use std::ptr::NonNull;

use super::sync::{AtomicPtr, Ordering};

/// Room for one job.
#[derive(Debug)]
pub(crate) struct NextSlot {
    job: AtomicPtr<()>,
}

impl NextSlot {
    pub(crate) fn new() -> Self {
        NextSlot { job: AtomicPtr::new(ptr::null_mut()) }
    }

    /// Whether no job is here: final for the owner, a hint for a thief.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        // ORDERING: Relaxed, only the owner makes it full; who takes the job synchronises by taking.
        self.job.load(Ordering::Relaxed).is_null()
    }

    /// Puts a job into the empty slot. Owner only.
    #[inline]
    pub(crate) fn put(&self, job: NonNull<()>) {
        debug_assert!(self.is_empty(), "the next-slot is filled only when it is empty");
        // ORDERING: Release pairs with the Acquire in `steal`: the job's content before its address.
        self.job.store(job.as_ptr(), Ordering::Release);
    }

    /// Takes the job. Owner only.
    #[inline]
    pub(crate) fn take(&self) -> Option<NonNull<()>> {
        if self.is_empty() {
            return None;
        }
        // ORDERING: Relaxed, the owner put the job itself; the swap only decides against a thief.
        NonNull::new(self.job.swap(ptr::null_mut(), Ordering::Relaxed))
    }

    /// Takes the job away from the owner.
    pub(crate) fn steal(&self) -> Option<NonNull<()>> {
        // ORDERING: Relaxed, a guess that the exchange confirms. If the owner took the job and put it back in
        // between, the same address is a job in the slot all the same.
        let job = NonNull::new(self.job.load(Ordering::Relaxed))?;
        // ORDERING: Acquire pairs with the Release in `put`. Relaxed on failure: nothing was taken.
        self.job
            .compare_exchange(job.as_ptr(), ptr::null_mut(), Ordering::Acquire, Ordering::Relaxed)
            .ok()
            .and_then(NonNull::new)
    }
}
