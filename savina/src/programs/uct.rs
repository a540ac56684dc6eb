//! [Unbalanced Cobwebbed Tree](crate::problems::uct).

use greenroom::prelude::*;

use super::sent;
use crate::problem::{Answer, Parameters};
use crate::problems::uct::Growth;
use crate::tally::{Tally, Ticket};
use crate::work::busy;

/// What every node knows of the tree.
#[derive(Clone)]
struct Tree {
    root: Ref<Root>,
    /// How many children a node has that has any.
    children: u64,
    /// Of a node before it asks.
    work: u64,
    ended: &'static Tally,
}

impl Tree {
    /// Makes the children of a node, and lets them ask for children of their own.
    fn children(&self, work: u64) -> Vec<Ref<Node>> {
        let child = |_| {
            let children = Vec::new();
            let child = spawn(Node { tree: self.clone(), work, children, ticket: self.ended.ticket() });
            sent(child.grow());
            child
        };
        (0..self.children).map(child).collect()
    }
}

/// Sends both waves to these nodes: work, and the end.
fn traverse(nodes: &[Ref<Node>]) {
    for node in nodes {
        sent(node.traverse());
    }
}

fn terminate(nodes: &[Ref<Node>]) {
    for node in nodes {
        sent(node.terminate());
    }
}

struct Root {
    growth: Growth,
    children: Vec<Ref<Node>>,
    ticket: Ticket,
}

#[actor]
impl Root {
    #[cast]
    fn begin(&mut self, tree: Tree) {
        self.children = tree.children(self.growth.begin());
    }

    #[cast]
    fn may_i(&mut self, node: Ref<Node>) {
        if let Some(work) = self.growth.ask() {
            sent(node.have_children(work));
        }
        if self.growth.is_over() {
            self.ticket.count(1);
            traverse(&self.children);
            terminate(&self.children);
            stop();
        }
    }
}

struct Node {
    tree: Tree,
    work: u64,
    children: Vec<Ref<Node>>,
    ticket: Ticket,
}

#[actor]
impl Node {
    #[cast]
    fn grow(&mut self) {
        busy(self.tree.work);
        sent(self.tree.root.may_i(me::<Self>()));
    }

    #[cast]
    fn have_children(&mut self, work: u64) {
        assert!(self.children.is_empty(), "a node is granted children once");
        self.children = self.tree.children(work);
    }

    #[cast]
    fn traverse(&mut self) {
        self.ticket.count(1);
        busy(self.work);
        traverse(&self.children);
    }

    #[cast]
    fn terminate(&mut self) {
        terminate(&self.children);
        stop();
    }
}

/// The answer counts the nodes that the first wave came to.
pub(super) fn run(vm: &Vm, parameters: &Parameters) -> Answer {
    let ended = Tally::expecting(parameters.problem().operations(parameters));
    let growth = Growth::new(parameters);
    let root = vm.spawn(Root { growth, children: Vec::new(), ticket: ended.ticket() });
    let (children, work) = (parameters["children"], parameters["work"] / 5);
    sent(root.begin(Tree { root: root.clone(), children, work, ended }));
    Answer::Whole(ended.wait())
}
