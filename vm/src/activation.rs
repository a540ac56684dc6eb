//! One activation: a batch of an actor's messages, and what becomes of the actor afterwards.
//!
//! | the batch ends because          | then                                                        |
//! |---------------------------------|-------------------------------------------------------------|
//! | everything seen was handled     | the actor rests; if more came, it goes on or queues again     |
//! | its share is used up            | what is unread is put aside, and the actor queues again       |
//! | a message ended the actor       | the mailbox closes, what is queued goes back, the state drops |
//! | a handler panicked              | the same, and the one it worked for gets the report           |
//! | nobody refers to it any more    | the same, with nothing queued                                 |
//!
//! Functions here are given the right to run an actor, and pass it on or give it up before they return.
//! A handler may suspend in their middle: they go on later, on the same stack and thread.

use std::mem;
use std::ptr::{self, NonNull};
use std::time::Duration;

use greenroom_scheduler::{Lane, Time};

use crate::actor::Priority;
use crate::cell::{self, Header, Kind as ActorKind, Leftover};
use crate::coroutine::{Coroutine, Errand};
use crate::envelope::{Contents, Envelope, Kind};
use crate::error::{CallError, ExitReason};
use crate::log::Event;
use crate::mailbox::{Chain, Node, Receiver, Rest};
use crate::panics::{self, Caught};
use crate::process;
use crate::worker::Worker;

/// How long a batch may take, looked at every [`CLOCK_EVERY`] messages.
const LONGEST_BATCH: Duration = Duration::from_micros(200);
const CLOCK_EVERY: u32 = 32;

/// Runs an actor that came out of a run queue.
///
/// # Safety
/// The caller was given the right to run it.
#[inline]
pub(crate) unsafe fn run(worker: &Worker, coroutine: &Coroutine, header: NonNull<Header>) {
    // SAFETY: an actor with the right to run pending is alive.
    let class = unsafe { header.as_ref() }.class;
    if class.stack == coroutine.size {
        // SAFETY: the right was passed to us.
        unsafe { run_here(worker, coroutine, header) };
    } else {
        // SAFETY: as above.
        unsafe { run_on_other_stack(worker, header) };
    }
}

unsafe fn run_here(worker: &Worker, coroutine: &Coroutine, header: NonNull<Header>) {
    // SAFETY: as in `run`.
    match unsafe { header.as_ref() }.class.kind {
        // SAFETY: the right was passed to us.
        ActorKind::Object => unsafe { Batch::begin(header) }.run(worker, coroutine),
        // SAFETY: a process comes out of a run queue once, at its start.
        ActorKind::Process => unsafe { process::start(worker, coroutine, header) },
    }
}

/// For a class whose stack size is not that of the loop's coroutine.
#[cold]
unsafe fn run_on_other_stack(worker: &Worker, header: NonNull<Header>) {
    #[repr(C)]
    struct Visit {
        errand: Errand,
        header: NonNull<Header>,
    }
    unsafe fn run(errand: *mut Errand, coroutine: &Coroutine) {
        // SAFETY: the errand is the first field of the `Visit` below, which waits for us to begin.
        let header = unsafe { (*errand.cast::<Visit>()).header };
        // SAFETY: the right to run came with it.
        unsafe { run_here(coroutine.worker(), coroutine, header) };
    }
    let mut visit = Visit { errand: Errand { run }, header };
    // SAFETY: the right is ours, so it is alive.
    let size = unsafe { header.as_ref() }.class.stack;
    // SAFETY: `visit` stays until `send` returns, and is read at its beginning.
    let sent = unsafe { worker.send(size, (&raw mut visit).cast(), |_| {}) };
    if let Err(error) = sent {
        // SAFETY: the right is still ours, for nobody ran.
        unsafe { end_unrun(worker, header, &error) };
    }
}

/// No stack can be had for an actor: it ends with that as its reason.
#[cold]
unsafe fn end_unrun(worker: &Worker, header: NonNull<Header>, error: &CallError) {
    // SAFETY: the caller passes the right on.
    let mut batch = unsafe { Batch::begin(header) };
    batch.end(worker, ExitReason::Custom(error.to_string().into()));
}

