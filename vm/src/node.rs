//! Nodes of a simulated machine, as its owner and its handlers see them.
//!
//! A node is a group of actors that reach all others over a network. Whatever a handler spawns is on the handler's node; what
//! is spawned on a plain thread is on none, unless the thread acts [on](Vm::on) one. Between two nodes everything that is
//! sent takes the way that the [`Environment`](crate::Environment) says. Actors on no node, and plain threads, talk to
//! everybody directly.
//!
//! | what                  | between two nodes                                                                    |
//! |-----------------------|--------------------------------------------------------------------------------------|
//! | a message             | arrives when the environment says, or never; the sender is told nothing of it          |
//! | its reply             | the same; a caller whose reply is lost waits until its deadline                        |
//! | a request that is late | is dropped unrun where it is reached after its caller's deadline                      |
//! | exits, monitors, kills | late, but never lost, and in order                                                    |
//! | a name                | each node has its own: `acceptor` on `n3` is what others call `n3/acceptor`            |
//! | a reference           | keeps its actor wherever it is held: nobody is told over the network that it has gone  |

use std::borrow::Cow;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use greenroom_scheduler::Time;

use crate::actor::Actor;
use crate::core::{Core, worker_of};
use crate::environment::NodeId;
use crate::error::CallError;
use crate::id::ActorId;
use crate::inbox::Inbox;
use crate::inside::here;
use crate::names::NameError;
use crate::process::{self, ProcessRef};
use crate::refs::Ref;
use crate::reply::Slot;
use crate::setting::Setting;
use crate::simulated;
use crate::skew::NodeClock;
use crate::trace::events;
use crate::vm::{self, Vm};
use crate::worker::{self, Worker};

/// Nodes. For a machine that was [built in an environment](crate::Builder::build_simulated), on the thread that built it;
/// all of these panic elsewhere.
impl Vm {
    fn setting(&self) -> Rc<Setting> {
        self.core.setting().unwrap_or_else(|| simulated::no_nodes())
    }

    /// Adds a node.
    ///
    /// ```
    /// use std::time::Duration;
    /// use greenroom::prelude::*;
    /// use greenroom::{Crossing, Environment, Ready, Route};
    ///
    /// /// All that is sent arrives a millisecond later; who was ready first goes on.
    /// struct Calm;
    /// impl Environment for Calm {
    ///     fn choose(&mut self, _: Duration, _: &[Ready]) -> usize { 0 }
    ///     fn draw(&mut self, _: usize) -> usize { 0 }
    ///     fn route(&mut self, _: Duration, _: &Crossing<'_>) -> Route { Route::Arrives(MILLISECOND) }
    /// }
    /// struct Square;
    /// #[actor]
    /// impl Square {
    ///     fn of(&self, n: u64) -> u64 { n * n }
    /// }
    ///
    /// let vm = Vm::builder().build_simulated(Calm)?;
    /// let (near, far) = (vm.add_node("near"), vm.add_node("far"));
    /// let square = vm.spawn_on(far, Square);
    /// let (answer, took) = vm.run_on(near, move || {
    ///     let begin = greenroom::now();
    ///     (square.of(7), greenroom::now() - begin)
    /// })?;
    /// assert_eq!(answer?, 49);
    /// assert!(took >= 2 * MILLISECOND);
    /// # Ok::<(), greenroom::Error>(())
    /// ```
    ///
    /// # Panics
    /// If there is a node of that name, or the name has a slash in it.
    pub fn add_node(&self, name: impl Into<Arc<str>>) -> NodeId {
        self.setting().with_network(|network| network.add_node(name.into()))
    }

    /// What a node is called.
    ///
    /// # Panics
    /// If there is no such node.
    pub fn node_name(&self, node: NodeId) -> Arc<str> {
        self.setting().with_network(|network| Arc::clone(&network.node(node).name))
    }

    /// The node of that name, if there is one.
    pub fn find_node(&self, name: &str) -> Option<NodeId> {
        self.setting().with_network(|network| network.find_node(name))
    }

    /// The node that an actor is or was on, if it was on one. Of one that has ended and that nobody refers to any more
    /// it is forgotten some time.
    pub fn node_of(&self, actor: ActorId) -> Option<NodeId> {
        self.setting().with_network(|network| network.node_of(actor))
    }

    /// How many actors live on a node.
    ///
    /// # Panics
    /// If there is no such node.
    pub fn actors_on(&self, node: NodeId) -> usize {
        self.setting().with_network(|network| network.living_on(node).len())
    }

