//! The modes of a group: one-way to all, and gathered. See `mode` for what a mode is.
//!
//! | mode        | from                                  | `-> R` gives      | `-> Result<R, E>` gives | `#[cast]` gives    |
//! |-------------|---------------------------------------|-------------------|-------------------------|--------------------|
//! | [`CastAll`] | `cast()`                              | `usize`, at once  | `usize`, at once        | `usize`, at once   |
//! | [`Each`]    | `each()`, `each_within(d)`            | `Gather<T, R>`    | `Gather<T, R, E>`       | `Gather<T, ()>`    |
//!
//! Arguments are cloned for each member, by the sender.

use std::marker::PhantomData;
use std::time::Duration;

use crate::bundle::Bundle;
use crate::call;
use crate::expiry::Expiry;
use crate::gather::{Gather, Seen, Waiting};
use crate::group::Group;
use crate::interface::{Active, FromTarget};
use crate::method::Method;
use crate::mode::{Carries, Fallible, Mode, flatten};
use crate::refs::Ref;
use crate::reply::Outcome;
use crate::trace::sending::Together;

/// The views of a group: what its members' methods are called through.
impl<T: Active + ?Sized> Group<T> {
    /// Sends one-way to every member, and drops the replies. The methods return how many members it was sent to.
    ///
    /// A member that has [no room](crate::Capacity) is sent to as by a single cast: the sender waits for it before it goes on
    /// to the next, if that is the member's choice.
    ///
    /// Costs one allocation a member, and the clones of the arguments.
    pub fn cast(&self) -> T::Proxy<CastAll<'_>> {
        T::Proxy::from_target(self)
    }

    /// Asks every member at once; the methods return a [`Gather`] of their replies, whose deadline is the machine's call
    /// deadline. Nobody waits for [room](crate::Capacity): the answer of a member that has none is `Overloaded`.
    ///
    /// A member that waits for the caller, or is the caller, cannot answer while the replies are waited for: its answer is
    /// then a [`CallError::Deadlock`](crate::CallError::Deadlock), at once, and its request is called off.
    pub fn each(&self) -> T::Proxy<Each<'_, T>> {
        T::Proxy::from_target(Gathered { group: self, limit: None, same: |member| member })
    }

    /// As [`each`](Self::each), with a deadline of its own, which begins now: when the method is called. `Duration::MAX`
    /// waits for ever.
    ///
    /// ```
    /// use greenroom::prelude::*;
    /// use std::time::Duration;
    ///
    /// struct Worker { takes: Duration }
    /// #[actor]
    /// impl Worker {
    ///     fn work(&mut self) -> u32 { sleep(self.takes).map_or(0, |()| 7) }
    /// }
    ///
    /// let vm = Vm::builder().workers(1).build()?;
    /// let quick = vm.spawn(Worker { takes: Duration::ZERO });
    /// let slow = vm.spawn(Worker { takes: Duration::from_secs(60) });
    /// let group: Group<Worker> = [&quick, &slow].into_iter().collect();
    ///
    /// let replies = group.each_within(Duration::from_millis(100)).work().replies();
    /// assert_eq!(replies.answers, [(quick, Ok(7))]);
    /// assert_eq!(replies.missing, [slow]);
    /// # Ok::<(), greenroom::Error>(())
    /// ```
    pub fn each_within(&self, limit: Duration) -> T::Proxy<Each<'_, T>> {
        T::Proxy::from_target(Gathered { group: self, limit: Some(limit), same: |member| member })
    }
}

/// One-way to every member, whatever the method is declared as.
pub struct CastAll<'a>(PhantomData<&'a ()>);

impl<'a> Mode for CastAll<'a> {
    type Target<T: ?Sized + 'static> = &'a Group<T>;
    type Reply<R: Send + 'static> = usize;
    type TryReply<R: Fallible> = usize;
    type Cast = usize;
}

