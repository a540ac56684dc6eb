//! Sending, requesting and calling: how a message leaves its sender.
//!
//! | callee            | send          | call                                                           |
//! |-------------------|---------------|----------------------------------------------------------------|
//! | at rest           | queued, runs  | claimed, and run at once on another stack (hand-off)           |
//! | running, queued   | queued        | queued; the caller suspends on the request's own slot          |
//! | ended             | comes back    | fails                                                          |
//!
//! See `visit` for the hand-off.

use std::ptr::NonNull;
use std::time::Duration;

use greenroom_scheduler::Time;

use crate::cell::Header;
use crate::chain::{Awaited, Context, Frame};
use crate::control::Control;
use crate::core;
use crate::coroutine::Coroutine;
use crate::crossing;
use crate::envelope::{Cast, Envelope};
use crate::handle::{Delivery, Strong};
use crate::hooks;
use crate::line;
use crate::links::ExitSignal;
use crate::parcel::Parcel;
use crate::promise::Promise;
use crate::reply::{Outcome, Replier, Slot};
use crate::request::Request;
use crate::room::{self, Unsent};
use crate::stopwatch::Limit;
use crate::target::{StrongTo, WeakTo};
use crate::trace::Way;
use crate::trace::events;
use crate::trace::sending::{self, Sending};
use crate::visit::hand_off;
use crate::worker::{self, Worker};

/// Checks the sender's stack, and says where it runs.
#[inline]
pub(crate) fn here<'a>() -> Option<&'a Worker> {
    let here = worker::current();
    if let Some(worker) = here {
        worker.check_stack();
    }
    here
}

/// Puts a parcel that nobody waits for into an envelope.
#[inline]
pub(crate) fn pack_cast<P: Parcel>(is_hooked: bool, to: &Header, way: Way, parcel: P) -> NonNull<Envelope> {
    if is_hooked { sending::pack_cast(to, way, parcel) } else { Cast::pack(parcel) }
}

/// Puts a parcel that somebody waits for into an envelope.
#[inline]
pub(crate) fn pack_request<P: Parcel>(
    is_hooked: bool,
    to: &Strong,
    way: Way,
    context: Context,
    parcel: P,
) -> (NonNull<Envelope>, Promise<P::Reply>) {
    match is_hooked {
        true => sending::pack_request(to, way, context, parcel),
        false => Request::pack(to.address().addr(), context, parcel),
    }
}

/// Sends a parcel that nobody waits for. It comes back from a receiver that has ended, or has no room and does not let
/// the sender wait; who may wait does so.
#[inline]
pub(crate) fn send<P: Parcel>(to: &StrongTo<P::Receiver>, parcel: P) -> Result<(), Unsent<P>> {
    let to = to.raw();
    let (here, is_hooked) = (here(), hooks::are_any());
    let envelope = pack_cast(is_hooked, &to, Way::Cast, parcel);
    // SAFETY: new, and for that receiver.
    match unsafe { to.offer(is_hooked, here, envelope) } {
        Delivery::Done => Ok(()),
        // SAFETY: it came back, and is a `Cast<P>`.
        undelivered => unsafe { room::send_undelivered(&to, here, envelope, undelivered) },
    }
}

/// Sends a parcel in the midst of somebody else's work: it does not panic, whatever has become of that one's stack, and
/// finds room everywhere. It comes back from a receiver that has ended.
pub(crate) fn deliver<P: Parcel>(to: &StrongTo<P::Receiver>, parcel: P) -> Result<(), P> {
    let to = to.raw();
    push(&to, worker::current(), parcel)
}

/// As [`deliver`], to one that nobody may refer to any more. It is lost if the receiver has ended.
pub(crate) fn deliver_to_weak<P: Parcel>(to: &WeakTo<P::Receiver>, parcel: P) {
    let _ = push(&to.raw.as_pusher(), worker::current(), parcel);
}

fn push<P: Parcel>(to: &Strong, here: Option<&Worker>, parcel: P) -> Result<(), P> {
    let is_hooked = hooks::are_any();
    let envelope = pack_cast(is_hooked, to, Way::Cast, parcel);
    // SAFETY: new, and for that receiver.
    if matches!(unsafe { to.push(is_hooked, here, envelope) }, Delivery::Done) {
        return Ok(());
    }
    if is_hooked {
        events::lost(envelope.addr().get(), &room::stopped(to));
    }
    // SAFETY: it came back, and is a `Cast<P>`.
    Err(unsafe { Cast::<P>::take_back(envelope) })
}

pub(crate) fn send_exit(to: &Strong, signal: ExitSignal) {
    let here = here();
    push_exit(to, here, signal);
}

/// As [`send_exit`], in the midst of somebody else's work, as [`deliver`] is to [`send`].
pub(crate) fn deliver_exit(to: &Strong, signal: ExitSignal) {
    push_exit(to, worker::current(), signal);
}

fn push_exit(to: &Strong, here: Option<&Worker>, signal: ExitSignal) {
    let is_hooked = hooks::are_any();
    let sending = is_hooked.then(|| Sending::of_signal(to, &signal));
    let envelope = Control::pack(signal);
    if let Some(sending) = sending {
        sending.lies_at([envelope.addr().get(), 0]);
    }
    // SAFETY: new, and control messages are for every type.
    if !matches!(unsafe { to.push(is_hooked, here, envelope) }, Delivery::Done) {
        if is_hooked {
            events::lost(envelope.addr().get(), &room::stopped(to));
        }
        // SAFETY: it came back.
        drop(unsafe { Control::unpack(envelope) });
        // SAFETY: unpacked, and in no mailbox.
        unsafe { Envelope::free(envelope) };
    }
}

