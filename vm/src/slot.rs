//! The reply slot's word: a one-time meeting of one that answers and one that waits.
//!
//! It knows neither values nor coroutines: whoever embeds a [`SlotWord`] keeps the value beside
//! it, and a [`Waiter`] says how its owner is woken.
//!
//! | row | word        | the answer            | who frees the slot              |
//! |-----|-------------|-----------------------|---------------------------------|
//! | 1   | `PENDING`   | not there, none waits | whoever comes second to 3 and 4 |
//! | 2   | a waiter    | not there, one waits  | as row 1                        |
//! | 3   | `READY`     | there                 | the waiting side                |
//! | 4   | `ABANDONED` | not wanted any more   | the answering side              |
//!
//! The answering side moves once, 1 or 2 to 3 ([`complete`](SlotWord::complete)), or finds 4. The waiting
//! side moves between 1 and 2 ([`register`](SlotWord::register), [`retract`](SlotWord::retract)) as often
//! as it likes, and once to 4 ([`abandon`](SlotWord::abandon)). Whoever fails to move finds out
//! that the other side was first, and that settles who owns the value and the memory: a deadline
//! that passes is a `retract`, and a reply that wins against it is a wake already under way.

use core::ptr;

use super::sync::{AtomicPtr, Ordering};

/// How someone who waits is woken. Kept by the waiting side, which must not leave it before it has either
/// retracted it or been woken through it.
#[derive(Debug)]
#[repr(C, align(8))]
pub(crate) struct Waiter {
    /// Called once, by the answering side, with this waiter's own address. The waiter may be gone
    /// as soon as it is called, so the function must read what it needs before it wakes anyone.
    pub(crate) wake: unsafe fn(*const Waiter),
}

const PENDING: usize = 0;
const READY: usize = 1;
const ABANDONED: usize = 2;

fn mark(state: usize) -> *mut Waiter {
    ptr::without_provenance_mut(state)
}

/// What the answering side found.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Completed {
    /// The answer is delivered; nobody waits for it yet.
    Delivered,
    /// The answer is delivered, and this waiter must be woken. The slot itself may be gone already.
    Wake(*const Waiter),
    /// Nobody wants the answer: value and slot are the answering side's to drop.
    Unwanted,
}

/// See the head of this file.
#[derive(Debug)]
pub(crate) struct SlotWord {
    word: AtomicPtr<Waiter>,
}

impl SlotWord {
    /// Neither answered nor awaited (row 1).
    pub(crate) fn new() -> Self {
        SlotWord { word: AtomicPtr::new(mark(PENDING)) }
    }

    /// The answering side's only move. The value was written before.
    pub(crate) fn complete(&self) -> Completed {
        // ORDERING: Release pairs with the Acquire in `is_ready`, `register`, `retract` and `abandon`: the
        // value before the mark. Acquire pairs with the Release in `register`: the waiter before its
        // address, and in `abandon`: the waiting side's last use of the slot before it is freed here.
        let word = self.word.swap(mark(READY), Ordering::AcqRel);
        match word.addr() {
            PENDING => Completed::Delivered,
            ABANDONED => Completed::Unwanted,
            READY => unreachable!("a slot is answered once"),
            _ => Completed::Wake(word),
        }
    }

    /// Whether the answer is there (row 3); the value may be read after a `true`.
    pub(crate) fn is_ready(&self) -> bool {
        // ORDERING: Acquire pairs with the Release in `complete`: the value before the mark.
        self.word.load(Ordering::Acquire).addr() == READY
    }

    /// Whether the waiting side has gone (row 4): a request in this state is dropped unrun.
    pub(crate) fn is_abandoned(&self) -> bool {
        // ORDERING: Relaxed: nothing is read on the strength of it; `complete` will look again.
        self.word.load(Ordering::Relaxed).addr() == ABANDONED
    }

    /// Row 1 to 2. False: the answer is there (row 3), and `waiter` will not be woken.
    pub(crate) fn register(&self, waiter: *const Waiter) -> bool {
        debug_assert!(waiter.addr() > ABANDONED);
        self.exchange(mark(PENDING), waiter.cast_mut())
    }

    /// Row 2 to 1. False: the answer came first (row 3), and `waiter` is being woken.
    pub(crate) fn retract(&self, waiter: *const Waiter) -> bool {
        self.exchange(waiter.cast_mut(), mark(PENDING))
    }

    /// Row 1 to 4. False: the answer is there (row 3), and value and slot are the caller's to drop.
    pub(crate) fn abandon(&self) -> bool {
        self.exchange(mark(PENDING), mark(ABANDONED))
    }

    fn exchange(&self, from: *mut Waiter, to: *mut Waiter) -> bool {
        // ORDERING: Release pairs with the Acquire in `complete`: the waiter before its address, and the
        // last use of the slot before its abandonment. A failure means READY, and its Acquire pairs with
        // the Release in `complete`: the value before the mark.
        self.word.compare_exchange(from, to, Ordering::Release, Ordering::Acquire).is_ok()
    }
}
