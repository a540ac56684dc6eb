//! [Fork-Join (actor creation)](crate::problems::fjcreate).

use greenroom::prelude::*;

use super::sent;
use crate::problem::{Answer, Parameters};
use crate::tally::{Tally, Ticket};
use crate::work::sine;

struct Worker {
    ticket: Ticket,
}

#[actor]
impl Worker {
    #[cast]
    fn work(&mut self) {
        sine();
        self.ticket.count(1);
        stop();
    }
}

pub(super) fn run(vm: &Vm, parameters: &Parameters) -> Answer {
    let actors = parameters["actors"];
    let ended = Tally::expecting(actors);
    for _ in 0..actors {
        sent(vm.spawn(Worker { ticket: ended.ticket() }).work());
    }
    Answer::Whole(ended.wait())
}
