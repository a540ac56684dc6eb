//! Processes: actors in Erlang's manner, a function with an inbox that it reads when it likes.
//!
//! A process keeps its coroutine, and so its stack and its thread, for life. Its mailbox is the one of every actor:
//! the right to run is the process's while it runs, is given up when it waits for a message, and is what its
//! sender takes when it wakes it.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt;
use std::ptr::{self, NonNull};
use std::time::Duration;

use greenroom_scheduler::Lane;
use greenroom_stackful::StackSize;

use crate::activation;
use crate::actor::Priority;
use crate::call;
use crate::cell::{self, Class, Header, Kind as ActorKind, Leftover};
use crate::core::{self, Core};
use crate::coroutine::Coroutine;
use crate::envelope::{Cast, Control, Envelope, Kind};
use crate::error::{CallError, ExitReason, SendError};
use crate::id::ActorId;
use crate::mailbox::Rest;
use crate::panics;
use crate::refs::RawRef;
use crate::wait::{Wait, Woken};
use crate::worker::{self, Worker};

/// What every process's state begins with: what can be done without knowing its messages' type.
#[repr(C)]
struct Head {
    /// Set when it starts; read by those who wake it.
    coroutine: Cell<*const Coroutine>,
    run: unsafe fn(NonNull<Header>, &Coroutine),
}

#[repr(C)]
struct Process<M> {
    head: Head,
    body: Cell<Option<Box<dyn FnOnce(Inbox<M>) + Send>>>,
    /// Taken out of the mailbox and not received yet. Touched by the process alone.
    queue: RefCell<VecDeque<Item<M>>>,
}

enum Item<M> {
    Message(M),
    Exit(ExitReason),
}

// SAFETY: the state moves to the worker that starts it, and is touched there alone; `body` and messages are `Send`.
unsafe impl<M: Send> Send for Process<M> {}

impl<M: Send + 'static> Process<M> {
    const CLASS: &'static Class =
        &Class::of::<Process<M>>(ActorKind::Process, StackSize::KIB_64, Priority::Normal);
}

/// Starts a process on `core`.
pub(crate) fn spawn<M: Send + 'static>(
    core: &Core,
    body: impl FnOnce(Inbox<M>) + Send + 'static,
) -> ProcessRef<M> {
    let state = Process {
        head: Head { coroutine: Cell::new(ptr::null()), run: run::<M> },
        body: Cell::new(Some(Box::new(body))),
        queue: RefCell::new(VecDeque::new()),
    };
    let header = core.create(Process::<M>::CLASS, state);
    // SAFETY: a new cell, with one strong reference, which this is.
    let process =
        ProcessRef { raw: unsafe { RawRef::from_header(header) }, messages: std::marker::PhantomData };
    let right = process.raw.cell().mailbox.claim();
    assert!(right.is_some(), "a new actor is at rest");
    match core::worker_of(core.machine) {
        // At the back, where idle workers find it: where a process starts is where it stays.
        Some(worker) => worker.schedule(header, Lane::Back),
        None => core::inject(header, core.machine),
    }
    process
}

/// Runs a process that came out of a run queue, from its beginning to its end.
///
/// # Safety
/// The caller was given the right to run it, for the first time.
pub(crate) unsafe fn start(worker: &Worker, coroutine: &Coroutine, header: NonNull<Header>) {
    // SAFETY: a process's state begins with a `Head`.
    let head = unsafe { &*cell::state_of::<Head>(header) };
    head.coroutine.set(coroutine);
    coroutine.set_actor(Some(header));
    // SAFETY: the function knows the type of this state.
    let result = panics::catch(|| unsafe { (head.run)(header, coroutine) });
    // SAFETY: the process holds the right to run whenever it runs, and so at its end.
    let mut batch = unsafe { activation::Batch::begin(header) };
    match result {
        Ok(()) => {
            let reason = coroutine.take_exit().unwrap_or(ExitReason::Normal);
            batch.end(worker, reason);
        }
        Err(caught) => {
            batch.end_by_panic(worker, coroutine, caught);
        }
    }
    coroutine.set_actor(None);
}

unsafe fn run<M: Send + 'static>(header: NonNull<Header>, _coroutine: &Coroutine) {
    // SAFETY: this function stands in the head of `Process<M>` alone.
    let process = unsafe { &*cell::state_of::<Process<M>>(header) };
    let body = process.body.take().expect("a process starts once");
    body(Inbox { header, messages: std::marker::PhantomData });
}

