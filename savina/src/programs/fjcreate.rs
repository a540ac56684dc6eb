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
    // On a worker, where a spawn and a wake stay on its own queue.
    let main = vm.run(move || {
        for _ in 0..actors {
            sent(spawn(Worker { ticket: ended.ticket() }).work());
        }
    });
    main.expect("the creator comes to its end");
    Answer::Whole(ended.wait())
}
