//! [Counting Actor](crate::problems::count).

use std::time::Duration;

use greenroom::prelude::*;

use super::sent;
use crate::problem::{Answer, Parameters};
use crate::tally::{Tally, Ticket};

struct Producer {
    counter: Ref<Counter>,
    ticket: Ticket,
}

#[actor]
impl Producer {
    #[cast]
    fn produce(&mut self, increments: u64) {
        for _ in 0..increments {
            sent(self.counter.increment());
        }
        // It waits until all of them are counted.
        self.ticket.count(self.counter.within(Duration::MAX).retrieve().expect("the counter lives"));
        stop();
    }
}

struct Counter {
    count: u64,
    _ticket: Ticket,
}

#[actor]
impl Counter {
    #[cast]
    fn increment(&mut self) {
        self.count += 1;
    }

    fn retrieve(&mut self) -> u64 {
        stop();
        self.count
    }
}

pub(super) fn run(vm: &Vm, parameters: &Parameters) -> Answer {
    let ended = Tally::expecting(2);
    let counter = vm.spawn(Counter { count: 0, _ticket: ended.ticket() });
    let producer = vm.spawn(Producer { counter, ticket: ended.ticket() });
    sent(producer.produce(parameters["increments"]));
    Answer::Whole(ended.wait())
}
