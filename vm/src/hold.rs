//! The answering side's hold on a waiter whose memory belongs to the waiting side.
//!
//! From the moment that a slot gives a waiter out to be woken, its owner may not leave it until the hold is let go: the
//! wake reads what it needs first. Coroutines need none: one that is being woken cannot leave before it is resumed.

use super::sync::{AtomicBool, Ordering};

/// See the head of this file.
#[derive(Debug)]
pub(crate) struct Hold {
    is_over: AtomicBool,
}

impl Hold {
    pub(crate) fn new() -> Self {
        Hold { is_over: AtomicBool::new(false) }
    }

    /// The answering side's last use of the waiter. It may be gone when this returns.
    pub(crate) fn let_go(&self) {
        // ORDERING: Release pairs with the Acquire in `is_over`: every use of the waiter before its owner leaves it.
        self.is_over.store(true, Ordering::Release);
    }

    /// Whether the owner may leave the waiter.
    pub(crate) fn is_over(&self) -> bool {
        // ORDERING: Acquire pairs with the Release in `let_go`.
        self.is_over.load(Ordering::Acquire)
    }
}
