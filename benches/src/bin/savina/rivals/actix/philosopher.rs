//! [Dining Philosophers](greenroom_savina::problems::philosopher).

use actix::prelude::*;
use greenroom_savina::problem::{Answer, Parameters};
use greenroom_savina::problems::philosopher::Forks;
use greenroom_savina::tally::{Tally, Ticket};

use super::Actix;

enum ToArbitrator {
    Hungry { number: usize, from: Addr<Philosopher> },
    Done { number: usize },
    Exit,
}

impl Message for ToArbitrator {
    type Result = ();
}

enum ToPhilosopher {
    Start,
    Denied,
    Eat,
}

impl Message for ToPhilosopher {
    type Result = ();
}

struct Arbitrator {
    forks: Forks,
    /// Philosophers who have not had enough.
    left: usize,
    _ticket: Ticket,
}

impl Actor for Arbitrator {
    type Context = Context<Self>;
}

impl Handler<ToArbitrator> for Arbitrator {
    type Result = ();
    fn handle(&mut self, message: ToArbitrator, context: &mut Self::Context) {
        match message {
            ToArbitrator::Hungry { number, from } => {
                let may = if self.forks.take(number) { ToPhilosopher::Eat } else { ToPhilosopher::Denied };
                from.do_send(may);
            }
            ToArbitrator::Done { number } => self.forks.put_back(number),
            ToArbitrator::Exit => {
                self.left -= 1;
                if self.left == 0 {
                    context.stop();
                }
            }
        }
    }
}

struct Philosopher {
    number: usize,
    rounds: u64,
    arbitrator: Addr<Arbitrator>,
    ticket: Ticket,
}

impl Actor for Philosopher {
    type Context = Context<Self>;
}

impl Handler<ToPhilosopher> for Philosopher {
    type Result = ();
    fn handle(&mut self, message: ToPhilosopher, context: &mut Self::Context) {
        let number = self.number;
        match message {
            ToPhilosopher::Start | ToPhilosopher::Denied => {
                let from = context.address();
                self.arbitrator.do_send(ToArbitrator::Hungry { number, from });
            }
            ToPhilosopher::Eat => {
                self.ticket.count(1);
                self.rounds -= 1;
                self.arbitrator.do_send(ToArbitrator::Done { number });
                if self.rounds > 0 {
                    context.address().do_send(ToPhilosopher::Start);
                } else {
                    self.arbitrator.do_send(ToArbitrator::Exit);
                    context.stop();
                }
            }
        }
    }
}

pub(super) fn run(actix: &Actix, parameters: &Parameters) -> Answer {
    let [philosophers, rounds] = ["philosophers", "rounds"].map(|name| parameters[name]);
    let forks = Forks::new(parameters);
    let ended = Tally::expecting(philosophers + 1);
    actix.run(async move {
        let left = philosophers as usize;
        let arbitrator = Arbitrator { forks, left, _ticket: ended.ticket() }.start();
        for number in 0..left {
            let (arbitrator, ticket) = (arbitrator.clone(), ended.ticket());
            Philosopher { number, rounds, arbitrator, ticket }.start().do_send(ToPhilosopher::Start);
        }
    });
    Answer::Whole(ended.wait())
}
