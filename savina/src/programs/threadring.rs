//! [Thread Ring](crate::problems::threadring).

use greenroom::prelude::*;

use super::sent;
use crate::problem::{Answer, Parameters};
use crate::problems::threadring::last;
use crate::tally::{Tally, Ticket};

/// One of the ring.
struct Node {
    number: u64,
    next: Option<Ref<Node>>,
    ring: Ring,
    ticket: Ticket,
}

/// What each of them knows of all.
#[derive(Clone, Copy)]
struct Ring {
    nodes: u64,
    last: u64,
}

#[actor]
impl Node {
    #[cast]
    fn close(&mut self, next: Ref<Node>) {
        self.next = Some(next);
    }

    #[cast]
    fn ping(&mut self, hops: u64) {
        self.ticket.count(1);
        if hops > 0 {
            sent(self.next().ping(hops - 1));
        } else {
            assert_eq!(self.number, self.ring.last, "the ping has lost its way");
            sent(self.next().leave(self.ring.nodes - 1));
        }
    }

    /// For this one and so many behind it.
    #[cast]
    fn leave(&mut self, behind: u64) {
        if behind > 0 {
            sent(self.next().leave(behind - 1));
        }
        stop();
    }

    #[local]
    fn next(&self) -> &Ref<Node> {
        self.next.as_ref().expect("the ring is closed before the first ping")
    }
}

pub(super) fn run(vm: &Vm, parameters: &Parameters) -> Answer {
    let ring = Ring { nodes: parameters["actors"], last: last(parameters) };
    let ended = Tally::expecting(ring.nodes);
    let node = |number, next| vm.spawn(Node { number, next, ring, ticket: ended.ticket() });
    let first = node(0, None);
    let second = (1..ring.nodes).rev().fold(first.clone(), |next, number| node(number, Some(next)));
    sent(first.close(second));
    sent(first.ping(parameters["hops"]));
    Answer::Whole(ended.wait())
}
