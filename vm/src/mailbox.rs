//! The mailbox: one atomic word that is both the head of the queue and the state of its actor.
//!
//! It knows neither envelopes nor workers: it links [`Node`]s and hands out the right to run.
//!
//! The word is the address of the newest node with flags in its low bits.
//!
//! | row | word                      | meaning                                                          |
//! |-----|---------------------------|------------------------------------------------------------------|
//! | 1   | `0`                       | at rest                                                          |
//! | 2   | `SCHEDULED`               | someone holds the [`Receiver`]; nothing is linked                |
//! | 3   | node `+ SCHEDULED`        | someone holds the `Receiver`; nodes are linked, newest first     |
//! | 4   | 2 or 3 `+ RELEASED`       | and the last reference has gone since the holder last looked     |
//! | 5   | 2 to 4 `+ INTERRUPTED`    | and there is an order for the actor that does not wait its turn  |
//! | 6   | `CLOSED`                  | for ever; what is pushed now comes back                          |
//!
//! A push (rows 1-5) learns in its own instruction whether it must schedule the actor (row 1), and
//! a close (row 6) takes what is queued in the instruction that refuses the rest. The `Receiver`
//! is the right to pop; it goes from the one that schedules, through a run queue, to the one that runs.
//!
//! **Nodes are not unlinked when they are read.** The holder remembers the newest node it has read
//! ([`Receiver::seen`]) and comes to rest by exchanging exactly that node for row 1, which fails if
//! anything newer has come. That saves a locked instruction a message against taking the list
//! by a swap. The price is a rule: memory of the node `seen` is kept until the word has moved
//! on, or a new node at the same address would be taken for it.

use core::ptr::{self, NonNull};

use super::nodes::{Chain, Node};
use super::sync::{AtomicPtr, Ordering, fence, spin_loop};

const SCHEDULED: usize = 1;
const RELEASED: usize = 2;
const INTERRUPTED: usize = 4;
const FLAGS: usize = 7;
/// How long a push stays away from a word that another core has just changed: a microsecond or less. Who has the cache line
/// puts several nodes in meanwhile, at a tenth of what fetching the line each time would cost both. Measured with eight
/// senders on two cores, ns a message: 103 without, 89 for 5, 72 for 20, 63 for 60, 65 for 150.
const STAY_AWAY: usize = 60;
/// An address that no node has.
const CLOSED: usize = usize::MAX & !FLAGS | SCHEDULED;

fn flags(word: *mut Node) -> usize {
    word.addr() & FLAGS
}

/// What the holder of the right to run is still to find.
#[inline]
fn marks(word: *mut Node) -> usize {
    flags(word) & (RELEASED | INTERRUPTED)
}

fn node_of(word: *mut Node) -> *mut Node {
    word.map_addr(|address| address & !FLAGS)
}

fn with(node: *mut Node, flags: usize) -> *mut Node {
    node.map_addr(|address| address | flags)
}

fn is_closed(word: *mut Node) -> bool {
    word.addr() == CLOSED
}

/// What became of a push.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Push {
    /// The actor was at rest: the pusher now holds the right to run it and must schedule it.
    Schedule,
    /// Whoever holds the right to run it will find the node.
    Queued,
    /// The mailbox is closed; the node is still the caller's.
    Closed,
}

/// What became of an interruption.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Interruption {
    /// The actor was at rest: the right to run it is now the interrupter's, who must schedule it.
    Schedule,
    /// Whoever holds the right to run it will find the mark, sooner or later.
    Marked,
    /// The mailbox is closed.
    Closed,
}

/// What became of the attempt to come to rest.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
#[allow(clippy::enum_variant_names)] // "At rest" is what the state is called.
pub(crate) enum Rest {
    /// At rest. The right to run is given up; the actor may already run elsewhere.
    AtRest,
    /// Something came in; the right to run is still held.
    More,
    /// Nothing came in, but the last reference was dropped; the right to run is still held.
    Released,
    /// There is an order; the right to run is still held.
    Interrupted,
}

/// See the head of this file.
pub(crate) struct Mailbox {
    word: AtomicPtr<Node>,
}

