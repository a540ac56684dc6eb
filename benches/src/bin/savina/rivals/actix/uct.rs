//! [Unbalanced Cobwebbed Tree](greenroom_savina::problems::uct).

use actix::prelude::*;
use greenroom_savina::problem::{Answer, Parameters};
use greenroom_savina::problems::uct::Growth;
use greenroom_savina::tally::{Tally, Ticket};
use greenroom_savina::work::busy;

use super::Actix;

/// May I have children?
struct Ask(Addr<Node>);

impl Message for Ask {
    type Result = ();
}

#[derive(Clone, Copy)]
enum ToNode {
    /// Have children, each with this work.
    Grow { work: u64 },
    /// The first wave.
    Work,
    /// The second.
    End,
}

impl Message for ToNode {
    type Result = ();
}

/// What is the same for every node.
#[derive(Clone)]
struct Tree {
    root: Addr<Root>,
    /// How many children a node has that has any.
    children: u64,
    /// Of a node before it asks.
    work: u64,
    ended: &'static Tally,
}

impl Tree {
    fn grow(&self, work: u64) -> Vec<Addr<Node>> {
        let start = |_| {
            let (tree, ticket) = (self.clone(), self.ended.ticket());
            Node { tree, work, children: Vec::new(), ticket }.start()
        };
        (0..self.children).map(start).collect()
    }
}

fn tell_all(nodes: &[Addr<Node>], message: ToNode) {
    nodes.iter().for_each(|node| node.do_send(message));
}

/// Lets the tree grow until every node has asked, and then sends both waves.
struct Root {
    growth: Growth,
    children: Vec<Addr<Node>>,
    ticket: Ticket,
}

impl Actor for Root {
    type Context = Context<Self>;
}

impl Handler<Ask> for Root {
    type Result = ();
    fn handle(&mut self, Ask(node): Ask, context: &mut Self::Context) {
        if let Some(work) = self.growth.ask() {
            node.do_send(ToNode::Grow { work });
        }
        if self.growth.is_over() {
            self.ticket.count(1);
            tell_all(&self.children, ToNode::Work);
            tell_all(&self.children, ToNode::End);
            context.stop();
        }
    }
}

struct Node {
    tree: Tree,
    work: u64,
    children: Vec<Addr<Node>>,
    ticket: Ticket,
}

impl Actor for Node {
    type Context = Context<Self>;
    fn started(&mut self, context: &mut Self::Context) {
        busy(self.tree.work);
        self.tree.root.do_send(Ask(context.address()));
    }
}

impl Handler<ToNode> for Node {
    type Result = ();
    fn handle(&mut self, message: ToNode, context: &mut Self::Context) {
        match message {
            ToNode::Grow { work } => self.children = self.tree.grow(work),
            ToNode::Work => {
                self.ticket.count(1);
                busy(self.work);
                tell_all(&self.children, ToNode::Work);
            }
            ToNode::End => {
                tell_all(&self.children, ToNode::End);
                context.stop();
            }
        }
    }
}

/// The answer counts the nodes that the first wave came to.
pub(super) fn run(actix: &Actix, parameters: &Parameters) -> Answer {
    let ended = Tally::expecting(parameters.problem().operations(parameters));
    let mut growth = Growth::new(parameters);
    let (children, work) = (parameters["children"], parameters["work"] / 5);
    actix.run(async move {
        Root::create(|context| {
            let tree = Tree { root: context.address(), children, work, ended };
            let children = tree.grow(growth.begin());
            Root { growth, children, ticket: ended.ticket() }
        });
    });
    Answer::Whole(ended.wait())
}
