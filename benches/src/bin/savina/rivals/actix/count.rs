//! [Counting Actor](greenroom_savina::problems::count).

use actix::prelude::*;
use greenroom_savina::problem::{Answer, Parameters};
use greenroom_savina::tally::{Tally, Ticket};

use super::Actix;

struct Increment;

impl Message for Increment {
    type Result = ();
}

struct Retrieve;

impl Message for Retrieve {
    type Result = u64;
}

struct Counter {
    count: u64,
    _ticket: Ticket,
}

impl Actor for Counter {
    type Context = Context<Self>;
}

impl Handler<Increment> for Counter {
    type Result = ();
    fn handle(&mut self, Increment: Increment, _: &mut Self::Context) {
        self.count += 1;
    }
}

impl Handler<Retrieve> for Counter {
    type Result = u64;
    fn handle(&mut self, Retrieve: Retrieve, _: &mut Self::Context) -> u64 {
        self.count
    }
}

/// Floods the counter as soon as it is started, and ends with the count.
struct Producer {
    counter: Addr<Counter>,
    increments: u64,
    ticket: Ticket,
}

impl Actor for Producer {
    type Context = Context<Self>;
    fn started(&mut self, context: &mut Self::Context) {
        for _ in 0..self.increments {
            self.counter.do_send(Increment);
        }
        let count = self.counter.send(Retrieve).into_actor(self);
        context.wait(count.map(|count, producer, context| {
            producer.ticket.count(count.expect("the counter answers"));
            context.stop();
        }));
    }
}

/// The answer is what the producer was told.
pub(super) fn run(actix: &Actix, parameters: &Parameters) -> Answer {
    let increments = parameters["increments"];
    let ended = Tally::expecting(2);
    actix.run(async move {
        let counter = Counter { count: 0, _ticket: ended.ticket() }.start();
        Producer { counter, increments, ticket: ended.ticket() }.start();
    });
    Answer::Whole(ended.wait())
}
