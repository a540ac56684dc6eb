//! What is recorded of a run: plain data that refers to nothing in the machine.

use std::sync::Arc;
use std::time::Duration;

use crate::error::ExitReason;
use crate::id::ActorId;

/// One thing that happened.
///
/// Actors are named with the number of their machine, which another run may not have: two runs are compared by their
/// lines, which `Display` writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// When, on the machine's clock.
    pub at: Duration,
    /// On which worker, relief workers behind the regular ones; none for a thread outside.
    pub worker: Option<u16>,
    /// What.
    pub what: What,
}

/// How a message was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Way {
    /// Nobody waits for a reply.
    Cast,
    /// A reply is promised.
    Request,
    /// The sender waits for the reply, and the message was queued.
    Call,
    /// The sender waits for the reply, and the receiver handled it at once.
    HandOff,
    /// A timer sent it.
    Timer,
    /// An exit, a stop, or what a monitor tells.
    Signal,
}

/// What happened. Messages are numbered within a session, by the order in which they were sent; a message that was sent
/// before the session began has no number.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum What {
    /// An actor was spawned.
    Spawn {
        /// Who.
        actor: ActorId,
        /// The type of its state.
        kind: &'static str,
        /// By whose handler.
        by: Option<ActorId>,
        /// On which simulated node.
        node: Option<Arc<str>>,
    },
    /// An actor was registered.
    Name {
        /// Who.
        actor: ActorId,
        /// Under what name.
        name: Arc<str>,
    },
    /// A message was sent.
    Send {
        /// Its number.
        message: u64,
        /// How.
        way: Way,
        /// By whose handler; none for a plain thread.
        from: Option<ActorId>,
        /// To whom.
        to: ActorId,
        /// The method, or the type of the message.
        method: &'static str,
        /// What it carries by `Debug`, where the session asks for that and it can be shown.
        arguments: Option<Arc<str>>,
        /// If it is one of several that a group is sent together: the number of the first of them.
        group: Option<u64>,
    },
    /// A handler begins.
    Start {
        /// Whose.
        actor: ActorId,
        /// What it handles.
        message: Option<u64>,
        /// The method, or the type of the message.
        method: &'static str,
    },
    /// A handler waits, and others go on.
    Suspend {
        /// Whose.
        actor: ActorId,
        /// What it handles.
        message: Option<u64>,
    },
    /// A handler goes on.
    Resume {
        /// Whose.
        actor: ActorId,
        /// What it handles.
        message: Option<u64>,
    },
    /// A handler has returned.
    Finish {
        /// Whose.
        actor: ActorId,
        /// What it handled.
        message: Option<u64>,
    },
    /// A message was answered.
    Reply {
        /// Which.
        message: u64,
        /// With what, by `Debug`, where the session asks for that and it can be shown; or the error.
        outcome: Result<Option<Arc<str>>, Arc<str>>,
    },
    /// Nobody will handle a message.
    Lost {
        /// Which.
        message: u64,
        /// Why.
        why: Arc<str>,
    },
    /// A handler panicked.
    Panic {
        /// Whose.
        actor: ActorId,
        /// What it said, and where.
        report: Arc<str>,
    },
    /// A supervisor began an actor anew.
    Restart {
        /// Who.
        actor: ActorId,
        /// The how-manieth in a row, from 1.
        attempt: u32,
    },
    /// An actor has ended, or one of its lives.
    Stop {
        /// Who.
        actor: ActorId,
        /// Why.
        reason: ExitReason,
    },
    /// A worker took an actor from another's queue.
    Steal,
    /// A worker has nothing to do, and sleeps.
    Park,
    /// A worker goes on.
    Unpark,
    /// A spare worker begins to serve a stuck one's queues, or leaves off.
    Relief {
        /// Whether it begins.
        begins: bool,
    },
    /// Something happened to a node, or between nodes, of a simulation.
    Fault {
        /// What.
        text: Arc<str>,
    },
}
