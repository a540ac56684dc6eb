//! Promises: the waiting side of a reply slot, for a coroutine, a thread or an async task.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::ptr::{self, NonNull};
use std::task::{Context, Poll};
use std::time::Duration;

use crate::actor::Actor;
use crate::callback;
use crate::error::CallError;
use crate::hooks;
use crate::refs::Ref;
use crate::reply::{Outcome, Slot, SlotHead};
use crate::shared::SharedPromise;
use crate::stopwatch::{Limit, Stopwatch};
use crate::trace::events;
use crate::waiters::{self, TaskWaiter, wait_in_coroutine, wait_in_thread};
use crate::worker;

/// The reply to come of a [request](crate::Ref::request).
///
/// It can be waited for in a handler (only that handler waits), on a plain thread, or as a `Future`. Dropping it
/// gives the reply up; a request that had not begun then never runs. [`then`](Self::then) has the reply come to an
/// actor as a message, [`shared`](Self::shared) is for many who want it, [`detach`](Self::detach) for when nobody does,
/// and [`join_all`](crate::join_all) waits for many.
///
/// ```
/// use greenroom::prelude::*;
/// # struct Square; impl Actor for Square {}
/// # struct Of(u64); impl Message for Of { type Reply = u64; }
/// # impl Handler<Of> for Square { fn handle(&mut self, Of(n): Of) -> u64 { n * n } }
/// # let vm = Vm::builder().workers(1).build()?;
/// let square = vm.spawn(Square);
/// let (three, four) = (square.send_request(Of(3)), square.send_request(Of(4)));
/// assert_eq!(three.wait()? + four.wait()?, 25);
/// # Ok::<(), greenroom::Error>(())
/// ```
#[must_use = "a promise that is dropped gives the reply up"]
pub struct Promise<R> {
    /// Null once the reply was taken.
    slot: Option<NonNull<Slot<R>>>,
    /// Registered while a task waits; boxed, for the promise may move between polls.
    task: Option<Box<TaskWaiter>>,
}

// SAFETY: the slot is shared by its atomic word alone, and the reply moves to whoever takes it.
unsafe impl<R: Send> Send for Promise<R> {}
// SAFETY: `&Promise` reads atomic words only.
unsafe impl<R: Send> Sync for Promise<R> {}

impl<R> Unpin for Promise<R> {}

impl<R> Promise<R> {
    /// # Safety
    /// Made once for each slot, and the slot is alive.
    pub(crate) unsafe fn new(slot: NonNull<Slot<R>>) -> Self {
        Promise { slot: Some(slot), task: None }
    }

    /// None when the reply was taken.
    pub(crate) fn slot(&self) -> Option<&Slot<R>> {
        // SAFETY: a slot lives until both sides are done, and this one is not while it has it.
        self.slot.map(|slot| unsafe { slot.as_ref() })
    }

    /// Whether the reply is there, or was taken.
    pub fn is_done(&self) -> bool {
        self.slot().is_none_or(|slot| slot.word.is_ready())
    }

    /// Waits for the reply.
    ///
    /// # Errors
    /// As for [`ask`](crate::Ref::ask), but for the deadline, which it has not.
    ///
    /// # Panics
    /// If the reply was taken before, by [`wait_for`](Self::wait_for).
    pub fn wait(mut self) -> Result<R, CallError> {
        self.wait_for(Duration::MAX)
    }

    /// Waits for the reply, up to `limit`. After a [`CallError::Timeout`] the promise can still be waited for.
    ///
    /// # Errors
    /// As for [`ask`](crate::Ref::ask).
    ///
    /// # Panics
    /// If the reply was taken before.
    pub fn wait_for(&mut self, limit: Duration) -> Result<R, CallError> {
        self.wait_for_answer_to(None, Limit::of(limit))
    }

    /// As [`wait_for`](Self::wait_for), for one who is told here of the answer that another slot is to get.
    pub(crate) fn wait_for_answer_to(
        &mut self,
        asked: Option<&SlotHead>,
        limit: Limit,
    ) -> Result<R, CallError> {
        self.retract_task();
        let slot = self.slot().expect("the reply of a promise is taken once");
        if slot.word.is_ready() {
            return self.take();
        }
        let (watch, limit) = (Stopwatch::for_wait(limit), limit.length);
        match worker::current() {
            Some(worker) if worker.coroutine().is_some() => {
                wait_in_coroutine(worker, slot, asked.unwrap_or(slot), limit, &watch)?;
            }
            _ => wait_in_thread(&slot.word, limit)?,
        }
        if !slot.word.is_ready() {
            let elapsed = watch.elapsed();
            return Err(CallError::Timeout { limit, elapsed, started: slot.progress.is_started() });
        }
        self.take()
    }

