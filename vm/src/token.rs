//! The token of a reply: the duty to answer a call, as a value.

use std::fmt;

use crate::abilities::Show;
use crate::reply::Replier;
use crate::worker::Worker;

/// The reply that a caller waits for, in the hands of whoever is to give it.
///
/// A method takes it by a parameter marked `#[reply]`. It may be answered at once, kept in the state and answered later,
/// or given to another actor: the method's own return ends nothing. Dropping it unanswered fails the caller at once, with
/// [`CallError::Stopped`](crate::CallError::Stopped); a method that panics with its own token in hand fails its caller with
/// its panic, as any other does.
///
/// ```
/// use greenroom::prelude::*;
///
/// /// Callers wait until the gate opens.
/// #[derive(Default)]
/// struct Gate { waiting: Vec<Reply<u32>> }
///
/// #[actor]
/// impl Gate {
///     fn pass(&mut self, #[reply] reply: Reply<u32>) { self.waiting.push(reply) }
///     #[cast]
///     fn open(&mut self) {
///         for (place, reply) in (1..).zip(self.waiting.drain(..)) { reply.send(place) }
///     }
/// }
///
/// let vm = Vm::builder().workers(1).build()?;
/// let gate = vm.spawn(Gate::default());
/// let (first, second) = (gate.request().pass(), gate.request().pass());
/// gate.open()?;
/// assert_eq!((first.wait()?, second.wait()?), (1, 2));
/// # Ok::<(), greenroom::Error>(())
/// ```
#[must_use = "a reply that is dropped fails its caller"]
pub struct Reply<R> {
    /// None when the method was cast, so that nobody waits.
    owed: Option<Replier<R>>,
    show: Show<R>,
}

impl<R> Reply<R> {
    pub(crate) fn new(owed: Option<Replier<R>>, show: Show<R>) -> Self {
        Reply { owed, show }
    }

    /// Answers the caller. An answer that nobody waits for any more is dropped.
    pub fn send(mut self, reply: R) {
        if let Some(owed) = self.owed.take()
            && owed.answer(Ok(reply), self.show)
            && let Some(worker) = crate::worker::current()
        {
            worker.count_late_reply();
        }
    }

    /// Whether nobody waits: the method was cast, or its caller has given up.
    pub fn is_unwanted(&self) -> bool {
        self.owed.as_ref().is_none_or(|owed| owed.slot().word.is_abandoned())
    }
}

impl<R> Drop for Reply<R> {
    fn drop(&mut self) {
        // One that its own method's unwinding drops is left to whoever catches that, and knows why.
        if std::thread::panicking()
            && let Some(owed) = self.owed.take()
            && let Some(coroutine) = crate::worker::current().and_then(Worker::coroutine)
        {
            coroutine.keep_token(owed);
        }
    }
}

impl<R> fmt::Debug for Reply<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply").field("unwanted", &self.is_unwanted()).finish()
    }
}
