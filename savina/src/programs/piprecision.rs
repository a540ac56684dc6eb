//! [Precise Pi Computation](crate::problems::piprecision).

use std::sync::Arc;
use std::time::Duration;

use greenroom::prelude::*;
use num_bigint::BigUint;

use super::sent;
use crate::problem::{Answer, Parameters};
use crate::problems::piprecision::{OUT, Series};
use crate::tally::{Tally, Ticket};

struct Worker {
    series: Arc<Series>,
    _ticket: Ticket,
}

#[actor]
impl Worker {
    #[cast]
    fn compute(&mut self, k: u64, master: Ref<Master>) {
        sent(master.add(self.series.term(k), me::<Self>()));
    }
}

struct Master {
    series: Arc<Series>,
    workers: Vec<Ref<Worker>>,
    sum: BigUint,
    /// The number of the next term to ask for.
    next: u64,
    /// How many have been asked for, and have not come.
    out: u64,
    /// No later term counts.
    is_complete: bool,
    answer: Option<Reply<BigUint>>,
    _ticket: Ticket,
}

#[actor]
impl Master {
    /// Is answered when the last term has come.
    fn pi(&mut self, out: u64, #[reply] answer: Reply<BigUint>) {
        self.answer = Some(answer);
        for place in 0..out as usize {
            self.ask(&self.workers[place % self.workers.len()].clone());
        }
    }

    #[cast]
    fn add(&mut self, term: BigUint, worker: Ref<Worker>) {
        self.out -= 1;
        self.is_complete |= self.series.is_last(&term);
        self.sum += term;
        if !self.is_complete {
            self.ask(&worker);
        } else if self.out == 0 {
            self.answer.take().expect("the last term comes once").send(std::mem::take(&mut self.sum));
        }
    }

    #[local]
    fn ask(&mut self, worker: &Ref<Worker>) {
        sent(worker.compute(self.next, me::<Self>()));
        self.next += 1;
        self.out += 1;
    }
}

pub(super) fn run(vm: &Vm, parameters: &Parameters) -> Answer {
    let workers = parameters["workers"];
    let ended = Tally::expecting(workers + 1);
    let series = Arc::new(Series::new(parameters));
    let worker = |_| vm.spawn(Worker { series: series.clone(), _ticket: ended.ticket() });
    let master = vm.spawn(Master {
        series: series.clone(),
        workers: (0..workers).map(worker).collect(),
        sum: BigUint::ZERO,
        next: 0,
        out: 0,
        is_complete: false,
        answer: None,
        _ticket: ended.ticket(),
    });
    let sum = master.within(Duration::MAX).pi(parameters["digits"].min(OUT)).expect("the master lives");
    drop(master);
    ended.wait();
    Answer::Whole(series.agreeing(sum))
}
