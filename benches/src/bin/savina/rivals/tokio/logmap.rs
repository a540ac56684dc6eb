//! [Logistic Map Series](greenroom_savina::problems::logmap).

use greenroom_savina::problem::{Answer, Parameters};
use greenroom_savina::problems::logmap::{Series, series};
use greenroom_savina::tally::{Tally, Ticket};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

use super::{Tokio, answer, ask, tell};

struct Compute {
    term: f64,
    reply: oneshot::Sender<f64>,
}

enum ToWorker {
    Next,
    Term(oneshot::Sender<f64>),
}

async fn computer(mut inbox: UnboundedReceiver<Compute>, series: Series, _ticket: Ticket) {
    while let Some(Compute { term, reply }) = inbox.recv().await {
        answer(reply, series.after(term));
    }
}

async fn worker(
    mut inbox: UnboundedReceiver<ToWorker>,
    computer: UnboundedSender<Compute>,
    mut term: f64,
    _ticket: Ticket,
) {
    while let Some(message) = inbox.recv().await {
        match message {
            ToWorker::Next => term = ask(&computer, |reply| Compute { term, reply }).await,
            ToWorker::Term(reply) => answer(reply, term),
        }
    }
}

/// Gives the sum of the last terms.
async fn master(workers: Vec<UnboundedSender<ToWorker>>, terms: u64, _ticket: Ticket) -> f64 {
    for _ in 0..terms {
        workers.iter().for_each(|worker| tell(worker, ToWorker::Next));
    }
    let ask_for_term = |worker| {
        let (reply, term) = oneshot::channel();
        tell(worker, ToWorker::Term(reply));
        term
    };
    let last: Vec<_> = workers.iter().map(ask_for_term).collect();
    let mut sum = 0.0;
    for term in last {
        sum += term.await.expect("the worker answers");
    }
    sum
}

pub(super) fn run(tokio: &Tokio, parameters: &Parameters) -> Answer {
    let (terms, series) = (parameters["terms"], series(parameters));
    let ended = Tally::expecting(2 * parameters["series"] + 1);
    let sum = tokio.run(async move {
        let spawn = |series: Series| {
            let (to_computer, computer_inbox) = unbounded_channel();
            tokio::spawn(computer(computer_inbox, series, ended.ticket()));
            let (to_worker, inbox) = unbounded_channel();
            tokio::spawn(worker(inbox, to_computer, series.start, ended.ticket()));
            to_worker
        };
        master(series.map(spawn).collect(), terms, ended.ticket()).await
    });
    ended.wait();
    Answer::Real(sum)
}
