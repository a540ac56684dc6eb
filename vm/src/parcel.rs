//! Parcels: what an envelope carries, and what is done with it when its receiver's turn has come.
//!
//! | parcel        | made by                          | handled by                                       |
//! |---------------|----------------------------------|--------------------------------------------------|
//! | [`Told`]      | `Ref::send`, `call`, `request`   | the receiver's `Handler<M>`                       |
//! | [`Posted`]    | `ProcessRef::send`               | nobody: a process takes it out itself             |
//! | [`Reported`]  | the end of whom an actor watches | the watcher's `Handler<Down>`, if it watches still |
//! | [`Noticed`]   | the same for a process           | nobody: a process takes it out itself             |
//! | `Callback`    | `Promise::then`                  | itself: it is a function of the receiver's state  |
//!
//! A parcel knows its receiver's type, and is sent through a reference of that type alone: whoever carries it knows that
//! it is for that receiver, and no more.

use std::fmt;
use std::marker::PhantomData;

use greenroom_stackful::StackSize;

use crate::abilities::{self, Show};
use crate::actor::{Actor, Handler, Message};
use crate::call::Beside;
use crate::cell::Header;
use crate::coroutine::Coroutine;
use crate::envelope::Kind;
use crate::links::Exit;
use crate::monitor::Down;
use crate::process::Process;
use crate::reply::Replier;
use crate::target::StrongTo;
use crate::ties;
use crate::visit::{self, Visit};

/// See the head of this file.
pub(crate) trait Parcel: Send + Sized + 'static {
    /// What it is for: the type of an actor, or an interface.
    type Receiver: ?Sized;
    type Reply: Send + 'static;

    /// What it is when nobody waits for it.
    const KIND: Kind = Kind::Cast;

    /// Whether a call may take it straight to a receiver at rest.
    const MAY_VISIT: bool = true;

    /// Whether it visits an actor that was not at rest: one for which a life before may have put something aside.
    const BEGINS_A_LIFE: bool = false;

    /// Whether it waits for its turn at the receiver's state. One that does not may run beside a handler that has it.
    const NEEDS_STATE: bool = true;

    /// Whether a request of it gets in where there is no room.
    const MUST_PASS: bool = false;

    /// The method, or the type of the message.
    fn name() -> &'static str;

    /// Shows what it carries; writes nothing if that cannot be shown.
    fn describe(&self, _f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }

    /// How its reply is shown.
    #[inline]
    fn shows_reply(&self) -> Show<Self::Reply> {
        abilities::nothing
    }

    /// Another that carries the same, if there can be one.
    fn duplicate(&self) -> Option<Self> {
        None
    }

    /// The stack that a visit needs.
    #[inline]
    fn stack(receiver: &Header) -> StackSize {
        receiver.class.stack
    }

    /// Handles it for whoever waits, or nobody, on the coroutine of the receiver's activation.
    ///
    /// # Safety
    /// The caller holds the right to run the receiver, whose state this is, and the parcel is for it.
    unsafe fn serve(self, state: *mut (), coroutine: &Coroutine, owed: Option<Replier<Self::Reply>>);

    /// Handles it at a receiver that was at rest, on a coroutine of its own, for a caller who waits in its frame. To be
    /// inlined into the errand, so that what it takes along does not go through memory.
    fn visit(visit: Visit<'_, Self, Self::Reply>);

    /// Has it handled without any right to the state, on a coroutine of its own on top of the caller's.
    fn serve_beside(self, _receiver: &StrongTo<Self::Receiver>, _beside: Beside<'_, Self::Reply>) {
        unreachable!("it needs the state");
    }
}

/// A parcel that has the receiver's state for itself, and answers when it is done.
pub(crate) trait Exclusive: Parcel {
    /// # Safety
    /// As for [`Parcel::serve`].
    unsafe fn handle(self, state: *mut ()) -> Self::Reply;
}

/// [`Parcel::serve`] for those that answer when they are done.
///
/// # Safety
/// As there.
#[inline]
pub(crate) unsafe fn serve<P: Exclusive>(
    parcel: P,
    state: *mut (),
    coroutine: &Coroutine,
    owed: Option<Replier<P::Reply>>,
) {
    let show = parcel.shows_reply();
    // SAFETY: the caller says so.
    let handle = || unsafe { parcel.handle(state) };
    match owed {
        None => drop(handle()),
        Some(replier) => {
            if coroutine.answer(replier, show, handle) {
                coroutine.worker().count_late_reply();
            }
        }
    }
}

/// A message for an `A` that handles it.
pub(crate) struct Told<A, M> {
    pub(crate) message: M,
    receiver: PhantomData<fn(A)>,
}

