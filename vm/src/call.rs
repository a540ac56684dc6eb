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

use std::mem::MaybeUninit;
use std::ptr::NonNull;
use std::time::Duration;

use crate::activation;
use crate::actor::{Handler, Message};
use crate::cell::{self, Header};
use crate::core;
use crate::coroutine::{Coroutine, Errand};
use crate::envelope::{Cast, Control, Envelope, Request};
use crate::error::{CallError, ExitReason, SendError};
use crate::log::Event;
use crate::mailbox::Push;
use crate::panics;
use crate::promise::Promise;
use crate::refs::RawRef;
use crate::reply::{Outcome, Replier, Slot};
use crate::worker::{self, Worker};

/// Pushes an envelope, and schedules its receiver if that falls to us. False: the receiver has ended, and
/// the envelope is still the caller's.
#[inline]
fn push(to: &RawRef, envelope: NonNull<Envelope>) -> bool {
    let here = worker::current();
    if let Some(worker) = here {
        worker.check_stack();
        worker.core.log(|| Event::Send { from: running_id(worker), to: to.cell().id });
    }
    // SAFETY: new, and nobody else's.
    match unsafe { to.cell().mailbox.push(Envelope::node(envelope)) } {
        Push::Queued => true,
        Push::Schedule { fresh } => {
            core::schedule(here, to.header(), fresh);
            true
        }
        Push::Closed => false,
    }
}

fn running_id(worker: &Worker) -> Option<crate::ActorId> {
    // SAFETY: an actor whose handler runs is alive.
    worker.coroutine()?.actor().map(|header| unsafe { header.as_ref() }.id)
}

#[inline]
pub(crate) fn send<A: Handler<M>, M: Message>(to: &RawRef, message: M) -> Result<(), SendError<M>> {
    let envelope = Cast::handled_by::<A>(message);
    if push(to, envelope) {
        return Ok(());
    }
    // SAFETY: it came back unpushed.
    let message = unsafe { Cast::<M>::take_back(envelope) };
    Err(SendError { message, reason: to.cell().exit_reason() })
}

/// As `send`, to a process, which takes messages out itself.
pub(crate) fn send_to_process<M: Send + 'static>(to: &RawRef, message: M) -> Result<(), SendError<M>> {
    let envelope = Cast::for_process(message);
    if push(to, envelope) {
        return Ok(());
    }
    // SAFETY: it came back unpushed.
    let message = unsafe { Cast::<M>::take_back(envelope) };
    Err(SendError { message, reason: to.cell().exit_reason() })
}

pub(crate) fn send_exit(to: &RawRef, reason: ExitReason) {
    let envelope = Control::exit(reason);
    if !push(to, envelope) {
        // SAFETY: it came back unpushed.
        drop(unsafe { Control::unpack(envelope) });
        // SAFETY: unpacked, and in no mailbox.
        unsafe { Envelope::free(envelope) };
    }
}

pub(crate) fn request<A: Handler<M>, M: Message>(to: &RawRef, message: M) -> Promise<M::Reply> {
    let (envelope, slot) = Request::pack::<A>(message);
    if !push(to, envelope) {
        let error = CallError::Stopped { reason: to.cell().exit_reason(), started: false };
        // SAFETY: it came back unpushed; opened once.
        drop(unsafe { Request::<M>::take_back(envelope, error) });
    }
    // SAFETY: the waiting side of a new request.
    unsafe { Promise::new(slot) }
}

/// See the head of this file. `limit`: none stands for the machine's own.
#[inline]
pub(crate) fn call<A: Handler<M>, M: Message>(
    to: &RawRef,
    message: M,
    limit: Option<Duration>,
) -> Outcome<M::Reply> {
    let cell = to.cell();
    if let Some(worker) = core::worker_of(cell.id.machine())
        && let Some(coroutine) = worker.coroutine()
    {
        // One for the callee, one to go on with the loop if both suspend.
        worker.may_wait(2)?;
        worker.breathe(coroutine);
        let limit = limit.unwrap_or(worker.core.options.call_deadline);
        if coroutine.actor() == Some(to.header()) {
            return Err(CallError::Deadlock { path: vec![cell.describe(), cell.describe()] });
        }
        if worker.may_hand_off()
            && let Some(_right) = cell.mailbox.claim()
        {
            return hand_off::<A, M>(worker, to.header(), message, limit);
        }
        return request::<A, M>(to, message).wait_for(limit);
    }
    let limit = limit.unwrap_or_else(|| core::call_deadline(cell.id.machine()));
    request::<A, M>(to, message).wait_for(limit)
}

