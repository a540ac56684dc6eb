//! [Radix Sort](crate::problems::radixsort).

use std::mem;

use greenroom::prelude::*;

use super::sent;
use crate::problem::{Answer, Parameters};
use crate::problems::radixsort::{STAGES, Sorted, values};
use crate::tally::{Tally, Ticket};

/// What values can be sent to.
#[actor]
trait Sink {
    #[cast]
    fn put(&mut self, value: u64);
}

struct Stage {
    bit: u32,
    next: Ref<dyn Sink>,
    /// Values that it has not seen yet.
    missing: u64,
    /// Those that have the bit.
    held: Vec<u64>,
    _ticket: Ticket,
}

#[actor]
impl Sink for Stage {
    fn put(&mut self, value: u64) {
        if value >> self.bit & 1 == 0 {
            sent(self.next.put(value));
        } else {
            self.held.push(value);
        }
        self.missing -= 1;
        if self.missing == 0 {
            mem::take(&mut self.held).into_iter().for_each(|value| sent(self.next.put(value)));
            stop();
        }
    }
}

struct Validator {
    sorted: Sorted,
    expected: u64,
    ticket: Ticket,
}

#[actor]
impl Sink for Validator {
    fn put(&mut self, value: u64) {
        self.sorted.add(value);
        if self.sorted.count() == self.expected {
            self.ticket.count(self.sorted.sum());
            stop();
        }
    }
}

pub(super) fn run(vm: &Vm, parameters: &Parameters) -> Answer {
    let (values, expected) = (values(parameters), parameters["values"]);
    let ended = Tally::expecting(u64::from(STAGES) + 1);
    // The source, who makes the stages from the last to the first.
    let source = vm.run(move || {
        let validator = Validator { sorted: Sorted::default(), expected, ticket: ended.ticket() };
        let stage = |next, bit| {
            let stage = Stage { bit, next, missing: expected, held: Vec::new(), _ticket: ended.ticket() };
            spawn(stage).upcast()
        };
        let first: Ref<dyn Sink> = (0..STAGES).rev().fold(spawn(validator).upcast(), stage);
        values.for_each(|value| sent(first.put(value)));
    });
    source.expect("the source comes to its end");
    Answer::Whole(ended.wait())
}
