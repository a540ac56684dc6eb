//! A simulation: the machine, its nodes, and what a scenario does to them.

use std::cell::{Ref, RefCell};
use std::ops::RangeInclusive;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use greenroom::trace::{Filter, Session};
use greenroom::{Actor, Vm};
use greenroom_trace::Trace;

use crate::agenda::{Agenda, Deed};
use crate::chance::{Chance, key_of};
use crate::director::{Check, Director};
use crate::failure::{Broken, Failure};
use crate::faults::Faults;
use crate::keep;
use crate::link::Link;
use crate::machine;
use crate::node::Node;
use crate::plan::Plan;
use crate::run::{Amount, Run};

/// What a node does when it starts.
pub(crate) type Boot = Arc<dyn Fn() + Send + Sync>;

/// A distributed program, simulated on this thread: by seed, in virtual time. See the [crate's head](crate).
pub struct Simulation {
    pub(crate) vm: Vm,
    pub(crate) director: Rc<RefCell<Director>>,
    nodes: Vec<Node>,
    boots: Vec<Option<Boot>>,
    is_up: Vec<bool>,
    pub(crate) agenda: Agenda,
    pub(crate) finals: Vec<(String, Check)>,
    session: Option<Session>,
}

/// What the chance of a simulation's parts is keyed with.
const AMOUNT: u64 = 3;
const STREAM: u64 = 4;

/// How many events of a run are kept.
const RECORDS: usize = 1 << 20;

/// Longer than any run.
const FOR_EVER: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

impl Simulation {
    /// One in which all chance comes from that seed.
    pub fn new(seed: u64) -> Self {
        Self::by(Plan::new(seed))
    }

    /// One by that plan.
    ///
    /// # Panics
    /// If the system has no memory for another machine.
    pub fn by(plan: Plan) -> Self {
        let director = Rc::new(RefCell::new(Director::new(plan)));
        Simulation {
            vm: machine::direct(&director),
            director,
            nodes: Vec::new(),
            boots: Vec::new(),
            is_up: Vec::new(),
            agenda: Agenda::default(),
            finals: Vec::new(),
            session: None,
        }
    }

    /// Adds a node.
    ///
    /// # Panics
    /// If there is one of that name.
    pub fn node(&mut self, name: &str) -> Node {
        let node = Node { id: self.vm.add_node(name), name: name.into() };
        self.director.borrow_mut().add_node(Arc::clone(&node.name));
        self.nodes.push(node.clone());
        self.boots.push(None);
        self.is_up.push(true);
        node
    }

    /// Adds so many, called `name-0`, `name-1` and so on.
    ///
    /// # Panics
    /// If there is one of these names.
    pub fn nodes(&mut self, name: &str, count: usize) -> Vec<Node> {
        (0..count).map(|number| self.node(&format!("{name}-{number}"))).collect()
    }

    /// How every node reaches every other.
    pub fn network(&mut self, link: Link) {
        self.director.borrow_mut().network.common = link;
    }

    /// How one node reaches another, if not as the rest. The way back is another link.
    pub fn link(&mut self, from: &Node, to: &Node, link: Link) {
        self.director.borrow_mut().network.special.insert((from.id, to.id), link);
    }

