//! [Fork-Join (actor creation)](greenroom_savina::problems::fjcreate). The spawner waits for each [`AT_ONCE`] before the next.

use greenroom_savina::problem::{Answer, Parameters};
use greenroom_savina::tally::{Tally, Ticket};
use greenroom_savina::work::sine;
use may::go;
use may::sync::mpsc::{Receiver, channel};

use super::{AT_ONCE, May, join, tell};

struct Message;

fn compute(inbox: Receiver<Message>, mut ticket: Ticket) {
    if let Ok(Message) = inbox.recv() {
        sine();
        ticket.count(1);
    }
}

pub(super) fn run(may: &May, parameters: &Parameters) -> Answer {
    let actors = parameters["actors"];
    let ended = Tally::expecting(actors);
    may.run(move || {
        let spawn = |_| {
            let (actor, inbox) = channel();
            let coroutine = go!(move || compute(inbox, ended.ticket()));
            tell(&actor, Message);
            coroutine
        };
        for first in (0..actors).step_by(AT_ONCE) {
            let coroutines: Vec<_> = (first..actors.min(first + AT_ONCE as u64)).map(spawn).collect();
            coroutines.into_iter().for_each(join);
        }
    });
    Answer::Whole(ended.wait())
}
