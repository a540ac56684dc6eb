//! The promise of a method that can fail on its own account.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::actor::Actor;
use crate::mode::{Fallible, flatten};
use crate::promise::Promise;
use crate::refs::Ref;

/// As [`Promise`], for a method written `-> Result<T, E>`: waiting gives its own result, and when the call itself failed,
/// that as an `E`.
#[must_use = "a promise that is dropped gives the reply up"]
#[derive(Debug)]
pub struct TryPromise<R: Fallible> {
    promise: Promise<R>,
}

impl<R: Fallible> TryPromise<R> {
    pub(crate) fn new(promise: Promise<R>) -> Self {
        TryPromise { promise }
    }

    /// Whether the reply is there, or was taken.
    pub fn is_done(&self) -> bool {
        self.promise.is_done()
    }

    /// Waits for the method's result.
    ///
    /// # Errors
    /// The method's own, or that of the call.
    pub fn wait(self) -> R {
        flatten(self.promise.wait())
    }

    /// Waits for the method's result, up to `limit`; after a time-out it can still be waited for.
    ///
    /// # Errors
    /// The method's own, or that of the call.
    ///
    /// # Panics
    /// If the result was taken before.
    pub fn wait_for(&mut self, limit: Duration) -> R {
        flatten(self.promise.wait_for(limit))
    }

    /// Has the method's result come to an actor as a message of its own: see [`Promise::then`].
    ///
    /// # Panics
    /// If the result was taken before.
    pub fn then<A, F>(self, actor: &Ref<A>, callback: F)
    where
        A: Actor,
        F: FnOnce(&mut A, R) + Send + 'static,
    {
        self.promise.then(actor, |state, outcome| callback(state, flatten(outcome)));
    }

    /// Gives the result up, but not the request: see [`Promise::detach`].
    pub fn detach(self) {
        self.promise.detach();
    }

    /// The promise of what comes back, where the method's own result and that of the call stay apart.
    pub fn into_inner(self) -> Promise<R> {
        self.promise
    }
}

impl<R: Fallible> Future for TryPromise<R> {
    type Output = R;

    /// # Panics
    /// If the result was taken before.
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<R> {
        Pin::new(&mut self.promise).poll(context).map(flatten)
    }
}
