//! Parallel methods: how one begins, on a coroutine of its own, and how it ends.
//!
//! | begun by                                  | with the right | its caller's answer                         |
//! |-------------------------------------------|----------------|---------------------------------------------|
//! | its turn in a batch of its actor           | of that batch  | at the request's slot                        |
//! | a call that finds the actor at rest        | its own        | in the caller's frame, or a slot if it waits |
//! | a call by one whom the actor waits for     | none           | at a slot                                    |
//!
//! A panic outside of [`Me::with`] has not touched the state: it fails the call, and the actor goes on.

use std::marker::PhantomData;
use std::ptr::NonNull;

use crate::abilities::Abilities;
use crate::actor::Actor;
use crate::call::{self, Beside};
use crate::chain::Context;
use crate::coroutine::Coroutine;
use crate::errand::Errand;
use crate::error::{CallError, ExitReason};
use crate::hooks;
use crate::links::ExitSignal;
use crate::me::{Me, Right};
use crate::method::{Carried, Method, Named, Turn};
use crate::panics;
use crate::parcel::Parcel;
use crate::reader::DeadLetters;
use crate::refs::Ref;
use crate::reply::Replier;
use crate::target::StrongTo;
use crate::trace::events;
use crate::visit::{self, Visit};

/// A method that runs on a coroutine of its own, beside the others of its actor.
pub struct ParallelMethod<N, F, B>(F, B, PhantomData<fn(N)>);

/// Makes one of a function.
#[inline]
pub fn parallel<N: Named, T, A, R, F, B>(function: F, abilities: B) -> ParallelMethod<N, F, B>
where
    F: Fn(&Me<T>, A) -> R + Copy,
    B: Fn() -> Abilities<A, R> + Copy,
{
    ParallelMethod(function, abilities, PhantomData)
}

impl<N, F: Copy, B: Copy> Clone for ParallelMethod<N, F, B> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<N, F: Copy, B: Copy> Copy for ParallelMethod<N, F, B> {}

impl<T, A, R, N, F, B> Method<T, A> for ParallelMethod<N, F, B>
where
    T: Actor,
    A: Send + 'static,
    R: Send + 'static,
    N: Named,
    F: Fn(&Me<T>, A) -> R + Copy + Send + 'static,
    B: Fn() -> Abilities<A, R> + Copy + Send + 'static,
{
    type Reply = R;
    const NAME: &'static str = N::NAME;
    const NEEDS_STATE: bool = false;

    #[inline]
    fn abilities(self) -> Abilities<A, R> {
        (self.1)()
    }

    fn serve(carried: Carried<T, A, Self>, turn: Turn<'_, R>) {
        let batch = turn.coroutine;
        let actor = batch.actor().and_then(StrongTo::running).expect("the batch runs the method's actor");
        let context = batch.take_context();
        start(batch, Start { actor, carried, context, owed: turn.owed }, Some(NonNull::from(batch)));
    }

    fn serve_beside(receiver: &Ref<T>, carried: Carried<T, A, Self>, beside: Beside<'_, R>) {
        let Beside { caller, context, owed } = beside;
        let worker = caller.worker();
        worker.scheduler.counters().messages.add_one();
        start(caller, Start { actor: receiver.to().clone(), carried, context, owed: Some(owed) }, None);
    }

    fn visit(visit: Visit<'_, Carried<T, A, Self>, R>) {
        let (runnable, carried, landed) = visit::begin_visit(visit);
        let coroutine = landed.coroutine;
        let actor = StrongTo::running(&runnable).expect("the method was sent to its actor");
        coroutine.worker().scheduler.counters().messages.add_one();
        coroutine.set_right(Right::Own(runnable));
        let show = carried.shows_reply();
        let work = |me: &Me<T>| landed.answer(Ok(carried.call(me)), show);
        run(coroutine, actor, work, |error| landed.answer(Err(error), show));
        landed.leave();
    }
}

impl<T, A, N, F, B> Carried<T, A, ParallelMethod<N, F, B>> {
    fn call<R>(self, me: &Me<T>) -> R
    where
        F: Fn(&Me<T>, A) -> R,
    {
        (self.method.0)(me, self.arguments)
    }
}

/// What begins on a coroutine of its own.
struct Start<T, A, X, R> {
    actor: StrongTo<T>,
    carried: Carried<T, A, X>,
    context: Context,
    owed: Option<Replier<R>>,
}

/// Starts it on top of a coroutine, of which it may be a batch's whose right it may use.
fn start<T, A, R, N, F, B>(
    below: &Coroutine,
    start: Start<T, A, ParallelMethod<N, F, B>, R>,
    batch: Option<NonNull<Coroutine>>,
) where
    T: Actor,
    A: Send + 'static,
    R: Send + 'static,
    N: Named,
    F: Fn(&Me<T>, A) -> R + Copy + Send + 'static,
    B: Fn() -> Abilities<A, R> + Copy + Send + 'static,
{
    let mut errand = Errand::new(start, move |start, coroutine| {
        let Start { actor, carried, context, owed } = start;
        let worker = coroutine.worker();
        coroutine.begin(|| N::NAME);
        coroutine.set_context(context);
        if let Some(batch) = batch {
            coroutine.set_right(Right::Below(batch));
        }
        if hooks::are_any() {
            match batch {
                Some(_) => events::moved(below, coroutine),
                None => {
                    let place = owed.as_ref().map_or(0, Replier::address);
                    events::started(coroutine, &actor.raw(), place, N::NAME);
                }
            }
        }
        let show = carried.shows_reply();
        let work = |me: &Me<T>| match owed {
            None => drop(carried.call(me)),
            Some(owed) => {
                if coroutine.answer(owed, show, || carried.call(me)) {
                    worker.count_late_reply();
                }
            }
        };
        let fail = |error| {
            if let Some(unanswered) = coroutine.take_unanswered()
                && unanswered.fail(error)
            {
                worker.count_late_reply();
            }
        };
        run(coroutine, actor, work, fail);
        coroutine.leave();
    });
    let worker = below.worker();
    if let Err(error) = worker.send(T::STACK, &mut errand, |_| {})
        && let Some(Start { owed, actor, .. }) = errand.content.take()
    {
        // No stack was to be had.
        match owed {
            Some(owed) => drop(owed.complete(Err(error))),
            None => {
                let reason = ExitReason::Custom(error.to_string().into());
                worker.count_dead_letters(&actor.raw(), &DeadLetters::one(|| N::NAME), &reason);
            }
        }
    }
}

/// Runs a parallel method, from its beginning to its end.
fn run<T: Actor>(
    coroutine: &Coroutine,
    actor: StrongTo<T>,
    work: impl FnOnce(&Me<T>),
    fail: impl FnOnce(CallError),
) {
    let worker = coroutine.worker();
    coroutine.enter_beside(actor.raw().address(), worker.core.orders.catch_up());
    let me = Me::new(Ref::new(actor), coroutine);
    if let Err(caught) = panics::catch(|| work(&me)) {
        worker.count_panic(&me.to_ref().to().raw(), &caught);
        fail(caught.call_error());
    }
    if hooks::are_any() {
        events::finished(coroutine);
    }
    if let Some(right) = coroutine.take_right() {
        right.let_go(worker);
    }
    // What it asked for ends the actor when what was sent before has been handled. Its own stack may be used up.
    if let Some(reason) = coroutine.take_exit() {
        call::deliver_exit(&me.to_ref().to().raw(), ExitSignal::Stop(reason));
    }
}
