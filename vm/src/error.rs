//! What can go wrong, one type a verb, each giving back what the caller gave.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

/// The error of programs that use the machine: anything that can be displayed.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// What `main` returns when it uses [`launch`](crate::launch).
pub type Result<T = (), E = Error> = std::result::Result<T, E>;

/// A panic in a handler, as its callers and observers see it.
#[derive(Clone, PartialEq, Eq)]
pub struct PanicReport(Arc<PanicText>);

#[derive(PartialEq, Eq)]
struct PanicText {
    message: String,
    location: String,
}

impl PanicReport {
    pub(crate) fn new(message: String, location: String) -> Self {
        PanicReport(Arc::new(PanicText { message, location }))
    }

    /// The text that was given to `panic!`, if it was a text.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// File, line and column; empty when the panic was resumed rather than begun here.
    pub fn location(&self) -> &str {
        &self.0.location
    }
}

impl fmt::Display for PanicReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.location() {
            "" => write!(f, "panicked: {}", self.message()),
            location => write!(f, "panicked at {location}: {}", self.message()),
        }
    }
}

impl fmt::Debug for PanicReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Why an actor ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExitReason {
    /// It stopped itself, was stopped, returned, or nobody held a reference to it any more.
    Normal,
    /// Its machine, or its supervisor, was shut down.
    Shutdown,
    /// It was [killed](crate::Ref::kill): nothing of its own ran any more but destructors.
    Killed,
    /// A handler panicked.
    Panicked(PanicReport),
    /// A handler used more stack than its class has.
    StackOverflow,
    /// Given to [`Ref::exit`](crate::Ref::exit) or [`exit`](crate::exit).
    Custom(Arc<str>),
}

impl ExitReason {
    /// Whether something went wrong: neither [`Normal`](Self::Normal) nor [`Shutdown`](Self::Shutdown).
    pub fn is_abnormal(&self) -> bool {
        !matches!(self, ExitReason::Normal | ExitReason::Shutdown)
    }
}

impl fmt::Display for ExitReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ExitReason::Normal => f.write_str("stopped"),
            ExitReason::Shutdown => f.write_str("shut down"),
            ExitReason::Killed => f.write_str("killed"),
            ExitReason::Panicked(report) => report.fmt(f),
            ExitReason::StackOverflow => f.write_str("used more stack than its class has"),
            ExitReason::Custom(reason) => write!(f, "exited: {reason}"),
        }
    }
}

/// Why a call has no reply.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CallError {
    /// The handler panicked; its actor has ended, unless it was a parallel method that had not the state in hand.
    Panicked(PanicReport),
    /// The actor ended before it replied.
    Stopped {
        /// Why it ended.
        reason: ExitReason,
        /// Whether the handler had begun to run: if not, it is safe to try elsewhere.
        started: bool,
    },
    /// No reply in time.
    Timeout {
        /// How long it was allowed to take: by its own deadline, or by what was left of that of a caller up the chain.
        limit: Duration,
        /// How long it has taken.
        elapsed: Duration,
        /// Whether the handler had begun to run. One that had not never will.
        started: bool,
    },
    /// The call would have waited for its own caller.
    Deadlock {
        /// The handlers of the cycle, each with its actor, each waiting for the next: the first is also the last.
        path: Vec<String>,
        /// Whether the handler had begun to run.
        started: bool,
    },
    /// The calling handler is being unwound (a destructor made the call, or its machine is shutting
    /// down), where nothing may wait.
    Unwinding,
    /// The call was made where nothing may wait, such as inside
    /// [`on_big_stack`](crate::on_big_stack).
    MayNotWait {
        /// What runs there, and the remedy if there is one.
        why: &'static str,
    },
    /// No stack can be had for the call, or for the work that goes on while it waits.
    NoStack {
        /// What the system refused, and the remedy.
        reason: Arc<str>,
    },
    /// A simulated machine has nothing left to do, and the reply has not come.
    Stalled,
}

impl CallError {
    #[cold]
    pub(crate) fn no_stack(cause: impl fmt::Display) -> Self {
        CallError::NoStack { reason: cause.to_string().into() }
    }

