//! Processes: actors in Erlang's manner, a function with an inbox that it reads when it likes.
//!
//! A process keeps its coroutine, and so its stack and its thread, for life. Its mailbox is the one of every actor:
//! the right to run is the process's while it runs, is given up when it waits for a message, and is what its
//! sender takes when it wakes it.

use std::any::TypeId;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::ptr;

use greenroom_scheduler::Lane;
use greenroom_stackful::StackSize;

use crate::actor::Priority;
use crate::call;
use crate::capacity::Capacity;
use crate::cell::{Class, Header, Kind as ActorKind};
use crate::core::{self, Core};
use crate::coroutine::Coroutine;
use crate::ending;
use crate::error::{ExitReason, SendError};
use crate::handle::Runnable;
use crate::hooks;
use crate::id::{ActorId, Home};
use crate::inbox::Inbox;
use crate::links;
use crate::links::ExitSignal;
use crate::order::{self, Order};
use crate::panics;
use crate::parcel::Posted;
use crate::queue::Queue;
use crate::reader::{DeadLetters, Reader};
use crate::target::StrongTo;
use crate::trace::events;
use crate::worker::Worker;

/// What every process's state begins with: what can be done without knowing its messages' type.
#[repr(C)]
pub(crate) struct Head {
    /// Runs it from its beginning to its end.
    run: fn(&Worker, &Coroutine, Runnable),
    /// See [`refuse_unreceived`].
    refuse_unreceived: fn(&Runnable) -> DeadLetters,
    /// Set when it starts; read by those who wake it.
    pub(crate) coroutine: Cell<*const Coroutine>,
    /// The right to run and to read, while it runs. Touched by the process's own thread.
    pub(crate) reader: RefCell<Option<Reader>>,
    /// The right to run, on its way from whoever wakes it.
    pub(crate) woken_with: Cell<Option<Runnable>>,
}

type Body<M> = Box<dyn FnOnce(Inbox<M>) + Send>;

#[repr(C)]
pub(crate) struct Process<M> {
    pub(crate) head: Head,
    body: Cell<Option<Body<M>>>,
    /// Taken out of the mailbox and not received yet: the next life finds it here, if there is one. Touched by the process
    /// alone, and by whoever ends it.
    pub(crate) queue: Queue<M>,
}

// SAFETY: a life's state is touched on the worker that starts it alone, but for `Head::woken_with`, which is written by
// the one who has the right, as all is between two lives and after the last; `body` and messages are `Send`.
unsafe impl<M: Send> Send for Process<M> {}

impl<M: Send + 'static> Process<M> {
    pub(crate) const CLASS: &'static Class = &Class::of::<Process<M>>(
        ActorKind::Process,
        StackSize::KIB_64,
        Priority::Normal,
        Capacity::UNBOUNDED,
    );

    /// One that has not started.
    pub(crate) fn new(body: Body<M>) -> Self {
        Process {
            head: Head {
                run: run::<M>,
                refuse_unreceived: Self::refuse_unreceived,
                coroutine: Cell::new(ptr::null()),
                reader: RefCell::new(None),
                woken_with: Cell::new(None),
            },
            body: Cell::new(Some(body)),
            queue: Queue::new(),
        }
    }

    /// Gives a process whose life has ended another one.
    ///
    /// # Panics
    /// If it is of another type.
    pub(crate) fn go_on_with(left: &Runnable, body: Body<M>) {
        assert!(left.class.type_id == TypeId::of::<Self>(), "a process keeps its type");
        // SAFETY: its class says so; it does not run, and the right to run it is the right to its state.
        let process = unsafe { &*left.state().cast::<Self>() };
        process.body.set(Some(body));
        process.queue.trap.set(None);
    }

    fn refuse_unreceived(ended: &Runnable) -> DeadLetters {
        // SAFETY: this function stands in the head of a `Process<M>` alone; that does not run any more.
        unsafe { &*ended.state().cast::<Self>() }.queue.refuse_all()
    }
}

/// Starts a process on `core`.
pub(crate) fn spawn<M: Send + 'static>(
    core: &Core,
    body: impl FnOnce(Inbox<M>) + Send + 'static,
) -> ProcessRef<M> {
    core.check_stack();
    let to = core.create(Home::shared(core.machine), Process::<M>::CLASS, Process::new(Box::new(body)));
    let runnable = to.raw().claim().expect("a new actor is at rest");
    match core::worker_of(core.machine) {
        // At the back, where idle workers find it: where a process starts is where it stays.
        Some(worker) if worker.serves(to.raw().id) => worker.schedule(runnable, Lane::Back),
        _ => core::inject(runnable),
    }
    ProcessRef::new(to)
}

