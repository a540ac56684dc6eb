//! The reply slot with its value, and the side that answers.
//!
//! Memory follows `slot`'s table: the answering side is a [`Replier`], the waiting side a
//! [`Promise`](crate::Promise); each uses up its half exactly once, and whoever the word names frees.

use std::alloc::Layout;
use std::cell::UnsafeCell;
use std::mem::MaybeUninit;
use std::num::NonZero;
use std::ops::Deref;
use std::ptr::NonNull;

use crate::abilities::{self, Show};
use crate::error::{CallError, ExitReason};
use crate::hooks;
use crate::memory;
use crate::panics;
use crate::progress::Progress;
use crate::promise::Promise;
use crate::slot::{Completed, SlotWord, Waiter};
use crate::trace::events;

/// What a call comes back with.
pub(crate) type Outcome<R> = Result<R, CallError>;

/// What every slot begins with.
pub(crate) struct SlotHead {
    pub(crate) word: SlotWord,
    /// Whether the handler has begun, or must not any more.
    pub(crate) progress: Progress,
    /// The address of the actor that is to answer, to be compared; none if it is no actor.
    pub(crate) receiver: Option<NonZero<usize>>,
}

/// A slot for one reply, alone on the heap or inside the request that asks for it.
#[repr(C)]
pub(crate) struct Slot<R> {
    head: SlotHead,
    /// Written by the answering side before `complete`; read by the waiting side once the word is ready.
    value: UnsafeCell<MaybeUninit<Outcome<R>>>,
    /// Frees the allocation that the slot is in.
    free: unsafe fn(NonNull<Slot<R>>),
}

impl<R> Deref for Slot<R> {
    type Target = SlotHead;

    #[inline]
    fn deref(&self) -> &SlotHead {
        &self.head
    }
}

impl<R> Slot<R> {
    /// A slot inside a larger allocation, which `free` frees.
    pub(crate) fn within(receiver: Option<NonZero<usize>>, free: unsafe fn(NonNull<Slot<R>>)) -> Self {
        Slot {
            head: SlotHead { word: SlotWord::new(), progress: Progress::new(), receiver },
            value: UnsafeCell::new(MaybeUninit::uninit()),
            free,
        }
    }

    /// A slot of its own on the heap, for no actor's reply: the side that answers, and the side that waits.
    pub(crate) fn pair() -> (Replier<R>, Promise<R>) {
        Self::pair_for(None)
    }

    /// As [`pair`](Self::pair), for a reply of `receiver`.
    pub(crate) fn pair_for(receiver: Option<NonZero<usize>>) -> (Replier<R>, Promise<R>) {
        unsafe fn free<R>(slot: NonNull<Slot<R>>) {
            // SAFETY: placed by `pair`, and freed once.
            unsafe { memory::free(slot.cast(), Layout::new::<Slot<R>>()) };
        }
        let slot = memory::place(Slot::within(receiver, free::<R>));
        // SAFETY: the answering side of a new slot.
        let replier = unsafe { Replier::new(slot) };
        // SAFETY: the waiting side of a new slot.
        (replier, unsafe { Promise::new(slot) })
    }

    /// Takes the value and frees the slot.
    ///
    /// # Safety
    /// The caller is the waiting side, has seen the word ready, and does not use the slot again.
    pub(crate) unsafe fn take(slot: NonNull<Self>) -> Outcome<R> {
        // SAFETY: the waiting side's share keeps the slot.
        let value = unsafe { slot.as_ref() }.value.get();
        // SAFETY: ready, so the value is the waiting side's, which reads it once.
        let value = unsafe { value.read() };
        // SAFETY: ready, so it was written.
        let value = unsafe { value.assume_init() };
        // SAFETY: ready, so the memory is the waiting side's to free.
        unsafe { Self::free(slot) };
        value
    }

    /// # Safety
    /// The slot is the caller's alone, and its value is gone or was never written.
    unsafe fn free(slot: NonNull<Self>) {
        // SAFETY: the caller owns the slot.
        let free = unsafe { slot.as_ref().free };
        // SAFETY: as above, and this is the one call.
        unsafe { free(slot) }
    }
}

/// The answering side of a slot. Dropping it unanswered fails the call.
pub(crate) struct Replier<R> {
    slot: NonNull<Slot<R>>,
}

// SAFETY: the slot is shared by its atomic word alone; the value that is written into it is `Send`.
unsafe impl<R: Send> Send for Replier<R> {}

