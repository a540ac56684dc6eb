//! What there is about a handler besides what every one has: a bit each, so that those without any of it ask once.

use std::cell::Cell;

/// There is an exit, a lease to grant, or an order to look for.
pub(crate) const EXIT: u8 = 1;
/// It runs a parallel method.
pub(crate) const BESIDE: u8 = 2;
/// There is a context: `caller`, `deadline`, or both.
pub(crate) const CONTEXT: u8 = 4;
/// There is a promoted slot.
pub(crate) const PROMOTED: u8 = 8;
/// It runs a parallel method that has waited before.
pub(crate) const HAS_WAITED: u8 = 16;
/// Its handler is to be unwound, or was.
pub(crate) const CANCELLED: u8 = 32;
/// And it has caught that, and goes on.
pub(crate) const QUARANTINED: u8 = 64;
/// The state of its actor may be broken.
pub(crate) const BROKEN: u8 = 128;

/// See the head of this file.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    bits: Cell<u8>,
}

impl Notes {
    #[inline]
    pub(crate) fn are_any(&self) -> bool {
        self.bits.get() != 0
    }

    #[inline]
    pub(crate) fn has(&self, note: u8) -> bool {
        self.bits.get() & note != 0
    }

    #[inline]
    pub(crate) fn add(&self, note: u8) {
        self.bits.set(self.bits.get() | note);
    }

    /// As `add`. True: it was not there.
    pub(crate) fn add_first(&self, note: u8) -> bool {
        let is_first = !self.has(note);
        self.add(note);
        is_first
    }

    #[inline]
    pub(crate) fn strike(&self, notes: u8) {
        self.bits.set(self.bits.get() & !notes);
    }
}