impl Mailbox {
    /// At rest (row 1).
    pub(crate) fn new() -> Self {
        Mailbox { word: AtomicPtr::new(ptr::null_mut()) }
    }

    /// Links `node` as the newest.
    ///
    /// # Safety
    /// `node` is valid, in no mailbox, and stays valid until a `Receiver` has given it back.
    #[inline]
    pub(crate) unsafe fn push(&self, node: NonNull<Node>) -> Push {
        // SAFETY: the caller says so.
        match unsafe { self.try_push(node) } {
            Some(push) => push,
            // SAFETY: as above; the node has not been linked.
            None => unsafe { self.push_later(node) },
        }
    }

    /// None: another core has changed the word meanwhile.
    ///
    /// # Safety
    /// As for `push`.
    #[inline(always)]
    unsafe fn try_push(&self, node: NonNull<Node>) -> Option<Push> {
        // ORDERING: Relaxed, a first guess that the exchange below checks.
        let word = self.word.load(Ordering::Relaxed);
        if is_closed(word) {
            return Some(Push::Closed);
        }
        // SAFETY: the caller says that `node` is valid.
        let link = unsafe { node.as_ref() };
        link.set_next(node_of(word));
        let newest = with(node.as_ptr(), SCHEDULED | marks(word));
        // ORDERING: Release pairs with the Acquire in `Receiver::take_new` and `close`: the node's
        // content before its address. Acquire pairs with the Release in `Receiver::rest`: whoever
        // wakes the actor from rest carries what its last holder wrote into the state.
        self.word.compare_exchange(word, newest, Ordering::AcqRel, Ordering::Relaxed).ok()?;
        Some(if flags(word) & SCHEDULED != 0 { Push::Queued } else { Push::Schedule })
    }

    /// The rest of a push that lost the word: leaves it to the other core for a moment before each further try. A function by
    /// itself that comes last, so that the usual push keeps nothing for it.
    ///
    /// # Safety
    /// As for `push`.
    #[cold]
    #[inline(never)]
    unsafe fn push_later(&self, node: NonNull<Node>) -> Push {
        loop {
            for _ in 0..STAY_AWAY {
                spin_loop();
            }
            // SAFETY: the caller says so.
            if let Some(push) = unsafe { self.try_push(node) } {
                return push;
            }
        }
    }

