//! [Sieve of Eratosthenes](crate::problems::sieve).

use greenroom::prelude::*;

use super::sent;
use crate::problem::{Answer, Parameters};
use crate::problems::sieve::{Filter, candidates};
use crate::tally::{Tally, Ticket};

struct Stage {
    filter: Filter,
    next: Option<Ref<Stage>>,
    /// Primes that a stage has room for.
    room: u64,
    ticket: Ticket,
}

#[actor]
impl Stage {
    fn new(first: u64, room: u64, ticket: Ticket) -> Self {
        Self { filter: Filter::new(first, room), next: None, room, ticket }
    }

    #[cast]
    fn sift(&mut self, candidate: u64) {
        if !self.filter.passes(candidate) {
            return;
        }
        if let Some(next) = &self.next {
            sent(next.sift(candidate));
        } else if !self.filter.keep(candidate) {
            self.next = Some(spawn(Self::new(candidate, self.room, self.ticket.another())));
        }
    }

    #[cast]
    fn finish(&mut self) {
        self.ticket.count(self.filter.count());
        if let Some(next) = &self.next {
            sent(next.finish());
        }
        stop();
    }
}

pub(super) fn run(vm: &Vm, parameters: &Parameters) -> Answer {
    let (candidates, room) = (candidates(parameters), parameters["primes"]);
    let ended = Tally::expecting(1);
    let producer = vm.run(move || {
        let first = spawn(Stage::new(2, room, ended.ticket()));
        candidates.for_each(|candidate| sent(first.sift(candidate)));
        sent(first.finish());
    });
    producer.expect("the producer comes to its end");
    Answer::Whole(ended.wait())
}
