//! Specifications of children: how one is started, when it is restarted, how it is stopped.
//!
//! A [`ChildSpec`] knows the type of its child; a [`Plan`] is one whose type is forgotten. What it does is to make a
//! state, put it into a vacancy or a new actor, and have that begin.

use std::sync::Arc;
use std::time::Duration;

use crate::actor::Actor;
use crate::attachments::Attachment;
use crate::cell::{Class, Classed};
use crate::error::{CallError, Error, ExitReason};
use crate::handle::{Runnable, Strong};
use crate::id::Home;
use crate::lifecycle;
use crate::order::{self, Order};
use crate::panics::{self, Caught};
use crate::supervision::{AskBranches, ask_branches_of};
use crate::vacancy::{Post, Vacancy};
use crate::worker::Worker;

/// When a child is restarted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Restart {
    /// Always.
    #[default]
    Permanent,
    /// When something went [wrong](ExitReason::is_abnormal).
    Transient,
    /// Never; when it ends, its supervisor forgets it.
    Temporary,
}

impl Restart {
    pub(crate) fn wants(self, reason: &ExitReason) -> bool {
        match self {
            Restart::Permanent => true,
            Restart::Transient => reason.is_abnormal(),
            Restart::Temporary => false,
        }
    }
}

/// How a supervisor stops a child.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shutdown {
    /// Kills it at once.
    Kill,
    /// Has it stop after the message that it handles, and kills it when that takes longer than this.
    Within(Duration),
    /// Has it stop after the message that it handles, and waits as long as that takes.
    Wait,
}

/// How to start a child, and what its supervisor is to do with it.
///
/// ```
/// use greenroom::prelude::*;
/// use greenroom::{ChildSpec, Shutdown, Supervisor};
///
/// struct Cache;
/// impl Actor for Cache {}
///
/// # let vm = Vm::builder().workers(1).build()?;
/// let spec = ChildSpec::new("cache", || Cache).transient().shutdown(Shutdown::Within(2 * SECOND));
/// let supervisor = vm.spawn(Supervisor::one_for_one().with(spec));
/// let cache = supervisor.find::<Cache>("cache")?;
/// assert_eq!(cache.exit_reason(), None);
/// # Ok::<(), greenroom::Error>(())
/// ```
pub struct ChildSpec<A> {
    id: Arc<str>,
    factory: Factory<A>,
    restart: Restart,
    shutdown: Option<Shutdown>,
    significant: bool,
}

type Factory<A> = Arc<dyn Fn() -> Result<A, Error> + Send + Sync>;

impl<A: Actor> ChildSpec<A> {
    /// A permanent child. `factory` makes the state of each of its lives; it runs in the supervisor, so what takes long, or
    /// waits, belongs into [`STARTED`](Actor::STARTED).
    pub fn new(id: impl Into<Arc<str>>, factory: impl Fn() -> A + Send + Sync + 'static) -> Self {
        Self::fallible(id, move || Ok::<A, Error>(factory()))
    }

    /// As [`new`](Self::new), of what may fail to begin: that counts as a restart as well.
    pub fn fallible<E: Into<Error>>(
        id: impl Into<Arc<str>>,
        factory: impl Fn() -> Result<A, E> + Send + Sync + 'static,
    ) -> Self {
        ChildSpec {
            id: id.into(),
            factory: Arc::new(move || factory().map_err(Into::into)),
            restart: Restart::Permanent,
            shutdown: None,
            significant: false,
        }
    }

    /// When it is restarted. Default: always.
    pub fn restart(mut self, restart: Restart) -> Self {
        self.restart = restart;
        self
    }

    /// Restarted only when something went wrong.
    pub fn transient(self) -> Self {
        self.restart(Restart::Transient)
    }

    /// Never restarted.
    pub fn temporary(self) -> Self {
        self.restart(Restart::Temporary)
    }

    /// How it is stopped. Default: within 5 s; a supervisor without a limit.
    pub fn shutdown(mut self, shutdown: Shutdown) -> Self {
        self.shutdown = Some(shutdown);
        self
    }

