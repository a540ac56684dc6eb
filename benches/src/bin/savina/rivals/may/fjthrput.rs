//! [Fork-Join (throughput)](greenroom_savina::problems::fjthrput).

use greenroom_savina::problem::{Answer, Parameters};
use greenroom_savina::tally::{Tally, Ticket};
use greenroom_savina::work::sine;
use may::go;
use may::sync::mpsc::{Receiver, channel};

use super::{May, tell};

struct Message;

fn compute(inbox: Receiver<Message>, messages: u64, mut ticket: Ticket) {
    for _ in 0..messages {
        let Ok(Message) = inbox.recv() else { break };
        sine();
        ticket.count(1);
    }
}

pub(super) fn run(may: &May, parameters: &Parameters) -> Answer {
    let [actors, messages] = ["actors", "messages"].map(|name| parameters[name]);
    let ended = Tally::expecting(actors);
    may.run(move || {
        let spawn = |_| {
            let (actor, inbox) = channel();
            go!(move || compute(inbox, messages, ended.ticket()));
            actor
        };
        let actors: Vec<_> = (0..actors).map(spawn).collect();
        for _ in 0..messages {
            actors.iter().for_each(|actor| tell(actor, Message));
        }
    });
    Answer::Whole(ended.wait())
}
