//! What mailboxes are made of: nodes, linked through themselves, and chains of them.
//!
//! It knows no mailbox. Who may touch a node's link is said where it changes hands: its pusher until the mailbox's word
//! shows it, then whoever holds the right to pop.

use core::ptr::{self, NonNull};

use super::sync::{AtomicPtr, Ordering};

/// A link of the queue, the first field of whatever is sent.
///
/// Aligned so that the word's flags find room in its address.
#[repr(C, align(8))]
pub(crate) struct Node {
    /// The next older node while in the mailbox's word; the next newer one while in a [`Chain`].
    next: AtomicPtr<Node>,
}

impl Node {
    pub(crate) fn new() -> Self {
        Node { next: AtomicPtr::new(ptr::null_mut()) }
    }

    /// Before the node is pushed, its pusher alone has it.
    #[inline]
    pub(crate) fn set_next(&self, next: *mut Node) {
        // ORDERING: Relaxed: the push publishes it.
        self.next.store(next, Ordering::Relaxed);
    }
}

/// Nodes taken from a mailbox, oldest first, owned by whoever holds the chain.
#[derive(Debug)]
pub(crate) struct Chain {
    oldest: *mut Node,
}

impl Chain {
    #[inline]
    pub(crate) fn empty() -> Self {
        Chain { oldest: ptr::null_mut() }
    }

    /// Turns the links from `newest` down to, but without, `seen`.
    ///
    /// # Safety
    /// The nodes between belong to the caller and end at `seen` (or at null if `seen` is null).
    #[inline]
    pub(crate) unsafe fn from_newest(newest: *mut Node, seen: *mut Node) -> Self {
        let mut newer = ptr::null_mut();
        let mut node = newest;
        while node != seen {
            // SAFETY: the caller owns every node before `seen`, and the list ends there.
            let link = unsafe { &*node };
            // ORDERING: Relaxed: only the holder of the right to pop touches these links now; the
            // caller's Acquire of the word has brought what pushers wrote.
            let older = link.next.load(Ordering::Relaxed);
            // ORDERING: Relaxed, as above.
            link.next.store(newer, Ordering::Relaxed);
            newer = node;
            node = older;
        }
        Chain { oldest: newer }
    }

    /// A chain that was put down with [`into_raw`](Self::into_raw).
    ///
    /// # Safety
    /// `oldest` came from `into_raw`, and is taken up once.
    pub(crate) unsafe fn from_raw(oldest: *mut Node) -> Self {
        Chain { oldest }
    }

    /// Puts the chain down as the address of its oldest node, or null.
    pub(crate) fn into_raw(self) -> *mut Node {
        self.oldest
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.oldest.is_null()
    }

    /// The last of the chain, or null. Walks it.
    pub(crate) fn newest(&self) -> *mut Node {
        let mut newest = ptr::null_mut();
        let mut node = self.oldest;
        // SAFETY: the chain owns its nodes.
        while let Some(link) = unsafe { node.as_ref() } {
            newest = node;
            // ORDERING: Relaxed: the chain's owner alone touches its links.
            node = link.next.load(Ordering::Relaxed);
        }
        newest
    }

    /// Takes the oldest node.
    #[inline]
    pub(crate) fn pop(&mut self) -> Option<NonNull<Node>> {
        let node = NonNull::new(self.oldest)?;
        // SAFETY: the chain owns its nodes, and this one is in it.
        let link = unsafe { node.as_ref() };
        // ORDERING: Relaxed: the chain's owner alone touches its links.
        self.oldest = link.next.load(Ordering::Relaxed);
        Some(node)
    }
}
