//! Modes: how a method is sent, chosen at the call.
//!
//! A proxy's one generated method serves every mode `M`: its arguments must be such as `M` [carries](Carries), and what it
//! returns is a type of `M`.
//!
//! | mode        | from                  | `-> R` gives                    | `-> Result<R, E>` gives | a `#[cast]` method gives           |
//! |-------------|-----------------------|---------------------------------|-------------------------|------------------------------------|
//! | [`Plain`](crate::modes::Plain)   | the reference itself  | `Result<R, CallError>`          | `Result<R, E>`          | `Result<(), CallError>`, at once   |
//! | [`Call`](crate::modes::Call)    | `call()`, `within(d)` | `Result<R, CallError>`          | `Result<R, E>`          | `Result<(), CallError>`, when done |
//! | [`Cast`](crate::modes::Cast)    | `cast()`              | `Result<(), CallError>`, at once | the same               | the same                           |
//! | [`Request`](crate::modes::Request) | `request()`           | `Promise<R>`                    | `TryPromise<R>`         | `Promise<()>`                      |

use crate::error::CallError;
use crate::method::Method;

/// See the head of this file.
pub trait Mode: Sized {
    /// What a proxy sends to.
    type Target<T: ?Sized + 'static>;
    /// What a method returns that is written `-> R`.
    type Reply<R: Send + 'static>;
    /// What a method returns that is written `-> Result<R, E>`.
    type TryReply<R: Fallible>;
    /// What a `#[cast]` method returns.
    type Cast;
}

/// A mode that can send a method with arguments `A`.
#[diagnostic::on_unimplemented(
    message = "arguments are sent more than once by this kind of call, and `{A}` cannot be cloned",
    note = "calls to groups and repeated calls need arguments that are `Clone`"
)]
pub trait Carries<A: Send + 'static>: Mode {
    /// Sends a method that is written `-> R`.
    fn reply<T, X>(target: &Self::Target<T>, method: X, arguments: A) -> Self::Reply<X::Reply>
    where
        T: ?Sized + 'static,
        X: Method<T, A>;

    /// Sends a method that is written `-> Result<R, E>`.
    fn try_reply<T, X>(target: &Self::Target<T>, method: X, arguments: A) -> Self::TryReply<X::Reply>
    where
        T: ?Sized + 'static,
        X: Method<T, A, Reply: Fallible>;

    /// Sends a `#[cast]` method.
    fn cast<T, X>(target: &Self::Target<T>, method: X, arguments: A) -> Self::Cast
    where
        T: ?Sized + 'static,
        X: Method<T, A, Reply = ()>;
}

/// The `Result` of a method that can fail on its own account.
pub trait Fallible: Send + 'static {
    /// What it returns when all is well.
    type Ok: Send + 'static;
    /// Its own error, which also says when the call has failed.
    type Err: From<CallError> + Send + 'static;

    /// The result itself.
    fn into_result(self) -> Result<Self::Ok, Self::Err>;
    /// From the result itself.
    fn from_result(result: Result<Self::Ok, Self::Err>) -> Self;
}

/// The error of a method that can fail on its own account, which can also say that the call has failed.
#[diagnostic::on_unimplemented(
    message = "the error `{Self}` cannot say that a call has failed",
    label = "`{Self}` is not made from a `CallError`",
    note = "write `impl From<CallError> for {Self}`, or return an error type of your own that has it; it must be \
            `Send + 'static`, too"
)]
pub trait OwnError: From<CallError> + Send + 'static {}

#[diagnostic::do_not_recommend]
impl<E: From<CallError> + Send + 'static> OwnError for E {}

impl<R: Send + 'static, E: OwnError> Fallible for Result<R, E> {
    type Ok = R;
    type Err = E;

    #[inline]
    fn into_result(self) -> Self {
        self
    }

    #[inline]
    fn from_result(result: Self) -> Self {
        result
    }
}

/// The method's own result, or the failure of the call as its error.
#[inline]
pub(crate) fn flatten<R: Fallible>(outcome: Result<R, CallError>) -> R {
    outcome.unwrap_or_else(|error| R::from_result(Err(error.into())))
}
