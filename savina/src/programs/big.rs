//! [Big](crate::problems::big).

use std::sync::Arc;

use greenroom::prelude::*;

use super::sent;
use crate::problem::{Answer, Parameters};
use crate::problems::big::picks;
use crate::tally::{Tally, Ticket};

type Everyone = Arc<[Ref<Peer>]>;

struct Peer {
    number: usize,
    everyone: Option<Everyone>,
    picks: Box<dyn Iterator<Item = usize> + Send>,
    /// Who owes an answer.
    pinged: usize,
    sink: Ref<Sink>,
    ticket: Ticket,
}

#[actor]
impl Peer {
    #[cast]
    fn meet(&mut self, everyone: Everyone) {
        self.everyone = Some(everyone);
    }

    #[cast]
    fn begin(&mut self) {
        self.ping_next();
    }

    #[cast]
    fn ping(&mut self, from: usize) {
        self.ticket.count(1);
        sent(self.peer(from).pong(self.number));
    }

    #[cast]
    fn pong(&mut self, from: usize) {
        assert_eq!(from, self.pinged, "the answer came from another than who was asked");
        self.ping_next();
    }

    #[local]
    fn ping_next(&mut self) {
        match self.picks.next() {
            Some(number) => {
                self.pinged = number;
                sent(self.peer(number).ping(self.number));
            }
            None => sent(self.sink.done()),
        }
    }

    #[local]
    fn peer(&self, number: usize) -> &Ref<Peer> {
        &self.everyone.as_ref().expect("all have met before the first ping")[number]
    }
}

/// Ends everyone when all are done.
struct Sink {
    everyone: Option<Everyone>,
    left: u64,
    _ticket: Ticket,
}

#[actor]
impl Sink {
    #[cast]
    fn meet(&mut self, everyone: Everyone) {
        self.everyone = Some(everyone);
    }

    #[cast]
    fn done(&mut self) {
        self.left -= 1;
        if self.left == 0 {
            self.everyone.iter().flat_map(|everyone| everyone.iter()).for_each(Ref::stop);
            stop();
        }
    }
}

pub(super) fn run(vm: &Vm, parameters: &Parameters) -> Answer {
    let actors = parameters["actors"];
    let ended = Tally::expecting(actors + 1);
    let sink = vm.spawn(Sink { everyone: None, left: actors, _ticket: ended.ticket() });
    let peer = |number| Peer {
        number: number as usize,
        everyone: None,
        picks: Box::new(picks(parameters, number)),
        pinged: 0,
        sink: sink.clone(),
        ticket: ended.ticket(),
    };
    let everyone: Everyone = (0..actors).map(|number| vm.spawn(peer(number))).collect();
    sent(sink.meet(everyone.clone()));
    for peer in everyone.iter() {
        sent(peer.meet(everyone.clone()));
    }
    for peer in everyone.iter() {
        sent(peer.begin());
    }
    Answer::Whole(ended.wait())
}
