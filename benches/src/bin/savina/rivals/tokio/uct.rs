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
    children: u64,
    mean_work: u64,
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

async fn node(tree: Tree, me: Address, mut inbox: UnboundedReceiver<ToNode>, work: u64, _ticket: Ticket) {
    busy(tree.mean_work / 5);
    tell(&tree.root, me);
    let mut children = Vec::new();
    while let Some(message) = inbox.recv().await {
        match message {
            ToNode::Grow { work } => children = tree.grow(work),
            ToNode::Work => {
                children.iter().for_each(|child| tell(child, ToNode::Work));
                busy(work);
            }
            ToNode::End => {
                children.iter().for_each(|child| tell(child, ToNode::End));
                break;
            }
        }
    }
}

/// Lets the tree grow until every node has asked, and then has it end; gives its size.
async fn root(mut growth: Growth, mut inbox: UnboundedReceiver<Address>, tree: Tree, _ticket: Ticket) -> u64 {
    let children = tree.grow(growth.begin());
    while !growth.is_over() {
        let node = inbox.recv().await.expect("the nodes live");
        if let Some(work) = growth.ask() {
            tell(&node, ToNode::Grow { work });
        }
    }
    children.iter().for_each(|child| tell(child, ToNode::Work));
    children.iter().for_each(|child| tell(child, ToNode::End));
    growth.size()
}

pub(super) fn run(tokio: &Tokio, parameters: &Parameters) -> Answer {
    let Answer::Whole(nodes) = expected_size(parameters);
    let ended = Tally::expecting(nodes);
    let (root_address, inbox) = unbounded_channel();
    let [children, mean_work] = ["children", "work"].map(|name| parameters[name]);
    let tree = Tree { root: root_address, children, mean_work, ended };
    let size = tokio.run(root(Growth::new(parameters), inbox, tree, ended.ticket()));
    ended.wait();
    Answer::Whole(size)
}
