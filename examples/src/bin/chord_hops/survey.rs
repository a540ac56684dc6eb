//! One ring: it grows, it is ideal, it is looked up in, in fine weather and in a storm, and it is ideal again.

use std::fmt;
use std::time::Duration;

use greenroom::World;
use greenroom::prelude::*;
use greenroom_examples::chance::Chance;
use greenroom_examples::chord::{Circle, Network};

const BITS: u32 = 24;
/// How many nodes each keeps after it.
const SUCCESSORS: usize = 8;
const PERIOD: Duration = Duration::from_secs(10);
/// The ring grows by one in so many, and then has as many periods to take them in. Where many come to one place at once, only
/// one a period finds it.
const GROWTH: usize = 4;
const LOOKUPS: u64 = 2000;
/// In a storm's period, one in so many nodes leaves, as many crash, and as many come.
const TURNOVER: usize = 200;
const STORM: u64 = 10;
/// Far more periods than any ring takes.
const PATIENCE: u32 = 400;

/// What came of it.
pub(crate) struct Survey {
    pub(crate) nodes: u64,
    pub(crate) calm: Sum,
    pub(crate) storm: Sum,
    /// How many periods after the storm the ring was ideal again.
    periods: u32,
}

/// What lookups came to.
#[derive(Clone, Copy, Default)]
pub(crate) struct Sum {
    lookups: u64,
    hops: u64,
    right: u64,
}

/// Surveys a ring of so many nodes in a simulated machine.
///
/// # Errors
/// If the ring does not become ideal, before or after the storm.
///
/// # Panics
/// If a lookup in fine weather is wrong.
pub(crate) fn survey(nodes: u64, seed: u64) -> greenroom::Result<Survey> {
    let vm = Vm::builder().workers(1).world(World::Simulated { seed }).build()?;
    vm.run(move || {
        let network = Network::new(Circle::of_bits(BITS), SUCCESSORS, PERIOD);
        let mut ring = Ring { chance: Chance::new(seed), network, ids: Vec::new() };
        ring.grow(nodes as usize)?;
        ring.network.settle(PATIENCE)?;
        let calm = ring.look_up(LOOKUPS)?;
        assert_eq!(calm.right, calm.lookups, "{nodes} nodes: a lookup in fine weather was wrong");
        let storm = ring.storm()?;
        let periods = ring.network.settle(PATIENCE)?;
        Ok(Survey { nodes, calm, storm, periods })
    })?
}

struct Ring {
    chance: Chance,
    network: Network,
    ids: Vec<u64>,
}

impl Ring {
    fn grow(&mut self, nodes: usize) -> Result<(), CallError> {
        while self.ids.len() < nodes {
            for _ in 0..(self.ids.len() / GROWTH).max(1).min(nodes - self.ids.len()) {
                self.join()?;
            }
            sleep(GROWTH as u32 * PERIOD)?;
        }
        Ok(())
    }

    /// A node comes, through anyone; if those who are asked on its way have crashed meanwhile, through another one.
    fn join(&mut self) -> Result<(), CallError> {
        let id = self.chance.below(1 << BITS);
        if self.ids.contains(&id) {
            return self.join();
        }
        let through = (!self.ids.is_empty()).then(|| self.anyone());
        match self.network.join(id, through) {
            Ok(()) => self.ids.push(id),
            Err(CallError::Stopped { .. }) => return self.join(),
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Nodes come, leave and crash throughout some periods, while others look up.
    fn storm(&mut self) -> Result<Sum, CallError> {
        let mut sum = Sum::default();
        let turnover = (self.ids.len() / TURNOVER).max(1) as u64;
        let steps = STORM * turnover;
        for step in 0..steps {
            let leaving = self.chance.take(&mut self.ids);
            self.network.leave(leaving);
            let crashing = self.chance.take(&mut self.ids);
            self.network.crash(crashing);
            self.join()?;
            self.join()?;
            sum = sum.and(self.look_up(LOOKUPS * (step + 1) / steps - LOOKUPS * step / steps)?);
            sleep(PERIOD / turnover as u32)?;
        }
        Ok(sum)
    }

    /// Random nodes look up random keys.
    fn look_up(&mut self, lookups: u64) -> Result<Sum, CallError> {
        let mut sum = Sum { lookups, ..Sum::default() };
        for _ in 0..lookups {
            let (asked, key) = (self.anyone(), self.chance.below(1 << BITS));
            let found = self.network.node(asked).find_successor(key)?;
            sum.hops += u64::from(found.hops);
            sum.right += u64::from(found.peer.id == self.network.holder(key));
        }
        Ok(sum)
    }

    fn anyone(&mut self) -> u64 {
        self.ids[self.chance.below(self.ids.len() as u64) as usize]
    }
}

impl Sum {
    fn and(self, other: Sum) -> Sum {
        Sum {
            lookups: self.lookups + other.lookups,
            hops: self.hops + other.hops,
            right: self.right + other.right,
        }
    }

    /// How many hops a lookup took on average.
    pub(crate) fn mean(self) -> f64 {
        self.hops as f64 / self.lookups as f64
    }
}

impl fmt::Display for Survey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Survey { nodes, calm, storm, periods } = self;
        let half = (*nodes as f64).log2() / 2.0;
        let right = storm.right as f64 * 100.0 / storm.lookups as f64;
        write!(f, "{nodes} nodes, ring ideal: {:.2} hops, half the logarithm {half:.2}; ", calm.mean())?;
        write!(f, "in a storm {:.2}, {right:.1} % right; ideal again {periods} periods later", storm.mean())
    }
}
