//! The sender's side of a mailbox with bounds: how a message gets in, and what its sender does where there is no room.
//!
//! A one-way message and a request stand in the same line, and are taken in by whoever makes room. What their senders wait
//! for differs:
//!
//! | who waits          | waits at                            | and is told                                |
//! |--------------------|-------------------------------------|--------------------------------------------|
//! | sends one-way      | a slot of its own, for the room     | when its message has gone in               |
//! | calls              | its request's slot, for the reply   | when that is there                         |
//!
//! Both are slots that the actor is to answer, so a sender that would wait for ever is found as a caller is: at once if
//! the actor waits for it, and otherwise by `deadlock`. Who gives up, is unwound, or is told that the actor has ended takes
//! the message out of the line; if it is not there any more, it has been delivered.

use std::marker::PhantomData;
use std::ptr::NonNull;

use crate::call::Unsent;
use crate::capacity::{Overload, QueueLimit, WhenFull};
use crate::cell::{self, Header};
use crate::core;
use crate::envelope::{Cast, Envelope, Request};
use crate::error::CallError;
use crate::handle::{Delivery, Strong};
use crate::overload::report;
use crate::parcel::Parcel;
use crate::promise::Promise;
use crate::queue_memory;
use crate::reply::{Outcome, Replier, Slot};
use crate::ring::{In, Put, Ring};
use crate::stopwatch::Limit;
use crate::worker::Worker;

/// How messages get in.
impl Strong {
    fn ring(&self) -> Option<&Ring> {
        // SAFETY: the strong count keeps the cell.
        unsafe { cell::ring_of(self.address()) }
    }

    /// See [`push`](Self::push).
    ///
    /// # Safety
    /// As there.
    #[cold]
    pub(crate) unsafe fn push_within_bounds(
        &self,
        here: Option<&Worker>,
        envelope: NonNull<Envelope>,
    ) -> Delivery {
        // SAFETY: the caller says so.
        unsafe { self.put(here, envelope, true, |ring| ring.pass(envelope)) }
    }

    /// See [`offer`](Self::offer).
    ///
    /// # Safety
    /// As there.
    #[cold]
    pub(crate) unsafe fn offer_within_bounds(
        &self,
        here: Option<&Worker>,
        envelope: NonNull<Envelope>,
    ) -> Delivery {
        // SAFETY: the caller says so.
        unsafe { self.put(here, envelope, false, |ring| ring.offer(envelope, &self.class.capacity)) }
    }

    /// As [`offer`](Self::offer), at the end of the line if there is no room. Whoever is told that it waits takes it
    /// [back](Self::take_back) before it is gone.
    ///
    /// # Safety
    /// As there.
    unsafe fn stand_in_line(
        &self,
        here: Option<&Worker>,
        envelope: NonNull<Envelope>,
        sender: Option<Replier<()>>,
    ) -> Delivery {
        let capacity = &self.class.capacity;
        // SAFETY: the caller says so.
        unsafe { self.put(here, envelope, false, |ring| ring.stand_in_line(envelope, sender, capacity)) }
    }

    /// Charges an envelope, and puts it into the ring, or the mailbox if there is none.
    ///
    /// # Safety
    /// As for [`push`](Self::push).
    unsafe fn put(
        &self,
        here: Option<&Worker>,
        envelope: NonNull<Envelope>,
        must_pass: bool,
        put: impl FnOnce(&Ring) -> Put,
    ) -> Delivery {
        // SAFETY: the caller's own.
        let size = unsafe { envelope.as_ref() }.contents.size();
        let is_charged = queue_memory::is_used();
        if is_charged && let Err(limit) = queue_memory::charge(self, here, size, must_pass) {
            return Delivery::Full(limit);
        }
        let delivery = match self.ring() {
            // SAFETY: the caller says so, and there is no ring.
            None => unsafe { self.link(here, envelope) },
            Some(ring) => match put(ring) {
                Put::In(done) => self.see_to(here, ring, done),
                Put::Waits => Delivery::Waits,
                Put::Full => Delivery::Full(self.class.capacity.limit()),
                Put::Closed => Delivery::Refused,
            },
        };
        if is_charged && !matches!(delivery, Delivery::Done | Delivery::Waits) {
            queue_memory::give_back(self, size);
        }
        delivery
    }

