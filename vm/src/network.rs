//! The network of a simulated machine: which actor is on which node, and what is on its way between them.
//!
//! Data alone. It knows no environment and runs nobody's code: what comes due is given to the caller, and so is what is left
//! over, to be used or dropped where nothing of this is borrowed.
//!
//! | a node   | actors can be started there | what arrives           | what leaves                                    |
//! |----------|-----------------------------|------------------------|------------------------------------------------|
//! | is up    | yes                         | is delivered           | goes the way that the environment says         |
//! | has crashed | yes, and then it is up   | is lost                | is lost, but for what the ends of its actors tell |
//!
//! Each time that a node crashes it begins another **span**; what was sent to it in the one before arrives no more.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap};
use std::sync::Arc;

use greenroom_scheduler::Time;

use crate::afloat::Afloat;
use crate::crossing::Owing;
use crate::environment::NodeId;
use crate::handle::Weak;
use crate::id::ActorId;
use crate::id_map::IdMap;
use crate::skew::NodeClock;

/// See the head of this file.
#[derive(Default)]
pub(crate) struct Network {
    nodes: Vec<Node>,
    by_name: HashMap<Arc<str>, NodeId>,
    places: IdMap<ActorId, NodeId>,
    /// Have ended, and may be referred to. Swept when their number has doubled.
    departed: Vec<Weak>,
    links: IdMap<u64, Link>,
    arrivals: BinaryHeap<Reverse<Arrival>>,
    sent: u64,
    /// On whose behalf the thread that drives the machine acts.
    pub(crate) acting: Option<NodeId>,
    /// The node that crashes just now.
    crashing: Option<NodeId>,
    owing: Vec<Box<dyn Owing>>,
}

/// One node.
pub(crate) struct Node {
    pub(crate) name: Arc<str>,
    pub(crate) clock: NodeClock,
    is_up: bool,
    span: u32,
    /// Those that live there.
    actors: BTreeMap<ActorId, Weak>,
}

/// The handler that runs, if one does.
#[derive(Clone, Copy, Default)]
pub(crate) struct Running {
    pub(crate) actor: Option<ActorId>,
    /// On whose behalf it acts, if not on that of its own node.
    pub(crate) acts_on: Option<NodeId>,
}

/// From where to where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Way {
    pub(crate) from: NodeId,
    pub(crate) to: NodeId,
}

impl Way {
    pub(crate) fn back(self) -> Way {
        Way { from: self.to, to: self.from }
    }

    fn key(self) -> u64 {
        u64::from(self.from.0) << 32 | u64::from(self.to.0)
    }
}

/// What there was on one way so far.
#[derive(Clone, Copy, Default)]
struct Link {
    things: u64,
    /// When the last signal arrives.
    last_signal: Time,
}

/// What is on its way.
pub(crate) enum Cargo {
    Message(Afloat),
    /// A reply, or an order.
    Deed(Deed),
}

