//! What one may hold of an actor's cell: a strong reference, a weak one, or the right to run it.
//!
//! | handle       | keeps the cell | keeps the actor | may touch the state | how many        |
//! |--------------|----------------|-----------------|---------------------|-----------------|
//! | [`Strong`]   | yes            | yes             | no                  | any             |
//! | [`Weak`]     | yes            | no              | no                  | any             |
//! | [`Runnable`] | yes: only its holder ends the actor | yes | yes        | one at most     |
//!
//! A [`Runnable`] is made by the push, claim or release that finds the actor at rest. It goes through a run queue as a
//! scheduler's job, is used up by a batch, and ends when the actor rests or ends.

use std::any::TypeId;
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::ptr::NonNull;

use greenroom_scheduler::Job;

use crate::capacity::QueueLimit;
use crate::cell::{self, Header};
use crate::core;
use crate::envelope::Envelope;
use crate::error::ExitReason;
use crate::lifecycle;
use crate::mailbox::{Interruption, Push, Receiver};
use crate::nodes::Node;
use crate::ties;
use crate::worker::{self, Worker};

/// The right to run an actor.
///
/// Dropping one that was not rested, queued or ended keeps its actor scheduled for ever.
#[must_use = "an actor whose right to run is lost never runs again"]
#[derive(Debug)]
pub(crate) struct Runnable(NonNull<Header>);

// SAFETY: the right to run an actor goes from thread to thread, through run queues or in a message; the state is
// `Send`.
unsafe impl Send for Runnable {}

impl Runnable {
    /// # Safety
    /// The right has come to the caller: it made the mailbox scheduled, or was given it by who did.
    #[inline]
    pub(crate) unsafe fn new(header: NonNull<Header>) -> Self {
        Runnable(header)
    }

    /// Takes the right to run, if the actor is at rest. For a worker that [serves](Worker::serves) it, or for its own
    /// thread's.
    #[inline]
    pub(crate) fn claim(actor: &Header) -> Option<Self> {
        debug_assert!(
            !actor.id.is_dedicated() || worker::current().is_some_and(Worker::is_dedicated),
            "only its own thread runs it"
        );
        actor.mailbox.claim().map(|_| Runnable(NonNull::from(actor)))
    }

    /// As the scheduler takes it.
    #[inline]
    pub(crate) fn into_job(self) -> Job {
        Job::new(self.0.cast())
    }

    /// As the scheduler gives it back.
    ///
    /// # Safety
    /// The job was made by [`into_job`](Self::into_job).
    #[inline]
    pub(crate) unsafe fn from_job(job: Job) -> Self {
        Runnable(job.into_raw().cast())
    }

    /// The state's address.
    #[inline]
    pub(crate) fn state(&self) -> *mut () {
        // SAFETY: whoever may run it keeps it alive.
        unsafe { cell::state_of(self.0) }
    }

    /// Where the cell is: for records of who runs, which end before this right does.
    #[inline]
    pub(crate) fn address(&self) -> NonNull<Header> {
        self.0
    }

    /// The right to pop from the mailbox, which has been read up to `seen`.
    #[inline]
    pub(crate) fn receiver(&self, seen: *mut Node) -> Receiver<'_> {
        // SAFETY: the right to run is the right to pop.
        unsafe { self.mailbox.receiver(seen) }
    }

    /// Has an actor that was ended do what it does when it stops.
    #[inline]
    pub(crate) fn stop(&self, reason: &ExitReason) {
        if let Some(stopping) = self.class.stopping {
            // SAFETY: the class is that of the state, and the right to run is the right to it.
            unsafe { lifecycle::stop(stopping, self.state(), reason) };
        }
    }

    /// Drops the state of an actor that was ended, if it has one, tells whoever is to be told of it, and gives up the
    /// machine's hold on the memory.
    ///
    /// # Panics
    /// If the mailbox is not closed.
    #[inline]
    pub(crate) fn finish(self, has_state: bool) {
        assert!(self.mailbox.is_closed(), "an actor is finished when it has ended");
        if has_state {
            self.drop_state();
        }
        if self.neighbours.die() {
            ties::tell(&self);
        }
        // SAFETY: the machine's hold, which goes with the actor.
        unsafe { cell::drop_weak(self.0) };
    }

    /// Drops the state. A destructor that panics has been reported by the hook; the state is gone either way.
    fn drop_state(&self) {
        // SAFETY: the right to run is the right to the state, which the two callers give up.
        let _ = crate::panics::catch(|| unsafe { cell::drop_state(self.0) });
    }

    /// Drops the state of an actor that may go on with another.
    pub(crate) fn vacate(mut self) -> Self {
        self.drop_state();
        self.set_vacant(true);
        self
    }

    /// Gives an actor without a state another one.
    ///
    /// # Panics
    /// If it has one, or had one of another type.
    pub(crate) fn fill<S: 'static>(mut self, state: S) -> Self {
        assert!(self.is_vacant(), "an actor has one state");
        assert!(self.class.type_id == TypeId::of::<S>(), "an actor keeps its type");
        // SAFETY: the type is that of the cell, which is alive.
        let place = unsafe { cell::state_of::<S>(self.0) };
        // SAFETY: vacant, so nothing is there, and the right to run is the right to the place.
        unsafe { place.write(state) };
        self.set_vacant(false);
        self
    }
}

