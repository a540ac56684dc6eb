//! The word beside the mailbox's: what the holder of the right to run leaves there for others.
//!
//! | row | word               | written by                                | read by                                  |
//! |-----|--------------------|-------------------------------------------|------------------------------------------|
//! | 1   | null               | a holder that runs, or has left nothing   | the next holder                          |
//! | 2   | an address + tag   | a holder that passes the right on         | the next holder                          |
//! | 3   | a place + `WAITS`  | a holder whose handler is about to wait   | whoever has interrupted the mailbox      |
//! | 4   | an address         | the last holder, before it closed         | whoever has found the mailbox closed     |
//!
//! It does not know what the addresses are: rows 2 and 4 are `cell`'s, and ordered by the mailbox's word. What
//! this file answers for is row 3: a handler that waits can not look at its mailbox, so somebody must go there.
//!
//! **Either of the two sees the other.** The handler writes where it waits, then looks for a mark; the interrupter writes
//! the mark, then looks where the handler waits. With a fence in between on both sides, one of them finds what the
//! other wrote (Dekker 1965).

use core::ptr;

use super::sync::{AtomicPtr, Ordering, fence};

/// See the head of this file.
#[derive(Debug)]
pub(crate) struct Aside {
    word: AtomicPtr<()>,
}

/// The tag of row 3; the tags of row 2 leave this bit alone.
pub(crate) const WAITS: usize = 2;

/// Where a handler waits: on which worker, and where that keeps its coroutine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) worker: u16,
    pub(crate) coroutine: u32,
}

impl Place {
    fn to_word(self) -> *mut () {
        let address = u64::from(self.coroutine) << 32 | u64::from(self.worker) << 8 | WAITS as u64;
        // Pointers are of 64 bits wherever the machine runs: see `stackful::arch`.
        ptr::without_provenance_mut(address as usize)
    }

    fn from_word(word: *mut ()) -> Option<Place> {
        let address = word.addr() as u64;
        let waits = address & WAITS as u64 != 0;
        waits.then_some(Place { worker: (address >> 8) as u16, coroutine: (address >> 32) as u32 })
    }
}

impl Aside {
    pub(crate) fn new() -> Self {
        Aside { word: AtomicPtr::new(ptr::null_mut()) }
    }

    /// Rows 2 and 4.
    #[inline]
    pub(crate) fn get(&self) -> *mut () {
        // ORDERING: Relaxed: the mailbox's word, read before, has brought it.
        self.word.load(Ordering::Relaxed)
    }

    /// Rows 1, 2 and 4, by the holder of the right to run.
    #[inline]
    pub(crate) fn set(&self, word: *mut ()) {
        // ORDERING: Relaxed: the mailbox's word, written afterwards, publishes it.
        self.word.store(word, Ordering::Relaxed);
    }

    /// Row 1 to 3. The caller then asks the mailbox whether it is interrupted, and waits only if it is not.
    #[inline]
    pub(crate) fn wait_at(&self, place: Place) {
        // ORDERING: Relaxed: the fence below orders it.
        self.word.store(place.to_word(), Ordering::Relaxed);
        // ORDERING: SeqCst pairs with the fence in `Mailbox::interrupt`: see the head of this file.
        fence(Ordering::SeqCst);
    }

    /// Where the handler waits, if it does. A hint by the time it is used: only that worker knows for certain.
    pub(crate) fn waits_at(&self) -> Option<Place> {
        // ORDERING: Relaxed: the fence in `Mailbox::interrupt` has come before.
        Place::from_word(self.word.load(Ordering::Relaxed))
    }
}
