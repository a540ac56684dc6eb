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

use crate::activation;
use crate::actor::{Handler, Message};
use crate::cell::Header;
use crate::core;
use crate::coroutine::Coroutine;
use crate::envelope::{Cast, Control, Envelope, Request};
use crate::errand::Errand;
use crate::error::{CallError, ExitReason, SendError};
use crate::handle::{Delivery, Runnable, Strong};
use crate::log::Event;
use crate::panics;
use crate::promise::Promise;
use crate::reader::Reader;
use crate::reply::{Outcome, Slot, Unanswered};
use crate::worker::{self, Worker};

/// Checks the sender's stack, records the event, and says where it runs.
#[inline]
fn here(to: &Header) -> Option<&Worker> {
    let here = worker::current();
    if let Some(worker) = here {
        worker.check_stack();
        worker.core.log(|| Event::Send {
            from: worker.coroutine().and_then(Coroutine::actor).map(|actor| actor.id),
            to: to.id,
        });
    }
    here
}

#[inline]
pub(crate) fn send<A: Handler<M>, M: Message>(to: &Strong, message: M) -> Result<(), SendError<M>> {
    let here = here(to);
    // SAFETY: new, and packed for an `A`, which `to` refers to.
    unsafe { post(to, here, Cast::handled_by::<A>(message)) }
}

/// As `send`, to a process, which takes messages out itself.
pub(crate) fn send_to_process<M: Send + 'static>(to: &Strong, message: M) -> Result<(), SendError<M>> {
    let here = here(to);
    // SAFETY: new, and packed for a process of `M`, which `to` refers to.
    unsafe { post(to, here, Cast::for_process(message)) }
}

/// # Safety
/// The envelope is a new `Cast<M>`, for the type of actor that `to` refers to.
#[inline]
unsafe fn post<M: Send + 'static>(
    to: &Strong,
    here: Option<&Worker>,
    envelope: NonNull<Envelope>,
) -> Result<(), SendError<M>> {
    // SAFETY: the caller says so.
    match unsafe { to.push(here, envelope) } {
        Delivery::Done => Ok(()),
        Delivery::Refused => {
            // SAFETY: it came back, and is a `Cast<M>`.
            let message = unsafe { Cast::<M>::take_back(envelope) };
            Err(SendError { message, reason: to.exit_reason() })
        }
    }
}

pub(crate) fn send_exit(to: &Strong, reason: ExitReason) {
    let here = here(to);
    let envelope = Control::exit(reason);
    // SAFETY: new, and control messages are for every type.
    if let Delivery::Refused = unsafe { to.push(here, envelope) } {
        // SAFETY: it came back.
        drop(unsafe { Control::unpack(envelope) });
        // SAFETY: unpacked, and in no mailbox.
        unsafe { Envelope::free(envelope) };
    }
}

pub(crate) fn request<A: Handler<M>, M: Message>(to: &Strong, message: M) -> Promise<M::Reply> {
    let here = here(to);
    let (envelope, promise) = Request::pack::<A>(message);
    // SAFETY: new, and packed for an `A`, which `to` refers to.
    if let Delivery::Refused = unsafe { to.push(here, envelope) } {
        let error = CallError::Stopped { reason: to.exit_reason(), started: false };
        // SAFETY: it came back; opened once.
        drop(unsafe { Request::<M>::take_back(envelope, error) });
    }
    promise
}

/// See the head of this file. `limit`: none stands for the machine's own.
#[inline]
pub(crate) fn call<A: Handler<M>, M: Message>(
    to: &Strong,
    message: M,
    limit: Option<Duration>,
) -> Outcome<M::Reply> {
    if let Some(worker) = core::worker_of(to.id.machine())
        && let Some(coroutine) = worker.coroutine()
    {
        // One for the callee, one to go on with the loop if both suspend.
        worker.may_wait(2)?;
        worker.breathe(coroutine);
        let limit = limit.unwrap_or(worker.core.options.call_deadline);
        if coroutine.actor().is_some_and(|caller| to.is(caller)) {
            return Err(CallError::Deadlock { path: vec![to.describe(), to.describe()] });
        }
        if worker.serves(to.id)
            && worker.may_hand_off()
            && let Some(runnable) = to.claim()
        {
            return hand_off::<A, M>(worker, runnable, message, limit);
        }
        return request::<A, M>(to, message).wait_or_call_off(limit);
    }
    let limit = limit.unwrap_or_else(|| core::call_deadline(to.id.machine()));
    request::<A, M>(to, message).wait_or_call_off(limit)
}

