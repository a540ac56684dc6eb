//! [A-Star Search](crate::problems::astar).

use std::sync::Arc;

use greenroom::prelude::*;

use super::sent;
use crate::problem::{Answer, Parameters};
use crate::problems::astar::{Grid, Outcome};
use crate::tally::{Tally, Ticket};

struct Master {
    workers: Vec<Ref<Worker>>,
    /// Searches that workers were given, and those that they are done with.
    given: usize,
    done: usize,
    is_over: bool,
    /// Workers who have not ended.
    left: u64,
    ticket: Ticket,
}

#[actor]
impl Master {
    fn new(ticket: Ticket) -> Self {
        Self { workers: Vec::new(), given: 0, done: 0, is_over: false, left: 0, ticket }
    }

    #[cast]
    fn begin(&mut self, grid: Arc<Grid>, workers: u64) {
        let worker = |_| Worker { grid: grid.clone(), master: me(), _ticket: self.ticket.another() };
        self.workers = (0..workers).map(|number| spawn(worker(number))).collect();
        self.left = workers;
        self.search(Grid::ORIGIN);
    }

    /// Gives the next worker in turn a node to go on from, unless the target has been found.
    #[cast]
    fn search(&mut self, from: u32) {
        if !self.is_over {
            sent(self.workers[self.given % self.workers.len()].search(from));
            self.given += 1;
        }
    }

    #[cast]
    fn done(&mut self) {
        self.done += 1;
        assert!(self.done <= self.given, "a worker was done with what nobody gave it");
        if self.done == self.given {
            self.finish();
        }
    }

    #[cast]
    fn found(&mut self) {
        self.finish();
    }

    /// Tells the workers to end, but stays for what they still have to say.
    #[local]
    fn finish(&mut self) {
        if !self.is_over {
            self.is_over = true;
            for worker in &self.workers {
                sent(worker.finish());
            }
        }
    }

    #[cast]
    fn gone(&mut self) {
        self.left -= 1;
        if self.left == 0 {
            stop();
        }
    }
}

struct Worker {
    grid: Arc<Grid>,
    master: Ref<Master>,
    _ticket: Ticket,
}

#[actor]
impl Worker {
    #[cast]
    fn search(&mut self, from: u32) {
        match self.grid.search(from) {
            Outcome::Found => sent(self.master.found()),
            Outcome::Frontier(nodes) => nodes.into_iter().for_each(|node| sent(self.master.search(node))),
        }
        sent(self.master.done());
    }

    #[cast]
    fn finish(&mut self) {
        sent(self.master.gone());
        stop();
    }
}

pub(super) fn run(vm: &Vm, parameters: &Parameters) -> Answer {
    let ended = Tally::expecting(1);
    let grid = Arc::new(Grid::new(parameters));
    let master = vm.spawn(Master::new(ended.ticket()));
    sent(master.begin(grid.clone(), parameters["workers"]));
    ended.wait();
    Answer::Whole(grid.start_of_path().into())
}
