//! The event log: what happened, in order, for those who want to compare two runs.
//!
//! Off unless the builder asks for it; then every event takes a lock, so it is meant for simulated machines and
//! for tests. The same seed gives the same log.

use std::fmt;

use parking_lot::Mutex;

use crate::capacity::Overload;
use crate::error::ExitReason;
use crate::id::ActorId;

/// Something that happened in the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// An actor was spawned.
    Spawn {
        /// Who.
        actor: ActorId,
        /// The type of its state.
        kind: &'static str,
    },
    /// A message was put into a mailbox.
    Send {
        /// The actor whose handler sent it; none for plain threads.
        from: Option<ActorId>,
        /// Its receiver.
        to: ActorId,
    },
    /// A message is about to be handled.
    Handle {
        /// By whom.
        actor: ActorId,
        /// The type of the message.
        message: &'static str,
    },
    /// A call went straight to a callee at rest.
    HandOff {
        /// The callee.
        actor: ActorId,
        /// The type of the message.
        message: &'static str,
    },
    /// Something happened at a mailbox that is full, or filling up.
    Overload {
        /// Whose mailbox.
        actor: ActorId,
        /// What.
        what: Overload,
    },
    /// An actor ended.
    End {
        /// Who.
        actor: ActorId,
        /// Why.
        reason: ExitReason,
    },
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Event::Spawn { actor, kind } => write!(f, "spawn {kind}{actor:?}"),
            Event::Send { from: Some(from), to } => write!(f, "send {from:?} -> {to:?}"),
            Event::Send { from: None, to } => write!(f, "send -> {to:?}"),
            Event::Handle { actor, message } => write!(f, "handle {actor:?} {message}"),
            Event::HandOff { actor, message } => write!(f, "hand off {actor:?} {message}"),
            Event::Overload { actor, what } => write!(f, "overload {actor:?} {what:?}"),
            Event::End { actor, reason } => write!(f, "end {actor:?} {reason}"),
        }
    }
}

/// See the head of this file.
#[derive(Default)]
pub(crate) struct EventLog {
    events: Mutex<Vec<Event>>,
}

impl EventLog {
    pub(crate) fn record(&self, event: Event) {
        self.events.lock().push(event);
    }

    pub(crate) fn take(&self) -> Vec<Event> {
        std::mem::take(&mut self.events.lock())
    }
}