impl<R> Replier<R> {
    /// # Safety
    /// Made once for each slot.
    pub(crate) unsafe fn new(slot: NonNull<Slot<R>>) -> Self {
        Replier { slot }
    }

    pub(crate) fn slot(&self) -> &Slot<R> {
        // SAFETY: the slot lives until both sides are done, and this side is not.
        unsafe { self.slot.as_ref() }
    }

    /// Where the slot is, to be compared.
    pub(crate) fn address(&self) -> usize {
        self.slot.addr().get()
    }

    /// Answers. True: the answer came too late, and was dropped.
    pub(crate) fn complete(self, outcome: Outcome<R>) -> bool {
        self.answer(outcome, abilities::nothing)
    }

    /// As [`complete`](Self::complete), with what may be shown to those who want to see it.
    #[inline(always)]
    pub(crate) fn answer(self, outcome: Outcome<R>, show: Show<R>) -> bool {
        if hooks::are_any() {
            self.tell(&outcome, show);
        }
        self.settle(outcome)
    }

    #[cold]
    fn tell(&self, outcome: &Outcome<R>, show: Show<R>) {
        match outcome {
            Ok(reply) => events::replied(self.address(), Ok(&|f| show(reply, f))),
            Err(error) => events::replied(self.address(), Err(error)),
        }
    }

    fn settle(self, outcome: Outcome<R>) -> bool {
        let slot = self.slot;
        std::mem::forget(self);
        // SAFETY: this side is not done, so the slot is alive.
        let value = unsafe { slot.as_ref() }.value.get();
        // SAFETY: before `complete` the value is the answering side's alone.
        unsafe { value.write(MaybeUninit::new(outcome)) };
        // SAFETY: as above. The slot may go while `complete` returns; nothing is read of it afterwards.
        match unsafe { slot.as_ref() }.word.complete() {
            Completed::Delivered => false,
            Completed::Wake(waiter) => {
                // SAFETY: registered and not retracted, so the waiter is there and waits for this.
                unsafe { Waiter::wake(waiter) };
                false
            }
            Completed::Unwanted => {
                // Its destructor may panic, and that is no affair of who answers.
                // SAFETY: abandoned: value and slot are this side's.
                let _ = panics::catch(|| drop(unsafe { Slot::take(slot) }));
                true
            }
        }
    }
}

impl<R> Drop for Replier<R> {
    fn drop(&mut self) {
        // SAFETY: `complete` forgets `self`, so this is this side's one use.
        let replier = unsafe { Replier::new(self.slot) };
        let started = replier.slot().progress.is_started();
        replier.complete(Err(CallError::Stopped { reason: ExitReason::Normal, started }));
    }
}

impl Waiter {
    /// # Safety
    /// The word gave out this waiter to be woken; it is used once.
    pub(crate) unsafe fn wake(waiter: *const Waiter) {
        // SAFETY: the waiting side stays until it is woken.
        let wake = unsafe { (*waiter).wake };
        // SAFETY: this is the one call, with the waiter's own address.
        unsafe { wake(waiter) }
    }
}

/// A call under way whose reply type is forgotten: kept beside a running handler, so that its
/// panic or its actor's end reaches the caller.
pub(crate) struct Unanswered {
    slot: NonNull<()>,
    fail: unsafe fn(NonNull<()>, CallError) -> bool,
}

impl Unanswered {
    pub(crate) fn new<R>(replier: Replier<R>) -> Self {
        unsafe fn fail<R>(slot: NonNull<()>, error: CallError) -> bool {
            // SAFETY: `new` took the slot from a `Replier<R>` that it forgot.
            unsafe { Replier::<R>::new(slot.cast()) }.complete(Err(error))
        }
        let slot = replier.slot.cast();
        std::mem::forget(replier);
        Unanswered { slot, fail: fail::<R> }
    }

    /// Where the slot is, to be compared.
    pub(crate) fn address(&self) -> usize {
        self.slot.addr().get()
    }

    /// The replier back.
    ///
    /// # Safety
    /// Made from a `Replier<R>`.
    pub(crate) unsafe fn into_replier<R>(self) -> Replier<R> {
        // SAFETY: the caller says so.
        unsafe { Replier::new(self.slot.cast()) }
    }

    /// Answers with an error. True: it came too late.
    pub(crate) fn fail(self, error: CallError) -> bool {
        // SAFETY: the function belongs to the slot's type, and this can be used once.
        unsafe { (self.fail)(self.slot, error) }
    }
}
