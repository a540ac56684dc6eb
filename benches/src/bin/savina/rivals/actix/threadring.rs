//! [Thread Ring](greenroom_savina::problems::threadring).

use actix::prelude::*;
use greenroom_savina::problem::{Answer, Parameters};
use greenroom_savina::problems::threadring::last;
use greenroom_savina::tally::{Tally, Ticket};

use super::Actix;

enum Pass {
    /// Closes the ring: to the first node, which was made when nobody was there to be its next.
    Next(Addr<Node>),
    Ping {
        left: u64,
    },
    Exit {
        left: u64,
    },
}

impl Message for Pass {
    type Result = ();
}

struct Node {
    next: Option<Addr<Node>>,
    /// How many there are.
    nodes: u64,
    /// Whether the last ping should arrive here.
    is_last: bool,
    ticket: Ticket,
}

impl Node {
    fn pass_on(&self, message: Pass) {
        self.next.as_ref().expect("the ring is closed").do_send(message);
    }
}

impl Actor for Node {
    type Context = Context<Self>;
}

impl Handler<Pass> for Node {
    type Result = ();
    fn handle(&mut self, message: Pass, context: &mut Self::Context) {
        match message {
            Pass::Next(next) => self.next = Some(next),
            Pass::Ping { left: 0 } => {
                assert!(self.is_last, "the last ping arrives at the wrong actor");
                self.ticket.count(1);
                self.pass_on(Pass::Exit { left: self.nodes - 1 });
            }
            Pass::Ping { left } => {
                self.ticket.count(1);
                self.pass_on(Pass::Ping { left: left - 1 });
            }
            Pass::Exit { left } => {
                if left > 0 {
                    self.pass_on(Pass::Exit { left: left - 1 });
                }
                context.stop();
            }
        }
    }
}

pub(super) fn run(actix: &Actix, parameters: &Parameters) -> Answer {
    let [nodes, hops] = ["actors", "hops"].map(|name| parameters[name]);
    let last = last(parameters);
    let ended = Tally::expecting(nodes);
    actix.run(async move {
        let start =
            |number, next| Node { next, nodes, is_last: number == last, ticket: ended.ticket() }.start();
        let first = start(0, None);
        let second = (1..nodes).rev().fold(first.clone(), |next, number| start(number, Some(next)));
        first.do_send(Pass::Next(second));
        first.do_send(Pass::Ping { left: hops });
    });
    Answer::Whole(ended.wait())
}