    /// Takes the right to run an actor that is at rest (row 1), as a direct hand-off does.
    #[inline]
    pub(crate) fn claim(&self) -> Option<Receiver<'_>> {
        // ORDERING: Relaxed, a first guess that the exchange below checks.
        let word = self.word.load(Ordering::Relaxed);
        if !word.is_null() {
            return None;
        }
        let scheduled = ptr::without_provenance_mut(SCHEDULED);
        // ORDERING: Acquire pairs with the Release in `Receiver::rest`: the state as its last holder
        // left it. A claim publishes nothing.
        self.word
            .compare_exchange(word, scheduled, Ordering::Acquire, Ordering::Relaxed)
            .ok()
            .map(|_| Receiver { mailbox: self, seen: ptr::null_mut() })
    }

    /// Marks that the last reference has gone. True: the actor was at rest, and the caller now
    /// holds the right to run it and must schedule it, so that its end is handled.
    #[must_use]
    pub(crate) fn release(&self) -> bool {
        // ORDERING: Relaxed, a first guess that the exchange below checks.
        let mut word = self.word.load(Ordering::Relaxed);
        loop {
            if is_closed(word) {
                return false;
            }
            let released = with(node_of(word), SCHEDULED | marks(word) | RELEASED);
            // ORDERING: Release pairs with the Acquire in `Receiver::take_release`: the count that fell
            // to zero before the mark. Acquire as in `push`, for the case that this schedules.
            match self.word.compare_exchange_weak(word, released, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => return flags(word) & SCHEDULED == 0,
                Err(now) => word = now,
            }
        }
    }

    /// Marks that there is an order, which the caller has left where the holder of the right to run looks for it.
    ///
    /// If `Marked`, the caller must [look](super::aside::Aside::waits_at) whether the holder waits, and have it look up.
    pub(crate) fn interrupt(&self) -> Interruption {
        // ORDERING: Relaxed, a first guess that the exchange below checks.
        let mut word = self.word.load(Ordering::Relaxed);
        loop {
            if is_closed(word) {
                return Interruption::Closed;
            }
            let interrupted = with(node_of(word), SCHEDULED | marks(word) | INTERRUPTED);
            // ORDERING: Acquire as in `push`, for the case that this schedules. It publishes nothing: the order lies
            // under a lock.
            match self.word.compare_exchange_weak(word, interrupted, Ordering::Acquire, Ordering::Relaxed) {
                Ok(_) if flags(word) & SCHEDULED == 0 => return Interruption::Schedule,
                Ok(_) => break,
                Err(now) => word = now,
            }
        }
        // ORDERING: SeqCst pairs with the fence in `Aside::wait_at`: either the interrupter finds out where the
        // handler waits, or the handler finds the mark before it waits.
        fence(Ordering::SeqCst);
        Interruption::Marked
    }

    /// Whether there is an order. To be asked by the holder of the right to run.
    #[inline]
    pub(crate) fn is_interrupted(&self) -> bool {
        // ORDERING: Relaxed: the order itself lies under a lock.
        let word = self.word.load(Ordering::Relaxed);
        flags(word) & (SCHEDULED | INTERRUPTED) == SCHEDULED | INTERRUPTED
    }

    /// Whether the mailbox is closed. What was written before the close is visible after a `true`.
    pub(crate) fn is_closed(&self) -> bool {
        // ORDERING: Acquire pairs with the Release in `close`: the exit reason before the word.
        is_closed(self.word.load(Ordering::Acquire))
    }

    /// Closes, and takes everything newer than `seen`. The end of a `Receiver`, or of a mailbox whose
    /// machine has stopped, when nobody can hold one any more.
    ///
    /// # Safety
    /// The caller holds the right to run (then `seen` is its `Receiver`'s), or nobody does and nobody
    /// ever will again.
    pub(crate) unsafe fn close(&self, seen: *mut Node) -> Chain {
        // ORDERING: Acquire pairs with the Release in `push`: content of the nodes taken. Release pairs
        // with the Acquire in `is_closed`: the exit reason, written before, is seen by who finds this shut.
        let word = self.word.swap(ptr::without_provenance_mut(CLOSED), Ordering::AcqRel);
        if is_closed(word) {
            return Chain::empty();
        }
        // SAFETY: the nodes from the word down to `seen` belong to the holder, which we are.
        unsafe { Chain::from_newest(node_of(word), seen) }
    }

    /// The `Receiver` that was passed along with the right to run, through a run queue.
    ///
    /// # Safety
    /// The caller was given the right to run, once, and `seen` is what the last `Receiver` had seen.
    #[inline]
    pub(crate) unsafe fn receiver(&self, seen: *mut Node) -> Receiver<'_> {
        Receiver { mailbox: self, seen }
    }
}

/// The right to run an actor, and so to pop from its mailbox (rows 2-5). There is one at most.
///
/// Dropping it without [`rest`](Self::rest) or [`close`](Mailbox::close) keeps the actor scheduled:
/// that is how the right is passed on through a run queue.
pub(crate) struct Receiver<'a> {
    mailbox: &'a Mailbox,
    /// The newest node read so far, or null. Its memory is kept until it is not the newest any more.
    seen: *mut Node,
}

