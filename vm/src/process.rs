//! Processes: actors in Erlang's manner, a function with an inbox that it reads when it likes.
//!
//! A process keeps its coroutine, and so its stack and its thread, for life. Its mailbox is the one of every actor:
//! the right to run is the process's while it runs, is given up when it waits for a message, and is what its
//! sender takes when it wakes it.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt;
use std::marker::PhantomData;
use std::ptr::{self, NonNull};
use std::time::Duration;

use greenroom_scheduler::Lane;
use greenroom_stackful::StackSize;

use crate::activation;
use crate::actor::Priority;
use crate::call;
use crate::cell::{Class, Kind as ActorKind};
use crate::core::{self, Core};
use crate::coroutine::Coroutine;
use crate::envelope::{Cast, Control, Kind};
use crate::error::{CallError, ExitReason, SendError};
use crate::handle::{Runnable, Strong};
use crate::id::ActorId;
use crate::mailbox::Rest;
use crate::panics;
use crate::reader::Reader;
use crate::wait::{Wait, Woken};
use crate::worker::{self, Worker};

/// What every process's state begins with: what can be done without knowing its messages' type.
#[repr(C)]
struct Head {
    /// Runs it from its beginning to its end.
    run: fn(&Worker, &Coroutine, Runnable),
    /// Set when it starts; read by those who wake it.
    coroutine: Cell<*const Coroutine>,
    /// The right to run and to read, while it runs. Touched by the process's own thread.
    reader: RefCell<Option<Reader>>,
    /// The right to run, on its way from whoever wakes it.
    woken_with: Cell<Option<Runnable>>,
}

type Body<M> = Box<dyn FnOnce(Inbox<M>) + Send>;

#[repr(C)]
struct Process<M> {
    head: Head,
    body: Cell<Option<Body<M>>>,
    /// Taken out of the mailbox and not received yet. Touched by the process alone.
    queue: RefCell<VecDeque<Item<M>>>,
}

enum Item<M> {
    Message(M),
    Exit(ExitReason),
}

// SAFETY: the state moves to the worker that starts it, and is touched there alone, but for `Head::woken_with`, which
// is written by the one who has the right; `body` and messages are `Send`.
unsafe impl<M: Send> Send for Process<M> {}

impl<M: Send + 'static> Process<M> {
    const CLASS: &'static Class =
        &Class::of::<Process<M>>(ActorKind::Process, StackSize::KIB_64, Priority::Normal);

    /// At its end: drops what was taken out of the mailbox and never received. Returns how many messages that were.
    fn refuse_unreceived(&self) -> u64 {
        let mut dead_letters = 0;
        for item in self.queue.take() {
            dead_letters += u64::from(matches!(item, Item::Message(_)));
            // A destructor of a message may panic; the others go all the same.
            let _ = panics::catch(|| drop(item));
        }
        dead_letters
    }
}

/// Starts a process on `core`.
pub(crate) fn spawn<M: Send + 'static>(
    core: &Core,
    body: impl FnOnce(Inbox<M>) + Send + 'static,
) -> ProcessRef<M> {
    let state = Process {
        head: Head {
            run: run::<M>,
            coroutine: Cell::new(ptr::null()),
            reader: RefCell::new(None),
            woken_with: Cell::new(None),
        },
        body: Cell::new(Some(Box::new(body))),
        queue: RefCell::new(VecDeque::new()),
    };
    let raw = core.create(Process::<M>::CLASS, state);
    let runnable = raw.claim().expect("a new actor is at rest");
    match core::worker_of(core.machine) {
        // At the back, where idle workers find it: where a process starts is where it stays.
        Some(worker) => worker.schedule(runnable, Lane::Back),
        None => core::inject(runnable),
    }
    ProcessRef { raw, messages: PhantomData }
}

/// Runs a process that came out of a run queue, from its beginning to its end.
pub(crate) fn start(worker: &Worker, coroutine: &Coroutine, runnable: Runnable) {
    // SAFETY: the class says that it is a process, whose state begins with a `Head`.
    let run = unsafe { &*runnable.state().cast::<Head>() }.run;
    run(worker, coroutine, runnable);
}

