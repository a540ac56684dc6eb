//! Methods as messages: what a generated proxy sends in a method's name.
//!
//! A proxy's method hands a [`Method`], which is a function without captures and so of size zero, and its arguments to the
//! [`Mode`](crate::mode::Mode) that the caller chose; that makes a [`Carried`] parcel of them for each receiver.
//!
//! | method              | written as                                     | runs                                               |
//! |---------------------|------------------------------------------------|----------------------------------------------------|
//! | [`ExclusiveMethod`] | `fn f(&mut self, …)`, `fn f(&self, …)`         | with the state for itself, from begin to end       |
//! | [`DelegatedMethod`] | the same, with `#[reply] reply: Reply<R>` last | the same, but whoever holds the token answers      |
//! | [`ParallelMethod`](crate::parallel::ParallelMethod) | `fn f(me: &Me<Self>, …)`                       | on a coroutine of its own, see `me`                |

use std::fmt;
use std::marker::PhantomData;

use crate::abilities::{Abilities, Show};
use crate::call::Beside;
use crate::coroutine::Coroutine;
use crate::parcel::{self, Exclusive, Parcel};
use crate::refs::Ref;
use crate::reply::Replier;
use crate::target::{StrongTo, Target};
use crate::token::Reply;
use crate::visit::{self, Visit};

/// What a method is called, for those who read of it.
pub trait Named: 'static {
    /// As it is written.
    const NAME: &'static str;
}

/// A method of `T` with arguments `A`, a tuple.
pub trait Method<T: ?Sized + 'static, A: Send + 'static>: Copy + Send + 'static {
    /// What it answers.
    type Reply: Send + 'static;
    /// As it is written.
    const NAME: &'static str;

    /// What can be done with the arguments and the reply.
    #[doc(hidden)]
    fn abilities(self) -> Abilities<A, Self::Reply>;

    #[doc(hidden)]
    const MAY_VISIT: bool = true;

    #[doc(hidden)]
    fn serve(carried: Carried<T, A, Self>, turn: Turn<'_, Self::Reply>);

    /// Whether it waits for its turn at the state. One that does not may run beside a handler that has it.
    #[doc(hidden)]
    const NEEDS_STATE: bool = true;

    #[doc(hidden)]
    fn visit(visit: Visit<'_, Carried<T, A, Self>, Self::Reply>);

    /// As `serve`, without any right to the state.
    #[doc(hidden)]
    fn serve_beside(_receiver: &Ref<T>, _carried: Carried<T, A, Self>, _beside: Beside<'_, Self::Reply>) {
        unreachable!("it needs the state");
    }
}

/// Where a method runs, and who waits for it.
pub struct Turn<'a, R> {
    pub(crate) coroutine: &'a Coroutine,
    pub(crate) owed: Option<Replier<R>>,
}

/// A method and its arguments, on their way to one receiver.
pub struct Carried<T: ?Sized, A, X> {
    pub(crate) target: Target<T>,
    pub(crate) arguments: A,
    pub(crate) method: X,
}

impl<T: ?Sized + 'static, A: Send + 'static, X: Method<T, A>> Parcel for Carried<T, A, X> {
    type Receiver = T;
    type Reply = X::Reply;
    const MAY_VISIT: bool = X::MAY_VISIT;
    const NEEDS_STATE: bool = X::NEEDS_STATE;

    fn name() -> &'static str {
        X::NAME
    }

    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (self.method.abilities().arguments)(&self.arguments, f)
    }

    #[inline]
    fn shows_reply(&self) -> Show<X::Reply> {
        self.method.abilities().reply
    }

    fn duplicate(&self) -> Option<Self> {
        let arguments = (self.method.abilities().duplicate)(&self.arguments)?;
        Some(Carried { target: self.target, arguments, method: self.method })
    }

    #[inline]
    unsafe fn serve(self, state: *mut (), coroutine: &Coroutine, owed: Option<Replier<X::Reply>>) {
        debug_assert_eq!(state, self.target.state().cast(), "a method is served where it was sent");
        X::serve(self, Turn { coroutine, owed });
    }

    #[inline(always)]
    fn visit(visit: Visit<'_, Self, X::Reply>) {
        X::visit(visit);
    }

    fn serve_beside(self, receiver: &StrongTo<T>, beside: Beside<'_, X::Reply>) {
        X::serve_beside(&Ref::new(receiver.clone()), self, beside);
    }
}

