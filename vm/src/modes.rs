//! The modes of a single reference: as declared, called, cast, requested. See `mode` for what each gives.

use std::time::Duration;

use crate::call;
use crate::error::CallError;
use crate::interface::{Active, FromTarget};
use crate::method::{Carried, Method};
use crate::mode::{Carries, Fallible, Mode, flatten};
use crate::promise::Promise;
use crate::refs::Ref;
use crate::try_promise::TryPromise;

/// The views of a reference: what its methods are called through to be sent in another way than they are declared.
impl<T: Active + ?Sized> Ref<T> {
    /// Calls, and waits for the reply as long as the machine's call deadline allows: also for a `#[cast]` method.
    pub fn call(&self) -> T::Proxy<Call<'_>> {
        T::Proxy::from_target(Called { to: self, limit: None })
    }

    /// As [`call`](Self::call), with a deadline of its own. `Duration::MAX` waits for ever, unless a caller up the chain of
    /// calls does not.
    pub fn within(&self, limit: Duration) -> T::Proxy<Call<'_>> {
        T::Proxy::from_target(Called { to: self, limit: Some(limit) })
    }

    /// Sends one-way, and drops the reply.
    pub fn cast(&self) -> T::Proxy<Cast<'_>> {
        T::Proxy::from_target(self)
    }

    /// Sends, and returns the promise of the reply at once. It never waits for [room](crate::Capacity): where there is none,
    /// the promise fails.
    pub fn request(&self) -> T::Proxy<Request<'_>> {
        T::Proxy::from_target(self)
    }
}

impl<T: ?Sized + 'static> Ref<T> {
    #[inline]
    pub(crate) fn carried<A, X>(&self, method: X, arguments: A) -> Carried<T, A, X> {
        Carried { target: self.to().target(), arguments, method }
    }

    #[inline]
    fn call_method<A, X>(
        &self,
        method: X,
        arguments: A,
        limit: Option<Duration>,
    ) -> Result<X::Reply, CallError>
    where
        A: Send + 'static,
        X: Method<T, A>,
    {
        call::call(self.to(), self.carried(method, arguments), limit)
    }

    #[inline]
    pub(crate) fn cast_method<A, X>(&self, method: X, arguments: A) -> Result<(), CallError>
    where
        A: Send + 'static,
        X: Method<T, A>,
    {
        let sent = call::send(self.to(), self.carried(method, arguments));
        sent.map_err(|unsent| unsent.error)
    }
}

/// As the method is declared.
pub struct Plain(());

impl Mode for Plain {
    type Target<T: ?Sized + 'static> = Ref<T>;
    type Reply<R: Send + 'static> = Result<R, CallError>;
    type TryReply<R: Fallible> = R;
    type Cast = Result<(), CallError>;
}

impl<A: Send + 'static> Carries<A> for Plain {
    #[inline]
    fn reply<T, X>(to: &Ref<T>, method: X, arguments: A) -> Result<X::Reply, CallError>
    where
        T: ?Sized + 'static,
        X: Method<T, A>,
    {
        to.call_method(method, arguments, None)
    }

    #[inline]
    fn try_reply<T, X>(to: &Ref<T>, method: X, arguments: A) -> X::Reply
    where
        T: ?Sized + 'static,
        X: Method<T, A, Reply: Fallible>,
    {
        flatten(to.call_method(method, arguments, None))
    }

    #[inline]
    fn cast<T, X>(to: &Ref<T>, method: X, arguments: A) -> Result<(), CallError>
    where
        T: ?Sized + 'static,
        X: Method<T, A, Reply = ()>,
    {
        to.cast_method(method, arguments)
    }
}

/// A call, whatever the method is declared as.
pub struct Call<'a>(std::marker::PhantomData<&'a ()>);

/// What a [`Call`] is sent to.
pub struct Called<'a, T: ?Sized> {
    to: &'a Ref<T>,
    limit: Option<Duration>,
}

impl<'a> Mode for Call<'a> {
    type Target<T: ?Sized + 'static> = Called<'a, T>;
    type Reply<R: Send + 'static> = Result<R, CallError>;
    type TryReply<R: Fallible> = R;
    type Cast = Result<(), CallError>;
}

impl<'a, A: Send + 'static> Carries<A> for Call<'a> {
    #[inline]
    fn reply<T, X>(called: &Called<'a, T>, method: X, arguments: A) -> Result<X::Reply, CallError>
    where
        T: ?Sized + 'static,
        X: Method<T, A>,
    {
        called.to.call_method(method, arguments, called.limit)
    }

    #[inline]
    fn try_reply<T, X>(called: &Called<'a, T>, method: X, arguments: A) -> X::Reply
    where
        T: ?Sized + 'static,
        X: Method<T, A, Reply: Fallible>,
    {
        flatten(Self::reply(called, method, arguments))
    }

    #[inline]
    fn cast<T, X>(called: &Called<'a, T>, method: X, arguments: A) -> Result<(), CallError>
    where
        T: ?Sized + 'static,
        X: Method<T, A, Reply = ()>,
    {
        Self::reply(called, method, arguments)
    }
}

/// One-way, whatever the method is declared as.
pub struct Cast<'a>(std::marker::PhantomData<&'a ()>);

impl<'a> Mode for Cast<'a> {
    type Target<T: ?Sized + 'static> = &'a Ref<T>;
    type Reply<R: Send + 'static> = Result<(), CallError>;
    type TryReply<R: Fallible> = Result<(), CallError>;
    type Cast = Result<(), CallError>;
}

impl<A: Send + 'static> Carries<A> for Cast<'_> {
    #[inline]
    fn reply<T, X>(to: &&Ref<T>, method: X, arguments: A) -> Result<(), CallError>
    where
        T: ?Sized + 'static,
        X: Method<T, A>,
    {
        to.cast_method(method, arguments)
    }

    #[inline]
    fn try_reply<T, X>(to: &&Ref<T>, method: X, arguments: A) -> Result<(), CallError>
    where
        T: ?Sized + 'static,
        X: Method<T, A, Reply: Fallible>,
    {
        to.cast_method(method, arguments)
    }

    #[inline]
    fn cast<T, X>(to: &&Ref<T>, method: X, arguments: A) -> Result<(), CallError>
    where
        T: ?Sized + 'static,
        X: Method<T, A, Reply = ()>,
    {
        to.cast_method(method, arguments)
    }
}

/// A request, whose reply is promised.
pub struct Request<'a>(std::marker::PhantomData<&'a ()>);

impl<'a> Mode for Request<'a> {
    type Target<T: ?Sized + 'static> = &'a Ref<T>;
    type Reply<R: Send + 'static> = Promise<R>;
    type TryReply<R: Fallible> = TryPromise<R>;
    type Cast = Promise<()>;
}

impl<'a, A: Send + 'static> Carries<A> for Request<'a> {
    fn reply<T, X>(to: &&'a Ref<T>, method: X, arguments: A) -> Promise<X::Reply>
    where
        T: ?Sized + 'static,
        X: Method<T, A>,
    {
        call::request(to.to(), to.carried(method, arguments))
    }

    fn try_reply<T, X>(to: &&'a Ref<T>, method: X, arguments: A) -> TryPromise<X::Reply>
    where
        T: ?Sized + 'static,
        X: Method<T, A, Reply: Fallible>,
    {
        TryPromise::new(Self::reply(to, method, arguments))
    }

    fn cast<T, X>(to: &&'a Ref<T>, method: X, arguments: A) -> Promise<()>
    where
        T: ?Sized + 'static,
        X: Method<T, A, Reply = ()>,
    {
        Self::reply(to, method, arguments)
    }
}
