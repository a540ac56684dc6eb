//! [Recursive Matrix Multiplication](crate::problems::recmatmul).

use std::sync::Arc;
use std::time::Duration;

use greenroom::join_all;
use greenroom::prelude::*;

use super::sent;
use crate::problem::{Answer, Parameters};
use crate::problems::recmatmul::{Blocks, Factors, Piece};
use crate::tally::{Tally, Ticket};

struct Worker {
    blocks: Blocks,
    /// The most elements of a piece that is not divided.
    threshold: u64,
    _ticket: Ticket,
}

#[actor]
impl Worker {
    #[cast]
    fn multiply(&mut self, piece: Piece, master: Ref<Master>) {
        if piece.elements() > self.threshold {
            for part in piece.divide() {
                sent(master.work(part));
            }
        } else {
            self.blocks.add(piece);
        }
        sent(master.done());
    }

    fn sum(&self) -> u64 {
        self.blocks.sum()
    }
}

struct Master {
    workers: Vec<Ref<Worker>>,
    /// Pieces that are with workers.
    out: u64,
    sum: Option<Reply<u64>>,
    _ticket: Ticket,
}

#[actor]
impl Master {
    /// Is answered when the last piece is done.
    fn multiply(&mut self, whole: Piece, #[reply] sum: Reply<u64>) {
        self.sum = Some(sum);
        self.work(whole);
    }

    #[cast]
    fn work(&mut self, piece: Piece) {
        self.out += 1;
        sent(self.workers[piece.worker(self.workers.len())].multiply(piece, me::<Self>()));
    }

    /// The parts of a piece came before this.
    #[cast]
    fn done(&mut self) {
        self.out -= 1;
        if self.out == 0 {
            let sums = join_all(self.workers.iter().map(|worker| worker.request().sum()));
            let sum = sums.expect("the workers live").into_iter().sum();
            self.sum.take().expect("the last piece is done once").send(sum);
        }
    }
}

pub(super) fn run(vm: &Vm, parameters: &Parameters) -> Answer {
    let ended = Tally::expecting(parameters["workers"] + 1);
    let factors = Arc::new(Factors::new(parameters));
    let worker = |_| {
        vm.spawn(Worker {
            blocks: Blocks::new(factors.clone()),
            threshold: parameters["block"],
            _ticket: ended.ticket(),
        })
    };
    let workers = (0..parameters["workers"]).map(worker).collect();
    let master = vm.spawn(Master { workers, out: 0, sum: None, _ticket: ended.ticket() });
    let sum = master.within(Duration::MAX).multiply(Piece::whole(parameters)).expect("the master lives");
    drop(master);
    ended.wait();
    Answer::Whole(sum)
}