/// Wakes a process whose right to run has come to the caller.
///
/// # Safety
/// It has started, and was at rest.
pub(crate) unsafe fn wake(header: NonNull<Header>) {
    // SAFETY: a process's state begins with a `Head`; it sleeps, so nobody writes it.
    let coroutine = unsafe { (*cell::state_of::<Head>(header)).coroutine.get() };
    // SAFETY: it waits in its inbox, and the one who holds the right wakes it.
    unsafe { Coroutine::wake(coroutine) };
}

/// The mailbox of a process, read by the process itself.
///
/// It stays with its process: it is not `Send`.
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
    header: NonNull<Header>,
    messages: std::marker::PhantomData<*const M>,
}

impl<M: Send + 'static> Inbox<M> {
    fn process(&self) -> &Process<M> {
        // SAFETY: an inbox is made for a `Process<M>` and does not leave it.
        unsafe { &*cell::state_of::<Process<M>>(self.header) }
    }

    /// A reference to this process, to give to others.
    pub fn me(&self) -> ProcessRef<M> {
        // SAFETY: the process runs, so it is alive.
        unsafe { self.header.as_ref() }.counts.add_strong_from_inside();
        // SAFETY: the count was added for it.
        ProcessRef { raw: unsafe { RawRef::from_header(self.header) }, messages: std::marker::PhantomData }
    }

    /// The oldest message, waiting for one if there is none.
    ///
    /// # Errors
    /// [`RecvError::Exit`] once, when someone asked the process to end; [`RecvError::Unreachable`] when nobody
    /// holds a reference to it, so that no message can come.
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
        self.process().queue.borrow().len()
    }

    /// Whether no message is queued.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn receive(&self, mut wanted: impl FnMut(&M) -> bool, limit: Option<Duration>) -> Result<M, RecvError> {
        let worker = worker::current().ok_or(RecvError::MayNotWait)?;
        worker.check_stack();
        let begin = limit.map(|_| worker.scheduler.now());
        let mut looked_at = 0;
        loop {
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
            let wait =
                InboxWait { header: self.header, timed: limit.is_some(), unreachable: Cell::new(false) };
            let woken = coroutine.suspend(&wait, left.filter(|&left| left != Duration::MAX));
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

    /// Looks at what is queued from `looked_at` on.
    fn find(
        &self,
        looked_at: &mut usize,
        wanted: &mut impl FnMut(&M) -> bool,
    ) -> Option<Result<M, RecvError>> {
        let mut queue = self.process().queue.borrow_mut();
        while *looked_at < queue.len() {
            let found = match &queue[*looked_at] {
                Item::Message(message) => wanted(message),
                Item::Exit(_) => true,
            };
            if found {
                return queue.remove(*looked_at).map(|item| match item {
                    Item::Message(message) => {
                        if let Some(worker) = worker::current() {
                            worker.scheduler.counters().messages.add_one();
                        }
                        Ok(message)
                    }
                    Item::Exit(reason) => {
                        if let Some(coroutine) = worker::current().and_then(Worker::coroutine) {
                            coroutine.set_exit(reason.clone());
                        }
                        Err(RecvError::Exit(reason))
                    }
                });
            }
            *looked_at += 1;
        }
        None
    }

    /// Moves everything from the mailbox into the queue.
    fn drain(&self) {
        // SAFETY: the process runs, so it is alive and holds the right to run.
        let cell = unsafe { self.header.as_ref() };
        // SAFETY: as above.
        let mark = match unsafe { cell.take_aside() } {
            Leftover::Seen(mark) => mark.as_ptr(),
            Leftover::Nothing | Leftover::Unread(_) => ptr::null_mut(),
        };
        // SAFETY: as above; the mark is what was last seen.
        let mut receiver = unsafe { cell.mailbox.receiver(mark) };
        let mut chain = receiver.take_new();
        if chain.is_empty() {
            put_mark(cell, mark);
            return;
        }
        if let Some(mark) = NonNull::new(mark) {
            // SAFETY: taken out before, and the mailbox shows newer ones.
            unsafe { Envelope::free(Envelope::from_node(mark)) };
        }
        let mut queue = self.process().queue.borrow_mut();
        while let Some(node) = chain.pop() {
            let envelope = Envelope::from_node(node);
            // SAFETY: popped, so alive.
            let kind = unsafe { envelope.as_ref() }.contents.kind;
            queue.push_back(match kind {
                // SAFETY: casts to a process are `Cast<M>`; unpacked once.
                Kind::Cast => Item::Message(unsafe { Cast::<M>::unpack(envelope) }),
                // SAFETY: a control message; unpacked once.
                Kind::Control => Item::Exit(unsafe { Control::unpack(envelope) }),
                Kind::Request => unreachable!("a process is not asked for replies"),
            });
            if receiver.seen() == node.as_ptr() {
                put_mark(cell, node.as_ptr());
            } else {
                // SAFETY: unpacked, and the mailbox shows newer ones.
                unsafe { Envelope::free(envelope) };
            }
        }
    }
}

