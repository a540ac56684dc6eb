//! [Producer-Consumer](greenroom_savina::problems::bndbuffer). The manager knows both kinds by number.

use greenroom_savina::problem::{Answer, Parameters};
use greenroom_savina::problems::bndbuffer::{Buffer, Next, process};
use greenroom_savina::tally::{Tally, Ticket};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::{Tokio, tell};

enum ToManager {
    Data { item: f64, producer: usize },
    ProducerExit,
    Available { consumer: usize },
}

/// Make one more.
struct Produce;

struct Item(f64);

/// The numbers of both kinds are their places in these.
struct Manager {
    producers: Vec<UnboundedSender<Produce>>,
    consumers: Vec<UnboundedSender<Item>>,
    buffer: Buffer<usize, usize>,
    _ticket: Ticket,
}

impl Manager {
    async fn manage(mut self, mut inbox: UnboundedReceiver<ToManager>) {
        self.producers.iter().for_each(|producer| tell(producer, Produce));
        let mut producing = self.producers.len();
        while producing > 0 || self.buffer.consumers().len() < self.consumers.len() {
            match inbox.recv().await.expect("producers and consumers live") {
                ToManager::Data { item, producer } => {
                    let next = self.buffer.put(item, producer);
                    self.go_on(next);
                }
                ToManager::Available { consumer } => {
                    let next = self.buffer.take(consumer);
                    self.go_on(next);
                }
                ToManager::ProducerExit => producing -= 1,
            }
        }
    }

    fn go_on(&self, Next { consumer, producer }: Next<usize, usize>) {
        if let Some((consumer, item)) = consumer {
            tell(&self.consumers[consumer], Item(item));
        }
        if let Some(producer) = producer {
            tell(&self.producers[producer], Produce);
        }
    }
}

/// What a producer, or a consumer, knows of itself and of its work.
struct Worker {
    number: usize,
    cost: u64,
    manager: UnboundedSender<ToManager>,
    ticket: Ticket,
}

async fn producer(mut inbox: UnboundedReceiver<Produce>, items: u64, worker: Worker) {
    let Worker { number: producer, cost, manager, ticket: _ticket } = worker;
    let mut item = 0.0;
    for _ in 0..items {
        let Produce = inbox.recv().await.expect("the manager lives");
        item = process(item, cost);
        tell(&manager, ToManager::Data { item, producer });
    }
    let Produce = inbox.recv().await.expect("the manager lives");
    tell(&manager, ToManager::ProducerExit);
}

async fn consumer(mut inbox: UnboundedReceiver<Item>, worker: Worker) {
    let Worker { number: consumer, cost, manager, mut ticket } = worker;
    let mut last = 0.0;
    while let Some(Item(item)) = inbox.recv().await {
        last = process(last + item, cost);
        ticket.count(1);
        tell(&manager, ToManager::Available { consumer });
    }
}

pub(super) fn run(tokio: &Tokio, parameters: &Parameters) -> Answer {
    let [producers, consumers, items, cost] =
        ["producers", "consumers", "items", "cost"].map(|name| parameters[name]);
    let buffer = Buffer::new(parameters, 0..consumers as usize);
    let ended = Tally::expecting(producers + consumers + 1);
    tokio.run(async move {
        let (manager, inbox) = unbounded_channel();
        let worker = |number: u64| Worker {
            number: number as usize,
            cost,
            manager: manager.clone(),
            ticket: ended.ticket(),
        };
        let spawn_producer = |number| {
            let (address, inbox) = unbounded_channel();
            tokio::spawn(producer(inbox, items, worker(number)));
            address
        };
        let spawn_consumer = |number| {
            let (address, inbox) = unbounded_channel();
            tokio::spawn(consumer(inbox, worker(number)));
            address
        };
        let producers = (0..producers).map(spawn_producer).collect();
        let consumers = (0..consumers).map(spawn_consumer).collect();
        let manager = Manager { producers, consumers, buffer, _ticket: ended.ticket() };
        tokio::spawn(manager.manage(inbox));
    });
    Answer::Whole(ended.wait())
}
