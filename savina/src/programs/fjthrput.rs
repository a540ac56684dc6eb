//! [Fork-Join (throughput)](crate::problems::fjthrput).

use greenroom::prelude::*;

use super::sent;
use crate::problem::{Answer, Parameters};
use crate::tally::{Tally, Ticket};
use crate::work::sine;

struct Worker {
    left: u64,
    ticket: Ticket,
}

#[actor]
impl Worker {
    #[cast]
    fn work(&mut self) {
        sine();
        self.ticket.count(1);
        self.left -= 1;
        if self.left == 0 {
            stop();
        }
    }
}

pub(super) fn run(vm: &Vm, parameters: &Parameters) -> Answer {
    let (actors, messages) = (parameters["actors"], parameters["messages"]);
    let ended = Tally::expecting(actors);
    // On a worker, where a spawn and a wake stay on its own queue.
    let main = vm.run(move || {
        let worker = |_| spawn(Worker { left: messages, ticket: ended.ticket() });
        let workers: Vec<_> = (0..actors).map(worker).collect();
        for _ in 0..messages {
            for worker in &workers {
                sent(worker.work());
            }
        }
    });
    main.expect("the sender comes to its end");
    Answer::Whole(ended.wait())
}
