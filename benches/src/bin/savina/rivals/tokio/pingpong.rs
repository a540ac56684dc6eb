//! [Ping Pong](greenroom_savina::problems::pingpong).

use greenroom_savina::problem::{Answer, Parameters};
use greenroom_savina::tally::{Tally, Ticket};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::{Tokio, tell};

enum ToPing {
    Next,
    Pong,
}

enum ToPong {
    Ping(UnboundedSender<ToPing>),
    Finish,
}

struct Ping {
    me: UnboundedSender<ToPing>,
    inbox: UnboundedReceiver<ToPing>,
    pong: UnboundedSender<ToPong>,
    left: u64,
    _ticket: Ticket,
}

impl Ping {
    async fn play(mut self) {
        while let Some(message) = self.inbox.recv().await {
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

async fn pong(mut inbox: UnboundedReceiver<ToPong>, mut ticket: Ticket) {
    while let Some(ToPong::Ping(from)) = inbox.recv().await {
        ticket.count(1);
        tell(&from, ToPing::Pong);
    }
}

pub(super) fn run(tokio: &Tokio, parameters: &Parameters) -> Answer {
    let left = parameters["pings"];
    let ended = Tally::expecting(2);
    tokio.run(async move {
        let (to_pong, pong_inbox) = unbounded_channel();
        tokio::spawn(pong(pong_inbox, ended.ticket()));
        let (me, inbox) = unbounded_channel();
        tell(&me, ToPing::Next);
        tokio::spawn(Ping { me, inbox, pong: to_pong, left, _ticket: ended.ticket() }.play());
    });
    Answer::Whole(ended.wait())
}