    /// Has the reply come to an actor as a message of its own: `callback` is run with it there, once, whatever it is.
    /// Nothing waits meanwhile.
    ///
    /// The message is sent when the reply comes, or now if it is there: others that the actor was sent before that come
    /// before it. Until then the promise refers to the actor. If the actor ends before, it counts as a dead letter.
    ///
    /// # Panics
    /// If the reply was taken before.
    ///
    /// ```
    /// use greenroom::prelude::*;
    /// # struct Square; impl Actor for Square {}
    /// # struct Of(u64); impl Message for Of { type Reply = u64; }
    /// # impl Handler<Of> for Square { fn handle(&mut self, Of(n): Of) -> u64 { n * n } }
    /// struct Sum { squares: u64, reported: Option<std::sync::mpsc::Sender<u64>> }
    /// impl Actor for Sum {}
    /// struct Add(Ref<Square>, u64);
    /// impl Message for Add { type Reply = (); }
    /// impl Handler<Add> for Sum {
    ///     fn handle(&mut self, Add(square, n): Add) {
    ///         square.send_request(Of(n)).then(&me(), |sum: &mut Sum, reply| {
    ///             sum.squares += reply.unwrap_or(0);
    ///             sum.reported.take().unwrap().send(sum.squares).unwrap();
    ///         });
    ///     }
    /// }
    /// # let vm = Vm::builder().workers(1).build()?;
    /// let (sender, receiver) = std::sync::mpsc::channel();
    /// let sum = vm.spawn(Sum { squares: 0, reported: Some(sender) });
    /// sum.ask(Add(vm.spawn(Square), 6))?;
    /// assert_eq!(receiver.recv()?, 36);
    /// # Ok::<(), greenroom::Error>(())
    /// ```
    pub fn then<A, F>(self, actor: &Ref<A>, callback: F)
    where
        A: Actor,
        R: Send + 'static,
        F: FnOnce(&mut A, Result<R, CallError>) + Send + 'static,
    {
        let to = actor.to().clone();
        self.when_ready(move |mut promise| {
            let outcome = promise.take();
            callback::deliver::<A, F>(&to, move |state| callback(state, outcome));
        });
    }

    /// The same reply for many who wait, and many callbacks: each gets a clone.
    ///
    /// # Panics
    /// If the reply was taken before.
    pub fn shared(self) -> SharedPromise<R>
    where
        R: Clone + Send + Sync + 'static,
    {
        SharedPromise::new(self)
    }

    /// Gives the reply up, but not the request, which runs all the same: dropping the promise would call it off if it
    /// had not begun.
    ///
    /// Costs a small allocation, if the reply is not there yet. A message that never needs a reply is better sent.
    pub fn detach(self)
    where
        R: Send + 'static,
    {
        if !self.is_done() {
            self.when_ready(drop);
        }
    }

    /// See [`waiters::attend`].
    pub(crate) fn when_ready(mut self, attend: impl FnOnce(Promise<R>) + Send + 'static)
    where
        R: Send + 'static,
    {
        self.retract_task();
        waiters::attend(self, attend);
    }

    /// As `wait_for`, for a caller that does not ask again: a time-out says whether the handler has begun, and if it
    /// has not, it never will.
    pub(crate) fn wait_or_call_off(mut self, limit: Limit) -> Result<R, CallError> {
        let outcome = self.wait_for_answer_to(None, limit);
        self.call_off(outcome)
    }

    /// Calls the request off if its wait has ended with this, and says whether it had begun.
    pub(crate) fn call_off(&self, outcome: Result<R, CallError>) -> Result<R, CallError> {
        match (outcome, self.slot()) {
            // The slot is still ours, so this is our own wait's end and not an answer.
            (Err(CallError::Timeout { limit, elapsed, .. }), Some(slot)) => {
                Err(CallError::Timeout { limit, elapsed, started: !slot.progress.call_off() })
            }
            (Err(CallError::Deadlock { path, .. }), Some(slot)) => {
                let error = CallError::Deadlock { path, started: !slot.progress.call_off() };
                if hooks::are_any() {
                    events::replied(ptr::from_ref(slot).addr(), Err(&error));
                }
                Err(error)
            }
            (outcome, _) => outcome,
        }
    }

    /// The reply is there.
    pub(crate) fn take(&mut self) -> Outcome<R> {
        let slot = self.slot.take().expect("the reply of a promise is taken once");
        // SAFETY: this is the waiting side, the word is ready, and the slot is not used again.
        unsafe { Slot::take(slot) }
    }

    /// Takes a task's waiter back, so that another may be registered.
    fn retract_task(&mut self) {
        let Some(task) = self.task.take() else { return };
        let Some(slot) = self.slot() else { return };
        if !slot.word.retract(&raw const task.waiter) {
            task.wait_until_woken();
        }
    }
}

impl<R> Drop for Promise<R> {
    fn drop(&mut self) {
        self.retract_task();
        let Some(slot) = self.slot.take() else { return };
        // SAFETY: this side is not done.
        if !unsafe { slot.as_ref() }.word.abandon() {
            // SAFETY: the reply was there first: value and slot are ours.
            drop(unsafe { Slot::take(slot) });
        }
    }
}

impl<R> fmt::Debug for Promise<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Promise").field("done", &self.is_done()).finish()
    }
}

impl<R> Future for Promise<R> {
    type Output = Result<R, CallError>;

    /// # Panics
    /// If the reply was taken before.
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.retract_task();
        let task = TaskWaiter::new(context.waker().clone());
        let slot = self.slot().expect("a promise is not polled after it was ready");
        if slot.word.register(ptr::from_ref(&*task).cast()) {
            self.task = Some(task);
            return Poll::Pending;
        }
        Poll::Ready(self.take())
    }
}
