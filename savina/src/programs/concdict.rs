//! [Concurrent Dictionary](crate::problems::concdict).

use greenroom::prelude::*;

use super::sent;
use crate::problem::{Answer, Parameters};
use crate::problems::concdict::{Dictionary, Request, requests};
use crate::tally::{Tally, Ticket};

/// Ends when the last worker has ended, for nobody refers to it then.
struct Keeper {
    dictionary: Dictionary,
    _ticket: Ticket,
}

#[actor]
impl Keeper {
    #[cast]
    fn serve(&mut self, request: Request, worker: Ref<Worker>) {
        sent(worker.result(self.dictionary.serve(request)));
    }
}

struct Worker {
    requests: Box<dyn Iterator<Item = Request> + Send>,
    /// What the next result has to be, if that is known.
    written: Option<i32>,
    keeper: Ref<Keeper>,
    ticket: Ticket,
}

#[actor]
impl Worker {
    #[started]
    fn next(&mut self) {
        let Some(request) = self.requests.next() else { return stop() };
        self.written = match request {
            Request::Write { value, .. } => Some(value),
            Request::Read { .. } => None,
        };
        sent(self.keeper.serve(request, me::<Self>()));
    }

    #[cast]
    fn result(&mut self, value: Option<i32>) {
        assert!(self.written.is_none() || self.written == value, "another value was written");
        self.ticket.count(1);
        self.next();
    }
}

pub(super) fn run(vm: &Vm, parameters: &Parameters) -> Answer {
    let workers = parameters["workers"];
    let ended = Tally::expecting(workers + 1);
    let keeper = vm.spawn(Keeper { dictionary: Dictionary::default(), _ticket: ended.ticket() });
    for number in 0..workers {
        let requests = Box::new(requests(parameters, number));
        vm.spawn(Worker { requests, written: None, keeper: keeper.clone(), ticket: ended.ticket() });
    }
    drop(keeper);
    Answer::Whole(ended.wait())
}
