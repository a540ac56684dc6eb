//! Resume lists: which suspended coroutines of one worker may go on.
//!
//! Two intrusive lists of [`WakeNode`]s. [`LocalResumes`] is plain and first in, first out, for wakes from the
//! worker's own thread. [`ResumeList`] is for wakes from every other thread; its head word is also the worker's
//! parking flag, so one atomic step both delivers a wake and learns whether the owner must be unparked. That is
//! why this path needs no fence: a wake and the owner's falling asleep are two writes to one word.
//!
//! | head | the owner | who may change it, and to what |
//! |---|---|---|
//! | null | awake | pusher: node; owner ([`ResumeList::try_sleep`]): SLEEPING |
//! | SLEEPING | parked, or about to park or to look | pusher: node, and unparks; waker ([`ResumeList::take_sleeper`]): null, and unparks; owner: null |
//! | node | awake, or being unparked | pusher: node; owner ([`ResumeList::drain`]): null |
//!
//! It does not know how a thread parks: whoever takes SLEEPING away is told so and unparks.

use std::cell::Cell;
use std::marker::PhantomData;
use std::ptr;
use std::ptr::NonNull;

use super::sync::{AtomicPtr, Ordering};

/// The link that a suspended coroutine's block starts with.
///
/// It is in at most one resume list (or timer) at a time and must stay where it is until it came out again as
/// [`Turn::Resume`](crate::Turn::Resume) or [`Turn::Expired`](crate::Turn::Expired).
#[repr(C)]
#[derive(Debug)]
pub struct WakeNode {
    /// In the remote list: the node pushed before; in the local list: the node to resume next. While the node is
    /// in no list nobody reads it. Only the pusher writes it before publishing, only the owner after.
    pub(super) next: AtomicPtr<WakeNode>,
}

/// A suspended coroutine's wake: the address of its [`WakeNode`].
pub type Wake = NonNull<WakeNode>;

/// The head value that says that the owner sleeps. Nodes are aligned, so no node has this address.
const SLEEPING: *mut WakeNode = ptr::without_provenance_mut(1);
const _: () = assert!(align_of::<WakeNode>() > 1);

/// The list that every thread may push to and only the owner takes from.
#[derive(Debug)]
pub(crate) struct ResumeList {
    head: AtomicPtr<WakeNode>,
}

impl ResumeList {
    pub(crate) fn new() -> Self {
        ResumeList { head: AtomicPtr::new(ptr::null_mut()) }
    }

    /// Adds a wake. True if the owner slept: the caller must unpark it, nobody else will.
    #[must_use = "a sleeping owner must be unparked"]
    pub(crate) fn push(&self, wake: Wake) -> bool {
        // SAFETY: a pushed node is alive until its owner resumes it, which comes after this push.
        let node = unsafe { wake.as_ref() };
        // ORDERING: Relaxed, a guess that the exchange below confirms.
        let mut seen = self.head.load(Ordering::Relaxed);
        loop {
            let next = if seen == SLEEPING { ptr::null_mut() } else { seen };
            // ORDERING: Relaxed, the exchange below publishes it.
            node.next.store(next, Ordering::Relaxed);
            // ORDERING: Release pairs with the Acquire in `drain`: the node's link and what the waker wrote for
            // the coroutine before the wake. Relaxed on failure: it is only the next guess.
            match self.head.compare_exchange_weak(seen, wake.as_ptr(), Ordering::Release, Ordering::Relaxed) {
                Ok(_) => return seen == SLEEPING,
                Err(now) => seen = now,
            }
        }
    }

    /// Whether a wake waits. Owner only; one relaxed load.
    #[inline]
    pub(crate) fn has_any(&self) -> bool {
        // ORDERING: Relaxed, `drain` acquires what this only hints at.
        let head = self.head.load(Ordering::Relaxed);
        !head.is_null() && head != SLEEPING
    }

