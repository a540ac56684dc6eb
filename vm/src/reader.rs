//! Reading a mailbox: what the holder of the right to run has taken out, and how far it has read.
//!
//! It knows nothing of what messages do. It keeps the mailbox's one rule: the memory of the newest node that was read
//! stays until the mailbox shows another one, or none.
//!
//! ```text
//! mailbox's word ─► newest ─► … ─► seen ─► (read before)
//!                   └─ look() turns these into ─┐
//! chain: oldest ─► … ─► newest                  │   current: opened, being handled
//!        └─ open() takes from here ◄────────────┘   mark: handled, but still `seen`
//! ```

use std::iter;
use std::ptr::{self, NonNull};

use crate::cell::{self, Kind as ActorKind, Leftover};
use crate::coroutine::Coroutine;
use crate::envelope::{Contents, Envelope, Kind};
use crate::error::{CallError, ExitReason};
use crate::handle::Runnable;
use crate::hooks;
use crate::mailbox::Rest;
use crate::nodes::{Chain, Node};
use crate::process;
use crate::queue_memory;
use crate::trace::events;
use crate::worker;

/// The right to run an actor, and what has been read of its mailbox.
pub(crate) struct Reader {
    runnable: Runnable,
    /// The newest node that was read, or null. Not known while `chain` is not empty: then it is its last.
    seen: *mut Node,
    /// Read and not opened yet, oldest first.
    chain: Chain,
    /// Handled, but its memory still marks in the mailbox how far it has been read.
    mark: Option<NonNull<Envelope>>,
    /// Being handled. The memory of a request may be its caller's already.
    current: Option<(NonNull<Envelope>, Kind)>,
}

impl Reader {
    /// Takes up the right to run, with what the last reader put aside.
    #[inline]
    pub(crate) fn begin(mut runnable: Runnable) -> Self {
        let (chain, seen) = match runnable.take_aside() {
            Leftover::Nothing => (Chain::empty(), ptr::null_mut()),
            // SAFETY: put aside as a chain, taken up once.
            Leftover::Unread(node) => (unsafe { Chain::from_raw(node.as_ptr()) }, ptr::null_mut()),
            Leftover::Seen(node) => (Chain::empty(), node.as_ptr()),
        };
        let mark = NonNull::new(seen).map(Envelope::from_node);
        Reader { runnable, seen, chain, mark, current: None }
    }

    /// The actor whose mailbox it is.
    #[inline]
    pub(crate) fn actor(&self) -> &Runnable {
        &self.runnable
    }

    /// Whether everything that was read has been opened.
    #[inline]
    pub(crate) fn is_done(&self) -> bool {
        self.chain.is_empty()
    }

    /// Reads what is new, once everything that was read has been opened. Says whether there is an order.
    #[inline]
    pub(crate) fn look(&mut self) -> bool {
        debug_assert!(self.is_done());
        let mut receiver = self.runnable.receiver(self.seen);
        let (chain, is_interrupted) = receiver.look();
        self.chain = chain;
        if !self.chain.is_empty() {
            self.free_mark();
        }
        is_interrupted
    }

