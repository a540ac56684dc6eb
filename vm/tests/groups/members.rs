//! The members of the tests' groups: an actor whose methods are given what to do, and two with one interface.

#![allow(dead_code, reason = "every test program uses another part of it")]

use std::time::Duration;

use greenroom::prelude::*;

use super::support::Flag;

/// An actor whose state is an `S`.
pub(crate) struct Node<S>(pub(crate) S);

#[actor]
impl<S: Send + 'static> Node<S> {
    /// Does something with the state, and replies with what comes of it.
    pub(crate) fn run<R, F>(&mut self, work: F) -> R
    where
        R: Send + 'static,
        F: FnOnce(&mut S) -> R + Send + 'static,
    {
        work(&mut self.0)
    }

    /// The same, for what can fail on its own account.
    pub(crate) fn attempt<R, E, F>(&mut self, work: F) -> Result<R, E>
    where
        R: Send + 'static,
        E: From<CallError> + Send + 'static,
        F: FnOnce(&mut S) -> Result<R, E> + Send + 'static,
    {
        work(&mut self.0)
    }

    /// The same, one-way.
    #[cast]
    pub(crate) fn tell<F>(&mut self, work: F)
    where
        F: FnOnce(&mut S) + Send + 'static,
    {
        work(&mut self.0);
    }

    /// Does something beside the others of the actor.
    #[parallel]
    pub(crate) fn beside<R, F>(me: &Me<Self>, work: F) -> R
    where
        R: Send + 'static,
        F: FnOnce(&Me<Self>) -> R + Send + 'static,
    {
        work(me)
    }
}

/// An interface.
#[actor]
pub(crate) trait Greeter {
    fn greet(&mut self, name: String) -> String;
}

pub(crate) struct English;

#[actor]
impl Greeter for English {
    fn greet(&mut self, name: String) -> String {
        format!("hello {name}")
    }
}

pub(crate) struct German;

#[actor]
impl Greeter for German {
    fn greet(&mut self, name: String) -> String {
        format!("hallo {name}")
    }
}

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
