//! References to actors: strong ones, which keep their actor, and weak ones, which do not.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::time::Duration;

use crate::actor::{Actor, Handler, Message};
use crate::call;
use crate::error::{CallError, ExitReason, SendError};
use crate::handle::{Strong, Weak};
use crate::id::ActorId;
use crate::promise::Promise;

/// A reference to an actor: how it is reached from everywhere, on any thread.
///
/// Clones refer to the same actor, are equal and hash alike. When the last one goes, the actor
/// handles what was sent to it and ends. References that form a cycle keep each other: stop one of
/// them, or let the machine's end take them all.
///
/// ```
/// use greenroom::prelude::*;
/// # struct Echo; impl Actor for Echo {}
/// # struct Say(&'static str); impl Message for Say { type Reply = &'static str; }
/// # impl Handler<Say> for Echo { fn handle(&mut self, Say(text): Say) -> &'static str { text } }
/// # let vm = Vm::builder().workers(1).build()?;
/// let echo = vm.spawn(Echo);
/// let same = echo.clone();
/// assert_eq!(echo, same);
/// assert_eq!(same.call(Say("hi"))?, "hi");
/// # Ok::<(), greenroom::Error>(())
/// ```
pub struct Ref<A> {
    raw: Strong,
    actor: PhantomData<fn(A) -> A>,
}

impl<A> Ref<A> {
    /// For a cell that holds an `A`.
    pub(crate) fn from_raw(raw: Strong) -> Self {
        Ref { raw, actor: PhantomData }
    }

    /// The reference, its actor's type forgotten.
    pub(crate) fn raw(&self) -> &Strong {
        &self.raw
    }

    /// The actor's name.
    pub fn id(&self) -> ActorId {
        self.raw.id
    }

    /// A reference that does not keep the actor.
    pub fn downgrade(&self) -> WeakRef<A> {
        WeakRef { raw: self.raw.downgrade(), actor: PhantomData }
    }

    /// Ends the actor once it has handled what was sent before; what is sent after comes back to its sender.
    /// Nothing happens if it has ended already.
    pub fn stop(&self) {
        call::send_exit(&self.raw, ExitReason::Normal);
    }

    /// As [`stop`](Self::stop), with a reason that callers and observers see.
    pub fn exit(&self, reason: impl Into<std::sync::Arc<str>>) {
        call::send_exit(&self.raw, ExitReason::Custom(reason.into()));
    }

    /// Why the actor ended, or `None` while it lives.
    pub fn exit_reason(&self) -> Option<ExitReason> {
        let cell = &self.raw;
        cell.mailbox.is_closed().then(|| cell.exit_reason())
    }
}

impl<A: Actor> Ref<A> {
    /// Sends a message and does not wait: one allocation, no lock.
    ///
    /// Messages from one sender arrive in the order in which they were sent.
    ///
    /// # Errors
    /// If the actor has ended; the message comes back. One that is still queued when the actor ends counts as a
    /// dead letter.
    #[inline]
    pub fn send<M: Message>(&self, message: M) -> Result<(), SendError<M>>
    where
        A: Handler<M>,
    {
        call::send::<A, M>(&self.raw, message)
    }

    /// Sends a message and waits for the reply, for as long as the machine's call deadline.
    ///
    /// In a handler it suspends only that handler. An actor at rest is called directly, without a queue and
    /// without an allocation.
    ///
    /// # Errors
    /// A call always ends: see [`CallError`].
    #[inline]
    pub fn call<M: Message>(&self, message: M) -> Result<M::Reply, CallError>
    where
        A: Handler<M>,
    {
        call::call::<A, M>(&self.raw, message, None)
    }

    /// As [`call`](Self::call), with a deadline of its own. `Duration::MAX` waits for ever.
    ///
    /// A reply that is there when the caller goes on counts, even if it came late.
    ///
    /// # Errors
    /// As for `call`.
    pub fn call_within<M: Message>(&self, limit: Duration, message: M) -> Result<M::Reply, CallError>
    where
        A: Handler<M>,
    {
        call::call::<A, M>(&self.raw, message, Some(limit))
    }

    /// Sends a message and returns the promise of its reply at once.
    ///
    /// An actor that has ended fails the promise, not this.
    pub fn request<M: Message>(&self, message: M) -> Promise<M::Reply>
    where
        A: Handler<M>,
    {
        call::request::<A, M>(&self.raw, message)
    }
}

impl<A> Clone for Ref<A> {
    #[inline]
    fn clone(&self) -> Self {
        Ref { raw: self.raw.clone(), actor: PhantomData }
    }
}

impl<A> PartialEq for Ref<A> {
    fn eq(&self, other: &Self) -> bool {
        self.raw == other.raw
    }
}

impl<A> Eq for Ref<A> {}

impl<A> PartialOrd for Ref<A> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// By name: in the order in which one worker spawned them.
impl<A> Ord for Ref<A> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        // Actors of a machine that has ended may have the same names as those of a later one.
        self.id().cmp(&other.id()).then_with(|| self.raw.address().cmp(&other.raw.address()))
    }
}

impl<A> Hash for Ref<A> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id().hash(state);
    }
}

/// Type and name, as in `Counter#0.7`.
impl<A> fmt::Debug for Ref<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.raw.describe())
    }
}

/// A reference that does not keep its actor. See [`Ref::downgrade`].
pub struct WeakRef<A> {
    raw: Weak,
    actor: PhantomData<fn(A) -> A>,
}

impl<A> WeakRef<A> {
    /// A strong reference, if the actor lives and someone still holds one.
    pub fn upgrade(&self) -> Option<Ref<A>> {
        self.raw.upgrade().map(|raw| Ref { raw, actor: PhantomData })
    }

    /// The actor's name.
    pub fn id(&self) -> ActorId {
        self.raw.id
    }
}

impl<A> Clone for WeakRef<A> {
    fn clone(&self) -> Self {
        WeakRef { raw: self.raw.clone(), actor: PhantomData }
    }
}

impl<A> fmt::Debug for WeakRef<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "weak {}", self.raw.describe())
    }
}
