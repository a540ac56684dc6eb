//! [Producer-Consumer with a Bounded Buffer](crate::problems::bndbuffer).

use greenroom::prelude::*;

use super::sent;
use crate::problem::{Answer, Parameters};
use crate::problems::bndbuffer::{Buffer, Next, process};
use crate::tally::{Tally, Ticket};

struct Manager {
    buffer: Buffer<Ref<Producer>, Ref<Consumer>>,
    /// Who is not done yet.
    producers: u64,
    consumers: u64,
    _ticket: Ticket,
}

#[actor]
impl Manager {
    #[cast]
    fn put(&mut self, item: f64, producer: Ref<Producer>) {
        let next = self.buffer.put(item, producer);
        self.proceed(next);
    }

    #[cast]
    fn take(&mut self, consumer: Ref<Consumer>) {
        let next = self.buffer.take(consumer);
        self.proceed(next);
        self.end_if_done();
    }

    #[cast]
    fn done(&mut self) {
        self.producers -= 1;
        self.end_if_done();
    }

    #[local]
    fn proceed(&self, next: Next<Ref<Producer>, Ref<Consumer>>) {
        if let Some((consumer, item)) = next.consumer {
            sent(consumer.consume(item));
        }
        if let Some(producer) = next.producer {
            sent(producer.produce());
        }
    }

    /// Nothing is on its way when nobody produces and all consumers are free.
    #[local]
    fn end_if_done(&self) {
        let free = self.buffer.consumers();
        if self.producers == 0 && free.len() as u64 == self.consumers {
            free.for_each(Ref::stop);
            stop();
        }
    }
}

struct Producer {
    item: f64,
    left: u64,
    cost: u64,
    manager: Ref<Manager>,
    _ticket: Ticket,
}

#[actor]
impl Producer {
    #[started]
    fn begin(&mut self) {
        self.produce();
    }

    #[cast]
    fn produce(&mut self) {
        if self.left == 0 {
            sent(self.manager.done());
            return stop();
        }
        self.left -= 1;
        self.item = process(self.item, self.cost);
        sent(self.manager.put(self.item, me::<Self>()));
    }
}

struct Consumer {
    item: f64,
    cost: u64,
    manager: Ref<Manager>,
    ticket: Ticket,
}

#[actor]
impl Consumer {
    #[started]
    fn begin(&mut self) {
        sent(self.manager.take(me::<Self>()));
    }

    #[cast]
    fn consume(&mut self, item: f64) {
        self.item = process(self.item + item, self.cost);
        self.ticket.count(1);
        sent(self.manager.take(me::<Self>()));
    }
}

pub(super) fn run(vm: &Vm, parameters: &Parameters) -> Answer {
    let (producers, consumers) = (parameters["producers"], parameters["consumers"]);
    let (items, cost) = (parameters["items"], parameters["cost"]);
    let ended = Tally::expecting(producers + consumers + 1);
    let buffer = Buffer::new(parameters, []);
    let manager = vm.spawn(Manager { buffer, producers, consumers, _ticket: ended.ticket() });
    for _ in 0..consumers {
        vm.spawn(Consumer { item: 0.0, cost, manager: manager.clone(), ticket: ended.ticket() });
    }
    for _ in 0..producers {
        let manager = manager.clone();
        vm.spawn(Producer { item: 0.0, left: items, cost, manager, _ticket: ended.ticket() });
    }
    Answer::Whole(ended.wait())
}