/// What is done when it arrives; or when it is lost, and then it is told why.
pub(crate) type Deed = Box<dyn FnOnce(Option<&'static str>)>;

struct Arrival {
    at: Time,
    /// By the order in which they left.
    number: u64,
    to: NodeId,
    span: u32,
    cargo: Cargo,
}

impl PartialEq for Arrival {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl Eq for Arrival {}

impl PartialOrd for Arrival {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Arrival {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.number).cmp(&(other.at, other.number))
    }
}

/// So much is kept, at least, before what nobody needs any more is swept out.
const KEPT: usize = 64;

impl Network {
    /// # Panics
    /// If there is one of that name, or it has a slash in it.
    pub(crate) fn add_node(&mut self, name: Arc<str>) -> NodeId {
        // A slash parts the node from the name of an actor there.
        assert!(!name.contains('/'), "the name of the node {name:?} has a slash in it: choose another");
        let id = NodeId(u32::try_from(self.nodes.len()).expect("there are fewer nodes than numbers"));
        let other = self.by_name.insert(Arc::clone(&name), id);
        assert!(other.is_none(), "there is a node called {name:?} already: choose another name");
        let clock = NodeClock::default();
        self.nodes.push(Node { name, clock, is_up: true, span: 0, actors: BTreeMap::new() });
        id
    }

    /// # Panics
    /// If there is no such node.
    pub(crate) fn node(&self, node: NodeId) -> &Node {
        let count = self.nodes.len();
        self.nodes.get(node.0 as usize).unwrap_or_else(|| no_node(node, count))
    }

    /// # Panics
    /// If there is no such node.
    pub(crate) fn node_mut(&mut self, node: NodeId) -> &mut Node {
        let count = self.nodes.len();
        self.nodes.get_mut(node.0 as usize).unwrap_or_else(|| no_node(node, count))
    }

    pub(crate) fn find_node(&self, name: &str) -> Option<NodeId> {
        self.by_name.get(name).copied()
    }

    pub(crate) fn node_of(&self, actor: ActorId) -> Option<NodeId> {
        self.places.get(&actor).copied()
    }

    /// On whose node something happens, if that is who runs.
    pub(crate) fn place(&self, running: Running) -> Option<NodeId> {
        self.acting.or(running.acts_on).or_else(|| self.node_of(running.actor?))
    }

    /// The way from who runs, if that leads from one node to another.
    pub(crate) fn way(&self, running: Running, to: ActorId) -> Option<Way> {
        let (from, to) = (self.place(running)?, self.node_of(to)?);
        (from != to).then_some(Way { from, to })
    }

    /// An actor was spawned by the handler of another. It is on the same node, which is up from now on.
    pub(crate) fn settle(&mut self, actor: &Weak, by: Running) {
        if let Some(place) = self.place(by) {
            let is_up = self.crashing != Some(place);
            let node = self.node_mut(place);
            node.is_up = is_up;
            node.actors.insert(actor.id, actor.clone());
            self.places.insert(actor.id, place);
        }
    }

    /// An actor has ended. Who refers to it still finds where it was.
    pub(crate) fn depart(&mut self, actor: ActorId) {
        let Some(place) = self.node_of(actor) else { return };
        let Some(departed) = self.node_mut(place).actors.remove(&actor) else { return };
        if self.departed.len() == self.departed.capacity() {
            let places = &mut self.places;
            self.departed.retain(|departed| {
                let is_known = departed.counts.is_referenced();
                if !is_known {
                    places.remove(&departed.id);
                }
                is_known
            });
            self.departed.reserve(self.departed.len().max(KEPT));
        }
        self.departed.push(departed);
    }

    pub(crate) fn living_on(&self, node: NodeId) -> Vec<Weak> {
        self.node(node).actors.values().cloned().collect()
    }

    pub(crate) fn is_up(&self, node: NodeId) -> bool {
        self.node(node).is_up
    }

    pub(crate) fn span(&self, node: NodeId) -> u32 {
        self.node(node).span
    }

    /// Until its actors have ended, those that they spawn do not begin its next span.
    pub(crate) fn begin_crash(&mut self, node: NodeId) {
        self.crashing = Some(node);
        let node = self.node_mut(node);
        node.is_up = false;
        node.span += 1;
    }

    pub(crate) fn end_crash(&mut self) {
        self.crashing = None;
    }

    /// The how-manieth thing the next one on this way is.
    pub(crate) fn count(&mut self, way: Way) -> u64 {
        let link = self.links.entry(way.key()).or_default();
        link.things += 1;
        link.things - 1
    }

    /// Something is to arrive. What is `in_order` comes behind everything in order that left before on the same way.
    pub(crate) fn ship(&mut self, way: Way, at: Time, in_order: bool, cargo: Cargo) {
        let mut at = at;
        if in_order {
            let link = self.links.entry(way.key()).or_default();
            at = at.max(link.last_signal);
            link.last_signal = at;
        }
        self.sent += 1;
        let (number, span) = (self.sent, self.node(way.to).span);
        self.arrivals.push(Reverse(Arrival { at, number, to: way.to, span, cargo }));
    }

    /// Takes all that is on its way: it arrives no more.
    pub(crate) fn take_all(&mut self) -> impl Iterator<Item = Cargo> + use<> {
        let mut all = std::mem::take(&mut self.arrivals).into_vec();
        all.sort_unstable_by(|one, other| other.cmp(one));
        all.into_iter().map(|Reverse(arrival)| arrival.cargo)
    }

    /// When the next one arrives.
    pub(crate) fn earliest(&self) -> Option<Time> {
        self.arrivals.peek().map(|Reverse(arrival)| arrival.at)
    }

    /// Takes what has arrived, and says whether its node is there still.
    pub(crate) fn take_due(&mut self, now: Time) -> Option<(Cargo, bool)> {
        if self.earliest()? > now {
            return None;
        }
        let Reverse(arrival) = self.arrivals.pop()?;
        let node = self.node(arrival.to);
        let is_there = node.is_up && node.span == arrival.span;
        Some((arrival.cargo, is_there))
    }

    /// Somebody waits for a reply that never comes. Gives those that nobody waits for any more.
    #[must_use = "to be dropped where nothing is borrowed"]
    pub(crate) fn keep_waiting(&mut self, owing: Box<dyn Owing>) -> Vec<Box<dyn Owing>> {
        let mut over = Vec::new();
        if self.owing.len() >= KEPT && self.owing.len() == self.owing.capacity() {
            let (gone, kept) = self.owing.drain(..).partition(|owing| owing.is_over());
            (over, self.owing) = (gone, kept);
            self.owing.reserve_exact(self.owing.len().max(KEPT) * 2);
        }
        self.owing.push(owing);
        over
    }
}

impl Node {
    /// How the ends of its actors are explained to others.
    pub(crate) fn crash_report(&self) -> Arc<str> {
        format!("{} crashed", self.name).into()
    }
}

fn no_node(node: NodeId, count: usize) -> ! {
    panic!("there is no {node:?}: {count} were added; use what Vm::add_node gave")
}
