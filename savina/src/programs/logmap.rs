//! [Logistic Map Series](crate::problems::logmap).

use std::time::Duration;

use greenroom::prelude::*;

use crate::problem::{Answer, Parameters};
use crate::problems::logmap::{Series, series};
use crate::tally::{Tally, Ticket};

struct Computer {
    series: Series,
    _ticket: Ticket,
}

#[actor]
impl Computer {
    fn compute(&self, term: f64) -> f64 {
        self.series.after(term)
    }
}

struct Worker {
    term: f64,
    computer: Ref<Computer>,
    _ticket: Ticket,
}

#[actor]
impl Worker {
    /// Waits for its computer in mid-method: nothing that came later is handled until the term is there.
    #[cast]
    fn next(&mut self) {
        self.term = self.computer.compute(self.term).expect("the computer lives");
    }

    fn term(&self) -> f64 {
        self.term
    }
}

pub(super) fn run(vm: &Vm, parameters: &Parameters) -> Answer {
    let terms = parameters["terms"];
    let ended = Tally::expecting(2 * parameters["series"]);
    let series = series(parameters);
    // The master.
    let sum = vm.run(move || {
        let work_on = |series: Series| {
            let computer = spawn(Computer { series, _ticket: ended.ticket() });
            spawn(Worker { term: series.start, computer, _ticket: ended.ticket() })
        };
        let workers: Group<Worker> = series.map(work_on).collect();
        for _ in 0..terms {
            assert_eq!(workers.cast().next(), workers.len(), "every worker lives");
        }
        let last = workers.each_within(Duration::MAX).term().all().expect("every worker answers");
        last.into_iter().sum()
    });
    ended.wait();
    Answer::Real(sum.expect("the master comes to its end"))
}
