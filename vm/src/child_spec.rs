//! Specifications of children: how one is started, when it is restarted, how it is stopped.
//!
//! A [`ChildSpec`] knows the type of its child; a [`Plan`] is one whose type is forgotten. Many children may have one
//! plan.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use crate::actor::Actor;
use crate::cell::{Class, Classed};
use crate::error::{Error, ExitReason};
use crate::handle::Strong;
use crate::inbox::Inbox;
use crate::order::Order;
use crate::process::{Process, ProcessRef};
use crate::refs::Ref;
use crate::starting::{self, Make};
use crate::supervision::{AskTree, ask_tree_of};
use crate::target::StrongTo;

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
    /// Has it stop after the message that it handles, and kills it when that takes longer than this; what it does in
    /// [`STOPPING`](Actor::STOPPING) counts.
    Within(Duration),
    /// Has it stop after the message that it handles, and waits as long as that takes.
    Wait,
}

impl Shutdown {
    /// How long a child may take once it has its order; one that is killed at once is not waited for any longer.
    pub(crate) fn limit(self) -> Duration {
        match self {
            Shutdown::Kill => Duration::ZERO,
            Shutdown::Within(limit) => limit,
            Shutdown::Wait => Duration::MAX,
        }
    }

    pub(crate) fn order(self) -> Order {
        match self {
            Shutdown::Kill => Order::Kill,
            Shutdown::Within(_) | Shutdown::Wait => Order::Halt(ExitReason::Shutdown),
        }
    }
}

/// How to start a child, and what its supervisor is to do with it. A clone shares everything with what it was cloned from: a
/// hundred thousand children of one specification need its memory once.
///
/// A child runs on the machine's workers. An actor with a [thread of its own](crate::Vm::spawn_dedicated) cannot be one, for
/// its thread ends with it, and so it cannot go on in place: let the child be an actor that spawns it when it starts,
/// holds its reference, and kills it when it is dropped.
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
pub struct ChildSpec<C> {
    plan: Arc<Plan>,
    of: PhantomData<fn() -> C>,
}

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
        let ask_tree = ask_tree_of::<A>();
        let default = if ask_tree.is_some() { Shutdown::Wait } else { Shutdown::Within(DEFAULT_TIME) };
        let make = starting::of_actor(move || factory().map_err(Into::into));
        Self::of(Plan { shutdown: default, ask_tree, ..Plan::new(id.into(), <A as Classed>::CLASS, make) })
    }
}

impl<M: Send + 'static> ChildSpec<Inbox<M>> {
    /// A permanent child that is a [process](crate::process): each of its lives is a call of `body`.
    ///
    /// The next life has the same [`ProcessRef`], and the same messages before it: what was queued and not received, also
    /// what was passed over by [`recv_match`](Inbox::recv_match). What had been received is gone. To stop it, its
    /// supervisor asks it to end, by [`RecvError::Exit`](crate::RecvError::Exit), ahead of all messages.
    ///
    /// ```
    /// use greenroom::prelude::*;
    /// use greenroom::{ChildSpec, Supervisor};
    ///
    /// # let vm = Vm::builder().workers(1).build()?;
    /// let (sender, receiver) = std::sync::mpsc::channel();
    /// let spec = ChildSpec::process("greeter", move |inbox: Inbox<String>| {
    ///     let name = inbox.recv().unwrap();
    ///     sender.send(format!("hello {name}")).unwrap();
    /// });
    /// let supervisor = vm.spawn(Supervisor::one_for_one().intensity(2, SECOND).with(spec));
    /// let greeter = supervisor.find_process::<String>("greeter")?;
    /// greeter.send("Ann".into())?;
    /// greeter.send("Bob".into())?;
    /// assert_eq!(receiver.recv()?, "hello Ann");
    /// assert_eq!(receiver.recv()?, "hello Bob"); // in its second life
    /// # Ok::<(), greenroom::Error>(())
    /// ```
    pub fn process(id: impl Into<Arc<str>>, body: impl Fn(Inbox<M>) + Send + Sync + 'static) -> Self {
        Self::of(Plan::new(id.into(), Process::<M>::CLASS, starting::of_process(body)))
    }
}

impl<C> ChildSpec<C> {
    fn of(plan: Plan) -> Self {
        ChildSpec { plan: Arc::new(plan), of: PhantomData }
    }

    fn change(mut self, change: impl FnOnce(&mut Plan)) -> Self {
        change(Arc::make_mut(&mut self.plan));
        self
    }

    /// When it is restarted. Default: always.
    pub fn restart(self, restart: Restart) -> Self {
        self.change(|plan| plan.restart = restart)
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
    pub fn shutdown(self, shutdown: Shutdown) -> Self {
        self.change(|plan| plan.shutdown = shutdown)
    }

    /// Its end by itself may end the supervisor: see [`Supervisor::auto_shutdown`](crate::Supervisor::auto_shutdown).
    pub fn significant(self) -> Self {
        self.change(|plan| plan.is_significant = true)
    }

    pub(crate) fn into_plan(self) -> Arc<Plan> {
        self.plan
    }
}

impl<C> Clone for ChildSpec<C> {
    fn clone(&self) -> Self {
        ChildSpec { plan: Arc::clone(&self.plan), of: PhantomData }
    }
}

impl<C> fmt::Debug for ChildSpec<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChildSpec({:?}, {})", self.plan.id, self.plan.class.short_name())
    }
}

const DEFAULT_TIME: Duration = Duration::from_secs(5);

/// A [`ChildSpec`] whose type is forgotten.
#[derive(Clone)]
pub(crate) struct Plan {
    pub(crate) id: Arc<str>,
    pub(crate) restart: Restart,
    pub(crate) shutdown: Shutdown,
    pub(crate) is_significant: bool,
    pub(crate) class: &'static Class,
    pub(crate) make: Make,
    /// Of a child that is a supervisor.
    pub(crate) ask_tree: Option<AskTree>,
}

impl Plan {
    fn new(id: Arc<str>, class: &'static Class, make: Make) -> Self {
        let shutdown = Shutdown::Within(DEFAULT_TIME);
        Plan { id, restart: Restart::Permanent, shutdown, is_significant: false, class, make, ask_tree: None }
    }
}

/// What a supervisor can start: an actor, or a process, which is called after its [`Inbox`].
#[allow(private_bounds, reason = "sealed: what can be started has an actor's cell")]
pub trait Supervised: Referred<Self::Reference> + 'static {
    /// How it is spoken to: by a [`Ref`] or a [`ProcessRef`].
    type Reference: Send + 'static;
}

/// What has references of type `R`.
pub(crate) trait Referred<R> {
    const CLASS: &'static Class;

    /// One of them, if that is the actor's type.
    fn refer(actor: Strong) -> Option<R>;
}

impl<A: Actor> Supervised for A {
    type Reference = Ref<A>;
}

impl<A: Actor> Referred<Ref<A>> for A {
    const CLASS: &'static Class = <A as Classed>::CLASS;

    fn refer(actor: Strong) -> Option<Ref<A>> {
        StrongTo::of(actor).map(Ref::new)
    }
}

impl<M: Send + 'static> Supervised for Inbox<M> {
    type Reference = ProcessRef<M>;
}

impl<M: Send + 'static> Referred<ProcessRef<M>> for Inbox<M> {
    const CLASS: &'static Class = Process::<M>::CLASS;

    fn refer(actor: Strong) -> Option<ProcessRef<M>> {
        StrongTo::of(actor).map(ProcessRef::new)
    }
}
