//! [Concurrent Dictionary](greenroom_savina::problems::concdict).

use greenroom_savina::problem::{Answer, Parameters};
use greenroom_savina::problems::concdict::{Dictionary, Request, requests};
use greenroom_savina::tally::{Tally, Ticket};
use may::go;
use may::sync::mpsc::{Receiver, Sender, channel};

use super::{May, tell};

/// The value, if there is one.
struct Outcome(#[expect(dead_code, reason = "the suite's workers look at none")] Option<i32>);

struct ToDictionary {
    request: Request,
    from: Sender<Outcome>,
}

/// Ends with the last of its workers.
fn dictionary(inbox: Receiver<ToDictionary>, _ticket: Ticket) {
    let mut dictionary = Dictionary::default();
    while let Ok(ToDictionary { request, from }) = inbox.recv() {
        tell(&from, Outcome(dictionary.serve(request)));
    }
}

fn worker(requests: impl Iterator<Item = Request>, dictionary: Sender<ToDictionary>, mut ticket: Ticket) {
    let (me, inbox) = channel();
    for request in requests {
        tell(&dictionary, ToDictionary { request, from: me.clone() });
        let Outcome(_) = inbox.recv().expect("it holds its own address");
        ticket.count(1);
    }
}

pub(super) fn run(may: &May, parameters: &Parameters) -> Answer {
    let workers = parameters["workers"];
    let parameters = parameters.clone();
    let ended = Tally::expecting(workers + 1);
    may.run(move || {
        let (to_dictionary, inbox) = channel();
        go!(move || dictionary(inbox, ended.ticket()));
        for number in 0..workers {
            let (requests, dictionary) = (requests(&parameters, number), to_dictionary.clone());
            go!(move || worker(requests, dictionary, ended.ticket()));
        }
    });
    Answer::Whole(ended.wait())
}