/// A visit to a callee at rest: what both sides need, in the caller's frame.
#[repr(C)]
struct Visit<M: Message> {
    errand: Errand,
    header: NonNull<Header>,
    message: MaybeUninit<M>,
    outcome: MaybeUninit<Outcome<M::Reply>>,
}

#[inline]
fn hand_off<A: Handler<M>, M: Message>(
    worker: &Worker,
    header: NonNull<Header>,
    message: M,
    limit: Duration,
) -> Outcome<M::Reply> {
    worker.core.log(|| Event::HandOff {
        // SAFETY: claimed, hence alive.
        actor: unsafe { header.as_ref() }.id,
        message: std::any::type_name::<M>(),
    });
    let mut visit = Visit {
        errand: Errand { run: visit::<A, M> },
        header,
        message: MaybeUninit::new(message),
        outcome: MaybeUninit::uninit(),
    };
    let mut owing = None;
    // SAFETY: `visit` stays until `send` returns; if the callee suspends it looks there no more.
    let sent = unsafe {
        worker.send(A::STACK, (&raw mut visit).cast(), |callee| {
            let slot = Slot::<M::Reply>::boxed();
            slot.as_ref().set_started();
            callee.promoted.set(Some(slot.cast()));
            owing = Some(slot);
        })
    };
    if let Err(error) = sent {
        // SAFETY: no stack: nobody has read the message, and the right to run is still ours.
        unsafe { visit.message.assume_init_drop() };
        // SAFETY: as above.
        unsafe { activation::give_back(worker, header) };
        return Err(error);
    }
    worker.scheduler.counters().handoffs.add_one();
    match owing {
        // SAFETY: the callee is done, and has written the outcome.
        None => unsafe { visit.outcome.assume_init_read() },
        // SAFETY: the waiting side of a new slot.
        Some(slot) => unsafe { Promise::new(slot) }.wait_for(limit),
    }
}

/// The callee's side of a hand-off, on its own stack.
unsafe fn visit<A: Handler<M>, M: Message>(errand: *mut Errand, coroutine: &Coroutine) {
    let visit = errand.cast::<Visit<M>>();
    // SAFETY: the caller's frame is there while we have not suspended.
    let (header, message) = unsafe { ((*visit).header, (*visit).message.assume_init_read()) };
    coroutine.set_actor(Some(header));
    let worker = coroutine.worker();
    // SAFETY: the right to run came with the errand; the cell holds an `A`.
    let state = unsafe { cell::state_of::<A>(header) };
    // SAFETY: as above: nobody else touches the state.
    let result = panics::catch(|| unsafe { &mut *state }.handle(message));
    worker.scheduler.counters().messages.add_one();
    let outcome = match result {
        Ok(reply) => {
            activation::end_visit(worker, coroutine, header);
            Ok(reply)
        }
        Err(caught) => {
            let error = caught.call_error();
            // SAFETY: the right is still ours.
            unsafe { activation::end_visit_by_panic(worker, coroutine, header, caught) };
            Err(error)
        }
    };
    coroutine.set_actor(None);
    match coroutine.promoted.take() {
        // SAFETY: we have not suspended, so the caller still waits in its frame.
        None => unsafe {
            (*visit).outcome.write(outcome);
        },
        Some(slot) => {
            // SAFETY: the slot that the caller has turned to; this is its one answer.
            if unsafe { Replier::<M::Reply>::new(slot.cast()) }.complete(outcome) {
                worker.count_late_reply();
            }
        }
    }
}