    /// How many messages, and how many replies, were lost on their way between nodes so far, or came too late for whoever
    /// waited. They are no dead letters: nobody was told.
    pub fn lost_on_the_way(&self) -> u64 {
        self.setting().lost()
    }

    /// Does something on a node: whatever is spawned, sent, registered or looked up by this thread, or by the handler that
    /// calls this, meanwhile is so from there. What it spawns begins the node's next life, if it has crashed.
    ///
    /// # Panics
    /// If there is no such node.
    pub fn on<R>(&self, node: NodeId, act: impl FnOnce() -> R) -> R {
        let setting = self.setting();
        setting.with_network(|network| network.node(node).name.len());
        match worker_of(self.core.machine).and_then(Worker::coroutine) {
            Some(coroutine) => coroutine.act_on(node, act),
            None => setting.act_as(Some(node), act),
        }
    }

    /// As [`run`](Self::run), as a process on a node.
    ///
    /// # Errors
    /// As for `run`, and if the environment wants no more, or nothing is left to be done.
    ///
    /// # Panics
    /// If there is no such node.
    pub fn run_on<R: Send + 'static>(
        &self,
        node: NodeId,
        main: impl FnOnce() -> R + Send + 'static,
    ) -> Result<R, CallError> {
        let (replier, promise) = Slot::<R>::pair();
        drop(self.process_on(node, move |_: Inbox<()>| vm::answer(replier, main)));
        promise.wait()
    }

    /// As [`spawn`](Self::spawn), on a node.
    ///
    /// # Panics
    /// If there is no such node.
    pub fn spawn_on<A: Actor>(&self, node: NodeId, actor: A) -> Ref<A> {
        self.on(node, || self.spawn(actor))
    }

    /// As [`process`](Self::process), on a node.
    ///
    /// # Panics
    /// If there is no such node.
    pub fn process_on<M: Send + 'static>(
        &self,
        node: NodeId,
        body: impl FnOnce(Inbox<M>) + Send + 'static,
    ) -> ProcessRef<M> {
        self.on(node, || process::spawn(&self.core, body))
    }

    /// Has a node crash: all its actors end at once, and nothing of theirs runs any more but destructors. Whoever waits for
    /// one of them is told nothing, and what is on its way to them is lost; but what is on its way from them arrives. Those
    /// elsewhere that monitor them or are linked to them are told that the node has crashed, when the environment says.
    ///
    /// What they had put off by a timer is sent no more.
    ///
    /// Afterwards it is empty. It comes up again with the next actor that is started [there](Self::on).
    ///
    /// # Panics
    /// If there is no such node, or in a handler.
    pub fn crash_node(&self, node: NodeId) {
        self.setting();
        simulated::crash(self.core.machine, node);
    }

    /// Sets a node's clock: so many nanoseconds ahead of the machine's, and from now on so many parts per million faster.
    /// Handlers on that node [read](now) it, and their timers, sleeps and deadlines take so long by it.
    ///
    /// # Panics
    /// If there is no such node, or a clock of that rate would not go forward.
    pub fn set_skew(&self, node: NodeId, offset_nanos: i64, rate_ppm: i32) {
        let setting = self.setting();
        let clock = NodeClock::set(setting.now(), offset_nanos, rate_ppm);
        setting.with_network(|network| network.node_mut(node).clock = clock);
    }

    /// Records that something was done to a node, or between nodes, for those who [trace](Self::trace) the machine.
    ///
    /// ```
    /// use greenroom::{World, prelude::*, trace::Filter};
    /// let vm = Vm::builder().world(World::Simulated { seed: 1 }).build()?;
    /// let session = vm.trace(Filter::everything());
    /// vm.note_fault("the cable was pulled");
    /// assert!(session.take()[0].to_string().contains("the cable was pulled"));
    /// # Ok::<(), greenroom::Error>(())
    /// ```
    pub fn note_fault(&self, text: impl Into<Arc<str>>) {
        events::failed(&self.core, &text.into());
    }

    /// Drives a simulated machine for so long of its time; with `Duration::MAX` until nothing is left to be done.
    ///
    /// ```
    /// use greenroom::{World, prelude::*};
    /// # struct Clock { ticks: u32 }
    /// # #[actor]
    /// # impl Clock {
    /// #     #[cast]
    /// #     fn tick(&mut self) { self.ticks += 1 }
    /// #     fn ticks(&self) -> u32 { self.ticks }
    /// # }
    /// let vm = Vm::builder().world(World::Simulated { seed: 1 }).build()?;
    /// let clock = vm.spawn(Clock { ticks: 0 });
    /// clock.every(SECOND).tick();
    /// vm.run_for(24 * 3600 * SECOND + SECOND / 2)?;
    /// assert_eq!(clock.ticks()?, 24 * 3600);
    /// # Ok::<(), greenroom::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`CallError::Stalled`] if its environment wants no more.
    ///
    /// # Panics
    /// If the machine is real, or simulated by another thread; in a handler.
    pub fn run_for(&self, duration: Duration) -> Result<(), CallError> {
        assert!(
            self.core.is_simulated() && worker::current().is_none(),
            "run_for drives a simulated machine, on the thread that built it; a real one runs by itself"
        );
        simulated::drive_for(self.core.machine, duration)
    }

    /// How long the machine has run, by its clock; on a [node](Self::on), by that one's.
    pub fn now(&self) -> Duration {
        self.core.clock_here()
    }
}

