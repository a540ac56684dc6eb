//! [Recursive Fibonacci Tree](crate::problems::fib).

use greenroom::prelude::*;

use super::sent;
use crate::problem::{Answer, Parameters};
use crate::problems::fib::actors;
use crate::tally::{Tally, Ticket};

struct Fibonacci {
    /// The first has none.
    parent: Option<Ref<Fibonacci>>,
    sum: u64,
    missing: u32,
    ended: &'static Tally,
    ticket: Ticket,
}

#[actor]
impl Fibonacci {
    fn new(parent: Option<Ref<Fibonacci>>, ended: &'static Tally) -> Self {
        Self { parent, sum: 0, missing: 2, ended, ticket: ended.ticket() }
    }

    #[cast]
    fn compute(&mut self, n: u64) {
        if n <= 2 {
            return self.respond(1);
        }
        for before in [n - 1, n - 2] {
            sent(spawn(Self::new(Some(me()), self.ended)).compute(before));
        }
    }

    #[cast]
    fn result(&mut self, number: u64) {
        self.sum += number;
        self.missing -= 1;
        if self.missing == 0 {
            self.respond(self.sum);
        }
    }

    #[local]
    fn respond(&mut self, number: u64) {
        match &self.parent {
            Some(parent) => sent(parent.result(number)),
            None => self.ticket.count(number),
        }
        stop();
    }
}

pub(super) fn run(vm: &Vm, parameters: &Parameters) -> Answer {
    let ended = Tally::expecting(actors(parameters["n"]));
    sent(vm.spawn(Fibonacci::new(None, ended)).compute(parameters["n"]));
    Answer::Whole(ended.wait())
}
