//! The systems that are compared, behind one trait: what every workload does, written once per system.
//!
//! Rules that hold for each, so that the rows can be compared:
//! - An actor is whatever that library calls so: an object with a mailbox of its own that takes one message at a
//!   time. For tokio and `may`, which have no actors, it is a task with a channel, as their guides show it.
//! - Mailboxes are unbounded and messages are small typed values.
//! - Every actor that must have ended carries a [`Ticket`](greenroom_savina::tally::Ticket) in its state, so the end is seen by
//!   the destructor having run, and what the actor handled is checked.
//! - The thread that waits for the end is not one of the system's workers.

pub(crate) mod actix;
pub(crate) mod greenroom;
pub(crate) mod kameo;
pub(crate) mod may;
mod names;
pub(crate) mod ractor;
pub(crate) mod tokio;

use std::time::{Duration, Instant};

use greenroom_savina::tally::Tally;
pub(crate) use names::SystemName;

/// The children of one node in skynet.
pub(crate) const SKYNET_BRANCHES: u64 = 10;

/// What one system must be able to do; one method per workload.
pub(crate) trait System: Sized {
    /// Starts the system's worker threads.
    fn start(workers: usize) -> Self;

    /// A ball goes back and forth between two actors; gives the number of messages that both handled.
    fn one_way(&self, messages: u64) -> Timed;

    /// One actor calls another `calls` times, each time waiting for the reply, which is the argument plus one; gives
    /// the sum of the replies.
    fn calls(&self, calls: u64) -> Timed;

    /// Makes a ring of `nodes` actors, passes a token `hops` times, then an end that each node passes on before it
    /// ends; gives the hops that the nodes counted.
    fn ring(&self, nodes: u64, hops: u64) -> RingTimes;

    /// An actor inside the system spawns `actors` others and sends each one message, on which it ends; gives the
    /// number of messages handled.
    fn spawn_and_end(&self, actors: u64) -> Timed;

    /// A tree of actors of ten children each; the leaves are numbered and every node reports its sum to its parent.
    /// `leaves` is a power of ten.
    fn skynet(&self, leaves: u64) -> Timed;

    /// `senders` actors send `each` messages to one receiver; gives the number received.
    fn fan_in(&self, senders: u64, each: u64) -> Timed;

    /// Holds `actors` that each have handled one message and wait for the next, calls `at_rest` while they do, then
    /// ends them; gives the number of messages handled.
    fn idle(&self, actors: u64, at_rest: impl FnOnce()) -> u64;

    /// Holds `actors` that each wait in mid-handler for a reply that does not come yet, calls `at_rest` while they
    /// do, then lets the callee answer each with one; gives the sum of the replies.
    fn suspended(&self, actors: u64, at_rest: impl FnOnce()) -> u64;
}

/// Brings `actors` into their places a thousand at a time: `spawn` makes so many, and each adds to the tally when it
/// is there. Otherwise the messages of all of them would wait at once, and what they took, though it is free again,
/// would be counted with the actors.
pub(crate) fn in_batches(actors: u64, mut spawn: impl FnMut(u64, &'static Tally)) {
    const BATCH: u64 = 1_000;
    for first in (0..actors).step_by(BATCH as usize) {
        let batch = BATCH.min(actors - first);
        let arrived = Tally::expecting(batch);
        spawn(batch, arrived);
        arrived.wait();
    }
}

/// A timed run and its result.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timed {
    pub(crate) elapsed: Duration,
    pub(crate) result: u64,
}

impl Timed {
    /// Times `work`, which gives the result.
    pub(crate) fn run(work: impl FnOnce() -> u64) -> Self {
        let began = Instant::now();
        let result = work();
        Self { elapsed: began.elapsed(), result }
    }
}

impl From<Timed> for (Duration, u64) {
    fn from(timed: Timed) -> Self {
        (timed.elapsed, timed.result)
    }
}

/// What a ring took, by part.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RingTimes {
    /// From before the first node was made until the last had ended.
    pub(crate) whole: Duration,
    /// The token's way only.
    pub(crate) token: Duration,
    /// Hops counted by the nodes.
    pub(crate) result: u64,
}
