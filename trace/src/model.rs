//! What a saved trace is made of. It knows no machine: it is what is left of a run.
//!
//! Actors are numbered by their first appearance and messages by the order in which they were sent, so that equal runs
//! give equal traces, byte for byte, whatever else their processes did.

use serde::{Deserialize, Serialize};

/// What happened in one machine, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trace {
    /// Of what run.
    pub title: String,
    /// Whoever appears in it.
    pub actors: Vec<Actor>,
    /// In the order of their times.
    pub events: Vec<Event>,
    /// How many events are missing, because there was no room to keep them.
    pub dropped: u64,
}

/// An actor, and what to call it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// Its number in the machine, as in `0.7`.
    pub id: String,
    /// The type of its state; empty if it was spawned before the trace began.
    pub kind: String,
    /// A name that it was registered under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The simulated node that it lives on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
}

/// The place of an actor in [`Trace::actors`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ActorIndex(pub u32);

/// The how-manieth message of a trace, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MessageIndex(pub u64);

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// When, in nanoseconds since the machine began.
    pub at: u64,
    /// On which worker; none for a thread outside of the machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worker: Option<u16>,
    /// What.
    #[serde(flatten)]
    pub what: What,
}

/// How a message was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum What {
    /// An actor was spawned.
    Spawn {
        /// Who.
        actor: ActorIndex,
        /// By whose handler.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<ActorIndex>,
    },
    /// A message was sent.
    Send {
        /// Which.
        message: MessageIndex,
        /// How.
        way: Way,
        /// By whose handler; none for a plain thread.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<ActorIndex>,
        /// To whom.
        to: ActorIndex,
        /// The method, or the type of the message.
        method: String,
        /// What was carried, if that was asked for and can be shown.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        arguments: Option<String>,
        /// The first message of those that one group was sent together.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        group: Option<MessageIndex>,
    },
    /// A handler began.
    Start {
        /// Whose.
        actor: ActorIndex,
        /// What it handles; none if it was sent before the trace began.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<MessageIndex>,
        /// The method, or the type of the message.
        method: String,
    },
    /// A handler waits, and others go on.
    Suspend {
        /// Whose.
        actor: ActorIndex,
        /// What it handles.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<MessageIndex>,
    },
    /// A handler goes on.
    Resume {
        /// Whose.
        actor: ActorIndex,
        /// What it handles.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<MessageIndex>,
    },
    /// A handler has returned.
    Finish {
        /// Whose.
        actor: ActorIndex,
        /// What it handled.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<MessageIndex>,
    },
    /// A message was answered.
    Reply {
        /// Which.
        message: MessageIndex,
        /// With what, if that was asked for and can be shown.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        value: Option<String>,
        /// The error, if it is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<String>,
    },
    /// Nobody will handle a message.
    Lost {
        /// Which.
        message: MessageIndex,
        /// Why.
        why: String,
    },
    /// A handler panicked.
    Panic {
        /// Whose.
        actor: ActorIndex,
        /// What it said, and where.
        report: String,
    },
    /// A supervisor began an actor anew.
    Restart {
        /// Who.
        actor: ActorIndex,
        /// The how-manieth in a row, from 1.
        attempt: u32,
    },
    /// An actor has ended, or one of its lives.
    Stop {
        /// Who.
        actor: ActorIndex,
        /// Why.
        reason: String,
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
        /// What, as in `node-3 crashes`.
        text: String,
    },
}