/// The right to run an actor, and what has been read of its mailbox.
pub(crate) struct Batch<'a> {
    header: NonNull<Header>,
    cell: &'a Header,
    receiver: Receiver<'a>,
    /// Read and not handled yet. If it is not empty, its last is the newest that the mailbox has shown.
    chain: Chain,
    /// Handled, but its memory still marks in the mailbox how far it has been read.
    mark: Option<NonNull<Envelope>>,
    /// Being handled. The memory of a request may be its caller's already.
    current: Option<(NonNull<Envelope>, Kind)>,
}

/// What is to be done after a batch.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// The right to run is still held, and there is more to handle.
    GoOn,
    /// The right to run was given up or passed on.
    Done,
}

/// How a batch ended.
enum End {
    /// Everything read was handled.
    Read,
    /// The share is used up.
    Share,
    /// A message ended the actor.
    Exit,
}

impl<'a> Batch<'a> {
    /// Takes up the right to run, with what the last batch put aside.
    ///
    /// # Safety
    /// The caller was given the right, and passes it on.
    #[inline]
    pub(crate) unsafe fn begin(header: NonNull<Header>) -> Self {
        // SAFETY: with the right to run pending it is alive; the lifetime is that of the right.
        let cell: &'a Header = unsafe { header.as_ref() };
        // SAFETY: the right is ours.
        let (chain, seen) = match unsafe { cell.take_aside() } {
            Leftover::Nothing => (Chain::empty(), ptr::null_mut()),
            // SAFETY: put aside by `into_raw`, taken up once. `next` corrects the receiver at its last.
            Leftover::Unread(node) => (unsafe { Chain::from_raw(node.as_ptr()) }, ptr::null_mut()),
            Leftover::Seen(node) => (Chain::empty(), node.as_ptr()),
        };
        // SAFETY: the right is ours, and this is what its last holder had seen.
        let receiver = unsafe { cell.mailbox.receiver(seen) };
        let mark = NonNull::new(seen).map(Envelope::from_node);
        Batch { header, cell, receiver, chain, mark, current: None }
    }

    #[inline]
    fn run(&mut self, worker: &Worker, coroutine: &Coroutine) {
        coroutine.set_actor(Some(self.header));
        let mut share = worker.core.options.batch;
        loop {
            if self.chain.is_empty() {
                self.read();
            }
            let next = match panics::catch(|| self.handle(worker, coroutine, &mut share)) {
                Ok(End::Read) => self.rest(worker),
                Ok(End::Share) => self.queue_again(worker),
                Ok(End::Exit) => {
                    let reason = coroutine.take_exit().unwrap_or(ExitReason::Normal);
                    self.end(worker, reason)
                }
                Err(caught) => self.end_by_panic(worker, coroutine, caught),
            };
            if next == Next::Done {
                break;
            }
        }
        coroutine.set_actor(None);
    }

    /// Looks into the mailbox.
    #[inline]
    fn read(&mut self) {
        self.chain = self.receiver.take_new();
        if !self.chain.is_empty()
            && let Some(mark) = self.mark.take()
        {
            // SAFETY: handled, and the mailbox shows newer ones.
            unsafe { Envelope::free(mark) };
        }
    }

    /// Handles what has been read, up to the share.
    #[inline]
    fn handle(&mut self, worker: &Worker, coroutine: &Coroutine, share: &mut u32) -> End {
        // SAFETY: the right to run it is ours, so it is alive.
        let state = unsafe { cell::erased_state(self.header) };
        let mut since: Option<Time> = None;
        while !self.chain.is_empty() {
            if *share == 0 {
                return End::Share;
            }
            *share -= 1;
            let Some((envelope, contents)) = self.next() else { break };
            self.current = Some((envelope, contents.kind));
            worker.core.log(|| Event::Handle { actor: self.cell.id, message: (contents.name)() });
            worker.scheduler.counters().messages.add_one();
            // SAFETY: popped, and the right to run is ours; run once.
            unsafe { Envelope::run(envelope, state, coroutine) };
            self.current = None;
            self.dispose(envelope, contents.kind);
            if coroutine.has_exit() {
                return End::Exit;
            }
            if share.is_multiple_of(CLOCK_EVERY) {
                let now = worker.scheduler.now();
                if now.since(*since.get_or_insert(now)) > LONGEST_BATCH {
                    *share = 0;
                }
            }
        }
        End::Read
    }

