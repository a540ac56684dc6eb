//! Promises that are shared: one reply for many who wait, and many callbacks.
//!
//! | state    | `request` | `outcome` | who comes now                                                          |
//! |----------|-----------|-----------|------------------------------------------------------------------------|
//! | awaited  | there     | not set   | queues: a ticket who waits, a function who wants a callback             |
//! | settling | gone      | set       | finds the reply if it waits; a function queues, for those before go first |
//! | settled  | gone      | set       | finds the reply                                                        |
//!
//! The one that answers the request settles it: state and queues are behind a lock, in which no user's code runs.

use std::fmt;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::ptr::NonNull;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use parking_lot::Mutex;

use crate::actor::Actor;
use crate::callback;
use crate::error::CallError;
use crate::promise::Promise;
use crate::refs::Ref;
use crate::reply::{Outcome, Replier, Slot};

/// A reply to come that any number may wait for. Made by [`Promise::shared`].
///
/// Clones are of the same reply, and each wait, callback and `await` gets a clone of it. When the last one is dropped and
/// no callback is to come, the reply is given up; a request that had not begun then never runs.
///
/// ```
/// use greenroom::prelude::*;
/// # struct Square; impl Actor for Square {}
/// # struct Of(u64); impl Message for Of { type Reply = u64; }
/// # impl Handler<Of> for Square { fn handle(&mut self, Of(n): Of) -> u64 { n * n } }
/// # let vm = Vm::builder().workers(1).build()?;
/// let nine = vm.spawn(Square).send_request(Of(3)).shared();
/// let same = nine.clone();
/// assert_eq!(vm.run(move || same.wait())??, 9);
/// assert_eq!(nine.wait()?, 9);
/// # Ok::<(), greenroom::Error>(())
/// ```
#[must_use = "a promise that is dropped gives the reply up"]
pub struct SharedPromise<R> {
    handle: Arc<Handle<R>>,
    /// What this one waits by while it is polled.
    ticket: Option<Promise<()>>,
}

/// What all clones hold: when it goes, nobody waits any more.
struct Handle<R>(Arc<Shared<R>>);

/// See the head of this file.
struct Shared<R> {
    outcome: OnceLock<Outcome<R>>,
    state: Mutex<State<R>>,
}

struct State<R> {
    request: Option<Request<R>>,
    is_settled: bool,
    tickets: Vec<Replier<()>>,
    callbacks: Vec<Box<dyn FnOnce() + Send>>,
}

/// The slot of the request, which is there until its reply is taken.
struct Request<R>(NonNull<Slot<R>>);

// SAFETY: only the slot's atomic words are used through it.
unsafe impl<R: Send> Send for Request<R> {}

impl<R> State<R> {
    fn request(&self) -> Option<&Slot<R>> {
        // SAFETY: `settle` takes the request away before it takes the reply, behind the same lock.
        self.request.as_ref().map(|request| unsafe { request.0.as_ref() })
    }

    /// Queues one who waits. None: it need not.
    fn queue(&mut self) -> Option<Promise<()>> {
        self.request.as_ref()?;
        if self.tickets.len() == self.tickets.capacity() {
            self.tickets.retain(|ticket| !ticket.slot().word.is_abandoned());
        }
        let (ticket, promise) = Slot::pair();
        self.tickets.push(ticket);
        Some(promise)
    }
}

impl<R: Clone + Send + Sync + 'static> Shared<R> {
    fn settle(&self, mut promise: Promise<R>) {
        let tickets = {
            let mut state = self.state.lock();
            state.request = None;
            let is_first = self.outcome.set(promise.take()).is_ok();
            debug_assert!(is_first, "a request is answered once");
            mem::take(&mut state.tickets)
        };
        for ticket in tickets {
            ticket.complete(Ok(()));
        }
        loop {
            let callbacks = {
                let mut state = self.state.lock();
                state.is_settled = state.callbacks.is_empty();
                mem::take(&mut state.callbacks)
            };
            if callbacks.is_empty() {
                break;
            }
            callbacks.into_iter().for_each(|callback| callback());
        }
    }

    /// Has `callback` called once the reply is there: now, or by the side that answers.
    fn when_settled(&self, callback: impl FnOnce() + Send + 'static) {
        let mut state = self.state.lock();
        if state.is_settled {
            drop(state);
            callback();
        } else {
            state.callbacks.push(Box::new(callback));
        }
    }

    /// The reply is there.
    fn outcome(&self) -> Outcome<R> {
        self.outcome.get().expect("a promise is settled with its outcome").clone()
    }
}