    /// As it is for the caller of a method that failed with this, and had begun.
    pub(crate) fn once_started(mut self) -> Self {
        match &mut self {
            CallError::Stopped { started, .. }
            | CallError::Timeout { started, .. }
            | CallError::Deadlock { started, .. } => *started = true,
            _ => {}
        }
        self
    }

    /// Whether the handler is known not to have run: then trying again elsewhere repeats nothing.
    ///
    /// ```
    /// use greenroom::{CallError, ExitReason};
    /// let refused = CallError::Stopped { reason: ExitReason::Normal, started: false };
    /// assert!(refused.is_unstarted());
    /// ```
    pub fn is_unstarted(&self) -> bool {
        match self {
            CallError::Stopped { started, .. }
            | CallError::Timeout { started, .. }
            | CallError::Deadlock { started, .. } => !started,
            // The wait failed, not the call: the request may have been sent before.
            CallError::Unwinding
            | CallError::MayNotWait { .. }
            | CallError::NoStack { .. }
            | CallError::Stalled => false,
            CallError::Panicked(_) => false,
        }
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let when = |started: &bool| if *started { "while it handled the call" } else { "before it began" };
        match self {
            CallError::Panicked(report) => write!(f, "the called actor {report}"),
            CallError::Stopped { reason, started } => {
                write!(f, "the called actor ended {} ({reason})", when(started))
            }
            CallError::Timeout { limit: Duration::ZERO, .. } => {
                f.write_str("no time was left for the call: a deadline up the chain of calls had passed")
            }
            CallError::Timeout { limit, elapsed, started } => {
                let state = if *started { "was still handling it" } else { "had not begun" };
                write!(f, "no reply within {limit:?} (waited {elapsed:?}); the called actor {state}")
            }
            CallError::Deadlock { path, .. } => write!(f, "the call waits for itself: {}", path.join(" -> ")),
            CallError::Unwinding => f.write_str("nothing may wait while a handler is being unwound"),
            CallError::MayNotWait { why } => write!(f, "nothing may wait here: {why}"),
            CallError::NoStack { reason } => write!(f, "no stack to wait on: {reason}"),
            CallError::Stalled => {
                f.write_str("the simulated machine has nothing left to do, and no reply came")
            }
        }
    }
}

impl std::error::Error for CallError {}

/// The receiver has ended; here is the message back.
pub struct SendError<M> {
    /// What was not delivered.
    pub message: M,
    /// Why the receiver ended.
    pub reason: ExitReason,
}

impl<M> fmt::Display for SendError<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the receiver has ended ({})", self.reason)
    }
}

impl<M> fmt::Debug for SendError<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendError").field("reason", &self.reason).finish_non_exhaustive()
    }
}

impl<M> std::error::Error for SendError<M> {}

/// The system gave no thread for an [actor of its own thread](crate::Vm::spawn_dedicated), which comes back.
pub struct SpawnError<A> {
    /// Behind a lock that nobody shares, so that the error is `Sync` also when the actor is not.
    actor: Mutex<A>,
    text: String,
}

impl<A> SpawnError<A> {
    pub(crate) fn new(actor: A, text: impl fmt::Display) -> Self {
        SpawnError { actor: Mutex::new(actor), text: text.to_string() }
    }

    /// The actor that was not spawned.
    pub fn into_actor(self) -> A {
        self.actor.into_inner()
    }
}

impl<A> fmt::Display for SpawnError<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl<A> fmt::Debug for SpawnError<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SpawnError").field(&self.text).finish()
    }
}

impl<A> std::error::Error for SpawnError<A> {}

/// Why a machine could not be built. The text names the value and the remedy.
#[derive(Debug)]
#[non_exhaustive]
pub struct BuildError(String);

impl BuildError {
    pub(crate) fn new(text: impl fmt::Display) -> Self {
        BuildError(text.to_string())
    }

    pub(crate) fn no_stack(cause: impl fmt::Display) -> Self {
        BuildError(format!("a worker has no stack to begin with: {cause}"))
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BuildError {}
