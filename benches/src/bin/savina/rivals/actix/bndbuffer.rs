//! [Producer-Consumer](greenroom_savina::problems::bndbuffer). The manager knows both kinds by number.

use actix::prelude::*;
use greenroom_savina::problem::{Answer, Parameters};
use greenroom_savina::problems::bndbuffer::{Buffer, Next, process};
use greenroom_savina::tally::{Tally, Ticket};

use super::Actix;

enum ToManager {
    Data { item: f64, producer: usize },
    ProducerExit,
    Available { consumer: usize },
}

impl Message for ToManager {
    type Result = ();
}

/// Make one more.
struct Produce;

impl Message for Produce {
    type Result = ();
}

struct Item(f64);

impl Message for Item {
    type Result = ();
}

/// The numbers of both kinds are their places in these.
struct Manager {
    producers: Vec<Addr<Producer>>,
    consumers: Vec<Addr<Consumer>>,
    buffer: Buffer<usize, usize>,
    producing: usize,
    _ticket: Ticket,
}

impl Manager {
    fn go_on(&self, Next { consumer, producer }: Next<usize, usize>) {
        if let Some((consumer, item)) = consumer {
            self.consumers[consumer].do_send(Item(item));
        }
        if let Some(producer) = producer {
            self.producers[producer].do_send(Produce);
        }
    }
}

impl Actor for Manager {
    type Context = Context<Self>;
    fn started(&mut self, _: &mut Self::Context) {
        self.producers.iter().for_each(|producer| producer.do_send(Produce));
    }
}

impl Handler<ToManager> for Manager {
    type Result = ();
    fn handle(&mut self, message: ToManager, context: &mut Self::Context) {
        match message {
            ToManager::Data { item, producer } => {
                let next = self.buffer.put(item, producer);
                self.go_on(next);
            }
            ToManager::Available { consumer } => {
                let next = self.buffer.take(consumer);
                self.go_on(next);
            }
            ToManager::ProducerExit => self.producing -= 1,
        }
        if self.producing == 0 && self.buffer.consumers().len() == self.consumers.len() {
            context.stop();
        }
    }
}

struct Producer {
    number: usize,
    item: f64,
    left: u64,
    cost: u64,
    manager: Addr<Manager>,
    _ticket: Ticket,
}

impl Actor for Producer {
    type Context = Context<Self>;
}

impl Handler<Produce> for Producer {
    type Result = ();
    fn handle(&mut self, Produce: Produce, context: &mut Self::Context) {
        if self.left == 0 {
            self.manager.do_send(ToManager::ProducerExit);
            return context.stop();
        }
        self.left -= 1;
        self.item = process(self.item, self.cost);
        self.manager.do_send(ToManager::Data { item: self.item, producer: self.number });
    }
}

/// Ends with the manager.
struct Consumer {
    number: usize,
    last: f64,
    cost: u64,
    manager: Addr<Manager>,
    ticket: Ticket,
}

impl Actor for Consumer {
    type Context = Context<Self>;
}

impl Handler<Item> for Consumer {
    type Result = ();
    fn handle(&mut self, Item(item): Item, _: &mut Self::Context) {
        self.last = process(self.last + item, self.cost);
        self.ticket.count(1);
        self.manager.do_send(ToManager::Available { consumer: self.number });
    }
}

pub(super) fn run(actix: &Actix, parameters: &Parameters) -> Answer {
    let [producers, consumers, left, cost] =
        ["producers", "consumers", "items", "cost"].map(|name| parameters[name]);
    let buffer = Buffer::new(parameters, 0..consumers as usize);
    let ended = Tally::expecting(producers + consumers + 1);
    actix.run(async move {
        Manager::create(|context| {
            let manager = || context.address();
            let start_producer = |number| {
                let _ticket = ended.ticket();
                Producer { number, item: 0.0, left, cost, manager: manager(), _ticket }.start()
            };
            let start_consumer = |number| {
                let ticket = ended.ticket();
                Consumer { number, last: 0.0, cost, manager: manager(), ticket }.start()
            };
            let producers: Vec<_> = (0..producers as usize).map(start_producer).collect();
            let consumers = (0..consumers as usize).map(start_consumer).collect();
            let producing = producers.len();
            Manager { producers, consumers, buffer, producing, _ticket: ended.ticket() }
        });
    });
    Answer::Whole(ended.wait())
}
