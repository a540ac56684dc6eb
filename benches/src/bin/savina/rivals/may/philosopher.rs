//! [Dining Philosophers](greenroom_savina::problems::philosopher).

use greenroom_savina::problem::{Answer, Parameters};
use greenroom_savina::problems::philosopher::Forks;
use greenroom_savina::tally::{Tally, Ticket};
use may::go;
use may::sync::mpsc::{Receiver, Sender, channel};

use super::{May, tell};

enum ToArbitrator {
    Hungry { number: usize },
    Done { number: usize },
}

enum ToPhilosopher {
    Start,
    Denied,
    Eat,
}

/// Ends with the last philosopher.
fn arbitrator(
    inbox: Receiver<ToArbitrator>,
    philosophers: Vec<Sender<ToPhilosopher>>,
    mut forks: Forks,
    _ticket: Ticket,
) {
    while let Ok(message) = inbox.recv() {
        match message {
            ToArbitrator::Hungry { number } => {
                let may = if forks.take(number) { ToPhilosopher::Eat } else { ToPhilosopher::Denied };
                tell(&philosophers[number], may);
            }
            ToArbitrator::Done { number } => forks.put_back(number),
        }
    }
}

fn philosopher(
    number: usize,
    me: Sender<ToPhilosopher>,
    inbox: Receiver<ToPhilosopher>,
    arbitrator: Sender<ToArbitrator>,
    mut rounds: u64,
    mut ticket: Ticket,
) {
    while rounds > 0 {
        match inbox.recv().expect("it holds its own address") {
            ToPhilosopher::Start | ToPhilosopher::Denied => {
                tell(&arbitrator, ToArbitrator::Hungry { number });
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
        let spawn = |number: u64| {
            let (me, inbox) = channel();
            tell(&me, ToPhilosopher::Start);
            let (number, arbitrator, ticket) = (number as usize, to_arbitrator.clone(), ended.ticket());
            let address = me.clone();
            go!(move || philosopher(number, address, inbox, arbitrator, rounds, ticket));
            me
        };
        let philosophers = (0..philosophers).map(spawn).collect();
        go!(move || arbitrator(inbox, philosophers, forks, ended.ticket()));
    });
    Answer::Whole(ended.wait())
}
