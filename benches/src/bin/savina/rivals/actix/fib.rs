//! [Recursive Fibonacci Tree](greenroom_savina::problems::fib).

use actix::prelude::*;
use greenroom_savina::problem::{Answer, Parameters};
use greenroom_savina::problems::fib::actors;
use greenroom_savina::tally::{Tally, Ticket};

use super::Actix;

/// A child's number.
struct Number(u64);

impl Message for Number {
    type Result = ();
}

struct Fib {
    n: u64,
    /// Nobody for the root, whose number is the answer.
    parent: Option<Addr<Fib>>,
    sum: u64,
    /// Children who have not told their number.
    waiting: u32,
    ended: &'static Tally,
    ticket: Ticket,
}

impl Fib {
    fn new(n: u64, parent: Option<Addr<Self>>, ended: &'static Tally) -> Self {
        Self { n, parent, sum: 0, waiting: 0, ended, ticket: ended.ticket() }
    }

    fn tell(&mut self, number: u64, context: &mut Context<Self>) {
        match &self.parent {
            Some(parent) => parent.do_send(Number(number)),
            None => self.ticket.count(number),
        }
        context.stop();
    }
}

impl Actor for Fib {
    type Context = Context<Self>;
    fn started(&mut self, context: &mut Self::Context) {
        if self.n <= 2 {
            return self.tell(1, context);
        }
        for n in [self.n - 1, self.n - 2] {
            Self::new(n, Some(context.address()), self.ended).start();
            self.waiting += 1;
        }
    }
}

impl Handler<Number> for Fib {
    type Result = ();
    fn handle(&mut self, Number(number): Number, context: &mut Self::Context) {
        self.sum += number;
        self.waiting -= 1;
        if self.waiting == 0 {
            self.tell(self.sum, context);
        }
    }
}

/// The answer is the root's number.
pub(super) fn run(actix: &Actix, parameters: &Parameters) -> Answer {
    let n = parameters["n"];
    let ended = Tally::expecting(actors(n));
    actix.run(async move {
        Fib::new(n, None, ended).start();
    });
    Answer::Whole(ended.wait())
}
