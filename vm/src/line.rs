//! The line before a mailbox that is full: senders that wait for room.
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

use crate::call;
use crate::capacity::Overload;
use crate::chain::Context;
use crate::core;
use crate::envelope::{Cast, Envelope};
use crate::error::CallError;
use crate::handle::{Delivery, Strong};
use crate::hooks;
use crate::overload::report;
use crate::parcel::Parcel;
use crate::promise::Promise;
use crate::reply::{Outcome, Slot};
use crate::request::Request;
use crate::room::{overloaded, request_undelivered, stopped};
use crate::stopwatch::Limit;
use crate::target::StrongTo;
use crate::trace::{Way, events};
use crate::worker::Worker;

/// Requests, and waits for the reply; and for room, where there is none and the caller may wait for it.
pub(crate) fn ask<P: Parcel>(
    to: &StrongTo<P::Receiver>,
    parcel: P,
    context: Context,
    left: Limit,
) -> Outcome<P::Reply> {
    let to = to.raw();
    let (here, is_hooked) = (call::here(), hooks::are_any());
    let (envelope, promise) = call::pack_request(is_hooked, &to, Way::Call, context, parcel);
    // SAFETY: new, and for that receiver.
    let mut delivery = unsafe { to.offer(is_hooked, here, envelope) };
    if matches!(delivery, Delivery::Full(limit) if to.lets_wait(limit)) {
        // SAFETY: it came back.
        delivery = unsafe { to.stand_in_line(here, envelope, None) };
    }
    match delivery {
        Delivery::Done => promise.wait_or_call_off(left),
        Delivery::Waits => {
            report(&to, here, Overload::Waits);
            Asking::<P> { to: &to, envelope, promise }.wait(left)
        }
        undelivered => {
            // SAFETY: it came back, and is a `Request<P>`.
            unsafe { request_undelivered::<P>(&to, here, envelope, undelivered) };
            promise.wait_or_call_off(left)
        }
    }
}

/// A request that stands in line, and its promise: while it is not kept, the request's memory is there.
struct Asking<'a, P: Parcel> {
    to: &'a Strong,
    envelope: NonNull<Envelope>,
    promise: Promise<P::Reply>,
}

impl<P: Parcel> Asking<'_, P> {
    #[cold]
    fn wait(mut self, left: Limit) -> Outcome<P::Reply> {
        let outcome = self.promise.wait_for_answer_to(None, left);
        if outcome.is_err() {
            self.give_up();
        }
        self.promise.call_off(outcome)
    }

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
            if hooks::are_any() {
                events::lost(self.envelope.addr().get(), &"its sender was unwound before there was room");
            }
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
/// As for [`send_undelivered`](crate::room::send_undelivered).
#[cold]
pub(crate) unsafe fn wait_for_room<P: Parcel>(
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
fn may_wait_for(
    to: &Strong,
    here: Option<&Worker>,
    method: fn() -> &'static str,
) -> Result<Limit, CallError> {
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
