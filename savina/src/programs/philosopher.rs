//! [Dining Philosophers](crate::problems::philosopher).

use greenroom::prelude::*;

use super::sent;
use crate::problem::{Answer, Parameters};
use crate::problems::philosopher::Forks;
use crate::tally::{Tally, Ticket};

/// Ends when the last philosopher has ended, for nobody refers to it then.
struct Arbitrator {
    forks: Forks,
    _ticket: Ticket,
}

#[actor]
impl Arbitrator {
    #[cast]
    fn hungry(&mut self, number: usize, philosopher: Ref<Philosopher>) {
        sent(if self.forks.take(number) { philosopher.eat() } else { philosopher.denied() });
    }

    #[cast]
    fn done(&mut self, number: usize) {
        self.forks.put_back(number);
    }
}

struct Philosopher {
    number: usize,
    rounds: u64,
    arbitrator: Ref<Arbitrator>,
    ticket: Ticket,
}

#[actor]
impl Philosopher {
    #[cast]
    fn think(&mut self) {
        sent(self.arbitrator.hungry(self.number, me::<Self>()));
    }

    #[cast]
    fn denied(&mut self) {
        self.think();
    }

    #[cast]
    fn eat(&mut self) {
        self.ticket.count(1);
        self.rounds -= 1;
        sent(self.arbitrator.done(self.number));
        if self.rounds > 0 {
            sent(me::<Self>().think());
        } else {
            stop();
        }
    }
}

pub(super) fn run(vm: &Vm, parameters: &Parameters) -> Answer {
    let (philosophers, rounds) = (parameters["philosophers"], parameters["rounds"]);
    let ended = Tally::expecting(philosophers + 1);
    let arbitrator = vm.spawn(Arbitrator { forks: Forks::new(parameters), _ticket: ended.ticket() });
    for number in 0..philosophers as usize {
        let arbitrator = arbitrator.clone();
        let philosopher = vm.spawn(Philosopher { number, rounds, arbitrator, ticket: ended.ticket() });
        sent(philosopher.think());
    }
    drop(arbitrator);
    Answer::Whole(ended.wait())
}
