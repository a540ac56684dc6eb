//! Beginnings and ends: what an actor runs before its first message, and after its last.
//!
//! An actor with a [`STARTED`](Actor::STARTED) is sent a message of the machine's own when it is spawned, which nothing can
//! come before. A [`STOPPING`](Actor::STOPPING) runs when the mailbox is closed and what was queued has gone back, on the
//! stack of whatever ended the actor; both may call others and wait. A machine that shuts down ends those that have one
//! first, while all others still run, and waits for them as long as its builder was told.

use std::time::Duration;

use crate::activation;
use crate::actor::Actor;
use crate::call;
use crate::chain::Frame;
use crate::coroutine::Coroutine;
use crate::error::ExitReason;
use crate::farewell::Farewells;
use crate::handle::Runnable;
use crate::links::ExitSignal;
use crate::order;
use crate::panics;
use crate::parcel::{self, Exclusive, Parcel};
use crate::reply::{Outcome, Replier};
use crate::target::StrongTo;
use crate::visit::{self, Visit};
use crate::worker::{self, Worker};

/// What a class knows of its actors' ends.
pub(crate) type Stopping = unsafe fn(*mut (), &ExitReason);

/// The [`Stopping`] of an actor's type.
pub(crate) const fn stopping_of<A: Actor>() -> Option<Stopping> {
    unsafe fn stopping<A: Actor>(state: *mut (), reason: &ExitReason) {
        // SAFETY: the caller has the right to the state, which is an `A`.
        let state = unsafe { &mut *state.cast::<A>() };
        if let Some(stopping) = A::STOPPING {
            stopping(state, reason);
        }
    }
    match A::STOPPING {
        Some(_) => Some(stopping::<A>),
        None => None,
    }
}

/// Runs it.
///
/// # Safety
/// The state is that of an actor which the function is for, and the caller has the right to it.
pub(crate) unsafe fn stop(stopping: Stopping, state: *mut (), reason: &ExitReason) {
    // A panic in it has been reported by the hook; the actor is over either way.
    // SAFETY: the caller says so.
    let _ = panics::catch(|| unsafe { stopping(state, reason) });
}

/// Has a new actor begin.
#[inline]
pub(crate) fn begin<A: Actor>(actor: &StrongTo<A>, farewells: &Farewells) {
    if A::STARTED.is_some() {
        let sent = call::deliver(actor, Begin::<A>(std::marker::PhantomData));
        assert!(sent.is_ok(), "a new actor's mailbox is open");
    }
    if A::STOPPING.is_some() && farewells.add() {
        call::deliver_exit(&actor.raw(), ExitSignal::Stop(ExitReason::Shutdown));
    }
}

/// Has an actor begin that nobody else can run yet, and waits until it has. Says what it wants to end with, if it does.
///
/// # Errors
/// As of a call; if it has not begun at all, it is to be killed.
pub(crate) fn begin_held<A: Actor>(worker: &Worker, runnable: Runnable) -> Outcome<Option<ExitReason>> {
    let farewells = &worker.core.farewells;
    if A::STOPPING.is_some() && farewells.add() {
        order::halt(&runnable, ExitReason::Shutdown);
    }
    if A::STARTED.is_none() {
        activation::end_visit(worker, None, runnable);
        return Ok(None);
    }
    let begin = Begin::<A>(std::marker::PhantomData);
    match worker.may_wait(2) {
        Ok(caller) => visit::hand_off(worker, runnable, begin, Frame { caller, limit: Duration::MAX }),
        Err(error) => {
            // It must not go on as if it had begun.
            order::kill(&runnable);
            activation::end_visit(worker, None, runnable);
            Err(error)
        }
    }
}

/// The message before the first.
struct Begin<A>(std::marker::PhantomData<fn(A)>);

impl<A: Actor> Parcel for Begin<A> {
    type Receiver = A;
    type Reply = Option<ExitReason>;
    const BEGINS_A_LIFE: bool = true;

    fn name() -> &'static str {
        "started"
    }

    unsafe fn serve(self, state: *mut (), coroutine: &Coroutine, owed: Option<Replier<Self::Reply>>) {
        // SAFETY: the caller says so.
        unsafe { parcel::serve(self, state, coroutine, owed) }
    }

    fn visit(visit: Visit<'_, Self, Self::Reply>) {
        visit::visit(visit);
    }
}

impl<A: Actor> Exclusive for Begin<A> {
    unsafe fn handle(self, state: *mut ()) -> Option<ExitReason> {
        // SAFETY: the caller has the right to the state, which is an `A`.
        let state = unsafe { &mut *state.cast::<A>() };
        if let Some(started) = A::STARTED {
            started(state);
        }
        worker::current()?.coroutine()?.exit_asked_for()
    }
}
