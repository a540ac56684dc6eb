//! [Bitonic Sort](crate::problems::bitonicsort).

use std::collections::VecDeque;

use greenroom::prelude::*;

use super::sent;
use crate::problem::{Answer, Parameters};
use crate::problems::bitonicsort::{Step, steps, values};
use crate::problems::radixsort::Sorted;
use crate::tally::{Tally, Ticket};

/// What values can be sent to. An actor ends with the last reference to it, so the network ends from its beginning on.
#[actor]
trait Part {
    /// By which branch a value comes matters only where some join.
    #[cast]
    fn put(&mut self, branch: usize, value: u64);
}

/// Where a part sends what leaves it.
#[derive(Clone)]
struct Output {
    to: Ref<dyn Part>,
    branch: usize,
}

impl Output {
    fn put(&self, value: u64) {
        sent(self.to.put(self.branch, value));
    }
}

/// Whose turn it is: `run` times the first of the branches, as often the second, and so on.
struct Turns {
    run: usize,
    branches: usize,
    taken: usize,
}

impl Turns {
    fn branch(&self) -> usize {
        self.taken / self.run
    }

    fn advance(&mut self) {
        self.taken = (self.taken + 1) % (self.run * self.branches);
    }
}

struct Splitter {
    branches: Vec<Ref<dyn Part>>,
    turns: Turns,
    _ticket: Ticket,
}

#[actor]
impl Part for Splitter {
    fn put(&mut self, _: usize, value: u64) {
        sent(self.branches[self.turns.branch()].put(0, value));
        self.turns.advance();
    }
}

struct Joiner {
    /// What came before its turn, by branch.
    early: Vec<VecDeque<u64>>,
    turns: Turns,
    output: Output,
    _ticket: Ticket,
}

#[actor]
impl Part for Joiner {
    fn put(&mut self, branch: usize, value: u64) {
        self.early[branch].push_back(value);
        while let Some(value) = self.early[self.turns.branch()].pop_front() {
            self.output.put(value);
            self.turns.advance();
        }
    }
}

struct Comparator {
    rises: bool,
    first: Option<u64>,
    output: Output,
    _ticket: Ticket,
}

#[actor]
impl Part for Comparator {
    fn put(&mut self, _: usize, value: u64) {
        let Some(first) = self.first.take() else {
            self.first = Some(value);
            return;
        };
        let [low, high] = [first.min(value), first.max(value)];
        let order = if self.rises { [low, high] } else { [high, low] };
        order.into_iter().for_each(|value| self.output.put(value));
    }
}

struct Validator {
    sorted: Sorted,
    expected: u64,
    ticket: Ticket,
}

#[actor]
impl Part for Validator {
    fn put(&mut self, _: usize, value: u64) {
        self.sorted.add(value);
        if self.sorted.count() == self.expected {
            self.ticket.count(self.sorted.sum());
        }
    }
}

/// Makes the network.
struct Builder {
    /// From which each actor gets its own.
    ticket: Ticket,
    values: usize,
}

impl Builder {
    /// One of the steps; gives its entrance.
    fn step(&self, step: Step, output: Output) -> Ref<dyn Part> {
        let branch = |number, output| self.sequence(step.length, step.rises(number), output);
        self.split_and_join(step.length, self.values / step.length, output, branch)
    }

    fn sequence(&self, length: usize, rises: bool, output: Output) -> Ref<dyn Part> {
        let comparator = |_, output| {
            spawn(Comparator { rises, first: None, output, _ticket: self.ticket.another() }).upcast()
        };
        match length {
            2 => comparator(0, output),
            _ => self.split_and_join(1, length / 2, output, comparator),
        }
    }

    /// Branches, with a splitter before and a joiner behind them.
    fn split_and_join(
        &self,
        run: usize,
        branches: usize,
        output: Output,
        branch: impl Fn(usize, Output) -> Ref<dyn Part>,
    ) -> Ref<dyn Part> {
        let turns = || Turns { run, branches, taken: 0 };
        let early = vec![VecDeque::new(); branches];
        let joiner = spawn(Joiner { early, turns: turns(), output, _ticket: self.ticket.another() });
        let to_joiner = |number| Output { to: joiner.clone().upcast(), branch: number };
        let branches = (0..branches).map(|number| branch(number, to_joiner(number))).collect();
        spawn(Splitter { branches, turns: turns(), _ticket: self.ticket.another() }).upcast()
    }
}

pub(super) fn run(vm: &Vm, parameters: &Parameters) -> Answer {
    let (inputs, steps, expected) = (values(parameters), steps(parameters), parameters["values"]);
    let values = expected as usize;
    let ended = Tally::expecting(1);
    let source = vm.run(move || {
        let builder = Builder { ticket: ended.ticket(), values };
        let (sorted, ticket) = (Sorted::default(), builder.ticket.another());
        let validator = spawn(Validator { sorted, expected, ticket });
        let step = |to, step| builder.step(step, Output { to, branch: 0 });
        let first = steps.rev().fold(validator.upcast(), step);
        inputs.for_each(|value| sent(first.put(0, value)));
    });
    source.expect("the source comes to its end");
    Answer::Whole(ended.wait())
}
