//! References to actors: strong ones, which keep their actor, and weak ones, which do not.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::ptr::NonNull;
use std::time::Duration;

use crate::actor::{Actor, Handler, Message};
use crate::call;
use crate::cell::{self, Header};
use crate::core;
use crate::error::{CallError, ExitReason, SendError};
use crate::id::ActorId;
use crate::promise::Promise;
use crate::worker;

/// One strong reference, its actor's type forgotten.
pub(crate) struct RawRef(NonNull<Header>);

// SAFETY: everything that can be done through a reference is done by atomic words, or by whoever holds the right to
// run the actor; the state itself is `Send` and only that holder touches it.
unsafe impl Send for RawRef {}
// SAFETY: as above.
unsafe impl Sync for RawRef {}

impl RawRef {
    /// # Safety
    /// The caller owns one strong count, and gives it up.
    pub(crate) unsafe fn from_header(header: NonNull<Header>) -> Self {
        RawRef(header)
    }

    #[inline]
    pub(crate) fn header(&self) -> NonNull<Header> {
        self.0
    }

    #[inline]
    pub(crate) fn cell(&self) -> &Header {
        // SAFETY: the strong count keeps the cell.
        unsafe { self.0.as_ref() }
    }

    /// Sends the end: what was sent before it is handled.
    pub(crate) fn exit(&self, reason: ExitReason) {
        call::send_exit(self, reason);
    }

    pub(crate) fn downgrade(&self) -> RawWeak {
        self.cell().counts.add_weak();
        RawWeak(self.0)
    }
}

impl Clone for RawRef {
    #[inline]
    fn clone(&self) -> Self {
        self.cell().counts.add_strong();
        RawRef(self.0)
    }
}

impl Drop for RawRef {
    #[inline]
    fn drop(&mut self) {
        if self.cell().counts.drop_strong() {
            // SAFETY: the last strong reference: the strong side's share of the weak count is ours.
            unsafe { drop_last(self.0) };
        }
    }
}

/// The last strong reference is gone: has the actor notice, then gives up its share of the memory.
unsafe fn drop_last(header: NonNull<Header>) {
    // SAFETY: the strong side's share keeps the cell until the end of this function.
    if unsafe { header.as_ref() }.mailbox.release() {
        core::schedule(worker::current(), header, false);
    }
    // SAFETY: the share is ours, and given up once.
    unsafe { cell::drop_weak(header) };
}

/// One weak reference, its actor's type forgotten.
pub(crate) struct RawWeak(NonNull<Header>);

// SAFETY: as for `RawRef`.
unsafe impl Send for RawWeak {}
// SAFETY: as for `RawRef`.
unsafe impl Sync for RawWeak {}

impl RawWeak {
    pub(crate) fn cell(&self) -> &Header {
        // SAFETY: the weak count keeps the cell.
        unsafe { self.0.as_ref() }
    }

    pub(crate) fn upgrade(&self) -> Option<RawRef> {
        let cell = self.cell();
        (!cell.mailbox.is_closed() && cell.counts.try_add_strong()).then_some(RawRef(self.0))
    }
}

impl Clone for RawWeak {
    fn clone(&self) -> Self {
        self.cell().counts.add_weak();
        RawWeak(self.0)
    }
}

impl Drop for RawWeak {
    fn drop(&mut self) {
        // SAFETY: the count is ours, and given up once.
        unsafe { cell::drop_weak(self.0) };
    }
}

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
    raw: RawRef,
    actor: PhantomData<fn(A) -> A>,
}

impl<A> Ref<A> {
    /// # Safety
    /// The caller owns one strong count of a cell that holds an `A`, and gives it up.
    pub(crate) unsafe fn from_header(header: NonNull<Header>) -> Self {
        // SAFETY: the caller says so.
        Ref { raw: unsafe { RawRef::from_header(header) }, actor: PhantomData }
    }

    /// The actor's name.
    pub fn id(&self) -> ActorId {
        self.raw.cell().id
    }

    /// A reference that does not keep the actor.
    pub fn downgrade(&self) -> WeakRef<A> {
        WeakRef { raw: self.raw.downgrade(), actor: PhantomData }
    }

    /// Ends the actor once it has handled what was sent before; what is sent after comes back to its sender.
    /// Nothing happens if it has ended already.
    pub fn stop(&self) {
        self.raw.exit(ExitReason::Normal);
    }

    /// As [`stop`](Self::stop), with a reason that callers and observers see.
    pub fn exit(&self, reason: impl Into<std::sync::Arc<str>>) {
        self.raw.exit(ExitReason::Custom(reason.into()));
    }

    /// Why the actor ended, or `None` while it lives.
    pub fn exit_reason(&self) -> Option<ExitReason> {
        let cell = self.raw.cell();
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
        self.raw.header() == other.raw.header()
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
        self.id().cmp(&other.id())
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
        f.write_str(&self.raw.cell().describe())
    }
}

/// A reference that does not keep its actor. See [`Ref::downgrade`].
pub struct WeakRef<A> {
    raw: RawWeak,
    actor: PhantomData<fn(A) -> A>,
}

impl<A> WeakRef<A> {
    /// A strong reference, if the actor lives and someone still holds one.
    pub fn upgrade(&self) -> Option<Ref<A>> {
        self.raw.upgrade().map(|raw| Ref { raw, actor: PhantomData })
    }

    /// The actor's name.
    pub fn id(&self) -> ActorId {
        self.raw.cell().id
    }
}

impl<A> Clone for WeakRef<A> {
    fn clone(&self) -> Self {
        WeakRef { raw: self.raw.clone(), actor: PhantomData }
    }
}

impl<A> fmt::Debug for WeakRef<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "weak {}", self.raw.cell().describe())
    }
}
