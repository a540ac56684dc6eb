//! Callbacks: functions that come to an actor as messages, when what they wait for has happened.
//!
//! Whoever brings it about sends the callback, on whatever thread and in the midst of whatever it does: so nothing here
//! runs a user's code but destructors of what could not be delivered.

use std::marker::PhantomData;

use greenroom_stackful::StackSize;

use crate::actor::Actor;
use crate::call;
use crate::cell::Header;
use crate::core;
use crate::coroutine::Coroutine;
use crate::panics;
use crate::parcel::{self, Exclusive, Parcel};
use crate::reply::Replier;
use crate::target::StrongTo;
use crate::visit::{self, Visit};

/// A function of an `A`. `N` is the type that it is named by in a trace: what the user wrote.
pub(crate) struct Callback<A, N, F> {
    run: F,
    types: PhantomData<fn(A, N)>,
}

/// Sends `run` to an actor. If that has ended, it counts as a dead letter.
pub(crate) fn deliver<A: Actor, N: 'static>(to: &StrongTo<A>, run: impl FnOnce(&mut A) + Send + 'static) {
    let callback = Callback::<A, N, _> { run, types: PhantomData };
    if let Err(undelivered) = call::deliver(to, callback) {
        core::count_dead_letter(&to.raw(), std::any::type_name::<N>);
        // Its destructors may panic, and that is no affair of who sends it.
        let _ = panics::catch(|| drop(undelivered));
    }
}

impl<A, N, F> Parcel for Callback<A, N, F>
where
    A: Actor,
    N: 'static,
    F: FnOnce(&mut A) + Send + 'static,
{
    type Receiver = A;
    type Reply = ();

    fn name() -> &'static str {
        std::any::type_name::<N>()
    }

    fn stack(_receiver: &Header) -> StackSize {
        A::STACK
    }

    unsafe fn serve(self, state: *mut (), coroutine: &Coroutine, owed: Option<Replier<()>>) {
        // SAFETY: the caller says so.
        unsafe { parcel::serve(self, state, coroutine, owed) }
    }

    fn visit(visit: Visit<'_, Self, ()>) {
        visit::visit(visit);
    }
}

impl<A, N, F> Exclusive for Callback<A, N, F>
where
    A: Actor,
    N: 'static,
    F: FnOnce(&mut A) + Send + 'static,
{
    unsafe fn handle(self, state: *mut ()) {
        // SAFETY: the caller has the right to the state, which is that of an `A`, the parcel's receiver.
        let state = unsafe { &mut *state.cast::<A>() };
        (self.run)(state);
    }
}
