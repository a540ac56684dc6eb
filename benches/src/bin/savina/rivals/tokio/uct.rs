//! [Unbalanced Cobwebbed Tree](greenroom_savina::problems::uct).

use greenroom_savina::problem::{Answer, Parameters};
use greenroom_savina::problems::uct::Growth;
use greenroom_savina::tally::{Tally, Ticket};
use greenroom_savina::work::busy;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::{Tokio, tell};

type Address = UnboundedSender<ToNode>;

enum ToNode {
    /// Have children, each with this work.
    Grow { work: u64 },
    /// The first wave.
    Work,
    /// The second.
    End,
}

/// What is the same for every node.
#[derive(Clone)]
struct Tree {
    root: UnboundedSender<Address>,
    /// How many children a node has that has any.
    children: u64,
    /// Of a node before it asks.
    work: u64,
    ended: &'static Tally,
}

impl Tree {
    fn grow(&self, work: u64) -> Vec<Address> {
        (0..self.children).map(|_| self.spawn(work)).collect()
    }

    /// Breaks the recursion of the future's type, without a box for it.
    fn spawn(&self, work: u64) -> Address {
        let (me, inbox) = unbounded_channel();
        tokio::spawn(node(self.clone(), me.clone(), inbox, work, self.ended.ticket()));
        me
    }
}

async fn node(tree: Tree, me: Address, mut inbox: UnboundedReceiver<ToNode>, work: u64, mut ticket: Ticket) {
    busy(tree.work);
    tell(&tree.root, me);
    let mut children = Vec::new();
    while let Some(message) = inbox.recv().await {
        match message {
            ToNode::Grow { work } => children = tree.grow(work),
            ToNode::Work => {
                ticket.count(1);
                busy(work);
                children.iter().for_each(|child| tell(child, ToNode::Work));
            }
            ToNode::End => {
                children.iter().for_each(|child| tell(child, ToNode::End));
                break;
            }
        }
    }
}

/// Lets the tree grow until every node has asked, and then sends both waves.
async fn root(mut growth: Growth, mut inbox: UnboundedReceiver<Address>, tree: Tree, mut ticket: Ticket) {
    let children = tree.grow(growth.begin());
    while !growth.is_over() {
        let node = inbox.recv().await.expect("the nodes live");
        if let Some(work) = growth.ask() {
            tell(&node, ToNode::Grow { work });
        }
    }
    children.iter().for_each(|child| tell(child, ToNode::Work));
    children.iter().for_each(|child| tell(child, ToNode::End));
    ticket.count(1);
}

/// The answer counts the nodes that the first wave came to.
pub(super) fn run(tokio: &Tokio, parameters: &Parameters) -> Answer {
    let ended = Tally::expecting(parameters.problem().operations(parameters));
    let (root_address, inbox) = unbounded_channel();
    let (children, work) = (parameters["children"], parameters["work"] / 5);
    let tree = Tree { root: root_address, children, work, ended };
    tokio.run(root(Growth::new(parameters), inbox, tree, ended.ticket()));
    Answer::Whole(ended.wait())
}