    /// Its end by itself may end the supervisor: see [`Supervisor::auto_shutdown`](crate::Supervisor::auto_shutdown).
    pub fn significant(mut self) -> Self {
        self.significant = true;
        self
    }

    pub(crate) fn into_plan(self) -> Plan {
        let factory = self.factory;
        let is_supervisor = ask_branches_of::<A>().is_some();
        let default = if is_supervisor { Shutdown::Wait } else { Shutdown::Within(Duration::from_secs(5)) };
        Plan {
            id: self.id,
            restart: self.restart,
            shutdown: self.shutdown.unwrap_or(default),
            is_significant: self.significant,
            class: A::CLASS,
            make: Box::new(move |worker, post, vacancy| make(&factory, worker, post, vacancy)),
            ask_branches: ask_branches_of::<A>(),
        }
    }
}

pub(crate) type Make =
    Box<dyn Fn(&Worker, &Arc<Post>, Option<Vacancy>) -> Result<Option<Strong>, Failure> + Send>;

/// A [`ChildSpec`] whose type is forgotten.
pub(crate) struct Plan {
    pub(crate) id: Arc<str>,
    pub(crate) restart: Restart,
    pub(crate) shutdown: Shutdown,
    pub(crate) is_significant: bool,
    pub(crate) class: &'static Class,
    pub(crate) make: Make,
    /// Of a child that is a supervisor.
    pub(crate) ask_branches: Option<AskBranches>,
}

/// A child did not start.
pub(crate) struct Failure {
    pub(crate) why: String,
    /// If its state was not even made.
    pub(crate) vacancy: Option<Vacancy>,
    /// It was there when it failed, so it will leave.
    pub(crate) leaves: Option<Option<Strong>>,
}

/// Makes a state, puts it into the vacancy or a new actor, and has that begin. Gives the actor if it is a new one.
fn make<A: Actor>(
    factory: &Factory<A>,
    worker: &Worker,
    post: &Arc<Post>,
    vacancy: Option<Vacancy>,
) -> Result<Option<Strong>, Failure> {
    let state = match panics::catch(|| factory()) {
        Ok(Ok(state)) => state,
        Ok(Err(error)) => return Err(Failure { why: error.to_string(), vacancy, leaves: None }),
        Err(Caught::Cancelled(reason)) => panics::unwind(reason),
        Err(caught) => return Err(Failure { why: caught.reason().to_string(), vacancy, leaves: None }),
    };
    let (new, runnable) = match vacancy {
        None => {
            let (actor, runnable) = create(worker, post, state);
            (Some(actor), runnable)
        }
        Some(vacancy) => match vacancy.fill(state) {
            Some(runnable) => (None, runnable),
            None => return Err(Failure { why: "its machine has ended".into(), vacancy: None, leaves: None }),
        },
    };
    let kept = Strong::from_inside(&runnable);
    let why = match lifecycle::begin_held::<A>(worker, runnable) {
        Ok(None) => return Ok(new),
        Ok(Some(reason)) => reason.to_string(),
        Err(CallError::Panicked(report)) => report.to_string(),
        Err(error) => {
            // It may not even have begun, and must not go on as if it had.
            order::give(&kept, Order::Kill);
            error.to_string()
        }
    };
    Err(Failure { why, vacancy: None, leaves: Some(new) })
}

/// A new actor that meets its supervisor at `post`, and the right to run it.
fn create<A: Actor>(worker: &Worker, post: &Arc<Post>, state: A) -> (Strong, Runnable) {
    let core = &worker.core;
    let actor = core.create(Home::shared(core.machine), A::CLASS, state).into_raw();
    let attached = core.registry.attach(&actor, Attachment::Supervised(Arc::clone(post)));
    assert!(attached.is_ok(), "a new actor lives");
    let runnable = actor.claim().expect("a new actor is at rest");
    (actor, runnable)
}