fn put_mark(cell: &Header, mark: *mut crate::mailbox::Node) {
    let leftover = NonNull::new(mark).map_or(Leftover::Nothing, Leftover::Seen);
    // SAFETY: only the process itself calls this, while it runs and so holds the right to.
    unsafe { cell.put_aside(leftover) };
}

/// A process that waits for a message: at rest, as every actor is between messages.
struct InboxWait {
    header: NonNull<Header>,
    /// It has a limit, so it may wait although nobody can send.
    timed: bool,
    /// Nobody can send, and it would have waited for ever.
    unreachable: Cell<bool>,
}

impl InboxWait {
    fn cell(&self) -> &Header {
        // SAFETY: the process waits in a frame of its own coroutine, so it is alive.
        unsafe { self.header.as_ref() }
    }
}

impl Wait for InboxWait {
    fn arm(&self) -> bool {
        let cell = self.cell();
        // SAFETY: until it rests, the process's worker, which calls this for it, holds the right to run.
        let mark = match unsafe { cell.take_aside() } {
            Leftover::Seen(mark) => mark.as_ptr(),
            Leftover::Nothing | Leftover::Unread(_) => ptr::null_mut(),
        };
        // SAFETY: as above.
        let mut receiver = unsafe { cell.mailbox.receiver(mark) };
        while self.timed || cell.counts.is_referenced() {
            match receiver.rest() {
                Rest::AtRest => {
                    if let Some(mark) = NonNull::new(mark) {
                        // SAFETY: taken out before, and unlinked by the rest.
                        unsafe { Envelope::free(Envelope::from_node(mark)) };
                    }
                    return true;
                }
                Rest::More => {
                    put_mark(cell, mark);
                    return false;
                }
                Rest::Released => receiver.take_release(),
            }
        }
        self.unreachable.set(true);
        put_mark(cell, mark);
        false
    }

    fn disarm(&self) -> bool {
        self.cell().mailbox.claim().is_some()
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
    /// Nobody holds a reference to the process: no message can come any more.
    Unreachable,
    /// The process is being unwound.
    Unwinding,
    /// Nothing may wait here.
    MayNotWait,
}

impl fmt::Display for RecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RecvError::Timeout => f.write_str("no message came in time"),
            RecvError::Exit(reason) => write!(f, "the process was asked to end ({reason})"),
            RecvError::Unreachable => f.write_str("nobody holds a reference to the process"),
            RecvError::Unwinding => f.write_str("nothing may wait while a process is being unwound"),
            RecvError::MayNotWait => f.write_str("a process receives on its own stack only"),
        }
    }
}

impl std::error::Error for RecvError {}

impl From<CallError> for RecvError {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Unwinding => RecvError::Unwinding,
            _ => RecvError::MayNotWait,
        }
    }
}

/// A reference to a process. As [`Ref`](crate::Ref), for messages of one type.
pub struct ProcessRef<M> {
    raw: RawRef,
    messages: std::marker::PhantomData<fn(M)>,
}

impl<M: Send + 'static> ProcessRef<M> {
    /// Sends a message and does not wait.
    ///
    /// # Errors
    /// If the process has ended; the message comes back.
    pub fn send(&self, message: M) -> Result<(), SendError<M>> {
        call::send_to_process(&self.raw, message)
    }

    /// Asks the process to end: it gets [`RecvError::Exit`] behind the messages sent before.
    pub fn stop(&self) {
        self.raw.exit(ExitReason::Normal);
    }

    /// As [`stop`](Self::stop), with a reason.
    pub fn exit(&self, reason: impl Into<std::sync::Arc<str>>) {
        self.raw.exit(ExitReason::Custom(reason.into()));
    }

    /// Why it ended, or `None` while it lives.
    pub fn exit_reason(&self) -> Option<ExitReason> {
        let cell = self.raw.cell();
        cell.mailbox.is_closed().then(|| cell.exit_reason())
    }

    /// The process's name.
    pub fn id(&self) -> ActorId {
        self.raw.cell().id
    }
}

impl<M> Clone for ProcessRef<M> {
    fn clone(&self) -> Self {
        ProcessRef { raw: self.raw.clone(), messages: std::marker::PhantomData }
    }
}

impl<M> PartialEq for ProcessRef<M> {
    fn eq(&self, other: &Self) -> bool {
        self.raw.header() == other.raw.header()
    }
}

impl<M> Eq for ProcessRef<M> {}

impl<M> fmt::Debug for ProcessRef<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.raw.cell().describe())
    }
}
