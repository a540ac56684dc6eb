//! Sending, requesting and calling: how a message leaves its sender.
//!
//! | callee            | send          | call                                                           |
//! |-------------------|---------------|----------------------------------------------------------------|
//! | at rest           | queued, runs  | claimed, and run at once on another stack (hand-off)           |
//! | running, queued   | queued        | queued; the caller suspends on the request's own slot          |
//! | ended             | comes back    | fails                                                          |
//!
//! **Hand-off.** The caller stays where it is: its coroutine resumes the callee's as a child, so a callee
//! that does not wait costs one switch there and one back, no queue and no allocation; message and reply lie in
//! the caller's frame. If the callee does suspend, the control comes back to the caller with the reply still
//! owing: only then is a slot allocated, the callee told to answer there, and the caller suspended on it.

use std::ptr::NonNull;
use std::time::Duration;

use greenroom_scheduler::Time;

use crate::abilities::Show;
use crate::activation;
use crate::cell::Header;
use crate::chain::{Awaited, Context, Frame};
use crate::core;
use crate::coroutine::Coroutine;
use crate::ending;
use crate::envelope::{Cast, Control, Envelope, ExitSignal, Request};
use crate::errand::Errand;
use crate::error::CallError;
use crate::handle::{Delivery, Runnable, Strong};
use crate::hooks;
use crate::line;
use crate::order;
use crate::panics;
use crate::parcel::{Exclusive, Parcel};
use crate::promise::Promise;
use crate::reader::Reader;
use crate::reply::{Outcome, Replier, Slot, Unanswered};
use crate::room::{self, Unsent};
use crate::stopwatch::Limit;
use crate::target::{StrongTo, WeakTo};
use crate::trace::Way;
use crate::trace::events;
use crate::trace::sending::{self, Sending};
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
pub(crate) fn pack_cast<P: Parcel>(to: &Header, way: Way, parcel: P) -> NonNull<Envelope> {
    if hooks::are_any() { sending::pack_cast(to, way, parcel) } else { Cast::pack(parcel) }
}

/// Puts a parcel that somebody waits for into an envelope.
#[inline]
pub(crate) fn pack_request<P: Parcel>(
    to: &Strong,
    way: Way,
    context: Context,
    parcel: P,
) -> (NonNull<Envelope>, Promise<P::Reply>) {
    match hooks::are_any() {
        true => sending::pack_request(to, way, context, parcel),
        false => Request::pack(to.address().addr(), context, parcel),
    }
}