/// A method that has the state for itself and answers when it returns.
pub struct ExclusiveMethod<N, F, B>(F, B, PhantomData<fn(N)>);

/// Makes one of a function.
#[inline]
pub fn exclusive<N: Named, T, A, R, F, B>(function: F, abilities: B) -> ExclusiveMethod<N, F, B>
where
    T: ?Sized,
    F: Fn(&mut T, A) -> R + Copy,
    B: Fn() -> Abilities<A, R> + Copy,
{
    ExclusiveMethod(function, abilities, PhantomData)
}

impl<N, F: Copy, B: Copy> Clone for ExclusiveMethod<N, F, B> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<N, F: Copy, B: Copy> Copy for ExclusiveMethod<N, F, B> {}

impl<T, A, R, N, F, B> Method<T, A> for ExclusiveMethod<N, F, B>
where
    T: ?Sized + 'static,
    A: Send + 'static,
    R: Send + 'static,
    N: Named,
    F: Fn(&mut T, A) -> R + Copy + Send + 'static,
    B: Fn() -> Abilities<A, R> + Copy + Send + 'static,
{
    type Reply = R;
    const NAME: &'static str = N::NAME;

    #[inline]
    fn abilities(self) -> Abilities<A, R> {
        (self.1)()
    }

    #[inline]
    fn serve(carried: Carried<T, A, Self>, turn: Turn<'_, R>) {
        let state = carried.target.state().cast();
        // SAFETY: `Parcel::serve` alone calls this, and its caller has the right to the state.
        unsafe { parcel::serve(carried, state, turn.coroutine, turn.owed) }
    }

    #[inline(always)]
    fn visit(visit: Visit<'_, Carried<T, A, Self>, Self::Reply>) {
        visit::visit(visit);
    }
}

impl<T, A, R, N, F, B> Exclusive for Carried<T, A, ExclusiveMethod<N, F, B>>
where
    T: ?Sized + 'static,
    A: Send + 'static,
    R: Send + 'static,
    N: Named,
    F: Fn(&mut T, A) -> R + Copy + Send + 'static,
    B: Fn() -> Abilities<A, R> + Copy + Send + 'static,
{
    #[inline]
    unsafe fn handle(self, _state: *mut ()) -> R {
        // SAFETY: the caller has the right to the state of the parcel's receiver, which is this.
        let state = unsafe { &mut *self.target.state() };
        (self.method.0)(state, self.arguments)
    }
}

/// A method that takes the token of its reply.
pub struct DelegatedMethod<N, R, F, B>(F, B, PhantomData<fn(N) -> R>);

/// Makes one of a function.
#[inline]
pub fn delegated<N: Named, T, A, R, F, B>(function: F, abilities: B) -> DelegatedMethod<N, R, F, B>
where
    T: ?Sized,
    F: Fn(&mut T, A, Reply<R>) + Copy,
    B: Fn() -> Abilities<A, R> + Copy,
{
    DelegatedMethod(function, abilities, PhantomData)
}

impl<N, R, F: Copy, B: Copy> Clone for DelegatedMethod<N, R, F, B> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<N, R, F: Copy, B: Copy> Copy for DelegatedMethod<N, R, F, B> {}

impl<T, A, R, N, F, B> Method<T, A> for DelegatedMethod<N, R, F, B>
where
    T: ?Sized + 'static,
    A: Send + 'static,
    R: Send + 'static,
    N: Named,
    F: Fn(&mut T, A, Reply<R>) + Copy + Send + 'static,
    B: Fn() -> Abilities<A, R> + Copy + Send + 'static,
{
    type Reply = R;
    const NAME: &'static str = N::NAME;
    /// The token outlives a visit.
    const MAY_VISIT: bool = false;

    #[inline]
    fn abilities(self) -> Abilities<A, R> {
        (self.1)()
    }

    fn serve(carried: Carried<T, A, Self>, turn: Turn<'_, R>) {
        // The caller waits for whoever has the token, which may be given away at any time: not, for certain, for us.
        turn.coroutine.set_context_caller(None);
        // SAFETY: `Parcel::serve` alone calls this, and its caller has the right to the state of the receiver.
        let state = unsafe { &mut *carried.target.state() };
        let show = carried.method.abilities().reply;
        turn.coroutine.answer_by_token(turn.owed, show, |token| {
            (carried.method.0)(state, carried.arguments, token);
        });
    }

    fn visit(_visit: Visit<'_, Carried<T, A, Self>, R>) {
        unreachable!("a delegated method is never visited");
    }
}
