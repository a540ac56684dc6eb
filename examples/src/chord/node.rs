//! A node of the ring: an actor that knows its predecessor, the next few nodes, and a finger for every power of two.
//!
//! | method | runs | for |
//! |---|---|---|
//! | `find_successor`, `find_predecessor` | parallel | anyone; they ask other nodes, and each other |
//! | `stabilize`, `fix_finger`, `look_beyond` | parallel, one-way | the node's own clock |
//! | `join` | alone: nobody knows the node yet | who made it |
//! | `leave`, `notify`, `set_predecessor`, `set_successors`, `forget` | one-way | other nodes |
//! | the rest | at once, without asking anyone | all |
//!
//! What waits for another node is parallel, and has no hold on its own: so nodes ask each other in circles all the time,
//! and none of them ever waits for itself. What is alone (`join` aside) waits for nobody.
//!
//! **Crashes.** A node keeps a few nodes in reserve after its successor. A call to one that has gone fails at once; then
//! the next one takes its place. So the ring heals as long as not all of them go before the lists are whole again.

use std::mem;
use std::time::Duration;

use greenroom::prelude::*;

use super::walk::{Walk, known, walk};
use super::{Circle, Flaw, Table};

/// How long a node waits for another.
const PATIENCE: Duration = Duration::from_secs(60);

/// A search through another ring may take as often as long.
const SEARCH: u32 = 16;

/// A node as the others know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Where it lies on the circle.
    pub id: u64,
    /// The actor.
    pub node: Ref<Node>,
}

/// What a search found.
#[derive(Clone, Debug)]
pub struct Found {
    /// The node.
    pub peer: Peer,
    /// How many nodes the search went through to get there, the first one not counted.
    pub hops: u32,
}

/// Who stands next to a node.
#[derive(Clone, Debug)]
pub struct Neighbours {
    predecessor: Option<Peer>,
    successors: Vec<Peer>,
}

/// See the head of this file.
pub struct Node {
    circle: Circle,
    id: u64,
    predecessor: Option<Peer>,
    /// Never empty once it has started; the first is the successor, which is the node itself while it is alone.
    fingers: Vec<Peer>,
    /// Those after the successor, in the order of the circle, at most `most_reserves`.
    reserves: Vec<Peer>,
    most_reserves: usize,
    /// The finger that was fixed last.
    fixed: usize,
    /// Ticks that find the one before still under way do nothing: else they would only pile up on a busy computer.
    is_stabilizing: bool,
    is_fixing: bool,
    /// Who does not answer for so long is taken to be gone.
    pub(super) patience: Duration,
    flaw: Option<Flaw>,
}

impl Node {
    /// Takes who does not answer for so long to be gone. Default: a minute.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// For tests.
    #[must_use]
    pub fn with_flaw(mut self, flaw: Option<Flaw>) -> Self {
        self.flaw = flaw;
        self
    }
}

#[actor]
impl Node {
    /// A node that is to lie at `id`, and to keep a list of the next `successors` nodes.
    pub fn new(circle: Circle, id: u64, successors: usize) -> Self {
        Node {
            circle,
            id: circle.key(id),
            predecessor: None,
            fingers: vec![],
            reserves: vec![],
            most_reserves: successors - 1,
            fixed: 0,
            is_stabilizing: false,
            is_fixing: false,
            patience: PATIENCE,
            flaw: None,
        }
    }

    /// It begins as a ring of its own.
    #[started]
    fn begin(&mut self) {
        self.fingers = vec![self.own(); self.circle.fingers()];
    }

    /// Enters the ring of another node. The others hear of it when it next stabilizes.
    pub fn join(&mut self, through: Ref<Node>) -> Result<(), CallError> {
        let successor = through.find_successor(self.id)?.peer;
        let after = successor.node.neighbours()?.successors;
        self.predecessor = None;
        self.fingers.fill(successor.clone());
        self.follow(successor, after);
        Ok(())
    }

    /// Leaves the ring in order: its neighbours become each other's.
    #[cast]
    pub fn leave(&mut self) {
        if let Some(predecessor) = &self.predecessor {
            // A neighbour that has gone as well needs no patch.
            let _ = predecessor.node.set_successors(self.own(), self.successors());
            let _ = self.successor().node.set_predecessor(self.own(), predecessor.clone());
        }
        stop();
    }

