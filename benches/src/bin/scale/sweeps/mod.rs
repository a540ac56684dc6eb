//! The questions, each with its sizes and what is measured at one of them.

mod actors;
mod ends;
mod fan_out;
mod mailbox;
mod timers;
mod vms;
mod workers;

use std::sync::Arc;
use std::time::{Duration, Instant};

use greenroom::prelude::*;

/// The largest size of all: so many actors fit into 2 GB, and into a [`Tally`](greenroom_savina::tally::Tally).
pub(crate) const MOST: u64 = 10_000_000;

/// Something that grows.
#[derive(Debug)]
pub(crate) struct Sweep {
    /// On the command line and in the results.
    pub(crate) name: &'static str,
    pub(crate) question: &'static str,
    /// What the size counts.
    pub(crate) counts: &'static str,
    /// For a machine of so many workers.
    pub(crate) sizes: fn(usize) -> Vec<u64>,
    /// What is measured, each with its unit.
    pub(crate) figures: &'static [(&'static str, &'static str)],
    /// Gives the figures, in that order, at one size on so many workers.
    measure: fn(u64, usize) -> Vec<f64>,
}

/// Each has a name of its own.
impl PartialEq for Sweep {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

pub(crate) const SWEEPS: &[&Sweep] = &[
    &actors::SWEEP,
    &workers::SWEEP,
    &timers::SWEEP,
    &mailbox::SWEEP,
    &fan_out::SWEEP,
    &vms::SWEEP,
    &ends::RESTING,
    &ends::SUSPENDED,
];

/// One measurement.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Job {
    pub(crate) sweep: &'static Sweep,
    pub(crate) size: u64,
    pub(crate) workers: usize,
}

impl Job {
    pub(crate) fn measure(self) -> Vec<f64> {
        let figures = (self.sweep.measure)(self.size, self.workers);
        assert_eq!(figures.len(), self.sweep.figures.len(), "as many figures as are promised");
        figures
    }
}

/// 10^from to 10^to.
fn decades(from: u32, to: u32) -> Vec<u64> {
    (from..=to).map(|power| 10_u64.pow(power)).collect()
}

fn machine(workers: usize) -> Arc<Vm> {
    Arc::new(Vm::builder().workers(workers).build().expect("the VM starts"))
}

fn nanos_each(elapsed: Duration, times: u64) -> f64 {
    elapsed.as_nanos() as f64 / times as f64
}

/// How long `work` takes, as a process of the machine.
fn inside<T: Send + 'static>(vm: &Vm, work: impl FnOnce() -> T + Send + 'static) -> (Duration, T) {
    let timed = vm.run(move || {
        let began = Instant::now();
        let result = work();
        (began.elapsed(), result)
    });
    timed.expect("the work does not panic")
}

/// Keeps a process that sends from running ahead of those that handle, or what waits would be measured with them: it lets
/// others go first while more than so many messages are unhandled.
struct Throttle {
    vm: Arc<Vm>,
    before: u64,
    sent: u64,
}

/// Few enough to stay in the caches, and to be looked at seldom.
const AHEAD: u64 = 1024;

impl Throttle {
    /// What the machine handles from now on is for this sender alone.
    fn new(vm: &Arc<Vm>) -> Self {
        Self { vm: vm.clone(), before: Self::handled(vm), sent: 0 }
    }

    fn handled(vm: &Vm) -> u64 {
        vm.counters().iter().map(|worker| worker.messages).sum()
    }

    /// Called for every few messages.
    fn sent(&mut self, messages: u64) {
        let before = self.sent / AHEAD;
        self.sent += messages;
        if self.sent / AHEAD > before {
            self.wait_for(self.sent.saturating_sub(AHEAD.max(messages)));
        }
    }

    /// Until all that was sent is handled.
    fn finish(self) {
        self.wait_for(self.sent);
    }

    fn wait_for(&self, messages: u64) {
        while Self::handled(&self.vm) - self.before < messages {
            yield_now().expect("a process may wait");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_question_is_answered_at_its_smallest_size_with_figures_that_make_sense() {
        for sweep in SWEEPS {
            let size = (sweep.sizes)(2)[0];
            let figures = Job { sweep, size, workers: 2 }.measure();
            assert!(
                figures.iter().all(|figure| figure.is_finite() && *figure >= 0.0),
                "{}: {figures:?}",
                sweep.name
            );
        }
    }
}
