//! Hand-off: a call that goes to a callee at rest, and is handled on a coroutine on top of the caller's.
//!
//! The caller stays where it is: its coroutine resumes the callee's as a child, so a callee
//! that does not wait costs one switch there and one back, no queue and no allocation; message and reply lie in
//! the caller's frame. If the callee does suspend, the control comes back to the caller with the reply still
//! owing: only then is a slot allocated, the callee told to answer there, and the caller suspended on it.

use std::ptr::NonNull;

use crate::abilities::Show;
use crate::activation;
use crate::chain::{Awaited, Frame};
use crate::coroutine::Coroutine;
use crate::ending;
use crate::errand::Errand;
use crate::error::CallError;
use crate::handle::Runnable;
use crate::hooks;
use crate::order;
use crate::panics;
use crate::parcel::{Exclusive, Parcel};
use crate::reader::Reader;
use crate::reply::{Outcome, Slot, Unanswered};
use crate::trace::sending::Sending;
use crate::trace::{Way, events};
use crate::worker::Worker;

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
    /// Whether somebody looked twice when it began.
    tells: bool,
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
    // Asked once, for what lies about for whoever looks twice costs registers even where nobody does.
    match hooks::are_any() {
        true => hand_off_and_tell(worker, runnable, parcel, frame),
        false => hand_off_as::<P, false>(worker, runnable, parcel, frame),
    }
}

#[cold]
fn hand_off_and_tell<P: Parcel>(
    worker: &Worker,
    runnable: Runnable,
    parcel: P,
    frame: Frame<'_>,
) -> Outcome<P::Reply> {
    hand_off_as::<P, true>(worker, runnable, parcel, frame)
}

#[inline(always)]
fn hand_off_as<P: Parcel, const TELLS: bool>(
    worker: &Worker,
    runnable: Runnable,
    parcel: P,
    frame: Frame<'_>,
) -> Outcome<P::Reply> {
    if TELLS {
        // Here, for from here on the frame stays where it is.
        Sending::of(&runnable, Way::HandOff, &parcel).lies_at([frame.address().addr().get(), 0]);
    }
    let (stack, callee) = (P::stack(&runnable), runnable.address().addr());
    let mut landing = Landing { reply: None, error: None };
    let luggage = Luggage { runnable, parcel, frame: frame.address(), landing: &raw mut landing };
    let visit = |luggage, coroutine: &_| P::visit(Visit { luggage, coroutine, tells: TELLS });
    let mut errand = Errand::new(luggage, visit);
    let mut owed = None;
    let sent = worker.send(stack, &mut errand, |visitor| {
        let (replier, promise) = Slot::<P::Reply>::pair_for(Some(callee));
        let is_first = replier.slot().progress.start();
        debug_assert!(is_first, "nobody else knows the slot yet");
        if TELLS {
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
        && TELLS
    {
        events::replied(frame.address().addr().get(), Err(error));
    }
    sent?;
    let (mut promise, left, _awaited) = owed.expect("a visitor that leaves nothing has suspended");
    let outcome = promise.wait_for_answer_to(None, left);
    promise.call_off(outcome)
}

/// The callee's side of a hand-off, on its own stack.
#[inline(always)]
pub(crate) fn visit<P: Exclusive>(visit: Visit<'_, P, P::Reply>) {
    let Visit { luggage: Luggage { mut runnable, parcel, frame, landing }, coroutine, tells } = visit;
    // Where a handler waits is written in the same place.
    let leftover = P::BEGINS_A_LIFE.then(|| runnable.take_aside());
    let worker = coroutine.worker();
    coroutine.enter(runnable.address());
    coroutine.begin(P::name);
    coroutine.set_frame(frame);
    if tells {
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
                    // SAFETY: we have not suspended, so the caller still waits in its frame.
                    unsafe { (*landing).reply = Some(reply) };
                    if tells {
                        // SAFETY: as above.
                        tell_answered(coroutine, unsafe { &*landing }, show);
                    }
                }
                Some(owed) => {
                    answer_later(worker, owed, Ok(reply), show);
                    if tells {
                        events::finished(coroutine);
                    }
                }
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

/// A visitor has left its reply in its caller's frame. Only there does it have to lie in memory.
#[cold]
fn tell_answered<R>(coroutine: &Coroutine, landing: &Landing<R>, show: Show<R>) {
    if let Some(reply) = &landing.reply {
        events::replied_in_frame(coroutine, Ok(&|f| show(reply, f)));
    }
    events::finished(coroutine);
}

/// Where a visitor that is no exclusive one leaves its answer.
pub(crate) struct Landed<'a, R> {
    landing: *mut Landing<R>,
    pub(crate) coroutine: &'a Coroutine,
}

/// The right to run the callee, what is to be done there, and where the answer goes.
pub(crate) fn begin_visit<P: Parcel>(visit: Visit<'_, P, P::Reply>) -> (Runnable, P, Landed<'_, P::Reply>) {
    let Visit { luggage: Luggage { runnable, parcel, frame, landing }, coroutine, tells } = visit;
    coroutine.begin(P::name);
    coroutine.set_frame(frame);
    if tells {
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
