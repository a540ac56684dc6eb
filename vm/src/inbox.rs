//! The inbox of a process: receiving, selectively or not, with or without a limit.
//!
//! Messages move from the mailbox into a queue that only the process touches; selective receiving looks through that.
//! While it waits for a message a process is at rest, as every actor is between messages.

use std::cell::Cell;
use std::fmt;
use std::ptr::{self, NonNull};
use std::time::Duration;

use crate::cell::Header;
use crate::control::Control;
use crate::ending;
use crate::envelope::{Cast, Kind};
use crate::error::{CallError, ExitReason};
use crate::handle::{Runnable, Weak};
use crate::hooks;
use crate::mailbox::Rest;
use crate::order::Order;
use crate::panics;
use crate::parcel::{Noticed, Posted};
use crate::process::{Head, Process, ProcessRef};
use crate::queue::{Found, Item};
use crate::target::StrongTo;
use crate::ties::{self, Side};
use crate::wait::{Wait, Woken};
use crate::worker::{self, Worker};

/// The mailbox of a process, read by the process itself.
///
/// It stays with its process: it is not `Send`, and every use of it in another handler of the same thread, or after
/// its process has ended, panics.
///
/// ```
/// use greenroom::prelude::*;
/// # let vm = Vm::builder().workers(1).build()?;
/// let (sender, receiver) = std::sync::mpsc::channel();
/// let doubler = vm.process(move |inbox: Inbox<u32>| {
///     while let Ok(number) = inbox.recv() {
///         sender.send(2 * number).unwrap();
///     }
/// });
/// doubler.send(21)?;
/// assert_eq!(receiver.recv()?, 42);
/// # Ok::<(), greenroom::Error>(())
/// ```
pub struct Inbox<M> {
    process: NonNull<Process<M>>,
    /// Keeps the memory, for the body may put the inbox where it outlives the process.
    cell: Weak,
}

impl<M> Inbox<M> {
    /// # Safety
    /// The process is the state in this cell, runs, and is alive for as long as it runs.
    pub(crate) unsafe fn of(cell: &Header, process: &Process<M>) -> Self {
        Inbox { process: NonNull::from(process), cell: Weak::of(cell) }
    }
}