/// Sends a parcel, and promises its reply.
pub(crate) fn request<P: Parcel>(to: &StrongTo<P::Receiver>, parcel: P) -> Promise<P::Reply> {
    request_for(to, parcel, Way::Request, Context::NONE)
}

/// As `request`, by a caller who works for someone and waits.
fn request_for<P: Parcel>(
    to: &StrongTo<P::Receiver>,
    parcel: P,
    way: Way,
    context: Context,
) -> Promise<P::Reply> {
    let to = to.raw();
    let (here, is_hooked) = (here(), hooks::are_any());
    let (envelope, promise) = pack_request(is_hooked, &to, way, context, parcel);
    let put = if P::MUST_PASS { Strong::push } else { Strong::offer };
    // SAFETY: new, and for that receiver.
    match unsafe { put(&to, is_hooked, here, envelope) } {
        Delivery::Done => {}
        // SAFETY: it came back, and is a `Request<P>`.
        undelivered => unsafe { room::request_undelivered::<P>(&to, here, envelope, undelivered) },
    }
    promise
}

/// See the head of this file. `limit`: none stands for the machine's own.
#[inline]
pub(crate) fn call<P: Parcel>(
    receiver: &StrongTo<P::Receiver>,
    parcel: P,
    limit: Option<Duration>,
) -> Outcome<P::Reply> {
    let to = receiver.raw();
    if let Some(worker) = core::worker_of(to.id.machine())
        && let Some(coroutine) = worker.coroutine()
    {
        // One for the callee, one to go on with the loop if both suspend.
        worker.may_wait(2)?;
        worker.breathe(coroutine);
        let limit = limit.unwrap_or(worker.core.options.call_deadline);
        if P::MAY_VISIT
            && worker.serves(to.id)
            && worker.may_hand_off(&to)
            && let Some(runnable) = to.claim()
        {
            return hand_off(worker, runnable, parcel, Frame { caller: coroutine, limit });
        }
        return call_queued(receiver, parcel, coroutine, limit);
    }
    call_from_outside(receiver, parcel, limit)
}

/// The callee does something else: the caller suspends until it has had its turn.
pub(crate) fn call_queued<P: Parcel>(
    receiver: &StrongTo<P::Receiver>,
    parcel: P,
    caller: &Coroutine,
    limit: Duration,
) -> Outcome<P::Reply> {
    let cycle = match P::NEEDS_STATE {
        true => Ok(caller.refuse_cycle(&receiver.raw(), P::name)?),
        false => caller.check_cycle(&receiver.raw(), P::name),
    };
    let (mut context, left) = caller.context_for_call(limit)?;
    let _awaited = Awaited::of(&context);
    let machine = receiver.raw().id.machine();
    if machine != caller.worker().machine {
        // Its clock began at another time.
        context.deadline = core::deadline_of(machine, left.length);
    }
    match cycle {
        Ok(()) => line::ask(receiver, parcel, context, left),
        Err(_) => request_beside(receiver, parcel, caller, context).wait_or_call_off(left),
    }
}

/// The actor waits for this call and would never come to it; but the method can do without it.
fn request_beside<P: Parcel>(
    receiver: &StrongTo<P::Receiver>,
    parcel: P,
    caller: &Coroutine,
    context: Context,
) -> Promise<P::Reply> {
    let (replier, promise) = Slot::pair_for(Some(receiver.raw().address().addr()));
    replier.slot().progress.start();
    if hooks::are_any() {
        Sending::of(&receiver.raw(), Way::Call, &parcel).lies_at([0, replier.address()]);
        if let Some((setting, way)) = crossing::way_to(receiver.raw().id) {
            crossing::ask_beside(&setting, way, receiver, parcel, context, replier);
            return promise;
        }
    }
    parcel.serve_beside(receiver, Beside { caller, context, owed: replier });
    promise
}

/// Asks one of several, as long as their replies are waited for. Says as well whether its actor would never come to it
/// while the caller waits.
pub(crate) fn request_of_many<P: Parcel>(
    receiver: &StrongTo<P::Receiver>,
    parcel: P,
    deadline: Time,
) -> (Promise<P::Reply>, bool) {
    let context = Context::until(deadline);
    match worker::current().and_then(Worker::coroutine) {
        Some(caller) if caller.check_cycle(&receiver.raw(), P::name).is_err() => match P::NEEDS_STATE {
            true => (request_for(receiver, parcel, Way::Request, context), true),
            false => (request_beside(receiver, parcel, caller, context), false),
        },
        _ => (request_for(receiver, parcel, Way::Request, context), false),
    }
}

/// By a plain thread, or a handler of another machine.
#[cold]
fn call_from_outside<P: Parcel>(
    receiver: &StrongTo<P::Receiver>,
    parcel: P,
    limit: Option<Duration>,
) -> Outcome<P::Reply> {
    let to = receiver.raw();
    if let Some(coroutine) = worker::current().and_then(Worker::coroutine) {
        let limit = limit.unwrap_or_else(|| core::call_deadline(to.id.machine()));
        return call_queued(receiver, parcel, coroutine, limit);
    }
    let (limit, deadline) = core::deadline_from_outside(to.id.machine(), limit);
    line::ask(receiver, parcel, Context::until(deadline), Limit::of(limit))
}

/// A parcel that is to be handled beside the handler of the receiver that waits for it.
pub struct Beside<'a, R> {
    pub(crate) caller: &'a Coroutine,
    pub(crate) context: Context,
    pub(crate) owed: Replier<R>,
}
