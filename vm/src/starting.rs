//! How a child is started: a state is made, put into a vacancy or a new actor, and that begins.
//!
//! The new actor is its supervisor's from the moment it is there: a supervisor that is killed while its child begins leaves
//! nobody behind.

use std::sync::Arc;

use greenroom_scheduler::Lane;

use crate::actor::Actor;
use crate::cell::{Class, Classed};
use crate::core;
use crate::error::{CallError, Error};
use crate::handle::{Runnable, Strong};
use crate::inbox::Inbox;
use crate::lifecycle;
use crate::order::{self, Order};
use crate::panics::{self, Caught};
use crate::process::Process;
use crate::vacancy::{Post, Vacancy};
use crate::worker::Worker;

/// An actor that a supervisor answers for. Dropped, it is killed.
pub(crate) struct Held {
    pub(crate) actor: Strong,
    pub(crate) post: Arc<Post>,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.post.close();
        order::give(&self.actor, Order::Kill);
    }
}

/// Where a child is to be started.
pub(crate) enum Site {
    /// As a new actor.
    New(Arc<Post>),
    /// As the one that has left.
    Old(Held, Box<Vacancy>),
}

/// Starts a child.
pub(crate) type Make = Arc<dyn Fn(&Worker, Site) -> Result<Held, Failure> + Send + Sync>;

/// A child did not start.
pub(crate) struct Failure {
    pub(crate) why: String,
    pub(crate) then: Then,
}

/// What is there of a child that did not start.
pub(crate) enum Then {
    /// No state was made, and all is as it was.
    AsBefore(Site),
    /// It was there when it failed, so it will leave.
    Leaves(Held),
    /// Nothing: its machine has ended.
    Nothing,
}

/// How an actor is started whose states `factory` makes.
pub(crate) fn of_actor<A: Actor>(factory: impl Fn() -> Result<A, Error> + Send + Sync + 'static) -> Make {
    Arc::new(move |worker, site| start_actor(&factory, worker, site))
}

/// How a process is started whose lives are calls of `body`.
pub(crate) fn of_process<M: Send + 'static>(body: impl Fn(Inbox<M>) + Send + Sync + 'static) -> Make {
    let body = Arc::new(body);
    Arc::new(move |worker, site| {
        let body = Arc::clone(&body);
        start_process(Box::new(move |inbox| body(inbox)), worker, site)
    })
}

fn start_actor<A: Actor>(
    factory: &dyn Fn() -> Result<A, Error>,
    worker: &Worker,
    site: Site,
) -> Result<Held, Failure> {
    let state = match panics::catch(factory) {
        Ok(Ok(state)) => state,
        Ok(Err(error)) => return Err(Failure { why: error.to_string(), then: Then::AsBefore(site) }),
        Err(Caught::Cancelled(reason)) => panics::unwind(reason),
        Err(caught) => {
            return Err(Failure { why: caught.reason().to_string(), then: Then::AsBefore(site) });
        }
    };
    let (held, runnable) = match site {
        Site::New(post) => create(worker, post, A::CLASS, state),
        Site::Old(held, vacancy) => (held, vacancy.fill(state).ok_or_else(machine_ended)?),
    };
    let why = match lifecycle::begin_held::<A>(worker, runnable) {
        Ok(None) => return Ok(held),
        Ok(Some(reason)) => reason.to_string(),
        Err(CallError::Panicked(report)) => report.to_string(),
        Err(error) => {
            // It may be in the midst of its beginning still.
            order::give(&held.actor, Order::Kill);
            error.to_string()
        }
    };
    Err(Failure { why, then: Then::Leaves(held) })
}

fn start_process<M: Send + 'static>(
    body: Box<dyn FnOnce(Inbox<M>) + Send>,
    worker: &Worker,
    site: Site,
) -> Result<Held, Failure> {
    let (held, runnable) = match site {
        Site::New(post) => create(worker, post, Process::<M>::CLASS, Process::new(body)),
        Site::Old(held, vacancy) => {
            let runnable = vacancy.refill().ok_or_else(machine_ended)?;
            Process::go_on_with(&runnable, body);
            (held, runnable)
        }
    };
    match worker.serves(runnable.id) {
        true => worker.schedule(runnable, Lane::Back),
        false => core::inject(runnable),
    }
    Ok(held)
}

fn machine_ended() -> Failure {
    Failure { why: "its machine has ended".into(), then: Then::Nothing }
}

/// A new actor that meets its supervisor at `post`, and the right to run it.
fn create<S>(worker: &Worker, post: Arc<Post>, class: &'static Class, state: S) -> (Held, Runnable) {
    let (actor, runnable) = worker.core.create_supervised(class, state, &post);
    (Held { actor: actor.into_raw(), post }, runnable)
}