/// Runs a process that came out of a run queue, from its beginning to its end.
pub(crate) fn start(worker: &Worker, coroutine: &Coroutine, runnable: Runnable) {
    // SAFETY: the class says that it is a process, whose state begins with a `Head`.
    let run = unsafe { &*runnable.state().cast::<Head>() }.run;
    run(worker, coroutine, runnable);
}

/// Drops what a process that has ended had taken out of the mailbox and never received.
pub(crate) fn refuse_unreceived(ended: &Runnable) -> DeadLetters {
    if ended.class.kind == ActorKind::Object {
        return DeadLetters::default();
    }
    // SAFETY: the class says that it is a process, whose state begins with a `Head`.
    (unsafe { &*ended.state().cast::<Head>() }.refuse_unreceived)(ended)
}

fn run<M: Send + 'static>(worker: &Worker, coroutine: &Coroutine, runnable: Runnable) {
    let state = runnable.state().cast::<Process<M>>();
    // SAFETY: this function stands in the head of `Process<M>` alone; the state lives until the process ends, below.
    let process = unsafe { &*state };
    process.head.coroutine.set(coroutine);
    coroutine.enter(runnable.address());
    coroutine.begin(|| "run");
    if hooks::are_any() {
        events::started(coroutine, &runnable, 0, "run");
    }
    // SAFETY: this is the process in that cell, and it runs from here to its end.
    let inbox = unsafe { Inbox::of(&runnable, process) };
    process.head.resume_with(runnable);
    let body = process.body.take().expect("a life starts once");
    let result = panics::catch(|| body(inbox));
    let reader = process.head.reader.take().expect("a process that runs has the right to");
    match result {
        Ok(()) => {
            if hooks::are_any() {
                events::finished(coroutine);
            }
            ending::end(worker, reader, coroutine.take_exit().unwrap_or(ExitReason::Normal));
        }
        Err(caught) => ending::end_by_panic(worker, coroutine, reader, caught),
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
    pub(crate) fn go_on(&self) {
        if let Some(runnable) = self.woken_with.take() {
            self.resume_with(runnable);
        }
    }

    /// What the running process has read.
    pub(crate) fn with_reader<R>(&self, use_it: impl FnOnce(&mut Reader) -> R) -> R {
        use_it(self.reader.borrow_mut().as_mut().expect("a process that runs has the right to"))
    }
}

/// A reference to a process. As [`Ref`](crate::Ref), for messages of one type.
pub struct ProcessRef<M> {
    to: StrongTo<Process<M>>,
}

impl<M: Send + 'static> ProcessRef<M> {
    pub(crate) fn new(to: StrongTo<Process<M>>) -> Self {
        ProcessRef { to }
    }

    pub(crate) fn header(&self) -> &Header {
        self.to.header()
    }

    /// Sends a message and does not wait.
    ///
    /// # Errors
    /// If the process has ended, or its machine's [memory for messages](crate::Builder::queue_memory) is used up; the
    /// message comes back.
    pub fn send(&self, message: M) -> Result<(), SendError<M>> {
        let sent = call::send(&self.to, Posted(message));
        sent.map_err(|unsent| SendError { message: unsent.parcel.0, error: unsent.error })
    }

    /// Asks the process to end: it gets [`RecvError::Exit`](crate::RecvError::Exit) behind the messages sent before.
    pub fn stop(&self) {
        call::send_exit(&self.to.raw(), ExitSignal::Stop(ExitReason::Normal));
    }

    /// As [`stop`](Self::stop), with a reason. One that [traps exits](Inbox::trap_exit) gets a message instead.
    pub fn exit(&self, reason: impl Into<std::sync::Arc<str>>) {
        links::exit(&self.to.raw(), reason.into());
    }

    /// Ends the process at once. See [`Ref::kill`](crate::Ref::kill).
    pub fn kill(&self) {
        order::give(&self.to.raw(), Order::Kill);
    }

    /// Why it ended, or `None` while it lives.
    pub fn exit_reason(&self) -> Option<ExitReason> {
        let cell = self.to.raw();
        cell.mailbox.is_closed().then(|| cell.exit_reason())
    }

    /// The process's name.
    pub fn id(&self) -> ActorId {
        self.to.raw().id
    }
}

impl<M> Clone for ProcessRef<M> {
    fn clone(&self) -> Self {
        ProcessRef { to: self.to.clone() }
    }
}

impl<M> PartialEq for ProcessRef<M> {
    fn eq(&self, other: &Self) -> bool {
        *self.to.raw() == *other.to.raw()
    }
}

impl<M> Eq for ProcessRef<M> {}

impl<M> fmt::Debug for ProcessRef<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to.raw().describe())
    }
}
