//! Incidents: what happens in a machine that somebody should know of, though nobody was there to be told.
//!
//! The log of events (`log`) says everything, to compare two runs; this says what is out of the ordinary, to whoever
//! watches over a program. How it reaches them is the business of `subscribers`.

use std::fmt;
use std::time::Duration;

use crate::capacity::Overload;
use crate::chain::short;
use crate::error::{ExitReason, PanicReport};
use crate::id::ActorId;

/// Something out of the ordinary. See [`Vm::incidents`](crate::Vm::incidents).
///
/// `kind` is the type of an actor's state, `method` the name of a method or the type of a message.
///
/// With the feature `tracing` each is an event of that crate as well, told to whatever collects those: its target is
/// `greenroom`, its level `WARN` or `ERROR`, its fields these and `incident`, the name of the sort. A collector runs on the
/// thread that reports, in a handler on a stack of 8 MiB; it may not wait for an actor, the time that it takes is that
/// handler's, and a panic of it is caught.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Incident {
    /// Messages could not be delivered, and nobody waits for their replies. An actor that ends with many in its mailbox
    /// is one incident. A message that was refused when it was sent is none: its sender has it back.
    DeadLetters {
        /// Whom they were for.
        actor: ActorId,
        /// Its type.
        kind: &'static str,
        /// The first of them.
        message: &'static str,
        /// How many there are.
        count: u64,
        /// Why the actor had ended, or what else kept them from it.
        reason: ExitReason,
    },
    /// There was no room for a message, or a mailbox has reached its watermark.
    Overload {
        /// Whose.
        actor: ActorId,
        /// Its type.
        kind: &'static str,
        /// What happened.
        what: Overload,
    },
    /// A handler has run for more than ten milliseconds without an end, a call or a wait: it computes, or blocks its
    /// thread in the kernel. It is told once, while the handler still runs. Those suspended on the same worker wait for it.
    ///
    /// There are none in a simulated machine, nor of an actor with [its own thread](crate::Vm::spawn_dedicated), who
    /// may take their time.
    LongActivation {
        /// Whose handler.
        actor: ActorId,
        /// Its type.
        kind: &'static str,
        /// What it handles.
        method: &'static str,
        /// The worker that it keeps; relief workers follow the regular ones.
        worker: usize,
        /// For how long at least.
        running_for: Duration,
    },
    /// A call would have waited for itself, and failed.
    Deadlock {
        /// The way round, as in the caller's [error](crate::CallError::Deadlock).
        path: Vec<String>,
    },
    /// A handler panicked.
    Panic {
        /// Whose. It has ended, unless the handler was a parallel method without the state in hand.
        actor: ActorId,
        /// Its type.
        kind: &'static str,
        /// What it said, and where.
        report: PanicReport,
    },
    /// A handler used up its stack.
    StackOverflow {
        /// Whose. What becomes of it is as after a panic.
        actor: ActorId,
        /// Its type.
        kind: &'static str,
        /// How many bytes of stack its [class](crate::Actor::STACK) has.
        stack: usize,
    },
    /// A supervisor began an actor anew.
    Restart {
        /// The actor, whose references stay valid.
        actor: ActorId,
        /// Its type.
        kind: &'static str,
        /// Why it had ended.
        reason: ExitReason,
        /// The how-manieth restart in a row this is, from 1: a life that lasted longer than the supervisor's window, and than
        /// twice its longest wait, begins a new row.
        attempt: u32,
    },
    /// A supervisor gave up, for its children failed too often within its window.
    RestartsExceeded {
        /// The supervisor.
        actor: ActorId,
        /// Its type.
        kind: &'static str,
        /// How many restarts its window allows.
        restarts: u32,
        /// How long that is.
        within: Duration,
        /// Why the last child had ended.
        reason: ExitReason,
    },
    /// The handler of an actor that was killed caught the unwinding, and runs on.
    RefusesToEnd {
        /// Whose.
        actor: ActorId,
        /// Its type.
        kind: &'static str,
        /// What it handles.
        method: &'static str,
    },
}

/// In one line, as in `Bank#0.7 panicked at src/bank.rs:3:5: no such account`.
impl fmt::Display for Incident {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Incident::DeadLetters { actor, kind, message, count, reason } => {
                write!(f, "{} for {kind}#{actor} ({reason})", Letters { count: *count, message })
            }
            Incident::Overload { actor, kind, what } => write!(f, "the mailbox of {kind}#{actor}: {what}"),
            Incident::LongActivation { actor, kind, method, worker, running_for } => {
                write!(f, "{kind}#{actor}.{} has kept worker {worker} for {running_for:?}", short(method))
            }
            Incident::Deadlock { path } => write!(f, "a call waits for itself: {}", path.join(" -> ")),
            Incident::Panic { actor, kind, report } => write!(f, "{kind}#{actor} {report}"),
            Incident::StackOverflow { actor, kind, stack } => {
                write!(f, "{kind}#{actor} used up its stack of {} KiB", stack / 1024)
            }
            Incident::Restart { actor, kind, reason, attempt } => {
                write!(f, "{kind}#{actor} is restarted, attempt {attempt} ({reason})")
            }
            Incident::RestartsExceeded { actor, kind, restarts, within, reason } => {
                write!(f, "{kind}#{actor} gives up after {restarts} restarts within {within:?} ({reason})")
            }
            Incident::RefusesToEnd { actor, kind, method } => {
                write!(f, "{kind}#{actor}.{} was killed and does not end", short(method))
            }
        }
    }
}

/// Lost messages, as in `3 messages lost, first add`.
struct Letters {
    count: u64,
    message: &'static str,
}

impl fmt::Display for Letters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.count {
            1 => write!(f, "a message lost, {}", short(self.message)),
            count => write!(f, "{count} messages lost, the first {}", short(self.message)),
        }
    }
}
