//! What a user writes: an actor, its messages, and a handler for each.

use std::fmt;

use greenroom_stackful::StackSize;

use crate::capacity::Capacity;
use crate::error::ExitReason;

/// Anything that lives in the machine and handles messages, one at a time.
///
/// ```
/// use greenroom::prelude::*;
///
/// #[derive(Default)]
/// struct Counter { value: u64 }
/// impl Actor for Counter {}
///
/// struct Add(u64);
/// impl Message for Add { type Reply = u64; }
///
/// impl Handler<Add> for Counter {
///     fn handle(&mut self, Add(by): Add) -> u64 {
///         self.value += by;
///         self.value
///     }
/// }
///
/// let vm = Vm::builder().workers(1).build()?;
/// let counter = vm.spawn(Counter::default());
/// counter.send(Add(40))?;                       // one-way: returns at once
/// assert_eq!(counter.ask(Add(2))?, 42);        // waits for the reply
/// # Ok::<(), greenroom::Error>(())
/// ```
pub trait Actor: Send + Sized + 'static {
    /// The stack that its handlers run on. Actors at rest have none.
    const STACK: StackSize = StackSize::KIB_64;

    /// Whether it goes before others when both could run.
    const PRIORITY: Priority = Priority::Normal;

    /// How many messages may wait for it, and what happens when there is no room. One with a bound takes 128 bytes more.
    const CAPACITY: Capacity = Capacity::UNBOUNDED;

    /// Runs before the first message. With one, an actor is queued when it is spawned.
    const STARTED: Option<fn(&mut Self)> = None;

    /// Runs when the actor ends, with the reason; what was queued has gone back by then. Not after a panic of its own,
    /// which may have left the state broken, and not when it is itself [killed](crate::Ref::kill): then only the destructor
    /// runs. A machine that is dropped ends such actors first, and waits for them up to its
    /// [limit](crate::Builder::shutdown_limit).
    const STOPPING: Option<fn(&mut Self, &ExitReason)> = None;
}

/// Whether an actor goes before others when both could run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Priority {
    /// In turn.
    #[default]
    Normal,
    /// Before the others, up to eight in a row; then one of the others has its turn.
    High,
}

/// Something that can be sent, and what comes back.
///
/// The reply of a one-way send is dropped where it was made.
pub trait Message: Send + 'static {
    /// What a call returns. A method that can fail replies with a `Result`.
    type Reply: Send + 'static;

    /// Shows what it carries, to whoever [traces](crate::Vm::trace) with arguments. Shows nothing unless it is written:
    /// where the type has `Debug`, as `write!(f, "{self:?}")`.
    ///
    /// # Errors
    /// If `f` has.
    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let _ = f;
        Ok(())
    }

    /// As [`describe`](Self::describe), for a reply.
    ///
    /// # Errors
    /// If `f` has.
    fn describe_reply(reply: &Self::Reply, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let _ = (reply, f);
        Ok(())
    }

    /// A second one like this, for a simulated network that delivers some things twice. None unless it is written: where the
    /// type has `Clone`, as `Some(self.clone())`.
    fn duplicate(&self) -> Option<Self>
    where
        Self: Sized,
    {
        None
    }
}

/// How an actor handles one kind of message.
pub trait Handler<M: Message>: Actor {
    /// Handles one message. It may call, wait and sleep: only this actor waits with it.
    ///
    /// # Panics
    /// A panic here ends this actor, fails the call it was handling with
    /// [`CallError::Panicked`](crate::CallError::Panicked), and returns what was still queued to its senders. One in a
    /// destructor that such a panic runs, or a kill, or the machine's end, aborts the process, as everywhere in Rust.
    fn handle(&mut self, message: M) -> M::Reply;
}