/// A visit to a callee at rest.
struct Visit<M: Message> {
    runnable: Runnable,
    message: M,
    landing: *mut Landing<M::Reply>,
}

/// Where a visitor leaves what came of the call: in the caller's frame, which is there while it has not suspended. The
/// reply has a place of its own: as a part of a `Result` it would be moved there in pieces and read in others.
struct Landing<R> {
    reply: Option<R>,
    error: Option<CallError>,
}

#[inline]
fn hand_off<A: Handler<M>, M: Message>(
    worker: &Worker,
    runnable: Runnable,
    message: M,
    limit: Duration,
) -> Outcome<M::Reply> {
    worker.core.log(|| Event::HandOff { actor: runnable.id, message: std::any::type_name::<M>() });
    let mut landing = Landing { reply: None, error: None };
    let mut errand = Errand::new(Visit { runnable, message, landing: &raw mut landing }, visit::<A, M>);
    let mut owed = None;
    let sent = worker.send(A::STACK, &mut errand, |visitor| {
        let (replier, promise) = Slot::<M::Reply>::pair();
        let is_first = replier.slot().start();
        debug_assert!(is_first, "nobody else knows the slot yet");
        visitor.promote(Unanswered::new(replier));
        owed = Some(promise);
    });
    worker.scheduler.counters().handoffs.add_one();
    if let Some(reply) = landing.reply {
        return Ok(reply);
    }
    if let Some(error) = landing.error {
        return Err(error);
    }
    if let Some(visit) = errand.content.take() {
        // No stack was to be had.
        activation::end_visit(worker, None, visit.runnable);
    }
    sent?;
    owed.expect("a visitor that leaves nothing has suspended").wait_for(limit)
}

/// The callee's side of a hand-off, on its own stack.
#[inline]
fn visit<A: Handler<M>, M: Message>(visit: Visit<M>, coroutine: &Coroutine) {
    let Visit { runnable, message, landing } = visit;
    let worker = coroutine.worker();
    coroutine.enter(runnable.address());
    let state = runnable.state().cast::<A>();
    // SAFETY: the right to run the actor is the right to its state, which is an `A`: the caller has a `Ref<A>`.
    let result = panics::catch(|| unsafe { &mut *state }.handle(message));
    worker.scheduler.counters().messages.add_one();
    // The answer comes first: if the actor ends, a destructor of its state may wait for the caller.
    match result {
        Ok(reply) => {
            match coroutine.take_promoted() {
                // SAFETY: we have not suspended, so the caller still waits in its frame.
                None => unsafe { (*landing).reply = Some(reply) },
                Some(owed) => answer_later(worker, owed, Ok(reply)),
            }
            activation::end_visit(worker, Some(coroutine), runnable);
        }
        Err(caught) => {
            match coroutine.take_promoted() {
                // SAFETY: as above.
                None => unsafe { (*landing).error = Some(caught.call_error()) },
                Some(owed) => answer_later::<M::Reply>(worker, owed, Err(caught.call_error())),
            }
            activation::end_by_panic(worker, coroutine, Reader::begin(runnable), caught);
        }
    }
    coroutine.leave();
    if let Some(unwanted) = coroutine.take_promoted() {
        // Only that end suspended: the caller has had its answer by then, and gave this slot up.
        unwanted.fail(CallError::Stalled);
    }
}

/// Answers at the slot that the caller has turned to.
#[cold]
fn answer_later<R>(worker: &Worker, owed: Unanswered, answer: Outcome<R>) {
    // SAFETY: the caller's slot is for this reply.
    if unsafe { owed.into_replier::<R>() }.complete(answer) {
        worker.count_late_reply();
    }
}