    /// The first node at or after a key.
    #[parallel]
    pub fn find_successor(me: &Me<Self>, key: u64) -> Result<Found, CallError> {
        if let Some(peer) = me.with(|node| node.is_holder_of(key).then(|| node.own())) {
            return Ok(Found { peer, hops: 0 });
        }
        let Walk { successor, hops, .. } = walk(me, key)?;
        Ok(Found { peer: successor, hops: hops + 1 })
    }

    /// The last node before a key.
    #[parallel]
    pub fn find_predecessor(me: &Me<Self>, key: u64) -> Result<Found, CallError> {
        let Walk { at, hops, .. } = walk(me, key)?;
        Ok(Found { peer: at, hops })
    }

    /// What a search for a key is told here: the next node, and, unless that one holds the key, one nearer to it.
    pub fn way_to(&self, key: u64) -> (Peer, Option<Peer>) {
        let successor = self.successor();
        let nearer = !self.circle.is_up_to(key, self.id, successor.id);
        let nearer = nearer.then(|| self.closest_preceding_finger(key));
        (successor, nearer)
    }

    /// The last node before a key that this one knows: itself, if it knows of none.
    pub fn closest_preceding_finger(&self, key: u64) -> Peer {
        let is_before = |peer: &&Peer| self.circle.is_between(peer.id, self.id, key);
        self.fingers.iter().rev().find(is_before).cloned().unwrap_or_else(|| self.own())
    }

    /// Where a message for the holder of a key goes next; none if that is this node.
    pub fn next_hop(&self, key: u64) -> Option<Peer> {
        let successor = self.successor();
        if self.is_holder_of(key) {
            None
        } else if self.circle.is_up_to(key, self.id, successor.id) {
            Some(successor)
        } else {
            Some(self.closest_preceding_finger(key))
        }
    }

    /// The next node on the circle.
    pub fn successor(&self) -> Peer {
        self.fingers[0].clone()
    }

    /// The nodes before and after this one.
    pub fn neighbours(&self) -> Neighbours {
        Neighbours { predecessor: self.predecessor.clone(), successors: self.successors() }
    }

    /// What this node knows.
    pub fn table(&self) -> Table {
        let ids = |peers: &[Peer]| peers.iter().map(|peer| peer.id).collect();
        Table {
            id: self.id,
            predecessor: self.predecessor.as_ref().map(|peer| peer.id),
            fingers: ids(&self.fingers),
            successors: ids(&self.successors()),
        }
    }

    /// Looks whether its neighbours are still there and still next to it, and tells the next one of itself.
    #[cast]
    #[parallel]
    pub fn stabilize(me: &Me<Self>) {
        if me.with(|node| mem::replace(&mut node.is_stabilizing, true)) {
            return;
        }
        // What cannot be found out now is next time.
        if forget_lost_predecessor(me).is_ok() {
            while let Ok(false) = look_ahead(me) {}
        }
        me.with(|node| node.is_stabilizing = false);
    }

    /// Looks one finger up: each time the next, but for the first, which `stabilize` keeps.
    #[cast]
    #[parallel]
    pub fn fix_finger(me: &Me<Self>) {
        if me.with(|node| mem::replace(&mut node.is_fixing, true)) {
            return;
        }
        let (finger, start) = me.with(|node| {
            node.fixed = node.fixed % (node.circle.fingers() - 1) + 1;
            (node.fixed, node.circle.start(node.id, node.fixed))
        });
        let found = Node::find_successor(me, start);
        me.with(|node| {
            if let Ok(found) = found {
                node.fingers[finger] = found.peer;
            }
            node.is_fixing = false;
        });
    }

    /// Looks through another node whether that one's ring has a nearer successor. Rings that came apart, because a network
    /// did, become one again.
    #[cast]
    #[parallel]
    pub fn look_beyond(me: &Me<Self>, through: Ref<Node>) {
        if me.with(|node| node.flaw) == Some(Flaw::NeverLooksBeyond) {
            return;
        }
        let (own, circle, patience) = me.with(|node| (node.own(), node.circle, node.patience));
        let asked = through.within(SEARCH * patience).find_successor(circle.key(own.id + 1));
        if let Ok(Found { peer, .. }) = asked
            && circle.is_between(peer.id, own.id, me.with(|node| node.successor().id))
            && let Ok(Some(around)) = known(me, |patience| peer.node.within(patience).neighbours())
        {
            me.with(|node| node.follow(peer, around.successors));
        }
    }

