//! [Big](greenroom_savina::problems::big).

use std::sync::Arc;

use greenroom_savina::problem::{Answer, Parameters};
use greenroom_savina::problems::big::picks;
use greenroom_savina::tally::{Tally, Ticket};
use may::go;
use may::sync::mpsc::{Receiver, Sender, channel};

use super::{May, tell};

enum Message {
    Ping { from: usize },
    Pong { from: usize },
    Exit,
}

/// Whose last ping was answered.
struct Finished;

struct Pinger<P> {
    number: usize,
    inbox: Receiver<Message>,
    everybody: Arc<[Sender<Message>]>,
    picks: P,
    /// Whom it pinged last.
    pinged: Option<usize>,
    sink: Sender<Finished>,
    ticket: Ticket,
}

impl<P: Iterator<Item = usize>> Pinger<P> {
    fn play(mut self) {
        self.ping_next();
        while let Ok(message) = self.inbox.recv() {
            match message {
                Message::Ping { from } => {
                    self.ticket.count(1);
                    tell(&self.everybody[from], Message::Pong { from: self.number });
                }
                Message::Pong { from } => {
                    assert_eq!(self.pinged, Some(from), "only who was pinged answers");
                    self.ping_next();
                }
                Message::Exit => break,
            }
        }
    }

    fn ping_next(&mut self) {
        self.pinged = self.picks.next();
        match self.pinged {
            Some(other) => tell(&self.everybody[other], Message::Ping { from: self.number }),
            None => tell(&self.sink, Finished),
        }
    }
}

/// Ends everybody when all have finished.
fn sink(inbox: Receiver<Finished>, everybody: Arc<[Sender<Message>]>, _ticket: Ticket) {
    for _ in 0..everybody.len() {
        let Finished = inbox.recv().expect("not all have finished");
    }
    everybody.iter().for_each(|one| tell(one, Message::Exit));
}

pub(super) fn run(may: &May, parameters: &Parameters) -> Answer {
    let actors = parameters["actors"];
    let parameters = parameters.clone();
    let ended = Tally::expecting(actors + 1);
    may.run(move || {
        let (addresses, inboxes): (Vec<_>, Vec<_>) = (0..actors).map(|_| channel()).unzip();
        let everybody: Arc<[_]> = addresses.into();
        let (sink_address, sink_inbox) = channel();
        for (number, inbox) in inboxes.into_iter().enumerate() {
            let (everybody, sink) = (Arc::clone(&everybody), sink_address.clone());
            let (picks, ticket) = (picks(&parameters, number as u64), ended.ticket());
            let pinger = Pinger { number, inbox, everybody, picks, pinged: None, sink, ticket };
            go!(move || pinger.play());
        }
        go!(move || sink(sink_inbox, everybody, ended.ticket()));
    });
    Answer::Whole(ended.wait())
}
