//! [Logistic Map Series](greenroom_savina::problems::logmap).

use greenroom_savina::problem::{Answer, Parameters};
use greenroom_savina::problems::logmap::{Series, series};
use greenroom_savina::tally::{Tally, Ticket};
use may::go;
use may::sync::mpsc::{Receiver, Sender, channel};
use may::sync::spsc;

use super::{May, answer, ask, tell};

struct Compute {
    term: f64,
    reply: spsc::Sender<f64>,
}

enum ToWorker {
    Next,
    Term(spsc::Sender<f64>),
}

fn computer(inbox: Receiver<Compute>, series: Series, _ticket: Ticket) {
    while let Ok(Compute { term, reply }) = inbox.recv() {
        answer(reply, series.after(term));
    }
}

fn worker(inbox: Receiver<ToWorker>, computer: Sender<Compute>, mut term: f64, _ticket: Ticket) {
    while let Ok(message) = inbox.recv() {
        match message {
            ToWorker::Next => term = ask(&computer, |reply| Compute { term, reply }),
            ToWorker::Term(reply) => answer(reply, term),
        }
    }
}

/// Gives the sum of the last terms.
fn master(workers: Vec<Sender<ToWorker>>, terms: u64, _ticket: Ticket) -> f64 {
    for _ in 0..terms {
        workers.iter().for_each(|worker| tell(worker, ToWorker::Next));
    }
    let ask_for_term = |worker| {
        let (reply, term) = spsc::channel();
        tell(worker, ToWorker::Term(reply));
        term
    };
    let last: Vec<_> = workers.iter().map(ask_for_term).collect();
    let mut sum = 0.0;
    for term in last {
        sum += term.recv().expect("the worker answers");
    }
    sum
}

pub(super) fn run(may: &May, parameters: &Parameters) -> Answer {
    let (terms, series) = (parameters["terms"], series(parameters));
    let ended = Tally::expecting(2 * parameters["series"] + 1);
    let sum = may.run(move || {
        let spawn = |series: Series| {
            let (to_computer, computer_inbox) = channel();
            go!(move || computer(computer_inbox, series, ended.ticket()));
            let (to_worker, inbox) = channel();
            go!(move || worker(inbox, to_computer, series.start, ended.ticket()));
            to_worker
        };
        master(series.map(spawn).collect(), terms, ended.ticket())
    });
    ended.wait();
    Answer::Real(sum)
}
