//! [Dining Philosophers](greenroom_savina::problems::philosopher).

use greenroom_savina::problem::{Answer, Parameters};
use greenroom_savina::problems::philosopher::Forks;
use greenroom_savina::tally::{Tally, Ticket};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::{Tokio, tell};

enum ToArbitrator {
    Hungry { number: usize, from: UnboundedSender<ToPhilosopher> },
    Done { number: usize },
}

enum ToPhilosopher {
    Start,
    Denied,
    Eat,
}

/// Ends with the last philosopher.
async fn arbitrator(mut inbox: UnboundedReceiver<ToArbitrator>, mut forks: Forks, _ticket: Ticket) {
    while let Some(message) = inbox.recv().await {
        match message {
            ToArbitrator::Hungry { number, from } => {
                tell(&from, if forks.take(number) { ToPhilosopher::Eat } else { ToPhilosopher::Denied });
            }
            ToArbitrator::Done { number } => forks.put_back(number),
        }
    }
}

async fn philosopher(
    number: usize,
    arbitrator: UnboundedSender<ToArbitrator>,
    mut rounds: u64,
    mut ticket: Ticket,
) {
    let (me, mut inbox) = unbounded_channel();
    tell(&me, ToPhilosopher::Start);
    while rounds > 0 {
        match inbox.recv().await.expect("it holds its own address") {
            ToPhilosopher::Start | ToPhilosopher::Denied => {
                tell(&arbitrator, ToArbitrator::Hungry { number, from: me.clone() });
            }
            ToPhilosopher::Eat => {
                ticket.count(1);
                rounds -= 1;
                tell(&arbitrator, ToArbitrator::Done { number });
                tell(&me, ToPhilosopher::Start);
            }
        }
    }
}

pub(super) fn run(tokio: &Tokio, parameters: &Parameters) -> Answer {
    let [philosophers, rounds] = ["philosophers", "rounds"].map(|name| parameters[name]);
    let forks = Forks::new(parameters);
    let ended = Tally::expecting(philosophers + 1);
    tokio.run(async move {
        let (to_arbitrator, inbox) = unbounded_channel();
        tokio::spawn(arbitrator(inbox, forks, ended.ticket()));
        for number in 0..philosophers as usize {
            tokio::spawn(philosopher(number, to_arbitrator.clone(), rounds, ended.ticket()));
        }
    });
    Answer::Whole(ended.wait())
}
