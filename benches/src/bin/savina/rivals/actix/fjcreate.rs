//! [Fork-Join (actor creation)](greenroom_savina::problems::fjcreate).

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
        context.stop();
    }
}

pub(super) fn run(actix: &Actix, parameters: &Parameters) -> Answer {
    let actors = parameters["actors"];
    let ended = Tally::expecting(actors);
    actix.run(async move {
        for _ in 0..actors {
            Computer { ticket: ended.ticket() }.start().do_send(Compute);
        }
    });
    Answer::Whole(ended.wait())
}