impl<A, M> Told<A, M> {
    #[inline]
    pub(crate) fn new(message: M) -> Self {
        Told { message, receiver: PhantomData }
    }
}

impl<A: Handler<M>, M: Message> Parcel for Told<A, M> {
    type Receiver = A;
    type Reply = M::Reply;

    fn name() -> &'static str {
        std::any::type_name::<M>()
    }

    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.message.describe(f)
    }

    #[inline]
    fn shows_reply(&self) -> Show<M::Reply> {
        M::describe_reply
    }

    fn duplicate(&self) -> Option<Self> {
        self.message.duplicate().map(Told::new)
    }

    #[inline]
    fn stack(_receiver: &Header) -> StackSize {
        <A as Actor>::STACK
    }

    #[inline]
    unsafe fn serve(self, state: *mut (), coroutine: &Coroutine, owed: Option<Replier<M::Reply>>) {
        // SAFETY: the caller says so.
        unsafe { serve(self, state, coroutine, owed) }
    }

    #[inline(always)]
    fn visit(visit: Visit<'_, Self, Self::Reply>) {
        visit::visit(visit);
    }
}

impl<A: Handler<M>, M: Message> Exclusive for Told<A, M> {
    #[inline]
    unsafe fn handle(self, state: *mut ()) -> M::Reply {
        // SAFETY: the caller has the right to the state, which is that of an `A`, the parcel's receiver.
        let state = unsafe { &mut *state.cast::<A>() };
        state.handle(self.message)
    }
}

/// A message for a process.
pub(crate) struct Posted<M>(pub(crate) M);

impl<M: Send + 'static> Parcel for Posted<M> {
    type Receiver = Process<M>;
    type Reply = ();
    const MAY_VISIT: bool = false;

    fn name() -> &'static str {
        std::any::type_name::<M>()
    }

    unsafe fn serve(self, _state: *mut (), _coroutine: &Coroutine, _owed: Option<Replier<()>>) {
        unreachable!("a process takes its messages out itself");
    }

    fn visit(_visit: Visit<'_, Self, Self::Reply>) {
        unreachable!("nobody calls a process");
    }
}

/// What a monitor tells an actor.
pub(crate) struct Reported<A> {
    down: Down,
    receiver: PhantomData<fn(A)>,
}

impl<A> Reported<A> {
    pub(crate) fn new(down: Down) -> Self {
        Reported { down, receiver: PhantomData }
    }
}

impl<A: Handler<Down>> Parcel for Reported<A> {
    type Receiver = A;
    type Reply = ();
    const KIND: Kind = Kind::Signal;
    const MAY_VISIT: bool = false;

    fn name() -> &'static str {
        std::any::type_name::<Down>()
    }

    unsafe fn serve(self, state: *mut (), coroutine: &Coroutine, owed: Option<Replier<()>>) {
        let actor = coroutine.actor().expect("a handler runs here");
        if ties::heed_down(actor, self.down.monitor) {
            // SAFETY: the caller says so.
            unsafe { serve(Told::<A, Down>::new(self.down), state, coroutine, owed) }
        }
    }

    fn visit(_visit: Visit<'_, Self, Self::Reply>) {
        unreachable!("nobody calls with what a monitor tells");
    }
}

/// What a monitor tells a process.
pub(crate) struct Noticed<M> {
    pub(crate) down: Down,
    /// Makes a message of it, in the process.
    pub(crate) into: fn(Down) -> M,
}

impl<M: Send + 'static> Parcel for Noticed<M> {
    type Receiver = Process<M>;
    type Reply = ();
    const KIND: Kind = Kind::Signal;
    const MAY_VISIT: bool = false;

    fn name() -> &'static str {
        std::any::type_name::<Down>()
    }

    unsafe fn serve(self, _state: *mut (), _coroutine: &Coroutine, _owed: Option<Replier<()>>) {
        unreachable!("a process takes its messages out itself");
    }

    fn visit(_visit: Visit<'_, Self, Self::Reply>) {
        unreachable!("nobody calls a process");
    }
}

/// How an actor that traps exits handles one: with its state, on the coroutine that runs it.
pub(crate) type Trap = unsafe fn(Exit, *mut (), &Coroutine);

/// The [`Trap`] of an actor's type.
///
/// # Safety
/// As for [`Parcel::serve`] of a message for an `A`.
pub(crate) unsafe fn trap<A: Handler<Exit>>(exit: Exit, state: *mut (), coroutine: &Coroutine) {
    // SAFETY: the caller says so.
    unsafe { serve(Told::<A, Exit>::new(exit), state, coroutine, None) }
}