impl<M: Send + 'static> Inbox<M> {
    /// # Panics
    /// If the process is not the one that runs here.
    pub(crate) fn process(&self) -> &Process<M> {
        let running = worker::current().and_then(Worker::coroutine).and_then(|coroutine| coroutine.actor());
        let is_here = running.is_some_and(|running| ptr::eq(running, &raw const *self.cell));
        assert!(is_here, "an inbox is used by its own process alone");
        // SAFETY: the process runs here, so it is alive.
        unsafe { self.process.as_ref() }
    }

    /// A reference to this process, to give to others.
    pub fn me(&self) -> ProcessRef<M> {
        let me = self.process().head.with_reader(|reader| StrongTo::running(reader.actor()));
        ProcessRef::new(me.expect("the process runs here"))
    }

    /// The oldest message, waiting for one if there is none.
    ///
    /// # Errors
    /// [`RecvError::Exit`] once, when someone asked the process to end; [`RecvError::Unreachable`] when nobody
    /// holds a reference to it, and it watches nobody and is linked to nobody, so that no message can come.
    pub fn recv(&self) -> Result<M, RecvError> {
        self.receive(|_| true, None)
    }

    /// As [`recv`](Self::recv), for at most `limit`. With zero it looks at everything queued once.
    ///
    /// # Errors
    /// [`RecvError::Timeout`], and as for `recv`.
    pub fn recv_timeout(&self, limit: Duration) -> Result<M, RecvError> {
        self.receive(|_| true, Some(limit))
    }

    /// The oldest message that `wanted` says yes to; others stay queued in their order.
    ///
    /// Costs a look at every message queued before it.
    ///
    /// # Errors
    /// As for `recv`.
    ///
    /// # Panics
    /// If `wanted` uses the inbox.
    pub fn recv_match(&self, wanted: impl FnMut(&M) -> bool) -> Result<M, RecvError> {
        self.receive(wanted, None)
    }

    /// As [`recv_match`](Self::recv_match), for at most `limit`.
    ///
    /// # Errors
    /// As for `recv_timeout`.
    pub fn recv_match_timeout(
        &self,
        limit: Duration,
        wanted: impl FnMut(&M) -> bool,
    ) -> Result<M, RecvError> {
        self.receive(wanted, Some(limit))
    }

    /// How many messages are queued.
    pub fn len(&self) -> usize {
        self.drain();
        self.process().queue.len(&self.cell)
    }

    /// Whether no message is queued.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn receive(&self, mut wanted: impl FnMut(&M) -> bool, limit: Option<Duration>) -> Result<M, RecvError> {
        let worker =
            worker::current().ok_or(RecvError::MayNotWait { why: "this code runs in no process" })?;
        worker.check_stack();
        if let Ok(coroutine) = worker.may_wait(1) {
            worker.breathe(coroutine);
        }
        let begin = limit.map(|_| worker.scheduler.now());
        let mut looked_at = 0;
        loop {
            self.obey(worker)?;
            self.drain();
            if let Some(found) = self.find(&mut looked_at, &mut wanted) {
                return found;
            }
            let left = match (limit, begin) {
                (Some(limit), Some(begin)) => {
                    let left = limit.saturating_sub(worker.scheduler.now().since(begin));
                    if left.is_zero() {
                        return Err(RecvError::Timeout);
                    }
                    Some(left)
                }
                _ => None,
            };
            let coroutine = worker.may_wait(1)?;
            let head = &self.process().head;
            let wait = InboxWait { head, timed: limit.is_some(), unreachable: Cell::new(false) };
            let goes_on = GoesOn(head);
            let woken = coroutine.suspend(&wait, left.filter(|&left| left != Duration::MAX));
            drop(goes_on);
            if wait.unreachable.get() {
                return Err(RecvError::Unreachable);
            }
            if woken == Woken::TimedOut {
                // What came together with the time-out is looked at once more.
                self.drain();
                return self.find(&mut looked_at, &mut wanted).unwrap_or(Err(RecvError::Timeout));
            }
        }
    }

    /// Orders come before whatever is queued.
    fn obey(&self, worker: &Worker) -> Result<(), RecvError> {
        let order = self
            .process()
            .head
            .with_reader(|reader| if reader.is_interrupted() { ending::obey(worker, reader) } else { None });
        match order {
            None => Ok(()),
            Some(Order::Kill) => panics::unwind(ExitReason::Killed),
            Some(Order::Halt(reason)) => {
                if let Some(coroutine) = worker.coroutine() {
                    coroutine.set_exit(reason.clone());
                }
                Err(RecvError::Exit(reason))
            }
        }
    }

    /// Looks at what is queued from `looked_at` on.
    fn find(
        &self,
        looked_at: &mut usize,
        wanted: &mut impl FnMut(&M) -> bool,
    ) -> Option<Result<M, RecvError>> {
        let found = self.process().queue.find(&self.cell, looked_at, wanted)?;
        let worker = worker::current()?;
        Some(match found {
            Found::Message(message) => {
                worker.scheduler.counters().messages.add_one();
                Ok(message)
            }
            Found::Exit(reason) => {
                worker.coroutine()?.set_exit(reason.clone());
                Err(RecvError::Exit(reason))
            }
        })
    }

    /// Moves everything from the mailbox into the queue.
    fn drain(&self) {
        let process = self.process();
        process.head.with_reader(|reader| {
            reader.look();
            while let Some(contents) = reader.open() {
                if hooks::are_any() {
                    reader.tell_received(contents);
                }
                let item = match contents.kind {
                    Kind::Cast => {
                        // SAFETY: casts to a process are `Cast<Posted<M>>`; unpacked once.
                        let unpack = |envelope| unsafe { Cast::<Posted<M>>::unpack(envelope) };
                        Item::Message(reader.unpack(unpack).0)
                    }
                    Kind::Signal => {
                        // SAFETY: signals to a process are `Cast<Noticed<M>>`; unpacked once.
                        let unpack = |envelope| unsafe { Cast::<Noticed<M>>::unpack(envelope) };
                        let Noticed { down, into } = reader.unpack(unpack);
                        Item::Notice(Side::Monitor(down.monitor), into(down))
                    }
                    Kind::Control => {
                        // SAFETY: a control message; unpacked once.
                        let unpack = |envelope| unsafe { Control::unpack(envelope) };
                        Item::Exit(reader.unpack(unpack))
                    }
                    Kind::Request => unreachable!("a process is not asked for replies"),
                    Kind::Bell => unreachable!("the reader keeps bells to itself"),
                };
                process.queue.add(item);
            }
        });
    }
}

