//! [Ping Pong](crate::problems::pingpong).

use greenroom::prelude::*;

use super::sent;
use crate::problem::{Answer, Parameters};
use crate::tally::{Tally, Ticket};

struct Ping {
    pong: Ref<Pong>,
    left: u64,
    _ticket: Ticket,
}

#[actor]
impl Ping {
    #[cast]
    fn next(&mut self) {
        self.left -= 1;
        sent(self.pong.ping(me::<Self>()));
    }

    #[cast]
    fn pong(&mut self) {
        if self.left > 0 {
            sent(me::<Self>().next());
        } else {
            sent(self.pong.finish());
            stop();
        }
    }
}

struct Pong {
    ticket: Ticket,
}

#[actor]
impl Pong {
    #[cast]
    fn ping(&mut self, from: Ref<Ping>) {
        self.ticket.count(1);
        sent(from.pong());
    }

    #[cast]
    fn finish(&mut self) {
        stop();
    }
}

pub(super) fn run(vm: &Vm, parameters: &Parameters) -> Answer {
    let ended = Tally::expecting(2);
    let pong = vm.spawn(Pong { ticket: ended.ticket() });
    let ping = vm.spawn(Ping { pong, left: parameters["pings"], _ticket: ended.ticket() });
    sent(ping.next());
    Answer::Whole(ended.wait())
}
