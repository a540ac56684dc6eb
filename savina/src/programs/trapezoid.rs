//! [Trapezoidal Approximation](crate::problems::trapezoid).

use std::time::Duration;

use greenroom::join_all;
use greenroom::prelude::*;

use crate::problem::{Answer, Parameters};
use crate::problems::trapezoid::{Share, shares};
use crate::tally::{Tally, Ticket};

struct Worker {
    _ticket: Ticket,
}

#[actor]
impl Worker {
    fn area(&mut self, share: Share) -> f64 {
        share.area()
    }
}

struct Master {
    workers: Vec<Ref<Worker>>,
    _ticket: Ticket,
}

#[actor]
impl Master {
    fn integral(&mut self, shares: impl Iterator<Item = Share> + Send + 'static) -> f64 {
        let areas = self.workers.iter().zip(shares).map(|(worker, share)| worker.request().area(share));
        join_all(areas).expect("the workers live").into_iter().sum()
    }
}

pub(super) fn run(vm: &Vm, parameters: &Parameters) -> Answer {
    let workers = parameters["workers"];
    let ended = Tally::expecting(workers + 1);
    let shares = shares(parameters);
    let integral = vm.run(move || {
        let workers = (0..workers).map(|_| spawn(Worker { _ticket: ended.ticket() })).collect();
        let master = spawn(Master { workers, _ticket: ended.ticket() });
        master.within(Duration::MAX).integral(shares)
    });
    ended.wait();
    Answer::Real(integral.and_then(|reply| reply).expect("the master has the integral"))
}
