//! Futures in handlers: one is polled, and between polls only its handler is suspended.
//!
//! | a wake comes             | then                                                                   |
//! |--------------------------|------------------------------------------------------------------------|
//! | while the future is polled | it is polled again, after others of this core have had their turn     |
//! | while the handler waits  | the handler goes on, on its own thread, and polls again                |
//! | when all is over         | nothing: a waker knows of the wait under way, and of no handler        |

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use parking_lot::Mutex;

use crate::error::CallError;
use crate::reply::{Replier, Slot};
use crate::wait::yield_now;
use crate::worker;

/// Why nothing may wait in a poll: it would keep other futures that are polled beside this one from going on.
const POLLING: &str = "a future is being polled, and others beside it would stand still; await instead";

/// Polls a future until it is ready. In a handler it suspends only that handler; on a plain thread it blocks the thread.
///
/// The future stays where it is: it may borrow, and need not be `Send`. It may be woken from any thread. If the handler
/// is unwound, because its machine ends, the future is dropped on its own stack.
///
/// Nothing may wait while the future is polled in a handler (no call, no `sleep`, no other `block_on`): futures that
/// are joined or selected from share the handler, and would all stand still with it. Such a wait fails with
/// [`CallError::MayNotWait`]; sending and requesting do not wait, and a promise can be awaited.
///
/// # Errors
/// [`CallError::Unwinding`] or [`CallError::MayNotWait`] where nothing may wait, and when the system gives no stack for
/// the work that goes on meanwhile. The future is dropped then.
///
/// ```
/// use greenroom::{block_on, prelude::*};
/// # struct Square; impl Actor for Square {}
/// # struct Of(u64); impl Message for Of { type Reply = u64; }
/// # impl Handler<Of> for Square { fn handle(&mut self, Of(n): Of) -> u64 { n * n } }
/// # let vm = Vm::builder().workers(1).build()?;
/// let sum = vm.run(|| {
///     let square = spawn(Square);
///     block_on(async { Ok::<_, CallError>(square.send_request(Of(3)).await? + square.send_request(Of(4)).await?) })
/// })???;
/// assert_eq!(sum, 25);
/// # Ok::<(), greenroom::Error>(())
/// ```
pub fn block_on<F: Future>(future: F) -> Result<F::Output, CallError> {
    let mut future = pin!(future);
    let alarm = Arc::new(Alarm::default());
    let waker = Waker::from(Arc::clone(&alarm));
    let mut context = Context::from_waker(&waker);
    // On a plain thread there is none.
    let coroutine = worker::current().map(|worker| worker.may_wait(1)).transpose()?;
    loop {
        let polled = {
            let _forbidden = coroutine.map(|coroutine| coroutine.refusals.forbid(POLLING));
            future.as_mut().poll(&mut context)
        };
        if let Poll::Ready(output) = polled {
            return Ok(output);
        }
        alarm.wait()?;
    }
}

/// What wakers ring, and one waits for.
#[derive(Default)]
struct Alarm(Mutex<State>);

#[derive(Default)]
enum State {
    /// Nothing has happened since the last wait.
    #[default]
    Silent,
    /// It was rung, and nobody waited.
    Rung,
    /// One waits.
    Awaited(Replier<()>),
}

impl Alarm {
    /// Waits until it is rung, or has been since the last wait.
    fn wait(&self) -> Result<(), CallError> {
        let mut state = self.0.lock();
        if let State::Rung = *state {
            *state = State::Silent;
            drop(state);
            // One that wakes itself would otherwise keep its core for ever.
            return yield_now();
        }
        let (replier, promise) = Slot::pair();
        *state = State::Awaited(replier);
        drop(state);
        promise.wait()
    }
}

impl Wake for Alarm {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let mut state = self.0.lock();
        let before = std::mem::replace(&mut *state, State::Rung);
        if let State::Awaited(waiting) = before {
            *state = State::Silent;
            drop(state);
            // One that was unwound meanwhile wants it no more.
            waiting.complete(Ok(()));
        }
    }
}
