//! [Logistic Map Series](greenroom_savina::problems::logmap).

use actix::prelude::*;
use greenroom_savina::problem::{Answer, Parameters};
use greenroom_savina::problems::logmap::{Series, series};
use greenroom_savina::tally::{Tally, Ticket};

use super::Actix;

struct Compute {
    term: f64,
}

impl Message for Compute {
    type Result = f64;
}

struct Next;

impl Message for Next {
    type Result = ();
}

struct GetTerm;

impl Message for GetTerm {
    type Result = f64;
}

struct Computer {
    series: Series,
    _ticket: Ticket,
}

impl Actor for Computer {
    type Context = Context<Self>;
}

impl Handler<Compute> for Computer {
    type Result = f64;
    fn handle(&mut self, Compute { term }: Compute, _: &mut Self::Context) -> f64 {
        self.series.after(term)
    }
}

struct Worker {
    term: f64,
    computer: Addr<Computer>,
    _ticket: Ticket,
}

impl Actor for Worker {
    type Context = Context<Self>;
    fn started(&mut self, context: &mut Self::Context) {
        // Without a limit, so that no request has to wait for room.
        context.set_mailbox_capacity(0);
    }
}

impl Handler<Next> for Worker {
    type Result = ();
    fn handle(&mut self, Next: Next, context: &mut Self::Context) {
        let next = self.computer.send(Compute { term: self.term }).into_actor(self);
        context.wait(next.map(|term, worker, _| worker.term = term.expect("the computer answers")));
    }
}

impl Handler<GetTerm> for Worker {
    type Result = f64;
    fn handle(&mut self, GetTerm: GetTerm, _: &mut Self::Context) -> f64 {
        self.term
    }
}

pub(super) fn run(actix: &Actix, parameters: &Parameters) -> Answer {
    let (terms, series) = (parameters["terms"], series(parameters));
    let ended = Tally::expecting(2 * parameters["series"]);
    // The master.
    let sum = actix.run(async move {
        let start = |series: Series| {
            let computer = Computer { series, _ticket: ended.ticket() }.start();
            Worker { term: series.start, computer, _ticket: ended.ticket() }.start()
        };
        let workers: Vec<_> = series.map(start).collect();
        for _ in 0..terms {
            workers.iter().for_each(|worker| worker.do_send(Next));
        }
        let last: Vec<_> = workers.iter().map(|worker| worker.send(GetTerm)).collect();
        let mut sum = 0.0;
        for term in last {
            sum += term.await.expect("the worker answers");
        }
        sum
    });
    ended.wait();
    Answer::Real(sum)
}
