//! [Quicksort](crate::problems::quicksort).

use std::time::Duration;

use greenroom::prelude::*;

use crate::problem::{Answer, Parameters};
use crate::problems::quicksort::{Parts, checked_sum, divide, values};
use crate::tally::{Tally, Ticket};

struct Sorter {
    cutoff: usize,
    ticket: Ticket,
}

#[actor]
impl Sorter {
    fn sort(&mut self, mut values: Vec<u64>) -> Vec<u64> {
        if values.len() <= self.cutoff {
            values.sort_unstable();
            return values;
        }
        let Parts { lesser, equal, greater } = divide(values);
        let [lesser, greater] = [lesser, greater].map(|part| {
            let child = spawn(Sorter { cutoff: self.cutoff, ticket: self.ticket.another() });
            child.request().sort(part)
        });
        let mut sorted = lesser.wait().expect("the child lives");
        sorted.extend(equal);
        sorted.extend(greater.wait().expect("the child lives"));
        sorted
    }
}

pub(super) fn run(vm: &Vm, parameters: &Parameters) -> Answer {
    let ended = Tally::expecting(1);
    let root = vm.spawn(Sorter { cutoff: parameters["cutoff"] as usize, ticket: ended.ticket() });
    let sorted = root.within(Duration::MAX).sort(values(parameters).collect()).expect("the root lives");
    drop(root);
    ended.wait();
    Answer::Whole(checked_sum(&sorted, parameters))
}