    /// Takes the oldest of what has been read.
    #[inline]
    fn next(&mut self) -> Option<(NonNull<Envelope>, &'static Contents)> {
        let node = self.chain.pop()?;
        let envelope = Envelope::from_node(node);
        // SAFETY: popped, so alive.
        let contents = unsafe { envelope.as_ref() }.contents;
        if self.chain.is_empty() {
            // SAFETY: the right is ours; the last of a chain is the newest that the mailbox has shown.
            self.receiver = unsafe { self.cell.mailbox.receiver(node.as_ptr()) };
            if contents.kind == Kind::Request {
                // Its memory goes to the caller with the reply: the mailbox must not show it then.
                self.chain = self.receiver.let_go();
            }
        }
        Some((envelope, contents))
    }

    /// Frees what was handled, or keeps it as the mark.
    #[inline]
    fn dispose(&mut self, envelope: NonNull<Envelope>, kind: Kind) {
        if kind == Kind::Request {
            return;
        }
        if self.receiver.seen() == Envelope::node(envelope).as_ptr() {
            self.mark = Some(envelope);
        } else {
            // SAFETY: run, not a request, and not shown by the mailbox any more.
            unsafe { Envelope::free(envelope) };
        }
    }

    /// Gives up the right to run if nothing has come.
    #[inline]
    pub(crate) fn rest(&mut self, worker: &Worker) -> Next {
        match self.receiver.rest() {
            Rest::AtRest => {
                // The actor may run elsewhere now, or be gone; only the mark is ours.
                if let Some(mark) = self.mark.take() {
                    // SAFETY: handled, and unlinked by the rest.
                    unsafe { Envelope::free(mark) };
                }
                Next::Done
            }
            Rest::More if worker.scheduler.has_other_work() => self.queue_again(worker),
            Rest::More => Next::GoOn,
            Rest::Released => self.rest_released(worker),
        }
    }

    /// The last reference has gone.
    #[cold]
    fn rest_released(&mut self, worker: &Worker) -> Next {
        self.receiver.take_release();
        if self.cell.counts.is_referenced() { self.rest(worker) } else { self.end(worker, ExitReason::Normal) }
    }

    /// Passes the right to run on through the run queue.
    pub(crate) fn queue_again(&mut self, worker: &Worker) -> Next {
        let unread = mem::replace(&mut self.chain, Chain::empty()).into_raw();
        let leftover = match (NonNull::new(unread), self.mark.take()) {
            (Some(unread), _) => Leftover::Unread(unread),
            (None, Some(mark)) => Leftover::Seen(Envelope::node(mark)),
            (None, None) => Leftover::Nothing,
        };
        // SAFETY: the right is still ours.
        unsafe { self.cell.put_aside(leftover) };
        worker.schedule(self.header, lane(self.cell, Lane::Back));
        Next::Done
    }

    /// Ends the actor because its handler did not return: the caller that the handler worked for gets the report.
    #[cold]
    pub(crate) fn end_by_panic(&mut self, worker: &Worker, coroutine: &Coroutine, caught: Caught) -> Next {
        coroutine.take_exit();
        if let Some(unanswered) = coroutine.take_unanswered() {
            // SAFETY: set by the request that was being handled, taken once.
            if unsafe { unanswered.fail(caught.call_error()) } {
                worker.count_late_reply();
            }
        }
        if caught.is_panic() {
            worker.scheduler.counters().panics.add_one();
        }
        self.end(worker, caught.reason())
    }

    /// Ends the actor: closes its mailbox, sends back what is queued, drops its state.
    pub(crate) fn end(&mut self, worker: &Worker, reason: ExitReason) -> Next {
        worker.core.log(|| Event::End { actor: self.cell.id, reason: reason.clone() });
        let chain = mem::replace(&mut self.chain, Chain::empty());
        let refused = close(self.cell, self.receiver.seen(), chain, &reason);
        let current = self.current.take().filter(|&(_, kind)| kind != Kind::Request);
        let current = current.map(|(envelope, _)| envelope);
        for used in [self.mark.take(), current].into_iter().flatten() {
            // SAFETY: used up, not a request, and the mailbox is closed and shows nothing any more.
            unsafe { Envelope::free(used) };
        }
        worker.scheduler.counters().dead_letters.add(refused);
        worker.scheduler.counters().ended.add_one();
        worker.core.registry.remove(self.cell);
        // SAFETY: closed by us, once.
        unsafe { finish(self.header) };
        Next::Done
    }
}

