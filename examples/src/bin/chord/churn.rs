//! A ring in the simulated world, whose nodes join, leave and crash as a seed has it.

use std::time::Duration;

use greenroom::prelude::*;
use greenroom_examples::chord::{Circle, Network};

/// As many may go before the ring is whole again, and one less.
const SUCCESSORS: usize = 4;
const BITS: u32 = 6;
const PERIOD: Duration = Duration::from_millis(100);
/// Far more than any ring here takes.
const PATIENCE: u32 = 400;

/// What happened to a ring.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Happened {
    pub(crate) joins: u32,
    pub(crate) leaves: u32,
    pub(crate) crashes: u32,
    pub(crate) lookups: u32,
}

/// Chance, by the generator splitmix64 (Steele, Lea, Flood 2014).
struct Chance(u64);

impl Chance {
    /// A number below `below`.
    fn draw(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((bits ^ (bits >> 31)) % below as u64) as usize
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.draw(all.len())]
    }
}

/// A ring that goes through three storms, and is ideal after each.
///
/// # Errors
/// If it is not.
pub(crate) fn survive(seed: u64, beginning: &[u64]) -> greenroom::Result<Happened> {
    let mut ring = Ring {
        chance: Chance(seed),
        network: Network::new(Circle::of_bits(BITS), SUCCESSORS, PERIOD),
        happened: Happened::default(),
    };
    let mut before = None;
    for id in beginning {
        ring.network.join(*id, before)?;
        before = Some(*id);
    }
    ring.network.settle(PATIENCE)?;
    for _ in 0..3 {
        ring.storm()?;
        ring.network.settle(PATIENCE)?;
        ring.look_up(20)?;
    }
    Ok(ring.happened)
}

struct Ring {
    chance: Chance,
    network: Network,
    happened: Happened,
}

impl Ring {
    /// Nodes come and go, at once or some periods apart; fewer go than the others have successors.
    fn storm(&mut self) -> greenroom::Result {
        let mut may_go = SUCCESSORS - 1;
        for _ in 0..self.chance.draw(5) + 1 {
            match self.chance.draw(3) {
                0 => self.join()?,
                1 if may_go > 0 => {
                    may_go -= 1;
                    let id = self.anyone();
                    self.network.leave(id);
                    self.happened.leaves += 1;
                }
                _ => {
                    let neighbours = self.chance.draw(may_go + 1);
                    may_go -= neighbours;
                    self.crash(neighbours);
                }
            }
            sleep(PERIOD / 4 * self.chance.draw(8) as u32)?;
        }
        Ok(())
    }

    /// A node comes, through whoever answers: those whom it asks may have been told of one that is gone.
    fn join(&mut self) -> greenroom::Result {
        let taken = self.network.ids();
        let free: Vec<_> = (0..1 << BITS).filter(|id| !taken.contains(id)).collect();
        let id = self.chance.one_of(&free);
        let mut through = self.anyone();
        while let Err(error) = self.network.join(id, Some(through)) {
            if !matches!(error, CallError::Stopped { .. }) {
                return Err(error.into());
            }
            sleep(PERIOD)?;
            through = self.anyone();
        }
        self.happened.joins += 1;
        Ok(())
    }

    /// Nodes that stand next to each other crash at once.
    fn crash(&mut self, neighbours: usize) {
        let ids = self.network.ids();
        let first = self.chance.draw(ids.len());
        for id in ids.iter().cycle().skip(first).take(neighbours) {
            self.network.crash(*id);
            self.happened.crashes += 1;
        }
    }

    /// Random nodes find random keys where they should be.
    fn look_up(&mut self, times: u32) -> greenroom::Result {
        for _ in 0..times {
            let (asked, key) = (self.anyone(), self.chance.draw(1 << BITS) as u64);
            let found = self.network.node(asked).find_successor(key)?.peer.id;
            if found != self.network.holder(key) {
                return Err(format!("node {asked} takes node {found} for the holder of {key}").into());
            }
            self.happened.lookups += 1;
        }
        Ok(())
    }

    fn anyone(&mut self) -> u64 {
        let ids = self.network.ids();
        self.chance.one_of(&ids)
    }
}
