//! [Fork-Join (throughput)](greenroom_savina::problems::fjthrput).

use actix::prelude::*;
use greenroom_savina::problem::{Answer, Parameters};
use greenroom_savina::tally::{Tally, Ticket};
use greenroom_savina::work::sine;

use super::Actix;

struct Compute;

impl Message for Compute {
    type Result = ();
}

struct Computer {
    left: u64,
    ticket: Ticket,
}

impl Actor for Computer {
    type Context = Context<Self>;
}

impl Handler<Compute> for Computer {
    type Result = ();
    fn handle(&mut self, Compute: Compute, context: &mut Self::Context) {
        sine();
        self.ticket.count(1);
        self.left -= 1;
        if self.left == 0 {
            context.stop();
        }
    }
}

pub(super) fn run(actix: &Actix, parameters: &Parameters) -> Answer {
    let [actors, messages] = ["actors", "messages"].map(|name| parameters[name]);
    let ended = Tally::expecting(actors);
    actix.run(async move {
        let start = |_| Computer { left: messages, ticket: ended.ticket() }.start();
        let actors: Vec<_> = (0..actors).map(start).collect();
        for _ in 0..messages {
            actors.iter().for_each(|actor| actor.do_send(Compute));
        }
    });
    Answer::Whole(ended.wait())
}