impl Deref for Runnable {
    type Target = Header;

    #[inline]
    fn deref(&self) -> &Header {
        // SAFETY: only its holder ends the actor, so it is alive.
        unsafe { self.0.as_ref() }
    }
}

/// What became of an envelope.
pub(crate) enum Delivery {
    /// It lies in the mailbox.
    Done,
    /// The actor has ended; the envelope is the caller's again.
    Refused,
    /// There is no room; the envelope is the caller's again. Only what is [offered](Strong::offer) is told so.
    Full(QueueLimit),
    /// It stands in line until there is room. Only what was put there is told so.
    Waits,
}

/// One strong reference, its actor's type forgotten.
#[derive(Debug)]
pub(crate) struct Strong(NonNull<Header>);

// SAFETY: everything that can be done through a reference is done by atomic words, or by whoever holds the right to
// run the actor; the state itself is `Send` and only that holder touches it.
unsafe impl Send for Strong {}
// SAFETY: as above.
unsafe impl Sync for Strong {}

impl Strong {
    /// # Safety
    /// The caller owns one strong count, and gives it up.
    pub(crate) unsafe fn new(header: NonNull<Header>) -> Self {
        Strong(header)
    }

    /// Another one, for an actor that refers to itself and may hold none.
    pub(crate) fn from_inside(running: &Header) -> Self {
        running.counts.add_strong_from_inside();
        Strong(NonNull::from(running))
    }

    /// Where the state is. What may be done with it is for whoever has the right to run the actor.
    #[inline]
    pub(crate) fn state(&self) -> NonNull<()> {
        // SAFETY: the strong count keeps the cell.
        let state = unsafe { cell::state_of(self.0) };
        // SAFETY: behind its header, so not null.
        unsafe { NonNull::new_unchecked(state) }
    }

    /// Where the cell is: no two cells that anyone refers to are at the same place.
    pub(crate) fn address(&self) -> NonNull<Header> {
        self.0
    }

    /// Puts an envelope into the mailbox, and queues the actor if it was at rest: one that passes also where there is no
    /// room. `is_hooked`: whether there [are any](crate::hooks::are_any) hooks, as its caller saw when it packed the envelope.
    ///
    /// # Safety
    /// The envelope is in no mailbox, and its contents are for the actor's type.
    #[inline]
    pub(crate) unsafe fn push(
        &self,
        is_hooked: bool,
        here: Option<&Worker>,
        envelope: NonNull<Envelope>,
    ) -> Delivery {
        if is_hooked || self.class.capacity.is_counted() {
            // SAFETY: the caller says so.
            return unsafe { self.push_within_bounds(here, envelope) };
        }
        // SAFETY: the caller says so.
        unsafe { self.link(here, envelope) }
    }

    /// As [`push`](Self::push), if there is room.
    ///
    /// # Safety
    /// As there.
    #[inline(always)]
    pub(crate) unsafe fn offer(
        &self,
        is_hooked: bool,
        here: Option<&Worker>,
        envelope: NonNull<Envelope>,
    ) -> Delivery {
        if is_hooked || self.class.capacity.is_counted() {
            // SAFETY: the caller says so.
            return unsafe { self.offer_within_bounds(here, envelope) };
        }
        // SAFETY: the caller says so.
        unsafe { self.link(here, envelope) }
    }

