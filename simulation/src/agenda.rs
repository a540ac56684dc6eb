//! The agenda: what is to happen to nodes, and when.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::chance::{Chance, nanos};
use crate::faults::Faults;
use crate::node::Node;

/// What is to happen.
#[derive(Clone, Debug)]
pub(crate) enum Deed {
    /// The how-manieth crash that chance brings, and how long the node is down.
    Crash(u32, Node, Duration),
    Restart(Node),
    /// The how-manieth partition that chance brings, and how long it lasts.
    Part(u32, Vec<Node>, Duration),
    /// The partition of these is over.
    Heal(Vec<Node>),
}

/// See the head of this file.
#[derive(Default)]
pub(crate) struct Agenda {
    /// By time, and in the order in which they were entered.
    deeds: BTreeMap<(Duration, u64), Deed>,
    entered: u64,
    /// What is laid out over the next run.
    waiting: Vec<(Faults, Vec<Node>)>,
    crashes: u32,
    partitions: u32,
}

/// What the chance of a planned fault is keyed with.
const CRASH: u64 = 5;
const PARTITION: u64 = 6;

impl Agenda {
    pub(crate) fn add(&mut self, faults: Faults, nodes: Vec<Node>) {
        self.waiting.push((faults, nodes));
    }

    pub(crate) fn at(&mut self, at: Duration, deed: Deed) {
        self.deeds.insert((at, self.entered), deed);
        self.entered += 1;
    }

    /// Draws times for all that waits, between now and then.
    pub(crate) fn lay_out(&mut self, seed: u64, now: Duration, length: Duration) {
        for (faults, nodes) in std::mem::take(&mut self.waiting) {
            let time = |chance: &mut Chance| now + Duration::from_nanos(chance.within(0..=nanos(length)));
            for _ in 0..faults.crashes {
                let mut chance = Chance::keyed(seed, &[CRASH, u64::from(self.crashes)]);
                let (at, node) = (time(&mut chance), chance.pick(&nodes).clone());
                self.at(at, Deed::Crash(self.crashes, node, faults.down_for.draw(&mut chance)));
                self.crashes += 1;
            }
            for _ in 0..faults.partitions {
                let mut chance = Chance::keyed(seed, &[PARTITION, u64::from(self.partitions)]);
                let (at, mut side) = (time(&mut chance), nodes.clone());
                chance.shuffle(&mut side);
                side.truncate(chance.within(1..=(nodes.len() as u64 / 2).max(1)) as usize);
                side.sort();
                self.at(at, Deed::Part(self.partitions, side, faults.parted_for.draw(&mut chance)));
                self.partitions += 1;
            }
        }
    }

    /// When the next is, if that is no later than `limit`.
    pub(crate) fn next_until(&self, limit: Duration) -> Option<Duration> {
        self.deeds.keys().next().map(|(at, _)| *at).filter(|at| *at <= limit)
    }

    pub(crate) fn take_due(&mut self, now: Duration) -> Option<Deed> {
        let first = self.deeds.first_entry()?;
        (first.key().0 <= now).then(|| first.remove())
    }
}