    /// Runs `main` as a process on a node, and drives the machine until it returns.
    ///
    /// # Errors
    /// If it panicked, its node crashed, or an invariant was broken meanwhile.
    pub fn run_on<R: Send + 'static>(
        &mut self,
        node: &Node,
        main: impl FnOnce() -> R + Send + 'static,
    ) -> Result<R, Failure> {
        let result = self.vm.run_on(node.id, main);
        self.settle(result)
    }

    /// Spawns an actor on a node.
    pub fn spawn_on<A: Actor>(&mut self, node: &Node, actor: A) -> greenroom::Ref<A> {
        self.vm.spawn_on(node.id, actor)
    }

    /// Starts `main` as a process on a node. It goes on whenever the machine is driven.
    pub fn start_on(&mut self, node: &Node, main: impl FnOnce() + Send + 'static) {
        drop(self.vm.process_on::<()>(node.id, |_| main()));
    }

    /// Starts `boot` as a process on a node, now, and again whenever the node comes back after a crash.
    pub fn on_start(&mut self, node: &Node, boot: impl Fn() + Send + Sync + 'static) {
        let boot: Boot = Arc::new(boot);
        self.boots[node.id.0 as usize] = Some(Arc::clone(&boot));
        self.start_on(node, move || boot());
    }

    /// Lets chance bring these over the nodes there are, during the next [`run_for`](Self::run_for) or
    /// [`run_until`](Self::run_until).
    pub fn faults(&mut self, faults: Faults) {
        let nodes = faults.among.clone().unwrap_or_else(|| self.nodes.clone());
        self.skew_by_chance(&faults, &nodes);
        self.agenda.add(faults, nodes);
    }

    /// A number of that range that chance draws: how many clients, rounds or messages there are. When a failure is shrunk,
    /// lesser ones are tried.
    ///
    /// # Panics
    /// If the range is empty.
    pub fn amount(&mut self, name: &str, range: RangeInclusive<u64>) -> u64 {
        let mut director = self.director.borrow_mut();
        let drawn = Chance::keyed(director.plan.seed, &[AMOUNT, key_of(name)]).within(range.clone());
        let planned = director.plan.amounts.get(name).copied();
        let value = planned.map_or(drawn, |planned| planned.clamp(*range.start(), *range.end()));
        director.run.amounts.push(Amount { name: name.to_owned(), value, least: *range.start() });
        value
    }

    /// A stream of chance of its own by that name: for what the scenario, or an actor of it, draws.
    #[must_use]
    pub fn chance(&self, name: &str) -> Chance {
        Chance::keyed(self.director.borrow().plan.seed, &[STREAM, key_of(name)])
    }

    /// What must hold after every step, as far as the program shows it: in what its actors write into a place that this
    /// reads. It asks no actor, for it runs between two steps.
    pub fn always(&mut self, name: &str, check: impl FnMut() -> Result<(), String> + 'static) {
        self.director.borrow_mut().invariants.push((name.to_owned(), Box::new(check)));
    }

    /// What must hold when the scenario has come to its end.
    pub fn finally(&mut self, name: &str, check: impl FnMut() -> Result<(), String> + 'static) {
        self.finals.push((name.to_owned(), Box::new(check)));
    }

    /// A panic of an actor whose report contains that is no failure.
    pub fn allow_panics(&mut self, part: &str) {
        self.director.borrow_mut().allowed_panics.push(part.to_owned());
    }

    /// Crashes a node: its actors end, and tell nobody; what is on its way there is lost. It is down until it is
    /// [restarted](Self::restart).
    pub fn crash(&mut self, node: &Node) {
        self.note(format!("{node} crashes"));
        self.is_up[node.id.0 as usize] = false;
        self.vm.crash_node(node.id);
    }

    /// Starts a node that has crashed, as [`on_start`](Self::on_start) says.
    pub fn restart(&mut self, node: &Node) {
        self.note(format!("{node} is back"));
        self.is_up[node.id.0 as usize] = true;
        if let Some(boot) = self.boots[node.id.0 as usize].clone() {
            self.start_on(node, move || boot());
        }
    }

    /// Cuts these nodes off from all others from now on, for so long: what is sent between the two sides is lost. What is
    /// on its way arrives, and signals arrive when it is over. `Duration::MAX`: for ever.
    pub fn partition<'a>(&mut self, side: impl IntoIterator<Item = &'a Node>, length: Duration) {
        let side: Vec<Node> = side.into_iter().cloned().collect();
        let until = self.now() + length.min(FOR_EVER);
        self.begin_partition(&side, until);
        self.agenda.at(until, Deed::Heal(side));
    }

    /// Sets a node's clock ahead, by so many nanoseconds, and lets it gain so many parts in a million from now on.
    pub fn skew(&mut self, node: &Node, ahead_nanos: i64, drift_ppm: i32) {
        self.vm.set_skew(node.id, ahead_nanos, drift_ppm);
    }

    /// Drives the machine for so long, by its own clock.
    ///
    /// # Errors
    /// As soon as an invariant is broken, or an actor panics.
    pub fn run_for(&mut self, length: Duration) -> Result<(), Failure> {
        self.drive(length)
    }

    /// Drives the machine until `is_reached`, which is asked after every step, and asks no actor.
    ///
    /// # Errors
    /// As [`run_for`](Self::run_for), and with that name if `limit` passes first.
    pub fn run_until(
        &mut self,
        name: &str,
        limit: Duration,
        is_reached: impl FnMut() -> bool + 'static,
    ) -> Result<(), Failure> {
        self.director.borrow_mut().goal = Some(Box::new(is_reached));
        let driven = self.drive(limit);
        let mut director = self.director.borrow_mut();
        director.goal = None;
        driven?;
        if !std::mem::take(&mut director.is_reached) {
            let found = format!("not reached within {limit:?}");
            director.fail(Broken::Invariant(name.to_owned()), found, self.now());
        }
        director.run.failure.clone().map_or(Ok(()), Err)
    }

    /// Whether a node is up.
    pub fn is_up(&self, node: &Node) -> bool {
        self.is_up[node.id.0 as usize]
    }

    /// How long the machine has run, by its own clock.
    pub fn now(&self) -> Duration {
        self.vm.now()
    }

    /// Records from now on what happens, with what messages carry. Of too much the newest is kept.
    pub fn record(&mut self) {
        self.session = Some(self.vm.trace(Filter::everything().with_arguments().capacity(RECORDS)));
    }

    /// What happened since it was told to [record](Self::record), or since the last call of this.
    ///
    /// # Panics
    /// If it was not told to.
    pub fn trace(&self, title: impl Into<String>) -> Trace {
        let session = self.session.as_ref().expect("what happened is recorded: call `record` first");
        keep::trace(title.into(), &self.director.borrow().run, session.take(), session.dropped())
    }

    /// The machine itself, for what has no place here.
    pub fn vm(&self) -> &Vm {
        &self.vm
    }

    /// What came of it so far.
    pub fn so_far(&self) -> Ref<'_, Run> {
        Ref::map(self.director.borrow(), |director| &director.run)
    }
}
