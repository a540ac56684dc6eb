//! [Counting Actor](greenroom_savina::problems::count).

use greenroom_savina::problem::{Answer, Parameters};
use greenroom_savina::tally::{Tally, Ticket};
use may::go;
use may::sync::mpsc::{Receiver, Sender, channel};
use may::sync::spsc;

use super::{May, answer, ask, tell};

enum ToCounter {
    Increment,
    Retrieve(spsc::Sender<u64>),
}

fn counter(inbox: Receiver<ToCounter>, _ticket: Ticket) {
    let mut count = 0;
    while let Ok(message) = inbox.recv() {
        match message {
            ToCounter::Increment => count += 1,
            ToCounter::Retrieve(reply) => answer(reply, count),
        }
    }
}

fn producer(counter: Sender<ToCounter>, increments: u64, _ticket: Ticket) -> u64 {
    for _ in 0..increments {
        tell(&counter, ToCounter::Increment);
    }
    ask(&counter, ToCounter::Retrieve)
}

pub(super) fn run(may: &May, parameters: &Parameters) -> Answer {
    let increments = parameters["increments"];
    let ended = Tally::expecting(2);
    let count = may.run(move || {
        let (to_counter, inbox) = channel();
        go!(move || counter(inbox, ended.ticket()));
        producer(to_counter, increments, ended.ticket())
    });
    ended.wait();
    Answer::Whole(count)
}
