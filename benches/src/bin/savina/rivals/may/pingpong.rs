//! [Ping Pong](greenroom_savina::problems::pingpong).

use greenroom_savina::problem::{Answer, Parameters};
use greenroom_savina::tally::{Tally, Ticket};
use may::go;
use may::sync::mpsc::{Receiver, Sender, channel};

use super::{May, tell};

enum ToPing {
    Next,
    Pong,
}

enum ToPong {
    Ping(Sender<ToPing>),
    Finish,
}

struct Ping {
    me: Sender<ToPing>,
    inbox: Receiver<ToPing>,
    pong: Sender<ToPong>,
    left: u64,
    _ticket: Ticket,
}

impl Ping {
    fn play(mut self) {
        while let Ok(message) = self.inbox.recv() {
            match message {
                ToPing::Next => {
                    self.left -= 1;
                    tell(&self.pong, ToPong::Ping(self.me.clone()));
                }
                ToPing::Pong if self.left > 0 => tell(&self.me, ToPing::Next),
                ToPing::Pong => {
                    tell(&self.pong, ToPong::Finish);
                    break;
                }
            }
        }
    }
}

fn pong(inbox: Receiver<ToPong>, mut ticket: Ticket) {
    while let Ok(ToPong::Ping(from)) = inbox.recv() {
        ticket.count(1);
        tell(&from, ToPing::Pong);
    }
}

pub(super) fn run(may: &May, parameters: &Parameters) -> Answer {
    let left = parameters["pings"];
    let ended = Tally::expecting(2);
    may.run(move || {
        let (to_pong, pong_inbox) = channel();
        go!(move || pong(pong_inbox, ended.ticket()));
        let (me, inbox) = channel();
        tell(&me, ToPing::Next);
        let ping = Ping { me, inbox, pong: to_pong, left, _ticket: ended.ticket() };
        go!(move || ping.play());
    });
    Answer::Whole(ended.wait())
}
