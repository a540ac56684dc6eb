//! What passes between a coroutine and the one who resumes it: a word each way.
//!
//! In goes the address of an [`Errand`], or the order to run the worker's loop; out comes an [`Event`].

use std::ptr;

use crate::coroutine::Coroutine;

/// Why a coroutine came back to whoever resumed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub(crate) enum Event {
    /// The loop found nothing to do.
    Idle,
    /// The loop found a coroutine to resume, left in [`Worker::next`].
    Resume,
    /// The loop was told to stop.
    Stop,
    /// One turn of a simulated loop is over.
    Turned,
    /// The errand is done.
    Finished,
    /// It suspended in the middle of a handler; its wait is still to be armed.
    Suspended,
}

impl Event {
    pub(crate) fn from_word(word: usize) -> Event {
        const EVENTS: [Event; 6] =
            [Event::Idle, Event::Resume, Event::Stop, Event::Turned, Event::Finished, Event::Suspended];
        EVENTS[word]
    }
}

/// Something to do once, on a stack of its own, for someone who waits for it.
///
/// What is done is part of the type, so that its content is taken out by the one function that uses it: moved through
/// another one's frame it would be stored and loaded again at once, in pieces of other sizes, which costs 5 ns.
#[repr(C)]
pub(crate) struct Errand<T, F> {
    /// Called with the errand's own address; takes the content out before anything else, for the errand may be gone
    /// when a suspension comes back.
    start: unsafe fn(*mut (), &Coroutine),
    body: F,
    /// Gone once it has begun.
    pub(crate) content: Option<T>,
}

impl<T, F: FnOnce(T, &Coroutine) + Copy> Errand<T, F> {
    #[inline]
    pub(crate) fn new(content: T, body: F) -> Self {
        unsafe fn start<T, F: FnOnce(T, &Coroutine) + Copy>(errand: *mut (), coroutine: &Coroutine) {
            // SAFETY: `new` put this function into an `Errand<T, F>`, which is there until we suspend or finish.
            let errand = unsafe { &mut *errand.cast::<Errand<T, F>>() };
            let body = errand.body;
            if let Some(content) = errand.content.take() {
                body(content, coroutine);
            }
        }
        Errand { start: start::<T, F>, body, content: Some(content) }
    }
}

/// Begins the errand at an address that a coroutine was resumed with.
///
/// # Safety
/// It is the exposed address of an `Errand` that is there until the coroutine suspends or finishes.
#[inline]
pub(crate) unsafe fn begin(address: usize, coroutine: &Coroutine) {
    let errand = ptr::with_exposed_provenance_mut::<Errand<(), ()>>(address);
    // SAFETY: it is there, and whatever its content, it begins with this field.
    let start = unsafe { (*errand).start };
    // SAFETY: the function belongs to the errand's type.
    unsafe { start(errand.cast(), coroutine) };
}
