//! [Ping Pong](greenroom_savina::problems::pingpong).

use actix::prelude::*;
use greenroom_savina::problem::{Answer, Parameters};
use greenroom_savina::tally::{Tally, Ticket};

use super::Actix;

enum ToPing {
    Next,
    Pong,
}

impl Message for ToPing {
    type Result = ();
}

enum ToPong {
    Ping(Addr<Ping>),
    Finish,
}

impl Message for ToPong {
    type Result = ();
}

struct Ping {
    pong: Addr<Pong>,
    left: u64,
    _ticket: Ticket,
}

impl Actor for Ping {
    type Context = Context<Self>;
}

impl Handler<ToPing> for Ping {
    type Result = ();
    fn handle(&mut self, message: ToPing, context: &mut Self::Context) {
        match message {
            ToPing::Next => {
                self.left -= 1;
                self.pong.do_send(ToPong::Ping(context.address()));
            }
            ToPing::Pong if self.left > 0 => context.address().do_send(ToPing::Next),
            ToPing::Pong => {
                self.pong.do_send(ToPong::Finish);
                context.stop();
            }
        }
    }
}

struct Pong {
    ticket: Ticket,
}

impl Actor for Pong {
    type Context = Context<Self>;
}

impl Handler<ToPong> for Pong {
    type Result = ();
    fn handle(&mut self, message: ToPong, context: &mut Self::Context) {
        match message {
            ToPong::Ping(from) => {
                self.ticket.count(1);
                from.do_send(ToPing::Pong);
            }
            ToPong::Finish => context.stop(),
        }
    }
}

pub(super) fn run(actix: &Actix, parameters: &Parameters) -> Answer {
    let left = parameters["pings"];
    let ended = Tally::expecting(2);
    actix.run(async move {
        let pong = Pong { ticket: ended.ticket() }.start();
        Ping { pong, left, _ticket: ended.ticket() }.start().do_send(ToPing::Next);
    });
    Answer::Whole(ended.wait())
}
