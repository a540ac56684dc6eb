//! How the waiting side of a reply slot waits, for a coroutine, a thread or an async task.
//!
//! | waiter               | lives in                | stays until                          |
//! |----------------------|-------------------------|--------------------------------------|
//! | [`CoroutineWaiter`]  | the suspended frame     | its coroutine is resumed             |
//! | [`ThreadWaiter`]     | the frame of a thread   | it was retracted, or is woken        |
//! | [`TaskWaiter`]       | the heap, its promise's | it was retracted, or is woken        |
//! | [`Attendant`]        | the heap, its own       | it is woken, which takes the reply   |

use std::cell::Cell;
use std::task::Waker;
use std::thread::Thread;
use std::time::{Duration, Instant};

use crate::coroutine::Coroutine;
use crate::deadlock::{self, PATIENCE};
use crate::error::CallError;
use crate::hold::Hold;
use crate::panics;
use crate::promise::Promise;
use crate::reply::SlotHead;
use crate::simulated;
use crate::slot::{SlotWord, Waiter};
use crate::stopwatch::Stopwatch;
use crate::wait::{Wait, Woken};
use crate::worker;

/// A suspended handler that waits; it lives in its frame.
#[repr(C)]
struct CoroutineWaiter<'a> {
    waiter: Waiter,
    coroutine: *const Coroutine,
    word: &'a SlotWord,
}

impl Wait for CoroutineWaiter<'_> {
    fn arm(&self) -> bool {
        self.word.register(&raw const self.waiter)
    }

    fn disarm(&self) -> bool {
        self.word.retract(&raw const self.waiter)
    }
}

/// Waits at `slot`. What it waits for is the answer that `asked` is to get: the same, if it is not one of several.
pub(crate) fn wait_in_coroutine(
    worker: &worker::Worker,
    slot: &SlotHead,
    asked: &SlotHead,
    limit: Duration,
    watch: &Stopwatch<'_>,
) -> Result<(), CallError> {
    unsafe fn wake(waiter: *const Waiter) {
        // SAFETY: the waiter is the first field of a `CoroutineWaiter`, which stays until it is woken.
        let coroutine = unsafe { (*waiter.cast::<CoroutineWaiter<'_>>()).coroutine };
        // SAFETY: the slot gave this waiter out to be woken, once.
        unsafe { Coroutine::wake(coroutine) };
    }
    let coroutine = worker.may_wait(1)?;
    let wait = CoroutineWaiter { waiter: Waiter { wake }, coroutine, word: &slot.word };
    if coroutine.suspend(&wait, Some(limit.min(PATIENCE))) == Woken::Ready || limit <= PATIENCE {
        return Ok(());
    }
    // It takes long: perhaps for ever.
    let waiting = deadlock::enter(coroutine, asked)?;
    coroutine.suspend(&wait, (limit != Duration::MAX).then(|| watch.left_of(limit)));
    drop(waiting);
    Ok(())
}

/// A plain thread that waits; it lives in its frame.
#[repr(C)]
struct ThreadWaiter {
    waiter: Waiter,
    thread: Thread,
    hold: Hold,
}

impl ThreadWaiter {
    fn new() -> Self {
        unsafe fn wake(waiter: *const Waiter) {
            // SAFETY: the waiter is the first field of a `ThreadWaiter`, which stays while it is held.
            let this = unsafe { &*waiter.cast::<ThreadWaiter>() };
            let thread = this.thread.clone();
            this.hold.let_go();
            thread.unpark();
        }
        ThreadWaiter { waiter: Waiter { wake }, thread: std::thread::current(), hold: Hold::new() }
    }
}

pub(crate) fn wait_in_thread(word: &SlotWord, limit: Duration) -> Result<(), CallError> {
    if crate::core::is_ending_actors() {
        return Err(CallError::Unwinding);
    }
    if let Some(driven) = simulated::drive_until(&|| word.is_ready(), limit) {
        return driven;
    }
    let until = Instant::now().checked_add(limit);
    let wait = ThreadWaiter::new();
    if !word.register(&raw const wait.waiter) {
        return Ok(());
    }
    while !wait.hold.is_over() {
        let Some(until) = until else {
            std::thread::park();
            continue;
        };
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            if word.retract(&raw const wait.waiter) {
                break;
            }
            // The reply won: it is waking us.
            std::thread::yield_now();
        } else {
            std::thread::park_timeout(left);
        }
    }
    Ok(())
}

/// An async task that waits.
#[repr(C)]
pub(crate) struct TaskWaiter {
    pub(crate) waiter: Waiter,
    waker: Cell<Option<Waker>>,
    hold: Hold,
}

impl TaskWaiter {
    pub(crate) fn new(waker: Waker) -> Box<Self> {
        unsafe fn wake(waiter: *const Waiter) {
            // SAFETY: the waiter is the first field of a `TaskWaiter`, which stays while it is held.
            let this = unsafe { &*waiter.cast::<TaskWaiter>() };
            let waker = this.waker.take();
            this.hold.let_go();
            if let Some(waker) = waker {
                // Its panic is no affair of who answers.
                let _ = panics::catch(|| waker.wake());
            }
        }
        Box::new(TaskWaiter { waiter: Waiter { wake }, waker: Cell::new(Some(waker)), hold: Hold::new() })
    }

    /// The reply has chosen this waiter; a few instructions are left until it has let go of it.
    pub(crate) fn wait_until_woken(&self) {
        while !self.hold.is_over() {
            std::thread::yield_now();
        }
    }
}

/// Waits in nobody's name, and does something with the promise when its reply is there.
#[repr(C)]
struct Attendant<R, F> {
    waiter: Waiter,
    promise: Promise<R>,
    attend: F,
}

/// Has `attend` called with the promise once its reply is there: at once, or by the side that answers, on whatever
/// thread and in the midst of whatever that one does. It must not wait, and its panics go nowhere.
pub(crate) fn attend<R, F>(promise: Promise<R>, attend: F)
where
    R: Send + 'static,
    F: FnOnce(Promise<R>) + Send + 'static,
{
    unsafe fn wake<R, F: FnOnce(Promise<R>)>(waiter: *const Waiter) {
        // SAFETY: the waiter is the first field of an `Attendant` on the heap, which is this function's from now on.
        let attendant = unsafe { Box::from_raw(waiter.cast_mut().cast::<Attendant<R, F>>()) };
        let Attendant { promise, attend, .. } = *attendant;
        let _ = panics::catch(|| attend(promise));
    }
    // Before anything is let out of hand, or a panic would leak it.
    assert!(promise.slot().is_some(), "the reply of a promise is taken once");
    let waiter = Waiter { wake: wake::<R, F> };
    let attendant = Box::into_raw(Box::new(Attendant { waiter, promise, attend }));
    // SAFETY: just made, and only ours until the slot knows of it.
    let slot = unsafe { &*attendant }.promise.slot();
    let word = &slot.expect("the reply of a promise is taken once").word;
    // Registered, it may be gone before this returns, and the slot with it.
    if !word.register(attendant.cast()) {
        // SAFETY: the reply was there first, so nobody else will use it.
        let attendant = unsafe { Box::from_raw(attendant) };
        (attendant.attend)(attendant.promise);
    }
}
