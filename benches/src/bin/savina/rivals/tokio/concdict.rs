//! [Concurrent Dictionary](greenroom_savina::problems::concdict).

use greenroom_savina::problem::{Answer, Parameters};
use greenroom_savina::problems::concdict::{Dictionary, Request, requests};
use greenroom_savina::tally::{Tally, Ticket};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::{Tokio, tell};

/// The value, if there is one.
struct Outcome(#[expect(dead_code, reason = "the suite's workers look at none")] Option<i32>);

struct ToDictionary {
    request: Request,
    from: UnboundedSender<Outcome>,
}

/// Ends with the last of its workers.
async fn dictionary(mut inbox: UnboundedReceiver<ToDictionary>, _ticket: Ticket) {
    let mut dictionary = Dictionary::default();
    while let Some(ToDictionary { request, from }) = inbox.recv().await {
        tell(&from, Outcome(dictionary.serve(request)));
    }
}

async fn worker(
    requests: impl Iterator<Item = Request>,
    dictionary: UnboundedSender<ToDictionary>,
    mut ticket: Ticket,
) {
    let (me, mut inbox) = unbounded_channel();
    for request in requests {
        tell(&dictionary, ToDictionary { request, from: me.clone() });
        let Outcome(_) = inbox.recv().await.expect("it holds its own address");
        ticket.count(1);
    }
}

pub(super) fn run(tokio: &Tokio, parameters: &Parameters) -> Answer {
    let workers = parameters["workers"];
    let parameters = parameters.clone();
    let ended = Tally::expecting(workers + 1);
    tokio.run(async move {
        let (to_dictionary, inbox) = unbounded_channel();
        tokio::spawn(dictionary(inbox, ended.ticket()));
        for number in 0..workers {
            tokio::spawn(worker(requests(&parameters, number), to_dictionary.clone(), ended.ticket()));
        }
    });
    Answer::Whole(ended.wait())
}
