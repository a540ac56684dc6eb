//! Actors with room for a few messages, which can be kept busy while their mailboxes fill.

use std::marker::PhantomData;
use std::sync::{Arc, Mutex};

use greenroom::{Actor, Capacity, Handler, Message, Promise, Ref, WhenFull};

use super::Flag;

/// What happens when there is no room.
pub(crate) trait Policy: Send + 'static {
    const POLICY: WhenFull;
}

pub(crate) struct Wait;
pub(crate) struct Fail;
pub(crate) struct DropNewest;
pub(crate) struct DropOldest;

impl Policy for Wait {
    const POLICY: WhenFull = WhenFull::Wait;
}
impl Policy for Fail {
    const POLICY: WhenFull = WhenFull::Fail;
}
impl Policy for DropNewest {
    const POLICY: WhenFull = WhenFull::DropNewest;
}
impl Policy for DropOldest {
    const POLICY: WhenFull = WhenFull::DropOldest;
}

/// What an actor was told, for who cannot ask it: that takes room.
pub(crate) type Log = Arc<Mutex<Vec<u32>>>;

/// Keeps what it is told, in order, and has room for `N` messages.
pub(crate) struct Narrow<P, const N: usize> {
    seen: Log,
    policy: PhantomData<fn(P)>,
}

impl<P, const N: usize> Default for Narrow<P, N> {
    fn default() -> Self {
        Narrow { seen: Log::default(), policy: PhantomData }
    }
}

impl<P, const N: usize> Narrow<P, N> {
    pub(crate) fn log(&self) -> Log {
        self.seen.clone()
    }
}

impl<P: Policy, const N: usize> Actor for Narrow<P, N> {
    const CAPACITY: Capacity = Capacity::of(N).when_full(P::POLICY);
}

/// Is kept, and answered with how many were.
#[derive(Debug, PartialEq)]
pub(crate) struct Note(pub(crate) u32);

impl Message for Note {
    type Reply = usize;
}

impl<P: Policy, const N: usize> Handler<Note> for Narrow<P, N> {
    fn handle(&mut self, Note(number): Note) -> usize {
        let mut seen = self.seen.lock().unwrap();
        seen.push(number);
        seen.len()
    }
}

/// Asks for what was kept.
pub(crate) struct Seen;

impl Message for Seen {
    type Reply = Vec<u32>;
}

impl<P: Policy, const N: usize> Handler<Seen> for Narrow<P, N> {
    fn handle(&mut self, _: Seen) -> Vec<u32> {
        self.seen.lock().unwrap().clone()
    }
}

/// A function of the actor's work.
pub(crate) struct Run<R>(Box<dyn FnOnce() -> R + Send>);

/// See [`Run`].
pub(crate) fn run<R>(work: impl FnOnce() -> R + Send + 'static) -> Run<R> {
    Run(Box::new(work))
}

impl<R: Send + 'static> Message for Run<R> {
    type Reply = R;
}

impl<P: Policy, const N: usize, R: Send + 'static> Handler<Run<R>> for Narrow<P, N> {
    fn handle(&mut self, Run(work): Run<R>) -> R {
        work()
    }
}

/// An actor that handles a message until it is told to go on.
pub(crate) struct Held {
    go_on: Flag,
    done: Promise<()>,
}

impl Held {
    /// Keeps an actor busy: when this returns its mailbox is empty, and stays as it is filled.
    pub(crate) fn hold<P: Policy, const N: usize>(
        actor: &Ref<Narrow<P, N>>,
        wait: impl Fn(&dyn Fn() -> bool),
    ) -> Held {
        let (begun, go_on) = (Flag::default(), Flag::default());
        let (tell, until) = (begun.clone(), go_on.clone());
        let done = actor.send_request(run(move || {
            tell.raise();
            until.wait();
        }));
        wait(&|| begun.is_raised());
        Held { go_on, done }
    }

    /// Lets it go on, and waits until it does.
    pub(crate) fn let_go(self) {
        self.go_on.raise();
        self.done.wait().unwrap();
    }
}