    /// Hears of a node that may be its predecessor.
    #[cast]
    fn notify(&mut self, candidate: Peer) {
        let is_nearer = |known: &Peer| self.circle.is_between(candidate.id, known.id, self.id);
        if self.predecessor.as_ref().is_none_or(is_nearer) {
            self.predecessor = Some(candidate);
        }
    }

    /// Takes another node for its predecessor, if that is the one that leaves.
    #[cast]
    fn set_predecessor(&mut self, leaving: Peer, next: Peer) {
        self.lose(&leaving);
        self.predecessor.get_or_insert(next);
    }

    /// Takes other nodes for its successors, if its successor is the one that leaves.
    #[cast]
    fn set_successors(&mut self, leaving: Peer, mut next: Vec<Peer>) {
        let is_next = self.successor() == leaving;
        self.lose(&leaving);
        if is_next && !next.is_empty() {
            self.follow(next.remove(0), next);
        }
    }

    /// Hears of a node that did not answer.
    #[cast]
    pub(super) fn forget(&mut self, gone: Peer) {
        self.lose(&gone);
    }

    #[local]
    pub(super) fn own(&self) -> Peer {
        Peer { id: self.id, node: me() }
    }

    #[local]
    fn successors(&self) -> Vec<Peer> {
        self.fingers.iter().take(1).chain(&self.reserves).cloned().collect()
    }

    #[local]
    fn is_holder_of(&self, key: u64) -> bool {
        self.predecessor.as_ref().is_some_and(|before| self.circle.is_up_to(key, before.id, self.id))
    }

    /// Takes a successor, and its successors for reserves.
    #[local]
    fn follow(&mut self, successor: Peer, after: Vec<Peer>) {
        // Once around, the list would begin again.
        let others = after.into_iter().take_while(|peer| peer.id != self.id && peer.id != successor.id);
        self.reserves = others.take(self.most_reserves).collect();
        self.fingers[0] = successor;
    }

    /// Does without a node.
    #[local]
    pub(super) fn lose(&mut self, gone: &Peer) {
        self.predecessor.take_if(|peer| peer == gone);
        self.reserves.retain(|peer| peer != gone);
        if self.fingers[0] == *gone {
            self.fingers[0] = if self.reserves.is_empty() { self.own() } else { self.reserves.remove(0) };
        }
        let successor = self.successor();
        self.fingers
            .iter_mut()
            .filter(|finger| *finger == gone)
            .for_each(|finger| *finger = successor.clone());
    }
}

/// A predecessor that has gone would keep a new one from being taken.
fn forget_lost_predecessor(me: &Me<Node>) -> Result<(), CallError> {
    if let Some(before) = me.with(|node| node.predecessor.clone())
        && known(me, |patience| before.node.within(patience).successor())?.is_none()
    {
        me.with(|node| node.lose(&before));
    }
    Ok(())
}

/// Looks whether there is a nearer successor. False: the successor has gone, and the next one has taken its place.
fn look_ahead(me: &Me<Node>) -> Result<bool, CallError> {
    let (own, circle, asked) = me.with(|node| (node.own(), node.circle, node.successor()));
    let Some(mut around) = known(me, |patience| asked.node.within(patience).neighbours())? else {
        me.with(|node| node.lose(&asked));
        return Ok(false);
    };
    let mut successor = asked.clone();
    if let Some(nearer) = around.predecessor.take()
        && circle.is_between(nearer.id, own.id, asked.id)
        && let Some(around_nearer) = known(me, |patience| nearer.node.within(patience).neighbours())?
    {
        (successor, around) = (nearer, around_nearer);
    }
    me.with(|node| {
        // While we asked, another may have been patched in: then the next time is soon enough.
        if node.successor() == asked {
            node.follow(successor.clone(), around.successors);
        }
    });
    // If it has just gone, the next time finds that out.
    let _ = successor.node.notify(own);
    Ok(true)
}
