//! What a coroutine can wait for, and the waits that need nobody else.

use std::time::Duration;

use crate::coroutine::Coroutine;
use crate::error::CallError;
use crate::worker;

/// A thousandth of a [`SECOND`].
pub const MILLISECOND: Duration = Duration::from_millis(1);

/// For deadlines and periods: `2 * SECOND`.
pub const SECOND: Duration = Duration::from_secs(1);

/// Something that a suspended coroutine waits for. It lives in a frame of the suspended stack.
pub(crate) trait Wait {
    /// Publishes the waiter. Called once, on the worker's thread, after the coroutine has left its
    /// stack: from then on another thread may wake it. False: what it waits for has happened, and nobody
    /// will wake it.
    fn arm(&self) -> bool;

    /// Takes the waiter back. False: it is being woken already.
    fn disarm(&self) -> bool;

    /// Whether an actor that waits for this is at rest, and has given up the right to run.
    fn is_rest(&self) -> bool {
        false
    }
}

/// Why a coroutine goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Woken {
    /// What it waited for has happened.
    Ready,
    /// The limit has passed.
    TimedOut,
}

/// Waits for nothing any more, but to be resumed.
pub(crate) struct Awake;

impl Wait for Awake {
    fn arm(&self) -> bool {
        false
    }

    fn disarm(&self) -> bool {
        false
    }
}

/// Waits for its limit alone.
struct Forever;

impl Wait for Forever {
    fn arm(&self) -> bool {
        true
    }

    fn disarm(&self) -> bool {
        true
    }
}

/// Waits for `duration`, and never less. In a handler it suspends only that handler; on a plain
/// thread it blocks the thread.
///
/// # Errors
/// [`CallError::Unwinding`] or [`CallError::MayNotWait`] where nothing may wait.
///
/// ```
/// use greenroom::{prelude::*, sleep};
/// use std::time::Duration;
/// # let vm = Vm::builder().workers(1).build()?;
/// vm.run(|| sleep(Duration::from_millis(1)))??;
/// # Ok::<(), greenroom::Error>(())
/// ```
pub fn sleep(duration: Duration) -> Result<(), CallError> {
    let Some(worker) = worker::current() else {
        std::thread::sleep(duration);
        return Ok(());
    };
    let coroutine = worker.may_wait(1)?;
    coroutine.suspend(&Forever, Some(duration));
    Ok(())
}

/// Lets other work of this core go first. On a plain thread, yields the thread.
///
/// A handler that computes for long is a better neighbour if it does this every hundred microseconds or so.
///
/// # Errors
/// [`CallError::Unwinding`] or [`CallError::MayNotWait`] where nothing may wait.
pub fn yield_now() -> Result<(), CallError> {
    let Some(worker) = worker::current() else {
        std::thread::yield_now();
        return Ok(());
    };
    let coroutine = worker.may_wait(1)?;
    give_way(coroutine);
    Ok(())
}

/// Suspends until the timers are next looked at: every 61 turns, or when there is nothing else to do. The
/// resume list would not do, for what is in it goes before new work.
pub(crate) fn give_way(coroutine: &Coroutine) {
    coroutine.suspend(&Forever, Some(Duration::ZERO));
}
