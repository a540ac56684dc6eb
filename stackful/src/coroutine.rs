//! Coroutines that are made once and used for many activations.
//!
//! A thin layer over corosensei: a word in, a word out, on our stacks. It knows no scheduler:
//! who resumes whom is the caller's affair, and one coroutine may resume another.
//!
//! | state     | is left by                                            | to                  |
//! |-----------|-------------------------------------------------------|---------------------|
//! | suspended | `resume`                                              | running             |
//! | suspended | `unwind`, drop: a panic starts at its suspension      | done                |
//! | running   | `Suspender::suspend`                                  | suspended           |
//! | running   | the body returns, or panics (the resumer then panics) | done                |
//! | done      | `into_stack`                                          |                     |
//!
//! There and back is 4.5 to 5 ns (`benches/switch.rs`, 2026, a busy AMD EPYC), and noting where a
//! coroutine is suspended, so that its stack can be trimmed under it, is at most 0.3 ns of that.
//!
//! A coroutine never leaves its thread: it is not `Send`, for nobody can tell what lies on its
//! stack.

use corosensei::{CoroutineResult, Yielder};

use crate::arch;
use crate::layout::{HEADER, PAGE};
use crate::stack::{Bounds, Header, Stack};

/// How far below a noted stack pointer the frames of the suspension itself may reach: corosensei's
/// function has a frame and pushes three words.
const SLACK: usize = PAGE;

/// A body that runs on a stack of its own and can be left and entered again.
///
/// ```compile_fail
/// fn is_send<T: Send>() {}
/// is_send::<greenroom_stackful::Coroutine>();
/// ```
pub struct Coroutine {
    // Dropped before the stack: that unwinds what lies on it.
    inner: corosensei::Coroutine<usize, usize, (), Bounds>,
    stack: Stack,
}

impl Coroutine {
    /// A suspended coroutine that will run `body(suspender, first_word)` until it returns.
    ///
    /// A body is meant to loop: each [`suspend`](Suspender::suspend) ends one activation and
    /// returns the word that begins the next.
    pub fn new(stack: Stack, body: impl FnOnce(&Suspender, usize) + 'static) -> Self {
        stack.header().note_suspension(stack.base());
        // SAFETY: the bounds go into `inner` alone, which is dropped before the stack is.
        let bounds = unsafe { Bounds::of(&stack) };
        let base = stack.base();
        let inner = corosensei::Coroutine::with_stack(bounds, move |yielder, word| {
            let suspender = Suspender::wrap(yielder);
            assert_eq!(suspender.base(), base, "corosensei's yielder lies just below the base of the stack");
            body(suspender, word);
        });
        Self { inner, stack }
    }

    /// Runs the body until it suspends, with `Some` of its word, or returns, with `None`.
    ///
    /// # Panics
    ///
    /// When the body returned before. A panic that leaves the body goes on here.
    #[inline]
    pub fn resume(&mut self, word: usize) -> Option<usize> {
        match self.inner.resume(word) {
            CoroutineResult::Yield(word) => Some(word),
            CoroutineResult::Return(()) => None,
        }
    }

    /// Ends a suspended coroutine: a panic that runs no hook starts where it is suspended, and its
    /// destructors run. Nothing happens when it is done.
    ///
    /// A body that catches the panic goes on until it suspends, where the panic starts anew. Where
    /// panics abort (`panic = "abort"`), so does this.
    ///
    /// # Panics
    ///
    /// When a destructor or a body that caught the panic panics in turn.
    pub fn unwind(&mut self) {
        self.inner.force_unwind();
    }

    /// Whether the body has returned, panicked or been unwound.
    pub fn is_done(&self) -> bool {
        self.inner.done()
    }

    /// The stack it runs on.
    #[inline]
    pub fn stack(&self) -> &Stack {
        &self.stack
    }

    /// Whether the body has gone into the yellow zone of its stack. One load.
    #[inline]
    pub fn overflowed(&self) -> bool {
        self.stack.overflowed()
    }

    /// The stack of a coroutine that is done.
    ///
    /// # Panics
    ///
    /// When it is not done.
    pub fn into_stack(self) -> Stack {
        let Self { inner, stack } = self;
        // This also tells an address sanitizer that the stack is empty.
        inner.into_stack();
        stack
    }

    /// Closes the yellow zone and trims the stack as far as no frame lies there. Returns the peak
    /// use in bytes.
    pub(crate) fn recycle(&mut self, keep: usize) -> usize {
        let place = self.stack.place();
        let from = if self.is_done() { place.base } else { self.stack.header().suspended_at() };
        if from <= place.yellow || from > place.base {
            // It is suspended on another stack (a big one): how deep this one is, nobody noted.
            return self.stack.used_peak();
        }
        // SAFETY: `self` is borrowed exclusively, so the body is suspended, and all its frames are
        // above the stack pointer that it noted, less the slack.
        unsafe { self.stack.recycle_below(from - SLACK, keep) }
    }
}

impl core::fmt::Debug for Coroutine {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let done = self.is_done();
        out.debug_struct("Coroutine").field("done", &done).field("stack", &self.stack).finish()
    }
}

/// A body's way back to whoever resumed it.
#[repr(transparent)]
pub struct Suspender(Yielder<usize, usize>);

impl Suspender {
    /// Leaves the coroutine: the pending [`resume`](Coroutine::resume) returns `Some(word)`.
    /// Returns the word of the next resume.
    ///
    /// # Panics
    ///
    /// With a payload of corosensei's own when the coroutine is unwound or dropped meanwhile.
    #[inline]
    pub fn suspend(&self, word: usize) -> usize {
        self.header().note_suspension(arch::stack_pointer());
        self.0.suspend(word)
    }

    /// Whether this coroutine has gone into the yellow zone of its stack. One load.
    #[inline]
    pub fn overflowed(&self) -> bool {
        self.header().overflowed()
    }

    fn wrap(yielder: &Yielder<usize, usize>) -> &Self {
        let yielder: *const Yielder<usize, usize> = yielder;
        // SAFETY: `Suspender` is transparent, so it is the same reference under another name.
        unsafe { &*yielder.cast::<Self>() }
    }

    /// The base of this stack: a yielder is a word that lies 16 bytes below it (some more with a
    /// sanitizer), and bases are multiples of 64. Each coroutine checks it as it begins.
    #[inline]
    fn base(&self) -> usize {
        core::ptr::from_ref(self).addr().next_multiple_of(HEADER)
    }

    #[inline]
    fn header(&self) -> &Header {
        // SAFETY: this is the base of the stack that the suspender itself lies on.
        unsafe { Header::at(self.base()) }
    }
}