/// How long the machine that runs the caller has run, by its clock; on a simulated [node](Vm::add_node), what that node's
/// clock shows. In a simulated machine it is the virtual time.
///
/// ```
/// use greenroom::prelude::*;
/// # let vm = Vm::builder().workers(1).build()?;
/// let passed = vm.run(|| {
///     let begin = greenroom::now();
///     sleep(2 * MILLISECOND)?;
///     Ok::<_, CallError>(greenroom::now() - begin)
/// })?;
/// assert!(passed? >= 2 * MILLISECOND);
/// # Ok::<(), greenroom::Error>(())
/// ```
///
/// # Panics
/// On a plain thread, which has no machine: use [`Vm::now`] there.
pub fn now() -> Duration {
    here("now").core.clock_here()
}

/// As [`lookup`](crate::lookup), on another node.
///
/// # Errors
/// As for [`Vm::lookup`].
///
/// # Panics
/// On a plain thread: use [`Vm::lookup`] [on](Vm::on) the node there.
pub fn lookup_on<A: ?Sized + 'static>(node: &str, name: &str) -> Result<Ref<A>, NameError> {
    let name = full_name(node, name);
    here("lookup_on").core.directory.find(&name, std::any::type_name::<A>())
}

/// As [`lookup_process`](crate::lookup_process), on another node.
///
/// # Errors
/// As for [`Vm::lookup`].
///
/// # Panics
/// On a plain thread: use [`Vm::lookup_process`] [on](Vm::on) the node there.
pub fn lookup_process_on<M: Send + 'static>(node: &str, name: &str) -> Result<ProcessRef<M>, NameError> {
    let name = full_name(node, name);
    here("lookup_process_on").core.directory.find(&name, std::any::type_name::<ProcessRef<M>>())
}

/// What the node is called that runs the caller, if one does.
pub fn current_node() -> Option<Arc<str>> {
    let worker = worker::current()?;
    let setting = worker.core.setting()?;
    let node = setting.place(Some(worker))?;
    Some(setting.with_network(|network| Arc::clone(&network.node(node).name)))
}

fn full_name(node: &str, name: &str) -> String {
    format!("{node}/{name}")
}

impl Core {
    /// What a name is for everybody that is the caller's own.
    pub(crate) fn full_name<'a>(&self, name: &'a str) -> Cow<'a, str> {
        let Some(setting) = self.setting().filter(|_| !name.is_empty()) else { return Cow::Borrowed(name) };
        match setting.place(worker_of(self.machine)) {
            Some(node) => {
                Cow::Owned(setting.with_network(|network| full_name(&network.node(node).name, name)))
            }
            None => Cow::Borrowed(name),
        }
    }

    /// As [`full_name`](Self::full_name), for a name to be kept.
    pub(crate) fn full_name_of(&self, name: Arc<str>) -> Arc<str> {
        match self.full_name(&name) {
            Cow::Borrowed(_) => name,
            Cow::Owned(full) => full.into(),
        }
    }

    fn clock_here(&self) -> Duration {
        let now = self.scheduler().now();
        let setting = self.setting();
        let read = setting.and_then(|setting| {
            let node = setting.place(worker_of(self.machine))?;
            Some(setting.with_network(|network| network.node(node).clock.read(now)))
        });
        read.unwrap_or_else(|| now.since(Time::ZERO))
    }
}
