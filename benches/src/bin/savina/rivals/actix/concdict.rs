//! [Concurrent Dictionary](greenroom_savina::problems::concdict).

use actix::prelude::*;
use greenroom_savina::problem::{Answer, Parameters};
use greenroom_savina::problems::concdict::{Dictionary, Request, requests};
use greenroom_savina::tally::{Tally, Ticket};

use super::Actix;

struct ToServer {
    request: Request,
    from: Addr<Worker>,
}

impl Message for ToServer {
    type Result = ();
}

/// The value, if there is one.
struct Outcome(#[expect(dead_code, reason = "the suite's workers look at none")] Option<i32>);

impl Message for Outcome {
    type Result = ();
}

/// Ends with the last of its workers.
struct Server {
    dictionary: Dictionary,
    _ticket: Ticket,
}

impl Actor for Server {
    type Context = Context<Self>;
}

impl Handler<ToServer> for Server {
    type Result = ();
    fn handle(&mut self, ToServer { request, from }: ToServer, _: &mut Self::Context) {
        from.do_send(Outcome(self.dictionary.serve(request)));
    }
}

struct Worker {
    requests: Box<dyn Iterator<Item = Request>>,
    server: Addr<Server>,
    ticket: Ticket,
}

impl Worker {
    fn send_next(&mut self, context: &mut Context<Self>) {
        match self.requests.next() {
            Some(request) => self.server.do_send(ToServer { request, from: context.address() }),
            None => context.stop(),
        }
    }
}

impl Actor for Worker {
    type Context = Context<Self>;
    fn started(&mut self, context: &mut Self::Context) {
        self.send_next(context);
    }
}

impl Handler<Outcome> for Worker {
    type Result = ();
    fn handle(&mut self, Outcome(_): Outcome, context: &mut Self::Context) {
        self.ticket.count(1);
        self.send_next(context);
    }
}

pub(super) fn run(actix: &Actix, parameters: &Parameters) -> Answer {
    let workers = parameters["workers"];
    let parameters = parameters.clone();
    let ended = Tally::expecting(workers + 1);
    actix.run(async move {
        let server = Server { dictionary: Dictionary::default(), _ticket: ended.ticket() }.start();
        for number in 0..workers {
            let (requests, server) = (Box::new(requests(&parameters, number)), server.clone());
            Worker { requests, server, ticket: ended.ticket() }.start();
        }
    });
    Answer::Whole(ended.wait())
}
