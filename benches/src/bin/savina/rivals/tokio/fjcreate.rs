//! [Fork-Join (actor creation)](greenroom_savina::problems::fjcreate).

use greenroom_savina::problem::{Answer, Parameters};
use greenroom_savina::tally::{Tally, Ticket};
use greenroom_savina::work::sine;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::{Tokio, tell};

struct Message;

async fn compute(mut inbox: UnboundedReceiver<Message>, mut ticket: Ticket) {
    if let Some(Message) = inbox.recv().await {
        sine();
        ticket.count(1);
    }
}

pub(super) fn run(tokio: &Tokio, parameters: &Parameters) -> Answer {
    let actors = parameters["actors"];
    let ended = Tally::expecting(actors);
    tokio.run(async move {
        for _ in 0..actors {
            let (actor, inbox) = unbounded_channel();
            tokio::spawn(compute(inbox, ended.ticket()));
            tell(&actor, Message);
        }
    });
    Answer::Whole(ended.wait())
}