impl Receiver<'_> {
    /// The newest node read so far, or null.
    #[inline]
    pub(crate) fn seen(&self) -> *mut Node {
        self.seen
    }

    /// Everything that came since the last look, oldest first. Afterwards `seen` is the last of it.
    ///
    /// The memory of what was `seen` before may go if this is not empty.
    #[inline]
    pub(crate) fn take_new(&mut self) -> Chain {
        self.look().0
    }

    /// As [`take_new`](Self::take_new), and whether there is an order.
    #[inline]
    pub(crate) fn look(&mut self) -> (Chain, bool) {
        // ORDERING: Acquire pairs with the Release in `push`: content of the nodes before their address.
        let word = self.mailbox.word.load(Ordering::Acquire);
        let (newest, is_interrupted) = (node_of(word), flags(word) & INTERRUPTED != 0);
        if newest == self.seen {
            return (Chain::empty(), is_interrupted);
        }
        // SAFETY: the nodes newer than `seen` belong to the holder of the `Receiver`.
        let chain = unsafe { Chain::from_newest(newest, self.seen) };
        self.seen = newest;
        (chain, is_interrupted)
    }

    /// Lets go of the node `seen`, so that its memory may be given away: unlinks it if it is still
    /// the newest, and otherwise reads what is newer.
    pub(crate) fn let_go(&mut self) -> Chain {
        // ORDERING: Relaxed, a first guess that the exchange below checks.
        let word = self.mailbox.word.load(Ordering::Relaxed);
        if node_of(word) != self.seen {
            return self.take_new();
        }
        let empty = ptr::without_provenance_mut(flags(word));
        // ORDERING: Relaxed both ways: it publishes nothing and reads nothing; what it takes away was
        // read by `take_new` before, and the flags stay as they are.
        match self.mailbox.word.compare_exchange(word, empty, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => {
                self.seen = ptr::null_mut();
                Chain::empty()
            }
            // Something newer came, or the mark of the last reference; both are found by looking again.
            Err(_) => self.let_go(),
        }
    }

    /// Comes to rest, if nothing newer than `seen` has come and references are left.
    ///
    /// After `AtRest` this `Receiver` holds nothing, and the node `seen` is free.
    #[inline]
    pub(crate) fn rest(&mut self) -> Rest {
        let expected = with(self.seen, SCHEDULED);
        // ORDERING: Release pairs with the Acquire in `push`, `claim` and `release`: the actor's state
        // before the right to run it. A failure reads nothing: `take_new` will look again.
        match self.mailbox.word.compare_exchange(
            expected,
            ptr::null_mut(),
            Ordering::Release,
            Ordering::Relaxed,
        ) {
            Ok(_) => {
                self.seen = ptr::null_mut();
                Rest::AtRest
            }
            Err(word) if flags(word) & INTERRUPTED != 0 => Rest::Interrupted,
            Err(word) if node_of(word) == self.seen => Rest::Released,
            Err(_) => Rest::More,
        }
    }

    /// Whether nothing newer than `seen` has come. To be asked after the count of references was found to be
    /// zero: what was sent before it fell may have come after the last look.
    pub(crate) fn has_read_all(&self) -> bool {
        // ORDERING: Relaxed: the Acquire with which the count was read makes that no push before its fall is
        // missed; the nodes are read by `take_new`, which acquires them.
        node_of(self.mailbox.word.load(Ordering::Relaxed)) == self.seen
    }

    /// Clears the mark of an order. Who has cleared it looks for the order afterwards, or one that comes now is missed.
    pub(crate) fn take_interruption(&mut self) {
        // ORDERING: Relaxed, a first guess that the exchange below checks.
        let mut word = self.mailbox.word.load(Ordering::Relaxed);
        while flags(word) & INTERRUPTED != 0 {
            let cleared = with(node_of(word), flags(word) & !INTERRUPTED);
            // ORDERING: Relaxed both ways: the order lies under a lock, and nothing else is read or published.
            match self.mailbox.word.compare_exchange_weak(word, cleared, Ordering::Relaxed, Ordering::Relaxed)
            {
                Ok(_) => break,
                Err(now) => word = now,
            }
        }
    }

    /// Clears the mark of the last reference, if nothing newer than `seen` has come; otherwise the mark stands
    /// until that has been read. The count of references must be looked at afterwards, not before: if it
    /// is still zero, and then the mailbox [has been read](Self::has_read_all), the actor is at its end.
    pub(crate) fn take_release(&mut self) {
        let marked = with(self.seen, SCHEDULED | RELEASED);
        let cleared = with(self.seen, SCHEDULED);
        // ORDERING: Acquire pairs with the Release in `Mailbox::release`: the fall of the count. It publishes
        // nothing. A failure reads nothing: something newer came, and the mark may be of its sender.
        let _ = self.mailbox.word.compare_exchange(marked, cleared, Ordering::Acquire, Ordering::Relaxed);
    }
}