/// Takes the right to run up again after a wait, also when that ends by unwinding: destructors may look into the inbox.
struct GoesOn<'a>(&'a Head);

impl Drop for GoesOn<'_> {
    fn drop(&mut self) {
        self.0.go_on();
    }
}

/// A process that waits for a message: at rest, as every actor is between messages.
struct InboxWait<'a> {
    head: &'a Head,
    /// It has a limit, so it may wait although nobody can send.
    timed: bool,
    /// Nobody can send, and it would have waited for ever.
    unreachable: Cell<bool>,
}

impl Wait for InboxWait<'_> {
    fn arm(&self) -> bool {
        let mut reader = self.head.reader.take().expect("a process that runs has the right to");
        loop {
            if !self.timed && reader.is_unreachable() && !ties::may_be_told(reader.actor()) {
                self.unreachable.set(true);
                break;
            }
            match reader.rest() {
                Rest::AtRest => return true,
                Rest::More => break,
                Rest::Interrupted => break,
                // It may wait for its limit all the same; the mark is gone, so this is said once.
                Rest::Released => {}
            }
        }
        *self.head.reader.borrow_mut() = Some(reader);
        false
    }

    fn is_rest(&self) -> bool {
        true
    }

    fn disarm(&self) -> bool {
        // SAFETY: set when the process started; it sleeps, so it is alive.
        let actor = unsafe { &*self.head.coroutine.get() }.actor().expect("a process runs on its coroutine");
        let Some(runnable) = Runnable::claim(actor) else { return false };
        self.head.woken_with.set(Some(runnable));
        true
    }
}

/// Why nothing was received.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecvError {
    /// No message came in time.
    Timeout,
    /// Someone asked the process to end: it should clean up and return.
    Exit(ExitReason),
    /// Nobody holds a reference to the process, and it watches nobody and is linked to nobody: no message can come any more.
    Unreachable,
    /// The process is being unwound.
    Unwinding,
    /// Nothing may wait here.
    MayNotWait {
        /// What runs here, and the remedy if there is one.
        why: &'static str,
    },
}

impl fmt::Display for RecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RecvError::Timeout => f.write_str("no message came in time"),
            RecvError::Exit(reason) => write!(f, "the process was asked to end ({reason})"),
            RecvError::Unreachable => f.write_str("nobody holds a reference to the process"),
            RecvError::Unwinding => f.write_str("nothing may wait while a process is being unwound"),
            RecvError::MayNotWait { why } => write!(f, "nothing may wait here: {why}"),
        }
    }
}

impl std::error::Error for RecvError {}

impl From<CallError> for RecvError {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Unwinding => RecvError::Unwinding,
            CallError::MayNotWait { why } => RecvError::MayNotWait { why },
            _ => RecvError::MayNotWait { why: "there is no stack for the work that would go on meanwhile" },
        }
    }
}
