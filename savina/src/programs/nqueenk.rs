//! [N-Queens](crate::problems::nqueenk).

use greenroom::prelude::*;

use super::sent;
use crate::problem::{Answer, Parameters};
use crate::problems::nqueenk::Board;
use crate::tally::{Tally, Ticket};

struct Master {
    workers: Vec<Ref<Worker>>,
    /// Boards that workers were given, and those that they are done with.
    given: usize,
    done: usize,
    ticket: Ticket,
}

#[actor]
impl Master {
    #[cast]
    fn begin(&mut self, empty: Board, threshold: u64, workers: u64) {
        let worker = |_| Worker { threshold, master: me(), _ticket: self.ticket.another() };
        self.workers = (0..workers).map(|number| spawn(worker(number))).collect();
        self.search(empty);
    }

    /// Gives the next worker in turn a board.
    #[cast]
    fn search(&mut self, board: Board) {
        sent(self.workers[self.given % self.workers.len()].search(board));
        self.given += 1;
    }

    #[cast]
    fn solution(&mut self) {
        self.ticket.count(1);
    }

    #[cast]
    fn done(&mut self) {
        self.done += 1;
        assert!(self.done <= self.given, "a worker was done with what nobody gave it");
        if self.done == self.given {
            // Nobody else holds a reference to a worker, so they end, too.
            stop();
        }
    }
}

struct Worker {
    threshold: u64,
    master: Ref<Master>,
    _ticket: Ticket,
}

#[actor]
impl Worker {
    #[cast]
    fn search(&mut self, board: Board) {
        if board.queens() < self.threshold && !board.is_full() {
            board.successors().for_each(|next| sent(self.master.search(next)));
        } else {
            board.search(&mut || sent(self.master.solution()));
        }
        sent(self.master.done());
    }
}

pub(super) fn run(vm: &Vm, parameters: &Parameters) -> Answer {
    let ended = Tally::expecting(1);
    let master = vm.spawn(Master { workers: Vec::new(), given: 0, done: 0, ticket: ended.ticket() });
    sent(master.begin(Board::new(parameters["size"]), parameters["threshold"], parameters["workers"]));
    Answer::Whole(ended.wait())
}