/// Sends a parcel that nobody waits for. It comes back from a receiver that has ended, or has no room and does not let
/// the sender wait; who may wait does so.
#[inline]
pub(crate) fn send<P: Parcel>(to: &StrongTo<P::Receiver>, parcel: P) -> Result<(), Unsent<P>> {
    let to = to.raw();
    let here = here();
    let envelope = pack_cast(&to, Way::Cast, parcel);
    // SAFETY: new, and for that receiver.
    match unsafe { to.offer(here, envelope) } {
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
    let envelope = pack_cast(to, Way::Cast, parcel);
    // SAFETY: new, and for that receiver.
    if matches!(unsafe { to.push(here, envelope) }, Delivery::Done) {
        return Ok(());
    }
    if hooks::are_any() {
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
    let sending = hooks::are_any().then(|| Sending::of_signal(to, &signal));
    let envelope = Control::pack(signal);
    if let Some(sending) = sending {
        sending.lies_at([envelope.addr().get(), 0]);
    }
    // SAFETY: new, and control messages are for every type.
    if !matches!(unsafe { to.push(here, envelope) }, Delivery::Done) {
        if hooks::are_any() {
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
    let here = here();
    let (envelope, promise) = pack_request(&to, way, context, parcel);
    let put = if P::MUST_PASS { Strong::push } else { Strong::offer };
    // SAFETY: new, and for that receiver.
    match unsafe { put(&to, here, envelope) } {
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

/// What a visitor brings to a callee at rest.
struct Luggage<P, R> {
    runnable: Runnable,
    parcel: P,
    frame: NonNull<Frame<'static>>,
    landing: *mut Landing<R>,
}

/// A visit to a callee at rest, on a coroutine of its own.
pub struct Visit<'a, P, R> {
    luggage: Luggage<P, R>,
    coroutine: &'a Coroutine,
}

/// Where a visitor leaves what came of the call: in the caller's frame, which is there while it has not suspended. The
/// reply has a place of its own: as a part of a `Result` it would be moved there in pieces and read in others.
struct Landing<R> {
    reply: Option<R>,
    error: Option<CallError>,
}

#[inline]
pub(crate) fn hand_off<P: Parcel>(
    worker: &Worker,
    runnable: Runnable,
    parcel: P,
    frame: Frame<'_>,
) -> Outcome<P::Reply> {
    if hooks::are_any() {
        Sending::of(&runnable, Way::HandOff, &parcel).lies_at([frame.address().addr().get(), 0]);
    }
    let (stack, callee) = (P::stack(&runnable), runnable.address().addr());
    let mut landing = Landing { reply: None, error: None };
    let luggage = Luggage { runnable, parcel, frame: frame.address(), landing: &raw mut landing };
    let mut errand = Errand::new(luggage, |luggage, coroutine| P::visit(Visit { luggage, coroutine }));
    let mut owed = None;
    let sent = worker.send(stack, &mut errand, |visitor| {
        let (replier, promise) = Slot::<P::Reply>::pair_for(Some(callee));
        let is_first = replier.slot().progress.start();
        debug_assert!(is_first, "nobody else knows the slot yet");
        if hooks::are_any() {
            events::promoted(visitor, replier.address());
        }
        visitor.promote(Unanswered::new(replier));
        let (context, left) = frame.caller.context_for_visitor(visitor, frame.limit);
        owed = Some((promise, left, Awaited::of(&context)));
        visitor.set_context(context);
    });
    worker.scheduler.counters().handoffs.add_one();
    if let Some(reply) = landing.reply {
        return Ok(reply);
    }
    if let Some(error) = landing.error {
        return Err(error);
    }
    if let Some(luggage) = errand.content.take() {
        // No stack was to be had. A life that has not begun must not go on as if it had.
        if P::BEGINS_A_LIFE {
            order::kill(&luggage.runnable);
        }
        activation::end_visit(worker, None, luggage.runnable);
    }
    if let Err(error) = &sent
        && hooks::are_any()
    {
        events::replied(frame.address().addr().get(), Err(error));
    }
    sent?;
    let (mut promise, left, _awaited) = owed.expect("a visitor that leaves nothing has suspended");
    promise.wait_for_answer_to(None, left)
}

/// The callee's side of a hand-off, on its own stack.
#[inline]
pub(crate) fn visit<P: Exclusive>(visit: Visit<'_, P, P::Reply>) {
    let Visit { luggage: Luggage { mut runnable, parcel, frame, landing }, coroutine } = visit;
    // Where a handler waits is written in the same place.
    let leftover = P::BEGINS_A_LIFE.then(|| runnable.take_aside());
    let worker = coroutine.worker();
    coroutine.enter(runnable.address());
    coroutine.begin(P::name);
    coroutine.set_frame(frame);
    if hooks::are_any() {
        events::started(coroutine, &runnable, frame.addr().get(), P::name());
    }
    let (state, show) = (runnable.state(), parcel.shows_reply());
    // SAFETY: the right to run the actor is the right to its state; who made the call says that the parcel is for it.
    let result = panics::catch(|| unsafe { parcel.handle(state) });
    leftover.into_iter().for_each(|leftover| runnable.put_aside(leftover));
    worker.scheduler.counters().messages.add_one();
    // The answer comes first: if the actor ends, a destructor of its state may wait for the caller.
    match result {
        Ok(reply) => {
            match coroutine.take_promoted() {
                None => {
                    if hooks::are_any() {
                        events::replied_in_frame(coroutine, Ok(&|f| show(&reply, f)));
                    }
                    // SAFETY: we have not suspended, so the caller still waits in its frame.
                    unsafe { (*landing).reply = Some(reply) };
                }
                Some(owed) => answer_later(worker, owed, Ok(reply), show),
            }
            if hooks::are_any() {
                events::finished(coroutine);
            }
            activation::end_visit(worker, Some(coroutine), runnable);
        }
        Err(caught) => {
            Landed { landing, coroutine }.answer(Err(caught.call_error()), show);
            ending::end_by_panic(worker, coroutine, Reader::begin(runnable), caught);
        }
    }
    Landed { landing, coroutine }.leave();
}

/// Where a visitor that is no exclusive one leaves its answer.
pub(crate) struct Landed<'a, R> {
    landing: *mut Landing<R>,
    pub(crate) coroutine: &'a Coroutine,
}

/// The right to run the callee, what is to be done there, and where the answer goes.
pub(crate) fn begin_visit<P: Parcel>(visit: Visit<'_, P, P::Reply>) -> (Runnable, P, Landed<'_, P::Reply>) {
    let Visit { luggage: Luggage { runnable, parcel, frame, landing }, coroutine } = visit;
    coroutine.begin(P::name);
    coroutine.set_frame(frame);
    if hooks::are_any() {
        events::started(coroutine, &runnable, frame.addr().get(), P::name());
    }
    (runnable, parcel, Landed { landing, coroutine })
}

impl<R> Landed<'_, R> {
    /// Answers the caller, in its frame or at the slot that it has turned to.
    pub(crate) fn answer(&self, answer: Outcome<R>, show: Show<R>) {
        let promoted = self.coroutine.take_promoted();
        if promoted.is_none() && hooks::are_any() {
            match &answer {
                Ok(reply) => events::replied_in_frame(self.coroutine, Ok(&|f| show(reply, f))),
                Err(error) => events::replied_in_frame(self.coroutine, Err(error)),
            }
        }
        match (promoted, answer) {
            (Some(owed), answer) => answer_later(self.coroutine.worker(), owed, answer, show),
            // SAFETY: we have not suspended, so the caller still waits in its frame.
            (None, Ok(reply)) => unsafe { (*self.landing).reply = Some(reply) },
            // SAFETY: as above.
            (None, Err(error)) => unsafe { (*self.landing).error = Some(error) },
        }
    }

    /// The visit is over.
    #[inline]
    pub(crate) fn leave(self) {
        if let Some(unwanted) = self.coroutine.take_promoted() {
            // Only the callee's end suspended: the caller has had its answer by then, and gave this slot up.
            unwanted.fail(CallError::Stalled);
        }
        self.coroutine.leave();
    }
}

/// Answers at the slot that the caller has turned to.
#[cold]
fn answer_later<R>(worker: &Worker, owed: Unanswered, answer: Outcome<R>, show: Show<R>) {
    // SAFETY: the caller's slot is for this reply.
    if unsafe { owed.into_replier::<R>() }.answer(answer, show) {
        worker.count_late_reply();
    }
}
