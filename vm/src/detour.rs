//! Why a message may have to take another way than straight into its receiver's mailbox.
//!
//! Hardly any machine needs one. That no machine of the process does is seen by one look at a number that all senders share
//! and nobody writes: so the ways that nobody takes cost nothing. What was opened stays open.

use std::sync::atomic::{AtomicU8, Ordering};

/// What some machine of the process has, or had.
#[derive(Clone, Copy)]
#[repr(u8)]
pub(crate) enum Detour {
    /// A limit for the memory of all its messages.
    QueueMemory = 1,
    /// Nodes, and a network between them.
    Network = 2,
}

static OPEN: AtomicU8 = AtomicU8::new(0);

/// Whether there is any.
#[inline]
pub(crate) fn is_any_open() -> bool {
    // ORDERING: Relaxed: it is opened before the machine that needs it has an actor.
    OPEN.load(Ordering::Relaxed) != 0
}

/// Whether there is this one.
#[inline]
pub(crate) fn is_open(detour: Detour) -> bool {
    // ORDERING: Relaxed, as in `is_any_open`.
    OPEN.load(Ordering::Relaxed) & detour as u8 != 0
}

/// A machine is built that needs it.
pub(crate) fn open(detour: Detour) {
    // ORDERING: Relaxed: whatever brings a reference to one of the machine's actors to a sender brings this.
    OPEN.fetch_or(detour as u8, Ordering::Relaxed);
}
