//! [Thread Ring](greenroom_savina::problems::threadring).

use greenroom_savina::problem::{Answer, Parameters};
use greenroom_savina::problems::threadring::last;
use greenroom_savina::tally::{Tally, Ticket};
use may::go;
use may::sync::mpsc::{Receiver, Sender, channel};

use super::{May, tell};

enum Pass {
    Ping { left: u64 },
    Exit { left: u64 },
}

struct Node {
    inbox: Receiver<Pass>,
    next: Sender<Pass>,
    /// How many there are.
    nodes: u64,
    /// Whether the last ping should arrive here.
    is_last: bool,
    ticket: Ticket,
}

impl Node {
    fn pass_on(mut self) {
        while let Ok(pass) = self.inbox.recv() {
            match pass {
                Pass::Ping { left: 0 } => {
                    assert!(self.is_last, "the last ping arrives at the wrong actor");
                    self.ticket.count(1);
                    tell(&self.next, Pass::Exit { left: self.nodes - 1 });
                }
                Pass::Ping { left } => {
                    self.ticket.count(1);
                    tell(&self.next, Pass::Ping { left: left - 1 });
                }
                Pass::Exit { left } => {
                    if left > 0 {
                        tell(&self.next, Pass::Exit { left: left - 1 });
                    }
                    break;
                }
            }
        }
    }
}

pub(super) fn run(may: &May, parameters: &Parameters) -> Answer {
    let [nodes, hops] = ["actors", "hops"].map(|name| parameters[name]);
    let last = last(parameters);
    let ended = Tally::expecting(nodes);
    may.run(move || {
        let (first, first_inbox) = channel();
        let spawn = |number, inbox, next| {
            let node = Node { inbox, next, nodes, is_last: number == last, ticket: ended.ticket() };
            go!(move || node.pass_on());
        };
        // The ring is closed backwards: each knows the one that was made before it.
        let mut next = first.clone();
        for number in (1..nodes).rev() {
            let (node, inbox) = channel();
            spawn(number, inbox, next);
            next = node;
        }
        spawn(0, first_inbox, next);
        tell(&first, Pass::Ping { left: hops });
    });
    Answer::Whole(ended.wait())
}
