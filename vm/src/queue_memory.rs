//! How much memory the queued messages of a machine may take, all mailboxes together.
//!
//! Whoever queues a message charges its size, and whoever takes it out gives that back. Each worker keeps the balance of
//! what it did, and hands it to the common sum when it has grown to a chunk: so the sum is off by a chunk a worker at most,
//! and messages cost no common cache line. Plain threads go to the sum itself.
//!
//! A machine without a limit counts nothing, and most find by the [`hooks`](crate::hooks) that no machine of the process
//! has one.

use std::cell::Cell;
use std::sync::atomic::{AtomicIsize, Ordering};

use crate::capacity::QueueLimit;
use crate::cell::Header;
use crate::core::Core;
use crate::worker::{self, Worker};

/// The most that a worker keeps to itself.
const CHUNK: usize = 16 * 1024;

/// See the head of this file.
pub(crate) struct QueueMemory {
    /// `isize::MAX` for none.
    limit: isize,
    chunk: isize,
    /// What lies in mailboxes, but for the balances of the workers.
    queued: AtomicIsize,
}

impl QueueMemory {
    /// All workers together keep an eighth of the limit to themselves at most.
    pub(crate) fn new(limit: usize, workers: usize) -> Self {
        let chunk = (limit / (8 * workers)).clamp(1, CHUNK);
        let signed = |bytes: usize| isize::try_from(bytes).unwrap_or(isize::MAX);
        QueueMemory { limit: signed(limit), chunk: signed(chunk), queued: AtomicIsize::new(0) }
    }

    /// A worker ends.
    pub(crate) fn take_over(&self, balance: &Cell<isize>) {
        // ORDERING: Relaxed: a number that orders nothing.
        self.queued.fetch_add(balance.take(), Ordering::Relaxed);
    }

    fn is_limited(&self) -> bool {
        self.limit != isize::MAX
    }

    /// Adds to the sum. False: it would go over the limit, and nothing was added.
    fn add(&self, balance: Option<&Cell<isize>>, bytes: isize, is_free: bool) -> bool {
        let own = balance.map_or(0, Cell::get) + bytes;
        if let Some(balance) = balance
            && own.abs() < self.chunk
        {
            // ORDERING: Relaxed: a number that orders nothing.
            let is_over = !is_free && self.queued.load(Ordering::Relaxed) + own > self.limit;
            if !is_over {
                balance.set(own);
            }
            return !is_over;
        }
        // ORDERING: Relaxed, as above.
        let before = self.queued.fetch_add(own, Ordering::Relaxed);
        if !is_free && before + own > self.limit {
            // ORDERING: Relaxed, as above.
            self.queued.fetch_sub(own, Ordering::Relaxed);
            return false;
        }
        if let Some(balance) = balance {
            balance.set(0);
        }
        true
    }
}

/// Charges a message for this actor. What `must_pass` is charged, too, and never refused.
///
/// # Errors
/// If the machine's memory for messages is used up. Then nothing was charged.
#[cold]
pub(crate) fn charge(
    to: &Header,
    here: Option<&Worker>,
    bytes: usize,
    must_pass: bool,
) -> Result<(), QueueLimit> {
    with(to, here, |memory, balance| {
        let is_in = memory.add(balance, bytes.cast_signed(), must_pass);
        if is_in { Ok(()) } else { Err(QueueLimit::Bytes(memory.limit.cast_unsigned())) }
    })
    .unwrap_or(Ok(()))
}

/// A message has left the mailbox of this actor.
#[cold]
pub(crate) fn give_back(actor: &Header, bytes: usize) {
    with(actor, worker::current(), |memory, balance| memory.add(balance, -bytes.cast_signed(), true));
}

/// With what the actor's machine has, if that has a limit; and the balance of a worker of it that runs the caller.
fn with<R>(
    actor: &Header,
    here: Option<&Worker>,
    body: impl FnOnce(&QueueMemory, Option<&Cell<isize>>) -> R,
) -> Option<R> {
    let machine = actor.id.machine();
    if let Some(worker) = here.filter(|worker| worker.machine == machine) {
        let memory = &worker.core.queue_memory;
        return memory.is_limited().then(|| body(memory, Some(&worker.queue_balance)));
    }
    // One that is gone has no messages.
    let core = Core::find(machine)?;
    core.queue_memory.is_limited().then(|| body(&core.queue_memory, None))
}
