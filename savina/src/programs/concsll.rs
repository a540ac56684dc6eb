//! [Concurrent Sorted Linked List](crate::problems::concsll).

use greenroom::prelude::*;

use super::sent;
use crate::problem::{Answer, Parameters};
use crate::problems::concsll::{Request, SortedList, requests};
use crate::tally::{Tally, Ticket};

/// Ends when the last worker has ended, for nobody refers to it then; reports how long its list has become.
struct Keeper {
    list: SortedList,
    ticket: Ticket,
}

#[actor]
impl Keeper {
    #[cast]
    fn serve(&mut self, request: Request, worker: Ref<Worker>) {
        sent(worker.result(self.list.serve(request)));
    }

    #[stopping]
    fn report(&mut self, _: &ExitReason) {
        assert!(self.list.items().is_sorted(), "the list is out of order");
        self.ticket.count(self.list.len());
    }
}

struct Worker {
    requests: Box<dyn Iterator<Item = Request> + Send>,
    /// How many of its own the list holds.
    inserted: u64,
    /// What the keeper is at.
    asked: Option<Request>,
    keeper: Ref<Keeper>,
    _ticket: Ticket,
}

#[actor]
impl Worker {
    #[started]
    fn next(&mut self) {
        self.asked = self.requests.next();
        match self.asked {
            Some(request) => sent(self.keeper.serve(request, me::<Self>())),
            None => stop(),
        }
    }

    #[cast]
    fn result(&mut self, result: u64) {
        match self.asked {
            Some(Request::Insert(_)) => self.inserted += result,
            Some(Request::Contains(_)) => assert!(result <= 1, "an item is there or not"),
            Some(Request::Size) => assert!(result >= self.inserted, "what was inserted is not there"),
            None => panic!("a result that nobody asked for"),
        }
        self.next();
    }
}

pub(super) fn run(vm: &Vm, parameters: &Parameters) -> Answer {
    let workers = parameters["workers"];
    let ended = Tally::expecting(workers + 1);
    let keeper = vm.spawn(Keeper { list: SortedList::default(), ticket: ended.ticket() });
    for number in 0..workers {
        vm.spawn(Worker {
            requests: Box::new(requests(parameters, number)),
            inserted: 0,
            asked: None,
            keeper: keeper.clone(),
            _ticket: ended.ticket(),
        });
    }
    drop(keeper);
    Answer::Whole(ended.wait())
}
