//! References to actors: strong ones, which keep their actor, and weak ones, which do not.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::time::Duration;

use crate::actor::{Actor, Handler, Message};
use crate::call;
use crate::cell::Header;
use crate::error::{CallError, ExitReason, SendError};
use crate::id::ActorId;
use crate::links;
use crate::links::ExitSignal;
use crate::order::{self, Order};
use crate::parcel::Told;
use crate::promise::Promise;
use crate::target::{StrongTo, WeakTo};

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
/// assert_eq!(same.ask(Say("hi"))?, "hi");
/// # Ok::<(), greenroom::Error>(())
/// ```
#[repr(transparent)]
pub struct Ref<A: ?Sized> {
    to: StrongTo<A>,
}

impl<A: ?Sized> Ref<A> {
    pub(crate) fn new(to: StrongTo<A>) -> Self {
        Ref { to }
    }

    #[inline]
    pub(crate) fn to(&self) -> &StrongTo<A> {
        &self.to
    }

    pub(crate) fn into_to(self) -> StrongTo<A> {
        self.to
    }

    pub(crate) fn header(&self) -> &Header {
        self.to.header()
    }

    /// The actor's name.
    pub fn id(&self) -> ActorId {
        self.to.raw().id
    }

    /// A reference that does not keep the actor.
    pub fn downgrade(&self) -> WeakRef<A> {
        WeakRef { to: self.to.downgrade() }
    }

    /// Ends the actor once it has handled what was sent before; what is sent after comes back to its sender.
    /// Nothing happens if it has ended already.
    pub fn stop(&self) {
        call::send_exit(&self.to.raw(), ExitSignal::Stop(ExitReason::Normal));
    }

    /// As [`stop`](Self::stop), with a reason that callers and observers see. One that [traps exits](Self::trap_exit) gets
    /// a message instead.
    pub fn exit(&self, reason: impl Into<std::sync::Arc<str>>) {
        links::exit(&self.to.raw(), reason.into());
    }

    /// Ends the actor at once, whatever it does and whatever is queued. Nothing of its own runs any more but destructors: a
    /// handler that waits is unwound where it waits, one that computes at its next call into the machine, and so are its
    /// parallel methods. What was queued goes back, and whoever waited for it gets
    /// [`Stopped`](CallError::Stopped), with [`Killed`](ExitReason::Killed) as the reason. This returns at once, and before
    /// that has happened.
    ///
    /// A handler that never calls into the machine can not be ended; one that is between two messages need not be unwound.
    ///
    /// ```
    /// use greenroom::{prelude::*, sleep};
    ///
    /// struct Sleeper;
    /// #[actor]
    /// impl Sleeper {
    ///     fn doze(&mut self) { let _ = sleep(3600 * SECOND); }
    /// }
    /// # let vm = Vm::builder().workers(1).build()?;
    /// let sleeper = vm.spawn(Sleeper);
    /// let dream = sleeper.request().doze();
    /// sleeper.kill();
    /// assert!(matches!(dream.wait(), Err(CallError::Stopped { reason: ExitReason::Killed, .. })));
    /// # Ok::<(), greenroom::Error>(())
    /// ```
    pub fn kill(&self) {
        order::give(&self.to.raw(), Order::Kill);
    }

    /// Why the actor ended, or `None` while it lives.
    pub fn exit_reason(&self) -> Option<ExitReason> {
        let cell = self.to.raw();
        cell.mailbox.is_closed().then(|| cell.exit_reason())
    }
}

impl<A: Actor> Ref<A> {
    /// Sends a message and does not wait for what comes of it: one allocation, no lock. If the actor has a
    /// [capacity](Actor::CAPACITY) it costs a lock, and where there is no room, what was chosen there: perhaps a wait.
    ///
    /// Messages from one sender arrive in the order in which they were sent.
    ///
    /// # Errors
    /// If the actor has ended, or has no room; the message comes back. One that is still queued when the actor ends counts
    /// as a dead letter.
    #[inline]
    pub fn send<M: Message>(&self, message: M) -> Result<(), SendError<M>>
    where
        A: Handler<M>,
    {
        let sent = call::send(&self.to, Told::<A, M>::new(message));
        sent.map_err(|unsent| SendError { message: unsent.parcel.message, error: unsent.error })
    }

    /// Sends a message and waits for the reply, for as long as the machine's call deadline.
    ///
    /// In a handler it suspends only that handler. An actor at rest is called directly, without a queue and
    /// without an allocation.
    ///
    /// # Errors
    /// A call always ends: see [`CallError`].
    #[inline]
    pub fn ask<M: Message>(&self, message: M) -> Result<M::Reply, CallError>
    where
        A: Handler<M>,
    {
        call::call(&self.to, Told::<A, M>::new(message), None)
    }

    /// As [`ask`](Self::ask), with a deadline of its own. `Duration::MAX` waits for ever.
    ///
    /// A reply that is there when the caller goes on counts, even if it came late.
    ///
    /// # Errors
    /// As for `ask`.
    pub fn ask_within<M: Message>(&self, limit: Duration, message: M) -> Result<M::Reply, CallError>
    where
        A: Handler<M>,
    {
        call::call(&self.to, Told::<A, M>::new(message), Some(limit))
    }

    /// Sends a message and returns the promise of its reply at once.
    ///
    /// An actor that has ended, or has no room, fails the promise, not this. So this never waits for room.
    pub fn send_request<M: Message>(&self, message: M) -> Promise<M::Reply>
    where
        A: Handler<M>,
    {
        call::request(&self.to, Told::<A, M>::new(message))
    }
}

impl<A: ?Sized> Clone for Ref<A> {
    #[inline]
    fn clone(&self) -> Self {
        Ref { to: self.to.clone() }
    }
}

impl<A: ?Sized> PartialEq for Ref<A> {
    fn eq(&self, other: &Self) -> bool {
        *self.to.raw() == *other.to.raw()
    }
}

impl<A: ?Sized> Eq for Ref<A> {}

impl<A: ?Sized> PartialOrd for Ref<A> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// By name: in the order in which one worker spawned them.
impl<A: ?Sized> Ord for Ref<A> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        // Actors of a machine that has ended may have the same names as those of a later one.
        self.id().cmp(&other.id()).then_with(|| self.to.raw().address().cmp(&other.to.raw().address()))
    }
}

impl<A: ?Sized> Hash for Ref<A> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id().hash(state);
    }
}

/// Type and name, as in `Counter#0.7`.
impl<A: ?Sized> fmt::Debug for Ref<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to.raw().describe())
    }
}

/// A reference that does not keep its actor. See [`Ref::downgrade`].
pub struct WeakRef<A: ?Sized> {
    to: WeakTo<A>,
}

impl<A: ?Sized> WeakRef<A> {
    /// A strong reference, if the actor lives and someone still holds one.
    pub fn upgrade(&self) -> Option<Ref<A>> {
        self.to.upgrade().map(|to| Ref { to })
    }

    /// The actor's name.
    pub fn id(&self) -> ActorId {
        self.to.raw.id
    }
}

impl<A: ?Sized> Clone for WeakRef<A> {
    fn clone(&self) -> Self {
        WeakRef { to: self.to.clone() }
    }
}

impl<A: ?Sized> fmt::Debug for WeakRef<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "weak {:?}", self.to)
    }
}