impl<R> Drop for Handle<R> {
    fn drop(&mut self) {
        let state = self.0.state.lock();
        if state.callbacks.is_empty()
            && let Some(request) = state.request()
        {
            // One that has begun goes on, and is answered into the void.
            request.progress.call_off();
        }
    }
}

impl<R: Clone + Send + Sync + 'static> SharedPromise<R> {
    pub(crate) fn new(promise: Promise<R>) -> Self {
        let slot = promise.slot().expect("the reply of a promise is taken once");
        let state = State {
            request: Some(Request(NonNull::from(slot))),
            is_settled: false,
            tickets: Vec::new(),
            callbacks: Vec::new(),
        };
        let shared = Arc::new(Shared { outcome: OnceLock::new(), state: Mutex::new(state) });
        let settled = Arc::clone(&shared);
        promise.when_ready(move |promise| settled.settle(promise));
        SharedPromise { handle: Arc::new(Handle(shared)), ticket: None }
    }

    fn shared(&self) -> &Arc<Shared<R>> {
        &self.handle.0
    }

    /// Whether the reply is there.
    pub fn is_done(&self) -> bool {
        self.shared().outcome.get().is_some()
    }

    /// Waits for the reply.
    ///
    /// # Errors
    /// As for [`Promise::wait`].
    pub fn wait(&self) -> Result<R, CallError> {
        self.wait_for(Duration::MAX)
    }

    /// Waits for the reply, up to `limit`. After a [`CallError::Timeout`] it can still be waited for.
    ///
    /// # Errors
    /// As for [`Promise::wait_for`].
    pub fn wait_for(&self, limit: Duration) -> Result<R, CallError> {
        let shared = self.shared();
        let ticket = shared.state.lock().queue();
        if let Some(mut ticket) = ticket
            && let Err(error) = ticket.wait_for(limit)
            && let Some(request) = shared.state.lock().request()
        {
            return Err(match error {
                CallError::Timeout { limit, elapsed, .. } => {
                    CallError::Timeout { limit, elapsed, started: request.progress.is_started() }
                }
                error => error,
            });
        }
        shared.outcome()
    }

    /// Has the reply come to an actor as a message of its own, as [`Promise::then`] does. Any number of times, before
    /// the reply is there and after: each callback runs once.
    pub fn then<A, F>(&self, actor: &Ref<A>, callback: F)
    where
        A: Actor,
        F: FnOnce(&mut A, Result<R, CallError>) + Send + 'static,
    {
        let (to, shared) = (actor.to().clone(), Arc::clone(self.shared()));
        self.shared().when_settled(move || {
            // The reply is cloned by who wants it: that is a user's code, and takes its time.
            callback::deliver::<A, F>(&to, move |state| callback(state, shared.outcome()));
        });
    }
}

impl<R> Clone for SharedPromise<R> {
    fn clone(&self) -> Self {
        SharedPromise { handle: Arc::clone(&self.handle), ticket: None }
    }
}

impl<R> fmt::Debug for SharedPromise<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let done = self.handle.0.outcome.get().is_some();
        f.debug_struct("SharedPromise").field("done", &done).finish()
    }
}

/// Ready with a clone of the reply; polled after that, it is ready with another one.
impl<R: Clone + Send + Sync + 'static> Future for SharedPromise<R> {
    type Output = Result<R, CallError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if self.ticket.is_none() {
            let ticket = self.shared().state.lock().queue();
            self.ticket = ticket;
        }
        if let Some(ticket) = &mut self.ticket {
            if Pin::new(ticket).poll(context).is_pending() {
                return Poll::Pending;
            }
            self.ticket = None;
        }
        Poll::Ready(self.shared().outcome())
    }
}
