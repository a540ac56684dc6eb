//! [Big](greenroom_savina::problems::big).

use std::sync::Arc;

use actix::prelude::*;
use greenroom_savina::problem::{Answer, Parameters};
use greenroom_savina::problems::big::picks;
use greenroom_savina::tally::{Tally, Ticket};

use super::Actix;

enum ToPinger {
    Begin(Arc<[Addr<Pinger>]>),
    Ping { from: usize },
    Pong { from: usize },
    Exit,
}

impl Message for ToPinger {
    type Result = ();
}

struct Pinger {
    number: usize,
    everybody: Arc<[Addr<Pinger>]>,
    picks: Box<dyn Iterator<Item = usize>>,
    /// Whom it pinged last.
    pinged: Option<usize>,
    sink: Addr<Sink>,
    ticket: Ticket,
}

impl Pinger {
    fn ping_next(&mut self) {
        self.pinged = self.picks.next();
        match self.pinged {
            Some(other) => self.everybody[other].do_send(ToPinger::Ping { from: self.number }),
            None => self.sink.do_send(ToSink::Finished),
        }
    }
}

impl Actor for Pinger {
    type Context = Context<Self>;
}

impl Handler<ToPinger> for Pinger {
    type Result = ();
    fn handle(&mut self, message: ToPinger, context: &mut Self::Context) {
        match message {
            ToPinger::Begin(everybody) => {
                self.everybody = everybody;
                self.ping_next();
            }
            ToPinger::Ping { from } => {
                self.ticket.count(1);
                self.everybody[from].do_send(ToPinger::Pong { from: self.number });
            }
            ToPinger::Pong { from } => {
                assert_eq!(self.pinged, Some(from), "only who was pinged answers");
                self.ping_next();
            }
            ToPinger::Exit => context.stop(),
        }
    }
}

enum ToSink {
    Begin(Arc<[Addr<Pinger>]>),
    Finished,
}

impl Message for ToSink {
    type Result = ();
}

/// Ends everybody when all have finished.
struct Sink {
    everybody: Arc<[Addr<Pinger>]>,
    finished: usize,
    _ticket: Ticket,
}

impl Actor for Sink {
    type Context = Context<Self>;
}

impl Handler<ToSink> for Sink {
    type Result = ();
    fn handle(&mut self, message: ToSink, context: &mut Self::Context) {
        match message {
            ToSink::Begin(everybody) => self.everybody = everybody,
            ToSink::Finished => {
                self.finished += 1;
                if self.finished == self.everybody.len() {
                    self.everybody.iter().for_each(|one| one.do_send(ToPinger::Exit));
                    context.stop();
                }
            }
        }
    }
}

pub(super) fn run(actix: &Actix, parameters: &Parameters) -> Answer {
    let actors = parameters["actors"];
    let parameters = parameters.clone();
    let ended = Tally::expecting(actors + 1);
    actix.run(async move {
        let nobody: Arc<[Addr<Pinger>]> = Arc::new([]);
        let sink = Sink { everybody: Arc::clone(&nobody), finished: 0, _ticket: ended.ticket() }.start();
        let start = |number| {
            let (picks, sink) = (Box::new(picks(&parameters, number)), sink.clone());
            let (number, everybody) = (number as usize, Arc::clone(&nobody));
            Pinger { number, everybody, picks, pinged: None, sink, ticket: ended.ticket() }.start()
        };
        let everybody: Arc<[_]> = (0..actors).map(start).collect();
        sink.do_send(ToSink::Begin(Arc::clone(&everybody)));
        everybody.iter().for_each(|one| one.do_send(ToPinger::Begin(Arc::clone(&everybody))));
    });
    Answer::Whole(ended.wait())
}