impl<'a, A: Clone + Send + 'static> Carries<A> for CastAll<'a> {
    fn reply<T, X>(group: &&'a Group<T>, method: X, arguments: A) -> usize
    where
        T: ?Sized + 'static,
        X: Method<T, A>,
    {
        let members = group.snapshot();
        let copies = Copies::of(arguments, members.len());
        let together = Together::begin(&members);
        let send = |(to, copy): (&Ref<T>, A)| {
            together.next();
            usize::from(to.cast_method(method, copy).is_ok())
        };
        members.iter().zip(copies).map(send).sum()
    }

    fn try_reply<T, X>(group: &&'a Group<T>, method: X, arguments: A) -> usize
    where
        T: ?Sized + 'static,
        X: Method<T, A, Reply: Fallible>,
    {
        Self::reply(group, method, arguments)
    }

    fn cast<T, X>(group: &&'a Group<T>, method: X, arguments: A) -> usize
    where
        T: ?Sized + 'static,
        X: Method<T, A, Reply = ()>,
    {
        Self::reply(group, method, arguments)
    }
}

/// A request to every member, whose replies are gathered. `T` is what the members are.
pub struct Each<'a, T: ?Sized>(PhantomData<fn(&'a T)>);

/// What an [`Each`] is sent to. A mode's methods know the members as a `U`, its results know them as a `T`; both are the
/// same type, and only whoever makes this sees that.
pub struct Gathered<'a, T: ?Sized, U: ?Sized> {
    group: &'a Group<T>,
    limit: Option<Duration>,
    same: fn(&Ref<T>) -> &Ref<U>,
}

impl<'a, T: ?Sized + 'static> Mode for Each<'a, T> {
    type Target<U: ?Sized + 'static> = Gathered<'a, T, U>;
    type Reply<R: Send + 'static> = Gather<T, R>;
    type TryReply<R: Fallible> = Gather<T, R::Ok, R::Err>;
    type Cast = Gather<T, ()>;
}

impl<'a, T: ?Sized + 'static, A: Clone + Send + 'static> Carries<A> for Each<'a, T> {
    fn reply<U, X>(each: &Gathered<'a, T, U>, method: X, arguments: A) -> Gather<T, X::Reply>
    where
        U: ?Sized + 'static,
        X: Method<U, A>,
    {
        gather(each, method, arguments, |outcome| outcome)
    }

    fn try_reply<U, X>(
        each: &Gathered<'a, T, U>,
        method: X,
        arguments: A,
    ) -> Gather<T, <X::Reply as Fallible>::Ok, <X::Reply as Fallible>::Err>
    where
        U: ?Sized + 'static,
        X: Method<U, A, Reply: Fallible>,
    {
        gather(each, method, arguments, |outcome| flatten(outcome).into_result())
    }

    fn cast<U, X>(each: &Gathered<'a, T, U>, method: X, arguments: A) -> Gather<T, ()>
    where
        U: ?Sized + 'static,
        X: Method<U, A, Reply = ()>,
    {
        Self::reply(each, method, arguments)
    }
}

/// Sends to every member; `see` makes an answer of what comes back.
fn gather<T, U, A, X, R, E>(
    each: &Gathered<'_, T, U>,
    method: X,
    arguments: A,
    see: fn(Outcome<X::Reply>) -> Result<R, E>,
) -> Gather<T, R, E>
where
    T: ?Sized,
    U: ?Sized + 'static,
    A: Clone + Send + 'static,
    X: Method<U, A>,
    R: 'static,
    E: 'static,
{
    let members = each.group.snapshot();
    let expiry = Expiry::of_call_to(members.first(), each.limit);
    let (mut copies, mut waiting) = (Copies::of(arguments, members.len()), Vec::new());
    let together = Together::begin(&members);
    let bundle = Bundle::new(members.len(), |index| {
        together.next();
        let arguments = copies.next().expect("there is one for each");
        let to = (each.same)(&members[index]);
        let (promise, waits) = call::request_of_many(to.to(), to.carried(method, arguments), expiry.time());
        if waits {
            waiting.push(index);
        }
        promise
    });
    Gather::new(members, expiry, Seen { bundle, see }, Waiting { members: waiting, method: || X::NAME })
}

/// Arguments, so many times: clones, and at last the arguments themselves.
struct Copies<A> {
    arguments: Option<A>,
    left: usize,
}

impl<A: Clone> Copies<A> {
    fn of(arguments: A, count: usize) -> Self {
        Copies { arguments: Some(arguments), left: count }
    }
}

impl<A: Clone> Iterator for Copies<A> {
    type Item = A;

    fn next(&mut self) -> Option<A> {
        self.left = self.left.checked_sub(1)?;
        if self.left == 0 { self.arguments.take() } else { self.arguments.clone() }
    }
}