    /// Takes the oldest of what was read, to be [run](Self::run) or [unpacked](Self::unpack) at once. Whoever looks twice
    /// [tells](Self::run_and_tell) of it.
    #[inline]
    pub(crate) fn open(&mut self) -> Option<&'static Contents> {
        let node = self.chain.pop()?;
        let envelope = Envelope::from_node(node);
        // SAFETY: popped, so it is alive and ours.
        let contents = unsafe { envelope.as_ref() }.contents;
        if self.chain.is_empty() {
            self.seen = node.as_ptr();
            if contents.kind == Kind::Request {
                self.let_go();
            }
        }
        if contents.kind == Kind::Bell {
            return Some(self.open_from_ring(node));
        }
        self.current = Some((envelope, contents.kind));
        Some(contents)
    }

    /// The bell was taken from the chain: takes the oldest of the ring, and puts the bell back if there are more.
    fn open_from_ring(&mut self, bell: NonNull<Node>) -> &'static Contents {
        // SAFETY: whoever may run it keeps it alive.
        let ring = unsafe { cell::ring_of(self.runnable.address()) }.expect("a bell belongs to a ring");
        let capacity = self.runnable.class.capacity;
        let (envelope, has_more) = ring.pop(&capacity, || {
            if self.chain.is_empty() {
                self.let_go();
            }
        });
        if has_more {
            // SAFETY: just taken from the chain, to the rest of which it is still linked.
            self.chain = unsafe { Chain::from_raw(bell.as_ptr()) };
        }
        // SAFETY: out of the ring, so it is alive and ours.
        let contents = unsafe { envelope.as_ref() }.contents;
        self.current = Some((envelope, contents.kind));
        contents
    }

    /// The memory of a request goes to its caller with the reply: the mailbox must not show it then.
    fn let_go(&mut self) {
        let mut receiver = self.runnable.receiver(self.seen);
        let chain = receiver.let_go();
        self.seen = receiver.seen();
        self.chain = chain;
    }

    /// Has the opened message handled. If that panics, the message is used up all the same.
    #[inline]
    pub(crate) fn run(&mut self, coroutine: &Coroutine) {
        let Some((envelope, kind)) = self.current else {
            unreachable!("a message is opened before it is run")
        };
        // SAFETY: opened, so it is ours; we hold the right to run its receiver, whose state this is; run once.
        unsafe { Envelope::run(envelope, self.runnable.state(), coroutine) };
        self.current = None;
        self.dispose(envelope, kind);
    }

    /// As [`run`](Self::run), for those who look twice. That a request has begun it tells itself, for not each does.
    #[cold]
    pub(crate) fn run_and_tell(&mut self, contents: &'static Contents, coroutine: &Coroutine) {
        queue_memory::give_back(&self.runnable, contents.size());
        if let Some((envelope, Kind::Cast | Kind::Signal | Kind::Control)) = self.current {
            events::started(coroutine, &self.runnable, envelope.addr().get(), (contents.name)());
        }
        self.run(coroutine);
        events::finished(coroutine);
    }

    /// A process takes the opened message out: for those who look twice.
    #[cold]
    pub(crate) fn tell_received(&self, contents: &'static Contents) {
        queue_memory::give_back(&self.runnable, contents.size());
        if let (Some((envelope, _)), Some(worker)) = (self.current, worker::current()) {
            events::received(worker, &self.runnable, envelope.addr().get(), (contents.name)());
        }
    }

    /// Takes the content of the opened message out by `unpack`.
    pub(crate) fn unpack<T>(&mut self, unpack: impl FnOnce(NonNull<Envelope>) -> T) -> T {
        let (envelope, kind) = self.current.take().expect("a message is opened before it is unpacked");
        let content = unpack(envelope);
        self.dispose(envelope, kind);
        content
    }

    /// Frees what was used up, or keeps it as the mark.
    #[inline]
    fn dispose(&mut self, envelope: NonNull<Envelope>, kind: Kind) {
        if kind == Kind::Request {
            return;
        }
        if self.chain.is_empty() && self.seen == Envelope::node(envelope).as_ptr() {
            self.mark = Some(envelope);
        } else {
            // SAFETY: used up, not a request, and not shown by the mailbox any more.
            unsafe { Envelope::free(envelope) };
        }
    }

    #[inline]
    fn free_mark(&mut self) {
        if let Some(mark) = self.mark.take() {
            // SAFETY: used up, marks are never requests, and the mailbox does not show it any more.
            unsafe { Envelope::free(mark) };
        }
    }

    /// Gives up the right to run if nothing has come. After `AtRest` the actor may run elsewhere, or be gone: the
    /// reader is to be dropped. `Released` is final: nothing can come any more.
    #[inline]
    pub(crate) fn rest(&mut self) -> Rest {
        let rest = self.runnable.receiver(self.seen).rest();
        match rest {
            Rest::AtRest => self.free_mark(),
            Rest::More => {}
            Rest::Interrupted => {}
            Rest::Released => return self.rest_released(),
        }
        rest
    }

    /// The last reference has gone, at some time since the last look.
    #[cold]
    fn rest_released(&mut self) -> Rest {
        let mut receiver = self.runnable.receiver(self.seen);
        receiver.take_release();
        if self.runnable.counts.is_referenced() {
            // The actor has made a reference to itself meanwhile.
            self.rest()
        } else if receiver.has_read_all() {
            Rest::Released
        } else {
            Rest::More
        }
    }

    /// Whether nothing was sent and nothing can be, as far as references go.
    pub(crate) fn is_unreachable(&self) -> bool {
        !self.runnable.counts.is_referenced() && self.runnable.receiver(self.seen).has_read_all()
    }

    /// Puts what was read aside, to pass the right on.
    pub(crate) fn put_aside(self) -> Runnable {
        let Reader { mut runnable, chain, mark, .. } = self;
        runnable.put_aside(leftover(chain, mark));
        runnable
    }

    /// The bug of `Builder::loses_messages`: what was read and not opened is nobody's any more.
    #[cold]
    pub(crate) fn forget(&mut self) {
        let forgotten = std::mem::replace(&mut self.chain, Chain::empty());
        if !forgotten.is_empty() {
            self.seen = forgotten.newest();
        }
    }

    /// Drops the state of an actor that may go on with another one, and puts what was read aside for it. A process keeps its
    /// state, in which its next life finds what this one had not received.
    pub(crate) fn vacate(mut self) -> Runnable {
        if let Some((current, kind)) = self.current.take() {
            // Used up by a handler that did not return.
            self.dispose(current, kind);
        }
        let Reader { runnable, chain, mark, .. } = self;
        if runnable.class.kind == ActorKind::Process {
            let mut runnable = runnable;
            runnable.put_aside(leftover(chain, mark));
            return runnable;
        }
        // The state first: its destructor may wait, and what waits is written where the leftover goes.
        let mut runnable = runnable.vacate();
        runnable.put_aside(leftover(chain, mark));
        runnable.set_vacant(true);
        runnable
    }

    /// Whether there is an order for the actor.
    #[inline]
    pub(crate) fn is_interrupted(&self) -> bool {
        self.runnable.mailbox.is_interrupted()
    }

    /// Says that the order will be looked for now.
    pub(crate) fn take_interruption(&self) {
        self.runnable.receiver(self.seen).take_interruption();
    }

    /// Ends the actor: closes its mailbox and sends back everything in it, first what was read, then what was not. What a
    /// process had taken out comes before both.
    /// Returns those of them that nobody waited for.
    pub(crate) fn close(mut self, reason: &ExitReason) -> (DeadLetters, Runnable) {
        let read = std::mem::replace(&mut self.chain, Chain::empty());
        let seen = if read.is_empty() { self.seen } else { read.newest() };
        let unread = self.runnable.close(seen, reason);
        let mut dead_letters = process::refuse_unreceived(&self.runnable);
        if !read.is_empty() || !unread.is_empty() || self.runnable.class.capacity.is_counted() {
            self.send_back([read, unread], reason, &mut dead_letters);
        }
        self.free_mark();
        if let Some((current, kind)) = self.current
            && kind != Kind::Request
        {
            // SAFETY: used up by a handler that did not return; the mailbox is closed.
            unsafe { Envelope::free(current) };
        }
        (dead_letters, self.runnable)
    }

    /// Sends back what was in a mailbox that is closed now, and who waited for room there.
    #[cold]
    fn send_back(&self, chains: [Chain; 2], reason: &ExitReason, dead_letters: &mut DeadLetters) {
        let error = CallError::Stopped { reason: reason.clone(), started: false };
        for mut chain in chains {
            let envelopes = iter::from_fn(|| chain.pop()).map(Envelope::from_node);
            self.refuse_all(envelopes, &error, dead_letters);
        }
        // SAFETY: whoever may run it keeps it alive.
        if let Some(ring) = unsafe { cell::ring_of(self.runnable.address()) } {
            let mut remains = ring.close();
            self.refuse_all(remains.envelopes.drain(..), &error, dead_letters);
            remains.fail_senders(&Err(error));
        }
    }

    /// Sends back what nobody will handle, and counts what nobody waited for.
    fn refuse_all(
        &self,
        envelopes: impl Iterator<Item = NonNull<Envelope>>,
        error: &CallError,
        dead_letters: &mut DeadLetters,
    ) {
        for envelope in envelopes {
            // SAFETY: popped, so alive.
            let contents = unsafe { envelope.as_ref() }.contents;
            if contents.kind == Kind::Bell {
                continue;
            }
            if hooks::are_any() {
                queue_memory::give_back(&self.runnable, contents.size());
            }
            // SAFETY: popped, neither run nor refused before, and the mailbox is closed.
            if unsafe { Envelope::discard(envelope, error) } {
                dead_letters.add(contents.name);
            }
        }
    }
}

/// What the next reader begins with.
fn leftover(chain: Chain, mark: Option<NonNull<Envelope>>) -> Leftover {
    match (NonNull::new(chain.into_raw()), mark) {
        (Some(unread), _) => Leftover::Unread(unread),
        (None, Some(mark)) => Leftover::Seen(Envelope::node(mark)),
        (None, None) => Leftover::Nothing,
    }
}

/// Messages that were not handled, and that nobody waits for.
#[derive(Clone, Copy, Default)]
pub(crate) struct DeadLetters {
    pub(crate) count: u64,
    /// The name of the oldest.
    pub(crate) first: Option<fn() -> &'static str>,
}

impl DeadLetters {
    pub(crate) fn one(name: fn() -> &'static str) -> Self {
        DeadLetters { count: 1, first: Some(name) }
    }

    pub(crate) fn add(&mut self, name: fn() -> &'static str) {
        self.count += 1;
        self.first.get_or_insert(name);
    }
}