    /// An envelope is in the ring: does what else there is to do.
    fn see_to(&self, here: Option<&Worker>, ring: &Ring, done: In) -> Delivery {
        if done.must_ring {
            // An actor that has ended meanwhile finds the envelope in the ring.
            // SAFETY: a bell is for every type, and it was not in the mailbox.
            let _ = unsafe { self.link(here, ring.bell()) };
        }
        if let Some(queued) = done.risen_to {
            report(self, here, Overload::Watermark { queued });
        }
        if let Some(oldest) = done.displaced {
            report(self, here, Overload::DroppedOldest);
            // SAFETY: out of the ring, so alive and ours.
            let size = unsafe { oldest.as_ref() }.contents.size();
            if queue_memory::is_used() {
                queue_memory::give_back(self, size);
            }
            // SAFETY: neither run nor refused before, and what lies in a ring was never in the mailbox.
            unsafe { Envelope::discard(oldest, &overloaded(self, self.class.capacity.limit())) };
        }
        Delivery::Done
    }

    /// Takes what stood in line back. False: it has been delivered.
    #[must_use]
    fn take_back(&self, envelope: NonNull<Envelope>) -> bool {
        let is_back = self.ring().is_some_and(|ring| ring.take_back(envelope));
        if is_back && queue_memory::is_used() {
            // SAFETY: out of the line, so alive and ours.
            queue_memory::give_back(self, unsafe { envelope.as_ref() }.contents.size());
        }
        is_back
    }

    /// Whether a sender waits where there is no room.
    fn lets_wait(&self, limit: QueueLimit) -> bool {
        self.class.capacity.policy() == WhenFull::Wait && matches!(limit, QueueLimit::Messages(_))
    }
}

fn overloaded(actor: &Header, limit: QueueLimit) -> CallError {
    CallError::Overloaded { actor: actor.id, kind: actor.class.short_name(), limit }
}

fn stopped(actor: &Header) -> CallError {
    CallError::Stopped { reason: actor.exit_reason(), started: false }
}

/// A one-way message was not delivered at once: waits for room, drops it, or gives it back.
///
/// # Safety
/// It is a `Cast<P>`, the caller's own, and for this receiver.
#[cold]
pub(crate) unsafe fn send_undelivered<P: Parcel>(
    to: &Strong,
    here: Option<&Worker>,
    envelope: NonNull<Envelope>,
    delivery: Delivery,
) -> Result<(), Unsent<P>> {
    let mut is_dropped = false;
    let error = match delivery {
        Delivery::Full(limit) if to.lets_wait(limit) => {
            // SAFETY: the caller says so.
            match unsafe { wait_for_room::<P>(to, here, envelope) } {
                Ok(()) => return Ok(()),
                Err(error) => error,
            }
        }
        Delivery::Full(limit) => {
            is_dropped = to.class.capacity.policy() == WhenFull::DropNewest
                && matches!(limit, QueueLimit::Messages(_));
            report(to, here, if is_dropped { Overload::DroppedNewest } else { Overload::Refused });
            overloaded(to, limit)
        }
        Delivery::Refused => stopped(to),
        Delivery::Done | Delivery::Waits => unreachable!("it was not delivered"),
    };
    // SAFETY: a `Cast<P>` that is ours.
    let parcel = unsafe { Cast::<P>::take_back(envelope) };
    if is_dropped { Ok(()) } else { Err(Unsent { parcel, error }) }
}

/// What a timer sends was not delivered: nobody is there who could wait, or be told.
#[cold]
pub(crate) fn tick_undelivered(to: &Strong, here: Option<&Worker>, delivery: &Delivery) {
    if matches!(delivery, Delivery::Full(_)) {
        report(to, here, Overload::DroppedNewest);
    }
}

/// A message that stands in line, whose sender is told when it has gone in.
struct InLine<'a, P: Parcel> {
    to: &'a Strong,
    envelope: NonNull<Envelope>,
    parcel: PhantomData<P>,
}

/// Its sender is unwound.
impl<P: Parcel> Drop for InLine<'_, P> {
    fn drop(&mut self) {
        if self.to.take_back(self.envelope) {
            // SAFETY: a `Cast<P>` that is ours again.
            drop(unsafe { Cast::<P>::take_back(self.envelope) });
        }
    }
}

