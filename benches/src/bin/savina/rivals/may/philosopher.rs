//! [Dining Philosophers](greenroom_savina::problems::philosopher).

use greenroom_savina::problem::{Answer, Parameters};
use greenroom_savina::problems::philosopher::Forks;
use greenroom_savina::tally::{Tally, Ticket};
use may::go;
use may::sync::mpsc::{Receiver, Sender, channel};

use super::{May, tell};

enum ToArbitrator {
    Hungry { number: usize, from: Sender<ToPhilosopher> },
    Done { number: usize },
}

enum ToPhilosopher {
    Start,
    Denied,
    Eat,
}

/// Ends with the last philosopher.
fn arbitrator(inbox: Receiver<ToArbitrator>, mut forks: Forks, _ticket: Ticket) {
    while let Ok(message) = inbox.recv() {
        match message {
            ToArbitrator::Hungry { number, from } => {
                tell(&from, if forks.take(number) { ToPhilosopher::Eat } else { ToPhilosopher::Denied });
            }
            ToArbitrator::Done { number } => forks.put_back(number),
        }
    }
}

fn philosopher(number: usize, arbitrator: Sender<ToArbitrator>, mut rounds: u64, mut ticket: Ticket) {
    let (me, inbox) = channel();
    tell(&me, ToPhilosopher::Start);
    while rounds > 0 {
        match inbox.recv().expect("it holds its own address") {
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

pub(super) fn run(may: &May, parameters: &Parameters) -> Answer {
    let [philosophers, rounds] = ["philosophers", "rounds"].map(|name| parameters[name]);
    let forks = Forks::new(parameters);
    let ended = Tally::expecting(philosophers + 1);
    may.run(move || {
        let (to_arbitrator, inbox) = channel();
        let ticket = ended.ticket();
        go!(move || arbitrator(inbox, forks, ticket));
        for number in 0..philosophers as usize {
            let (arbitrator, ticket) = (to_arbitrator.clone(), ended.ticket());
            go!(move || philosopher(number, arbitrator, rounds, ticket));
        }
    });
    Answer::Whole(ended.wait())
}