/// Closes a mailbox and refuses everything in it: first what had been read, then what had not. Returns how many
/// of them nobody waits for.
pub(crate) fn close(cell: &Header, seen: *mut Node, read: Chain, reason: &ExitReason) -> u64 {
    // SAFETY: the caller holds the right to run (or the machine has stopped), and took what was put aside.
    unsafe { cell.set_exit_reason(reason.clone()) };
    // What has been read ends at the newest that the mailbox has shown.
    let seen = if read.is_empty() { seen } else { read.newest() };
    // SAFETY: as above.
    let unread = unsafe { cell.mailbox.close(seen) };
    refuse_all(read, reason) + refuse_all(unread, reason)
}

fn refuse_all(mut chain: Chain, reason: &ExitReason) -> u64 {
    let mut dead_letters = 0;
    while let Some(node) = chain.pop() {
        let envelope = Envelope::from_node(node);
        // SAFETY: popped, so alive.
        let kind = unsafe { envelope.as_ref() }.contents.kind;
        // A destructor of a message may panic; the others must be told all the same.
        // SAFETY: popped, and neither run nor refused before.
        let _ = panics::catch(|| unsafe { Envelope::refuse(envelope, reason) });
        dead_letters += u64::from(kind == Kind::Cast);
        if kind != Kind::Request {
            // SAFETY: refused, not a request, and the mailbox is closed.
            unsafe { Envelope::free(envelope) };
        }
    }
    dead_letters
}

/// Drops the state of a closed actor and gives up the machine's hold on its memory.
///
/// # Safety
/// The caller closed it, or is the machine's end; once, and it does not use the cell afterwards.
pub(crate) unsafe fn finish(header: NonNull<Header>) {
    // A destructor that panics has been reported by the hook; the actor is over either way.
    // SAFETY: the caller asks once, and the cell is still held.
    let _ = panics::catch(|| unsafe { header.as_ref().drop_state() });
    // SAFETY: the machine's hold, given up once.
    unsafe { cell::drop_weak(header) };
}

/// Which queue an actor goes into: its own priority, or else `otherwise`.
#[inline]
pub(crate) fn lane(cell: &Header, otherwise: Lane) -> Lane {
    match cell.class.priority {
        Priority::High => Lane::Urgent,
        Priority::Normal => otherwise,
    }
}

/// A visit by direct hand-off ends: the actor rests, queues, or ends.
#[inline]
pub(crate) fn end_visit(worker: &Worker, coroutine: &Coroutine, header: NonNull<Header>) {
    // SAFETY: the visitor holds the right to run, and nothing was put aside when it was claimed.
    let mut batch = unsafe { Batch::begin(header) };
    if coroutine.has_exit() {
        let reason = coroutine.take_exit().unwrap_or(ExitReason::Normal);
        batch.end(worker, reason);
    } else if batch.rest(worker) == Next::GoOn {
        // The caller goes on first: its reply is there.
        batch.queue_again(worker);
    }
}

/// Frees an envelope that was handled and kept as the mark of how far its mailbox had been read.
///
/// # Safety
/// It was put aside as such, and its mailbox is closed.
pub(crate) unsafe fn free_mark(mark: NonNull<Node>) {
    // SAFETY: the caller says so; marks are never requests.
    unsafe { Envelope::free(Envelope::from_node(mark)) };
}

/// A visit by direct hand-off was ended by a panic.
///
/// # Safety
/// The visitor holds the right to run, and passes it on.
pub(crate) unsafe fn end_visit_by_panic(
    worker: &Worker,
    coroutine: &Coroutine,
    header: NonNull<Header>,
    caught: Caught,
) {
    // SAFETY: the caller passes the right on; nothing was put aside when it was claimed.
    unsafe { Batch::begin(header) }.end_by_panic(worker, coroutine, caught);
}

/// A claimed actor is not visited after all.
///
/// # Safety
/// The caller holds the right to run, and passes it on.
#[cold]
pub(crate) unsafe fn give_back(worker: &Worker, header: NonNull<Header>) {
    // SAFETY: the caller passes the right on.
    let mut batch = unsafe { Batch::begin(header) };
    if batch.rest(worker) == Next::GoOn {
        batch.queue_again(worker);
    }
}
