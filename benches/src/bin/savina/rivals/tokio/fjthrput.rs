//! [Fork-Join (throughput)](greenroom_savina::problems::fjthrput).

use greenroom_savina::problem::{Answer, Parameters};
use greenroom_savina::tally::{Tally, Ticket};
use greenroom_savina::work::sine;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::{Tokio, tell};

struct Message;

async fn compute(mut inbox: UnboundedReceiver<Message>, messages: u64, mut ticket: Ticket) {
    for _ in 0..messages {
        let Some(Message) = inbox.recv().await else { break };
        sine();
        ticket.count(1);
    }
}

pub(super) fn run(tokio: &Tokio, parameters: &Parameters) -> Answer {
    let [actors, messages] = ["actors", "messages"].map(|name| parameters[name]);
    let ended = Tally::expecting(actors);
    tokio.run(async move {
        let spawn = |_| {
            let (actor, inbox) = unbounded_channel();
            tokio::spawn(compute(inbox, messages, ended.ticket()));
            actor
        };
        let actors: Vec<_> = (0..actors).map(spawn).collect();
        for _ in 0..messages {
            actors.iter().for_each(|actor| tell(actor, Message));
        }
    });
    Answer::Whole(ended.wait())
}