    /// Moves every wake to the end of `local`, oldest first. Owner only, and awake.
    pub(crate) fn drain(&self, local: &LocalResumes) {
        // ORDERING: Acquire pairs with the Release in `push`, of every node in the list: each later push
        // continues the release sequence of the ones before it.
        let mut newest = self.head.swap(ptr::null_mut(), Ordering::Acquire);
        debug_assert_ne!(newest, SLEEPING, "only an awake owner drains");
        let mut oldest: *mut WakeNode = ptr::null_mut();
        while let Some(node) = NonNull::new(newest) {
            // SAFETY: nodes in the list are alive until resumed, and only the owner, who is here, resumes them.
            let link = unsafe { &node.as_ref().next };
            // ORDERING: Relaxed, the swap above acquired the link and from here on it is the owner's alone.
            newest = link.load(Ordering::Relaxed);
            link.store(oldest, Ordering::Relaxed);
            oldest = node.as_ptr();
        }
        while let Some(node) = NonNull::new(oldest) {
            // SAFETY: as above; read before `local` takes the link for itself.
            let link = unsafe { &node.as_ref().next };
            // ORDERING: Relaxed, written by this thread in the loop above.
            oldest = link.load(Ordering::Relaxed);
            local.push(node);
        }
    }

    /// Raises the parking flag. False if a wake came first: then the owner must not sleep. Owner only.
    #[must_use = "without the flag nobody unparks the owner"]
    pub(crate) fn try_sleep(&self) -> bool {
        // ORDERING: Relaxed. The flag itself carries nothing; sleepers that must not miss a queue's push put a
        // fence(SeqCst) after it (`Sleep::announce`), and a wake through this list needs only this word's order.
        self.head.compare_exchange(ptr::null_mut(), SLEEPING, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    /// Lowers the parking flag. True for exactly one caller, which must unpark the owner (or is the owner).
    #[must_use = "a sleeping owner must be unparked"]
    pub(crate) fn take_sleeper(&self) -> bool {
        // ORDERING: Release pairs with the Acquire in `is_sleeping`: what the waker did before (a job in the
        // injector, the stop flag) is seen by the owner that it wakes.
        self.head.compare_exchange(SLEEPING, ptr::null_mut(), Ordering::Release, Ordering::Relaxed).is_ok()
    }

    /// Whether the owner's parking flag is up. From any thread, it may be out of date.
    pub(crate) fn is_sleeping(&self) -> bool {
        // ORDERING: Acquire pairs with the Release in `take_sleeper` and `push`.
        self.head.load(Ordering::Acquire) == SLEEPING
    }
}

/// The list for wakes from the worker's own thread: first in, first out, without an atomic step.
#[derive(Debug)]
pub(crate) struct LocalResumes {
    first: Cell<*mut WakeNode>,
    /// Null exactly when `first` is.
    last: Cell<*mut WakeNode>,
    /// The nodes belong to this list while they are in it.
    nodes: PhantomData<Wake>,
}

// SAFETY: the list is reached only through its worker, which moves to its thread before the first push; the
// nodes in it are touched by that thread alone.
unsafe impl Send for LocalResumes {}

impl LocalResumes {
    pub(crate) fn new() -> Self {
        LocalResumes {
            first: Cell::new(ptr::null_mut()),
            last: Cell::new(ptr::null_mut()),
            nodes: PhantomData,
        }
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.first.get().is_null()
    }

    #[inline]
    pub(crate) fn push(&self, wake: Wake) {
        // SAFETY: a pushed node is alive until its owner resumes it.
        let link = unsafe { &wake.as_ref().next };
        // ORDERING: Relaxed, local nodes are touched by this thread only.
        link.store(ptr::null_mut(), Ordering::Relaxed);
        match NonNull::new(self.last.replace(wake.as_ptr())) {
            None => self.first.set(wake.as_ptr()),
            Some(last) => {
                // SAFETY: a node in the list is alive until popped.
                let link = unsafe { &last.as_ref().next };
                // ORDERING: Relaxed, as above.
                link.store(wake.as_ptr(), Ordering::Relaxed);
            }
        }
    }

    #[inline]
    pub(crate) fn pop(&self) -> Option<Wake> {
        let wake = NonNull::new(self.first.get())?;
        // SAFETY: a node in the list is alive until popped.
        let link = unsafe { &wake.as_ref().next };
        // ORDERING: Relaxed, local nodes are touched by this thread only.
        let next = link.load(Ordering::Relaxed);
        self.first.set(next);
        if next.is_null() {
            self.last.set(ptr::null_mut());
        }
        Some(wake)
    }
}
