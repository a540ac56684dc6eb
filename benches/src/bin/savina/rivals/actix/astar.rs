//! [A-Star Search](greenroom_savina::problems::astar).

use std::sync::Arc;

use actix::prelude::*;
use greenroom_savina::problem::{Answer, Parameters};
use greenroom_savina::problems::astar::{Grid, Outcome};
use greenroom_savina::tally::{Tally, Ticket};

use super::Actix;

enum ToMaster {
    Search(u32),
    Found,
    Done,
}

impl Message for ToMaster {
    type Result = ();
}

struct Search(u32);

impl Message for Search {
    type Result = ();
}

/// Gives the workers nodes to go on from, in turn, until the target is found or nothing is left.
struct Master {
    workers: Vec<Addr<Worker>>,
    given: usize,
    done: usize,
    _ticket: Ticket,
}

impl Actor for Master {
    type Context = Context<Self>;
}

impl Handler<ToMaster> for Master {
    type Result = ();
    fn handle(&mut self, message: ToMaster, context: &mut Self::Context) {
        match message {
            ToMaster::Search(from) => {
                self.workers[self.given % self.workers.len()].do_send(Search(from));
                self.given += 1;
            }
            // With the master, the workers come to an end, too.
            ToMaster::Found => context.stop(),
            ToMaster::Done => {
                self.done += 1;
                if self.done == self.given {
                    context.stop();
                }
            }
        }
    }
}

struct Worker {
    grid: Arc<Grid>,
    master: Addr<Master>,
    _ticket: Ticket,
}

impl Actor for Worker {
    type Context = Context<Self>;
}

impl Handler<Search> for Worker {
    type Result = ();
    fn handle(&mut self, Search(from): Search, _: &mut Self::Context) {
        match self.grid.search(from) {
            Outcome::Found => self.master.do_send(ToMaster::Found),
            Outcome::Frontier(nodes) => {
                nodes.into_iter().for_each(|node| self.master.do_send(ToMaster::Search(node)));
            }
        }
        self.master.do_send(ToMaster::Done);
    }
}

pub(super) fn run(actix: &Actix, parameters: &Parameters) -> Answer {
    let workers = parameters["workers"];
    let grid = Arc::new(Grid::new(parameters));
    let shared = Arc::clone(&grid);
    let ended = Tally::expecting(workers + 1);
    actix.run(async move {
        let master = Master::create(|context| {
            let start = |_| {
                let (grid, master) = (Arc::clone(&shared), context.address());
                Worker { grid, master, _ticket: ended.ticket() }.start()
            };
            let workers = (0..workers).map(start).collect();
            Master { workers, given: 0, done: 0, _ticket: ended.ticket() }
        });
        master.do_send(ToMaster::Search(Grid::ORIGIN));
    });
    ended.wait();
    Answer::Whole(grid.start_of_path().into())
}
