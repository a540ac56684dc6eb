//! The members of the tests' groups: an actor whose methods are given what to do, and two with one interface. Their
//! proxies are written by hand, as `#[actor]` would.

#![allow(dead_code, reason = "every test program uses another part of it")]

use std::time::Duration;

use greenroom::__private::{
    Active, Carries, FromTarget, InterfaceProxy, Mode, Named, Sees, exclusive, parallel,
};
use greenroom::Me;
use greenroom::prelude::*;

use super::support::Flag;

/// An actor whose state is an `S`.
pub(crate) struct Node<S>(pub(crate) S);

impl<S: Send + 'static> Actor for Node<S> {}

impl<S: Send + 'static> Node<S> {
    fn run<R, F: FnOnce(&mut S) -> R>(&mut self, work: F) -> R {
        work(&mut self.0)
    }
}

#[repr(transparent)]
pub(crate) struct NodeProxy<S: Send + 'static, M: Mode> {
    target: M::Target<Node<S>>,
}

impl<S: Send + 'static, M: Mode> FromTarget<Node<S>, M> for NodeProxy<S, M> {
    fn from_target(target: M::Target<Node<S>>) -> Self {
        Self { target }
    }
}

// SAFETY: transparent over its target.
unsafe impl<S: Send + 'static> Active for Node<S> {
    type Proxy<M: Mode> = NodeProxy<S, M>;
}

struct Run;
impl Named for Run {
    const NAME: &'static str = "run";
}

impl<S: Send + 'static, M: Mode> NodeProxy<S, M> {
    /// Does something with the state, and replies with what comes of it.
    pub(crate) fn run<R, F>(&self, work: F) -> M::Reply<R>
    where
        R: Send + 'static,
        F: FnOnce(&mut S) -> R + Send + 'static,
        M: Carries<(F,)>,
    {
        let method = exclusive::<Run, Node<S>, _, _, _>(|node: &mut Node<S>, (work,)| node.run(work));
        M::reply::<Node<S>, _>(&self.target, method, (work,))
    }

    /// The same, for what can fail on its own account.
    pub(crate) fn attempt<R, E, F>(&self, work: F) -> M::TryReply<Result<R, E>>
    where
        R: Send + 'static,
        E: From<CallError> + Send + 'static,
        F: FnOnce(&mut S) -> Result<R, E> + Send + 'static,
        M: Carries<(F,)>,
    {
        let method = exclusive::<Run, Node<S>, _, _, _>(|node: &mut Node<S>, (work,)| node.run(work));
        M::try_reply::<Node<S>, _>(&self.target, method, (work,))
    }

    /// The same, declared as one-way.
    pub(crate) fn tell<F>(&self, work: F) -> M::Cast
    where
        F: FnOnce(&mut S) + Send + 'static,
        M: Carries<(F,)>,
    {
        let method = exclusive::<Run, Node<S>, _, _, _>(|node: &mut Node<S>, (work,)| node.run(work));
        M::cast::<Node<S>, _>(&self.target, method, (work,))
    }

    /// Does something beside the others of the actor.
    pub(crate) fn beside<R, F>(&self, work: F) -> M::Reply<R>
    where
        R: Send + 'static,
        F: FnOnce(&Me<Node<S>>) -> R + Send + 'static,
        M: Carries<(F,)>,
    {
        let method = parallel::<Run, Node<S>, _, _, _>(|me: &Me<Node<S>>, (work,): (F,)| work(me));
        M::reply::<Node<S>, _>(&self.target, method, (work,))
    }
}

/// An interface.
pub(crate) trait Greeter {
    fn greet(&mut self, name: String) -> String;
}

#[repr(transparent)]
pub(crate) struct GreeterProxy<M: Mode, T: ?Sized + 'static> {
    target: M::Target<T>,
}

impl<M: Mode, T: ?Sized + 'static> FromTarget<T, M> for GreeterProxy<M, T> {
    fn from_target(target: M::Target<T>) -> Self {
        Self { target }
    }
}

impl InterfaceProxy for dyn Greeter {
    type Proxy<M: Mode, T: ?Sized + 'static> = GreeterProxy<M, T>;
}

// SAFETY: transparent over its target.
unsafe impl Active for dyn Greeter {
    type Proxy<M: Mode> = GreeterProxy<M, dyn Greeter>;
}

// SAFETY: the same address.
unsafe impl<T: Greeter + Actor> Sees<T> for dyn Greeter {
    fn see(state: *mut T) -> *mut Self {
        state
    }
}

// SAFETY: the same address.
unsafe impl Sees<dyn Greeter> for dyn Greeter {
    fn see(state: *mut Self) -> *mut Self {
        state
    }
}

struct Greet;
impl Named for Greet {
    const NAME: &'static str = "greet";
}

impl<M: Mode, T: Greeter + ?Sized + 'static> GreeterProxy<M, T> {
    pub(crate) fn greet(&self, name: String) -> M::Reply<String>
    where
        M: Carries<(String,)>,
    {
        let method = exclusive::<Greet, T, _, _, _>(|greeter: &mut T, (name,)| greeter.greet(name));
        M::reply::<T, _>(&self.target, method, (name,))
    }
}

macro_rules! greeter {
    ($greeter:ident, $word:literal) => {
        pub(crate) struct $greeter;
        impl Actor for $greeter {}
        impl Greeter for $greeter {
            fn greet(&mut self, name: String) -> String {
                format!("{} {name}", $word)
            }
        }
        // SAFETY: transparent over its target.
        unsafe impl Active for $greeter {
            type Proxy<M: Mode> = <dyn Greeter as InterfaceProxy>::Proxy<M, $greeter>;
        }
    };
}

greeter!(English, "hello");
greeter!(German, "hallo");

/// Within this, whoever does not wait has answered, also on a loaded computer.
pub(crate) const ENOUGH: Duration = Duration::from_millis(700);

/// So many members, whose states are their numbers from 0 on.
pub(crate) fn numbered(vm: &Vm, count: u32) -> (Group<Node<u32>>, Vec<Ref<Node<u32>>>) {
    let members: Vec<_> = (0..count).map(|number| vm.spawn(Node(number))).collect();
    (members.iter().collect(), members)
}

/// What a member does that waits until the flag is raised.
pub(crate) fn hold(flag: &Flag) -> impl FnOnce(&mut u32) -> u32 + Clone + Send + 'static {
    let flag = flag.clone();
    move |number| {
        flag.wait();
        *number
    }
}

/// The method's own error, or the call's.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Refusal {
    Odd(u32),
    Call(CallError),
}

impl From<CallError> for Refusal {
    fn from(error: CallError) -> Self {
        Refusal::Call(error)
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self:?}")
    }
}

pub(crate) fn even(number: &mut u32) -> Result<u32, Refusal> {
    if number.is_multiple_of(2) { Ok(*number) } else { Err(Refusal::Odd(*number)) }
}
