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

use std::ptr::{self, NonNull};

use crate::cell::{Kind as ActorKind, Leftover};
use crate::coroutine::Coroutine;
use crate::envelope::{Contents, Envelope, Kind};
use crate::error::ExitReason;
use crate::handle::Runnable;
use crate::mailbox::Rest;
use crate::nodes::{Chain, Node};
use crate::panics;
use crate::process;

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

    /// Reads what is new, once everything that was read has been opened.
    #[inline]
    pub(crate) fn look(&mut self) {
        debug_assert!(self.is_done());
        let mut receiver = self.runnable.receiver(self.seen);
        self.chain = receiver.take_new();
        if !self.chain.is_empty() {
            self.free_mark();
        }
    }

    /// Takes the oldest of what was read, to be [run](Self::run) or [unpacked](Self::unpack) at once.
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
        self.current = Some((envelope, contents.kind));
        Some(contents)
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
    /// Returns how many of those nobody waited for.
    pub(crate) fn close(mut self, reason: &ExitReason) -> (u64, Runnable) {
        let read = std::mem::replace(&mut self.chain, Chain::empty());
        let seen = if read.is_empty() { self.seen } else { read.newest() };
        let unread = self.runnable.close(seen, reason.clone());
        let unreceived = process::refuse_unreceived(&self.runnable);
        let dead_letters = unreceived + refuse_all(read, reason) + refuse_all(unread, reason);
        self.free_mark();
        if let Some((current, kind)) = self.current
            && kind != Kind::Request
        {
            // SAFETY: used up by a handler that did not return; the mailbox is closed.
            unsafe { Envelope::free(current) };
        }
        (dead_letters, self.runnable)
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
