//! A ring in a simulated machine, whose nodes come, leave and crash as chance has it.

use std::time::Duration;

use greenroom::prelude::*;
use greenroom_examples::chance::Chance;
use greenroom_examples::chord::{Circle, Network};

use crate::{BITS, IDS, SUCCESSORS};

const PERIOD: Duration = Duration::from_millis(100);
/// Far more periods than any ring here takes.
const PATIENCE: u32 = 400;

/// What happened to a ring.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Happened {
    pub(crate) joins: u32,
    pub(crate) leaves: u32,
    pub(crate) crashes: u32,
    pub(crate) lookups: u32,
}

/// A ring that comes together and goes through a storm. Before and after it, every node knows exactly what it should, and
/// finds what it should; during it, it finds something.
///
/// # Panics
/// If not.
pub(crate) fn survive(chance: Chance) -> Happened {
    let network = Network::new(Circle::of_bits(BITS), SUCCESSORS, PERIOD);
    let mut ring = Ring { chance, network, happened: Happened::default() };
    let mut before = None;
    for id in IDS {
        ring.network.join(id, before).expect("nobody crashes yet");
        before = Some(id);
        ring.pause();
    }
    ring.settle();
    ring.storm();
    ring.settle();
    ring.happened
}

struct Ring {
    chance: Chance,
    network: Network,
    happened: Happened,
}

impl Ring {
    /// Nodes come and go; fewer go than the others have successors, which may be neighbours and at once.
    fn storm(&mut self) {
        let mut may_go = SUCCESSORS - 1;
        for _ in 0..self.chance.below(5) + 3 {
            match self.chance.below(3) {
                0 => self.join(),
                1 if may_go > 0 => {
                    may_go -= 1;
                    let id = self.anyone();
                    self.network.leave(id);
                    self.happened.leaves += 1;
                }
                _ => {
                    let neighbours = self.chance.below(may_go as u64 + 1) as usize;
                    may_go -= neighbours;
                    self.crash(neighbours);
                }
            }
            let asked = self.anyone();
            let found = self.network.node(asked).find_successor(self.chance.below(1 << BITS));
            found.expect("who is asked has not gone");
            self.pause();
        }
    }

    /// A node comes, through anyone; if those who are asked on its way have crashed meanwhile, through another one.
    fn join(&mut self) {
        let taken = self.network.ids();
        let mut free: Vec<_> = (0..1 << BITS).filter(|id| !taken.contains(id)).collect();
        let id = self.chance.take(&mut free);
        loop {
            let through = self.anyone();
            match self.network.join(id, Some(through)) {
                Ok(()) => break,
                Err(CallError::Stopped { .. }) => self.pause(),
                Err(error) => panic!("node {id} cannot join through {through}: {error}"),
            }
        }
        self.happened.joins += 1;
    }

    /// Nodes that stand next to each other crash at once.
    fn crash(&mut self, neighbours: usize) {
        let ids = self.network.ids();
        let first = self.chance.below(ids.len() as u64) as usize;
        for id in ids.iter().cycle().skip(first).take(neighbours) {
            self.network.crash(*id);
            self.happened.crashes += 1;
        }
    }

    /// All is as it should be in the end.
    fn settle(&mut self) {
        if let Err(error) = self.network.settle(PATIENCE) {
            panic!("{error}");
        }
        for _ in 0..10 {
            let (asked, key) = (self.anyone(), self.chance.below(1 << BITS));
            let found = self.network.node(asked).find_successor(key).expect("nobody crashes any more");
            assert_eq!(found.peer.id, self.network.holder(key), "node {asked} looks for {key}");
            self.happened.lookups += 1;
        }
    }

    fn anyone(&mut self) -> u64 {
        self.chance.take(&mut self.network.ids())
    }

    fn pause(&mut self) {
        sleep(self.chance.below_time(2 * PERIOD)).expect("a process may sleep");
    }
}
