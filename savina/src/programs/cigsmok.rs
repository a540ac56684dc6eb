//! [Cigarette Smokers](crate::problems::cigsmok).

use greenroom::prelude::*;

use super::sent;
use crate::problem::{Answer, Parameters};
use crate::problems::cigsmok::{Draw, Draws};
use crate::tally::{Tally, Ticket};
use crate::work::busy;

struct Arbiter {
    smokers: Vec<Ref<Smoker>>,
    draws: Draws,
    _ticket: Ticket,
}

#[actor]
impl Arbiter {
    /// A smoker has begun, or none has to: it is the next one's turn.
    #[cast]
    fn next(&mut self) {
        match self.draws.next() {
            Some(Draw { smoker, period }) => sent(self.smokers[smoker].smoke(period, me::<Self>())),
            // Smokers end with the only references to them, when they have smoked.
            None => stop(),
        }
    }
}

struct Smoker {
    number: u64,
    ticket: Ticket,
}

#[actor]
impl Smoker {
    #[cast]
    fn smoke(&mut self, period: u64, arbiter: Ref<Arbiter>) {
        self.ticket.count(self.number);
        sent(arbiter.next());
        busy(period);
    }
}

pub(super) fn run(vm: &Vm, parameters: &Parameters) -> Answer {
    let smokers = parameters["smokers"];
    let ended = Tally::expecting(smokers + 1);
    let smokers = (0..smokers).map(|number| vm.spawn(Smoker { number, ticket: ended.ticket() })).collect();
    let draws = Draws::new(parameters);
    sent(vm.spawn(Arbiter { smokers, draws, _ticket: ended.ticket() }).next());
    Answer::Whole(ended.wait())
}
