//! How messages get into a mailbox with bounds, and what becomes of those for which there is no room.
//!
//! Who may wait does so in the `line`. Others are told, or nobody is: what a receiver's [`WhenFull`] says is carried out
//! here and there, and nowhere else.

use std::ptr::NonNull;

use crate::call;
use crate::capacity::{Overload, QueueLimit, WhenFull};
use crate::cell::{self, Header};
use crate::crossing;
use crate::envelope::{Cast, Envelope};
use crate::error::CallError;
use crate::handle::{Delivery, Strong};
use crate::hooks;
use crate::line::wait_for_room;
use crate::overload::report;
use crate::parcel::Parcel;
use crate::queue_memory;
use crate::reply::Replier;
use crate::request::Request;
use crate::ring::{In, Put, Ring};
use crate::simulated;
use crate::target::Target;
use crate::trace::{Way, events};
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
        if unsafe { self.has_departed(here, envelope, true) } {
            return Delivery::Done;
        }
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
        if unsafe { self.has_departed(here, envelope, false) } {
            return Delivery::Done;
        }
        // SAFETY: the caller says so.
        unsafe { self.put(here, envelope, false, |ring| ring.offer(envelope, &self.class.capacity)) }
    }

    /// Whether the actor is on another node than the sender. Then the envelope is on its way, and the caller's no more.
    ///
    /// # Safety
    /// As for [`push`](Self::push).
    unsafe fn has_departed(
        &self,
        here: Option<&Worker>,
        envelope: NonNull<Envelope>,
        must_pass: bool,
    ) -> bool {
        let Some(setting) = simulated::setting(self.id.machine()) else { return false };
        let Some(way) = setting.way(here, self.id) else { return false };
        // SAFETY: the caller says so.
        unsafe { crossing::depart(&setting, way, self, envelope, must_pass) };
        true
    }

    /// As [`offer`](Self::offer), at the end of the line if there is no room. Whoever is told that it waits takes it
    /// [back](Self::take_back) before it is gone.
    ///
    /// # Safety
    /// As there.
    pub(crate) unsafe fn stand_in_line(
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
        let is_charged = hooks::are_any();
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
            if hooks::are_any() {
                queue_memory::give_back(self, size);
            }
            // SAFETY: neither run nor refused before, and what lies in a ring was never in the mailbox.
            unsafe { Envelope::discard(oldest, &overloaded(self, self.class.capacity.limit())) };
        }
        Delivery::Done
    }

    /// Takes what stood in line back. False: it has been delivered.
    #[must_use]
    pub(crate) fn take_back(&self, envelope: NonNull<Envelope>) -> bool {
        let is_back = self.ring().is_some_and(|ring| ring.take_back(envelope));
        if is_back && hooks::are_any() {
            // SAFETY: out of the line, so alive and ours.
            queue_memory::give_back(self, unsafe { envelope.as_ref() }.contents.size());
        }
        is_back
    }

    /// Whether a sender waits where there is no room.
    pub(crate) fn lets_wait(&self, limit: QueueLimit) -> bool {
        self.class.capacity.policy() == WhenFull::Wait && matches!(limit, QueueLimit::Messages(_))
    }
}

pub(crate) fn overloaded(actor: &Header, limit: QueueLimit) -> CallError {
    CallError::Overloaded { actor: actor.id, kind: actor.class.short_name(), limit }
}

pub(crate) fn stopped(actor: &Header) -> CallError {
    CallError::Stopped { reason: actor.exit_reason(), started: false }
}

/// A parcel that was not sent.
pub(crate) struct Unsent<P> {
    pub(crate) parcel: P,
    pub(crate) error: CallError,
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
    if hooks::are_any() {
        events::lost(envelope.addr().get(), &error);
    }
    // SAFETY: a `Cast<P>` that is ours.
    let parcel = unsafe { Cast::<P>::take_back(envelope) };
    if is_dropped { Ok(()) } else { Err(Unsent { parcel, error }) }
}

/// Sends what a timer makes when it is reached. If the actor has ended, the timer ends as well; if it has no room, this is
/// dropped: nobody is there who could wait, or be told.
pub(crate) fn send_tick<P: Parcel>(to: &Strong, target: Target<P::Receiver>, parcel: P) {
    assert_eq!(to.state().as_ptr(), target.state().cast(), "a tick goes to the actor that its timer is for");
    let (here, is_hooked) = (call::here(), hooks::are_any());
    let envelope = call::pack_cast(is_hooked, to, Way::Timer, parcel);
    // SAFETY: new, and for that receiver.
    let delivery = unsafe { to.offer(is_hooked, here, envelope) };
    if matches!(delivery, Delivery::Done) {
        return;
    }
    if matches!(delivery, Delivery::Full(_)) {
        report(to, here, Overload::DroppedNewest);
    }
    if is_hooked {
        events::lost(envelope.addr().get(), &"there was no room for it, or its receiver has ended");
    }
    // SAFETY: it came back, and is a `Cast<P>`.
    drop(unsafe { Cast::<P>::take_back(envelope) });
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
