//! [Filter Bank](crate::problems::filterbank).
//!
//! Each stage refers to the next, and to nobody else: when the source ends, the others do one after another, as the last reference
//! to each goes.

use std::collections::VecDeque;

use greenroom::prelude::*;

use super::sent;
use crate::problem::{Answer, Parameters};
use crate::problems::filterbank::{CYCLE, Filter, filters};
use crate::tally::{Tally, Ticket};

struct Producer {
    left: u64,
    _ticket: Ticket,
}

#[actor]
impl Producer {
    #[cast]
    fn next(&mut self, source: Ref<Source>) {
        if self.left > 0 {
            self.left -= 1;
            sent(source.boot());
        }
    }
}

struct Source {
    producer: Ref<Producer>,
    next: Ref<dyn Stage>,
    current: u64,
    _ticket: Ticket,
}

#[actor]
impl Source {
    #[cast]
    fn boot(&mut self) {
        sent(self.next.value(self.current as f64));
        self.current = (self.current + 1) % CYCLE;
        sent(self.producer.next(me::<Self>()));
    }
}

/// What values go into.
#[actor]
trait Stage {
    #[cast]
    fn value(&mut self, value: f64);
}

/// Gives every value to each of the next: the branches to the banks, and a bank to its first filter.
struct Fan {
    next: Vec<Ref<dyn Stage>>,
    _ticket: Ticket,
}

#[actor]
impl Stage for Fan {
    fn value(&mut self, value: f64) {
        for stage in &self.next {
            sent(stage.value(value));
        }
    }
}

struct Filtering {
    filter: Box<dyn Filter>,
    next: Ref<dyn Stage>,
    _ticket: Ticket,
}

#[actor]
impl Stage for Filtering {
    fn value(&mut self, value: f64) {
        if let Some(value) = self.filter.put(value) {
            sent(self.next.value(value));
        }
    }
}

/// The end of a bank.
struct Tag {
    channel: usize,
    integrator: Ref<Integrator>,
    _ticket: Ticket,
}

#[actor]
impl Stage for Tag {
    fn value(&mut self, value: f64) {
        sent(self.integrator.add(self.channel, value));
    }
}

struct Integrator {
    /// Of each channel, the values that others have not come up to.
    waiting: Vec<VecDeque<f64>>,
    combine: Ref<Combine>,
    _ticket: Ticket,
}

#[actor]
impl Integrator {
    #[cast]
    fn add(&mut self, channel: usize, value: f64) {
        self.waiting[channel].push_back(value);
        let row: Option<Vec<_>> = self.waiting.iter().map(|values| values.front().copied()).collect();
        if let Some(row) = row {
            for values in &mut self.waiting {
                values.pop_front();
            }
            sent(self.combine.combine(row));
        }
    }
}

struct Combine {
    sink: Ref<Sink>,
    _ticket: Ticket,
}

#[actor]
impl Combine {
    #[cast]
    fn combine(&mut self, values: Vec<f64>) {
        sent(self.sink.value(values.into_iter().sum()));
    }
}

struct Sink {
    ticket: Ticket,
}

#[actor]
impl Stage for Sink {
    fn value(&mut self, _: f64) {
        self.ticket.count(1);
    }
}

pub(super) fn run(vm: &Vm, parameters: &Parameters) -> Answer {
    let channels = parameters["channels"];
    // Six, and a bank's seven for each channel.
    let ended = Tally::expecting(6 + 7 * channels);
    let ticket = || ended.ticket();

    let sink = vm.spawn(Sink { ticket: ticket() });
    let combine = vm.spawn(Combine { sink, _ticket: ticket() });
    let waiting = vec![VecDeque::new(); channels as usize];
    let integrator = vm.spawn(Integrator { waiting, combine, _ticket: ticket() });
    let bank = |channel| {
        let integrator = integrator.clone();
        let tag = vm.spawn(Tag { channel: channel as usize, integrator, _ticket: ticket() });
        let filters = filters(parameters, channel).into_iter().rev();
        let first = filters.fold(tag.upcast(), |next, filter| {
            vm.spawn(Filtering { filter, next, _ticket: ticket() }).upcast()
        });
        vm.spawn(Fan { next: vec![first], _ticket: ticket() }).upcast()
    };
    let branches = vm.spawn(Fan { next: (0..channels).map(bank).collect(), _ticket: ticket() });
    drop(integrator);
    let producer = vm.spawn(Producer { left: parameters["simulations"], _ticket: ticket() });
    let source =
        Source { producer: producer.clone(), next: branches.upcast(), current: 0, _ticket: ticket() };
    sent(producer.next(vm.spawn(source)));
    drop((producer, branches));
    Answer::Whole(ended.wait())
}