/// Waits until the message is in the mailbox.
///
/// # Errors
/// If it is not, and never will be: it is the caller's again.
///
/// # Safety
/// As for [`send_undelivered`].
unsafe fn wait_for_room<P: Parcel>(
    to: &Strong,
    here: Option<&Worker>,
    envelope: NonNull<Envelope>,
) -> Result<(), CallError> {
    let left = may_wait_for(to, here, P::name)?;
    let (sender, mut room) = Slot::<()>::pair_for(Some(to.address().addr()));
    // SAFETY: the caller says so.
    match unsafe { to.stand_in_line(here, envelope, Some(sender)) } {
        Delivery::Done => return Ok(()),
        Delivery::Waits => {}
        Delivery::Refused => return Err(stopped(to)),
        Delivery::Full(limit) => {
            report(to, here, Overload::Refused);
            return Err(overloaded(to, limit));
        }
    }
    let in_line = InLine::<P> { to, envelope, parcel: PhantomData };
    report(to, here, Overload::Waits);
    let told = room.wait_for_answer_to(None, left);
    std::mem::forget(in_line);
    match told {
        Err(error) if to.take_back(envelope) => Err(error),
        _ => Ok(()),
    }
}

/// How long a sender may wait for room.
///
/// # Errors
/// Where nothing may wait, and where the wait would be for the sender itself.
fn may_wait_for(to: &Strong, here: Option<&Worker>, method: fn() -> &'static str) -> Result<Limit, CallError> {
    let machine = to.id.machine();
    let Some(worker) = here else { return Ok(Limit::of(core::deadline_from_outside(machine, None).0)) };
    let sender = worker.may_wait(1)?;
    sender.check_cycle(to, method)?;
    let limit = match worker.machine == machine {
        true => worker.core.options.call_deadline,
        false => core::call_deadline(machine),
    };
    Ok(sender.context_for_call(limit)?.1)
}

/// A request was not delivered: fails its promise.
///
/// # Safety
/// It is a `Request<P>`, the caller's own.
#[cold]
pub(crate) unsafe fn request_undelivered<P: Parcel>(
    to: &Strong,
    here: Option<&Worker>,
    envelope: NonNull<Envelope>,
    delivery: Delivery,
) {
    let error = match delivery {
        Delivery::Full(limit) => {
            report(to, here, Overload::Refused);
            overloaded(to, limit)
        }
        Delivery::Refused => stopped(to),
        Delivery::Done | Delivery::Waits => unreachable!("it was not delivered"),
    };
    // SAFETY: a `Request<P>` that is ours; opened once.
    drop(unsafe { Request::<P>::take_back(envelope, error) });
}

/// A request that stands in line, and its promise: while it is not kept, the request's memory is there.
struct Asking<'a, P: Parcel> {
    to: &'a Strong,
    envelope: NonNull<Envelope>,
    promise: Promise<P::Reply>,
}

impl<P: Parcel> Asking<'_, P> {
    /// Nobody waits for the reply any more.
    fn give_up(&self) {
        if self.promise.slot().is_some() && self.to.take_back(self.envelope) {
            // SAFETY: a `Request<P>` that is ours again. Its slot is still there, so this is done once: its address is
            // in no line any more.
            drop(unsafe { Request::<P>::take_back(self.envelope, CallError::Stalled) });
        }
    }
}

/// Its caller is unwound, or has its answer.
impl<P: Parcel> Drop for Asking<'_, P> {
    fn drop(&mut self) {
        self.give_up();
    }
}

/// A call's request was not delivered at once: waits in line for its turn, or fails.
///
/// # Safety
/// It is the `Request<P>` of that promise, the caller's own, and for this receiver.
#[cold]
pub(crate) unsafe fn ask_undelivered<P: Parcel>(
    to: &Strong,
    here: Option<&Worker>,
    (envelope, promise): (NonNull<Envelope>, Promise<P::Reply>),
    mut delivery: Delivery,
    left: Limit,
) -> Outcome<P::Reply> {
    if matches!(delivery, Delivery::Full(limit) if to.lets_wait(limit)) {
        // SAFETY: the caller says so.
        delivery = unsafe { to.stand_in_line(here, envelope, None) };
    }
    match delivery {
        Delivery::Done => promise.wait_or_call_off(left),
        Delivery::Waits => {
            report(to, here, Overload::Waits);
            let mut asking = Asking::<P> { to, envelope, promise };
            let outcome = asking.promise.wait_for_answer_to(None, left);
            if outcome.is_err() {
                asking.give_up();
            }
            asking.promise.call_off(outcome)
        }
        undelivered => {
            // SAFETY: the caller says so.
            unsafe { request_undelivered::<P>(to, here, envelope, undelivered) };
            promise.wait_or_call_off(left)
        }
    }
}
