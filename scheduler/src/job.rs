//! What the queues and timers hold: [`Job`], an opaque pointer to something that can be run, and kept wakes.
//!
//! The scheduler never looks through it. It knows no actor, no coroutine, and not who frees what.

use std::ptr;
use std::ptr::NonNull;

use crate::resume_list::{Wake, WakeNode};
use crate::sync::AtomicPtr;

/// One runnable thing, as an opaque pointer that the layer above chose.
///
/// A job sits in exactly one queue, so it can neither be cloned nor copied: whoever holds it may run it. Dropping
/// a job forgets it (nothing is freed); what is left in the queues at the end is taken out with
/// [`Worker::drain`](crate::Worker::drain) and
/// [`Scheduler::take_injected`](crate::Scheduler::take_injected).
///
/// ```
/// use std::ptr::NonNull;
/// use greenroom_scheduler::Job;
///
/// let boxed = Box::new(7_u32);
/// let job = Job::new(NonNull::from(Box::leak(boxed)).cast());
/// let back: NonNull<u32> = job.into_raw().cast();
/// // SAFETY: the pointer came from the box above and is turned back once.
/// assert_eq!(unsafe { *Box::from_raw(back.as_ptr()) }, 7);
/// ```
#[derive(Debug)]
#[must_use = "a job that is dropped is never run"]
pub struct Job(NonNull<()>);

// SAFETY: the scheduler never dereferences the pointer, it only hands it from one thread to another; whoever
// turns it back by `into_raw` answers for what it points to being fit for another thread.
unsafe impl Send for Job {}

impl Job {
    /// Makes a job of a pointer. It comes back unchanged from [`into_raw`](Self::into_raw).
    #[inline]
    pub fn new(raw: NonNull<()>) -> Self {
        Job(raw)
    }

    /// The pointer it was made of.
    #[inline]
    #[must_use]
    pub fn into_raw(self) -> NonNull<()> {
        self.0
    }
}

/// A wake that a timer keeps until it fires.
#[derive(Debug)]
pub(crate) struct HeldWake(Wake);

// SAFETY: timers are reached only through their worker, which moves to its thread before the first is started;
// the node is never touched through this, only handed back on that same thread.
unsafe impl Send for HeldWake {}

impl HeldWake {
    #[inline]
    pub(crate) fn new(wake: Wake) -> Self {
        HeldWake(wake)
    }

    #[inline]
    pub(crate) fn into_wake(self) -> Wake {
        self.0
    }
}

impl WakeNode {
    /// A node in no list. It is made here, not beside its list, because a model checker's atomics cannot be made
    /// in a constant.
    #[must_use]
    pub const fn new() -> Self {
        WakeNode { next: AtomicPtr::new(ptr::null_mut()) }
    }
}

impl Default for WakeNode {
    fn default() -> Self {
        Self::new()
    }
}