fn run<M: Send + 'static>(worker: &Worker, coroutine: &Coroutine, runnable: Runnable) {
    let state = runnable.state().cast::<Process<M>>();
    // SAFETY: this function stands in the head of `Process<M>` alone; the state lives until the process ends, below.
    let process = unsafe { &*state };
    process.head.coroutine.set(coroutine);
    coroutine.enter(runnable.address());
    process.head.resume_with(runnable);
    let body = process.body.take().expect("a process starts once");
    let result = panics::catch(|| body(Inbox { process: NonNull::from(process) }));
    // One that was unwound while it waited for a message has not taken its right up again.
    process.head.go_on();
    let reader = process.head.reader.take().expect("a process that runs has the right to");
    worker.scheduler.counters().dead_letters.add(process.refuse_unreceived());
    match result {
        Ok(()) => activation::end(worker, reader, coroutine.take_exit().unwrap_or(ExitReason::Normal)),
        Err(caught) => activation::end_by_panic(worker, coroutine, reader, caught),
    }
    coroutine.leave();
}

/// Wakes a process that was at rest.
pub(crate) fn wake(runnable: Runnable) {
    let head = runnable.state().cast::<Head>();
    // SAFETY: the class says that it is a process; it sleeps, and its right is ours, so nobody else touches this.
    let head = unsafe { &*head };
    head.woken_with.set(Some(runnable));
    // SAFETY: it waits in its inbox, and the one who has the right wakes it.
    unsafe { Coroutine::wake(head.coroutine.get()) };
}

impl Head {
    fn resume_with(&self, runnable: Runnable) {
        *self.reader.borrow_mut() = Some(Reader::begin(runnable));
    }

    /// After a wait: takes up the right that it was woken with, if it had given it up.
    fn go_on(&self) {
        if let Some(runnable) = self.woken_with.take() {
            self.resume_with(runnable);
        }
    }

    fn with_reader<R>(&self, use_it: impl FnOnce(&mut Reader) -> R) -> R {
        use_it(self.reader.borrow_mut().as_mut().expect("a process that runs has the right to"))
    }
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
    process: NonNull<Process<M>>,
}

impl<M: Send + 'static> Inbox<M> {
    fn process(&self) -> &Process<M> {
        // SAFETY: an inbox is lent to the body of its process, and is not `Send`: the process runs, so it is alive.
        unsafe { self.process.as_ref() }
    }

    /// A reference to this process, to give to others.
    pub fn me(&self) -> ProcessRef<M> {
        let raw = self.process().head.with_reader(|reader| Strong::from_inside(reader.actor()));
        ProcessRef { raw, messages: PhantomData }
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
            let head = &self.process().head;
            let wait = InboxWait { head, timed: limit.is_some(), unreachable: Cell::new(false) };
            let woken = coroutine.suspend(&wait, left.filter(|&left| left != Duration::MAX));
            head.go_on();
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
        let process = self.process();
        let mut queue = process.queue.borrow_mut();
        process.head.with_reader(|reader| {
            reader.look();
            while let Some(contents) = reader.open() {
                queue.push_back(reader.unpack(|envelope| match contents.kind {
                    // SAFETY: casts to a process are `Cast<M>`; unpacked once.
                    Kind::Cast => Item::Message(unsafe { Cast::<M>::unpack(envelope) }),
                    // SAFETY: a control message; unpacked once.
                    Kind::Control => Item::Exit(unsafe { Control::unpack(envelope) }),
                    Kind::Request => unreachable!("a process is not asked for replies"),
                }));
            }
        });
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
            if !self.timed && reader.is_unreachable() {
                self.unreachable.set(true);
                break;
            }
            match reader.rest() {
                Rest::AtRest => return true,
                Rest::More => break,
                // It may wait for its limit all the same; the mark is gone, so this is said once.
                Rest::Released => {}
            }
        }
        *self.head.reader.borrow_mut() = Some(reader);
        false
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
    raw: Strong,
    messages: PhantomData<fn(M)>,
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
        call::send_exit(&self.raw, ExitReason::Normal);
    }

    /// As [`stop`](Self::stop), with a reason.
    pub fn exit(&self, reason: impl Into<std::sync::Arc<str>>) {
        call::send_exit(&self.raw, ExitReason::Custom(reason.into()));
    }

    /// Why it ended, or `None` while it lives.
    pub fn exit_reason(&self) -> Option<ExitReason> {
        let cell = &self.raw;
        cell.mailbox.is_closed().then(|| cell.exit_reason())
    }

    /// The process's name.
    pub fn id(&self) -> ActorId {
        self.raw.id
    }
}

impl<M> Clone for ProcessRef<M> {
    fn clone(&self) -> Self {
        ProcessRef { raw: self.raw.clone(), messages: PhantomData }
    }
}

impl<M> PartialEq for ProcessRef<M> {
    fn eq(&self, other: &Self) -> bool {
        self.raw == other.raw
    }
}

impl<M> Eq for ProcessRef<M> {}

impl<M> fmt::Debug for ProcessRef<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.raw.describe())
    }
}
