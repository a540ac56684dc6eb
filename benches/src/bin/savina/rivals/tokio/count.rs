//! [Counting Actor](greenroom_savina::problems::count).

use greenroom_savina::problem::{Answer, Parameters};
use greenroom_savina::tally::{Tally, Ticket};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

use super::{Tokio, answer, ask, tell};

enum ToCounter {
    Increment,
    Retrieve(oneshot::Sender<u64>),
}

async fn counter(mut inbox: UnboundedReceiver<ToCounter>, _ticket: Ticket) {
    let mut count = 0;
    while let Some(message) = inbox.recv().await {
        match message {
            ToCounter::Increment => count += 1,
            ToCounter::Retrieve(reply) => answer(reply, count),
        }
    }
}

async fn producer(counter: UnboundedSender<ToCounter>, increments: u64, _ticket: Ticket) -> u64 {
    for _ in 0..increments {
        tell(&counter, ToCounter::Increment);
    }
    ask(&counter, ToCounter::Retrieve).await
}

pub(super) fn run(tokio: &Tokio, parameters: &Parameters) -> Answer {
    let increments = parameters["increments"];
    let ended = Tally::expecting(2);
    let count = tokio.run(async move {
        let (to_counter, inbox) = unbounded_channel();
        tokio::spawn(counter(inbox, ended.ticket()));
        producer(to_counter, increments, ended.ticket()).await
    });
    ended.wait();
    Answer::Whole(count)
}