    /// Links an envelope into the mailbox itself, and queues the actor if it was at rest.
    ///
    /// # Safety
    /// As for [`push`](Self::push), and the actor has no ring, or it is that one's bell.
    #[inline]
    pub(crate) unsafe fn link(&self, here: Option<&Worker>, envelope: NonNull<Envelope>) -> Delivery {
        // SAFETY: the caller's alone; given back by the mailbox, or by this.
        match unsafe { self.mailbox.push(Envelope::node(envelope)) } {
            Push::Queued => Delivery::Done,
            Push::Schedule => {
                core::schedule(here, Runnable(self.0), self.is_new());
                Delivery::Done
            }
            Push::Closed => Delivery::Refused,
        }
    }

    /// Marks that there is an order for the actor, and queues it if it was at rest. True: it was not, and whoever holds
    /// the right to run it is to be told.
    pub(crate) fn interrupt(&self, here: Option<&Worker>) -> bool {
        match self.mailbox.interrupt() {
            Interruption::Schedule => {
                core::schedule(here, Runnable(self.0), false);
                false
            }
            Interruption::Marked => true,
            Interruption::Closed => false,
        }
    }

    /// Takes the right to run, if the actor is at rest.
    #[inline]
    pub(crate) fn claim(&self) -> Option<Runnable> {
        Runnable::claim(self)
    }

    pub(crate) fn downgrade(&self) -> Weak {
        Weak::of(self)
    }
}

impl Deref for Strong {
    type Target = Header;

    #[inline]
    fn deref(&self) -> &Header {
        // SAFETY: the strong count keeps the cell.
        unsafe { self.0.as_ref() }
    }
}

impl PartialEq for Strong {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl Eq for Strong {}

impl Clone for Strong {
    #[inline]
    fn clone(&self) -> Self {
        self.counts.add_strong();
        Strong(self.0)
    }
}

impl Drop for Strong {
    #[inline]
    fn drop(&mut self) {
        if self.counts.drop_strong() {
            drop_last(self.0);
        }
    }
}

/// The last strong reference is gone: has the actor notice, then gives up the strong side's share of the memory.
fn drop_last(header: NonNull<Header>) {
    // SAFETY: the share keeps the cell until the end of this function.
    if unsafe { header.as_ref() }.mailbox.release() {
        core::schedule(worker::current(), Runnable(header), false);
    }
    // SAFETY: the share came with the fall to zero, and is given up once.
    unsafe { cell::drop_weak(header) };
}

/// One weak reference, its actor's type forgotten.
#[derive(Debug)]
pub(crate) struct Weak(NonNull<Header>);

// SAFETY: as for `Strong`.
unsafe impl Send for Weak {}
// SAFETY: as for `Strong`.
unsafe impl Sync for Weak {}

impl Weak {
    /// One for an actor that its caller keeps alive.
    pub(crate) fn of(actor: &Header) -> Self {
        actor.counts.add_weak();
        Weak(NonNull::from(actor))
    }

    /// To push through: that needs the cell, which is here, and not the count, which is not. What is pushed to an actor
    /// that nobody refers to may come too late.
    pub(crate) fn as_pusher(&self) -> ManuallyDrop<Strong> {
        ManuallyDrop::new(Strong(self.0))
    }

    pub(crate) fn upgrade(&self) -> Option<Strong> {
        (!self.mailbox.is_closed() && self.counts.try_add_strong()).then(|| Strong(self.0))
    }
}

impl Deref for Weak {
    type Target = Header;

    fn deref(&self) -> &Header {
        // SAFETY: the weak count keeps the cell.
        unsafe { self.0.as_ref() }
    }
}

impl Clone for Weak {
    fn clone(&self) -> Self {
        Weak::of(self)
    }
}

impl Drop for Weak {
    fn drop(&mut self) {
        let header = self.0;
        // SAFETY: the count is ours, and given up once.
        unsafe { cell::drop_weak(header) };
    }
}

/// Keeps `Runnable` a word: it goes through run queues as one.
const _: () = assert!(size_of::<Runnable>() == size_of::<usize>());
