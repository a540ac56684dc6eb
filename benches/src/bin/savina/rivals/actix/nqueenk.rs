//! [N-Queens](greenroom_savina::problems::nqueenk).

use actix::prelude::*;
use greenroom_savina::problem::{Answer, Parameters};
use greenroom_savina::problems::nqueenk::Board;
use greenroom_savina::tally::{Tally, Ticket};

use super::Actix;

enum ToMaster {
    Search(Board),
    Solution,
    Done,
}

impl Message for ToMaster {
    type Result = ();
}

struct Search(Board);

impl Message for Search {
    type Result = ();
}

/// Gives the workers boards, in turn, until each is done.
struct Master {
    workers: Vec<Addr<Worker>>,
    given: usize,
    done: usize,
    ticket: Ticket,
}

impl Actor for Master {
    type Context = Context<Self>;
}

impl Handler<ToMaster> for Master {
    type Result = ();
    fn handle(&mut self, message: ToMaster, context: &mut Self::Context) {
        match message {
            ToMaster::Search(board) => {
                self.workers[self.given % self.workers.len()].do_send(Search(board));
                self.given += 1;
            }
            ToMaster::Solution => self.ticket.count(1),
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
    threshold: u64,
    master: Addr<Master>,
    _ticket: Ticket,
}

impl Actor for Worker {
    type Context = Context<Self>;
}

impl Handler<Search> for Worker {
    type Result = ();
    fn handle(&mut self, Search(board): Search, _: &mut Self::Context) {
        if board.queens() < self.threshold && !board.is_full() {
            board.successors().for_each(|next| self.master.do_send(ToMaster::Search(next)));
        } else {
            board.search(&mut || self.master.do_send(ToMaster::Solution));
        }
        self.master.do_send(ToMaster::Done);
    }
}

pub(super) fn run(actix: &Actix, parameters: &Parameters) -> Answer {
    let [size, threshold, workers] = ["size", "threshold", "workers"].map(|name| parameters[name]);
    let ended = Tally::expecting(workers + 1);
    actix.run(async move {
        let master = Master::create(|context| {
            let start = |_| {
                let master = context.address();
                Worker { threshold, master, _ticket: ended.ticket() }.start()
            };
            let workers = (0..workers).map(start).collect();
            Master { workers, given: 0, done: 0, ticket: ended.ticket() }
        });
        master.do_send(ToMaster::Search(Board::new(size)));
    });
    Answer::Whole(ended.wait())
}
