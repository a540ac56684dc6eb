//! Skynet: a tree of actors, ten at a node, a million at its leaves; the sum of their numbers comes back up.
//! (The benchmark is Alexander Temerev's, <https://github.com/atemerev/skynet>.)

use std::sync::OnceLock;
use std::time::Instant;

use greenroom::prelude::*;

use super::Measured;
use crate::stage::{Fault, Stage, send, verify};
use crate::tally::Tally;

const LEAVES: u64 = 1_000_000;
const BRANCHES: u64 = 10;
/// Of each branch of the tree there are as many as there are at the level above, times ten.
const ACTORS: u64 = 1_111_111;
const SUM: u64 = 499_999_500_000;

/// Branches of so many leaves report to the tally.
const REPORTED: u64 = 1000;

/// What all of one tree share.
struct Tree {
    /// The leaves, and one more for the sum.
    done: &'static Tally,
    sum: OnceLock<u64>,
}

struct Branch {
    tree: &'static Tree,
    parent: Option<Ref<Branch>>,
    first: u64,
    leaves: u64,
    waiting: u64,
    sum: u64,
}

impl Actor for Branch {}

/// Spawn your part of the tree.
struct Grow;
impl Message for Grow {
    type Reply = ();
}

/// What a part of the tree adds up to.
struct Sum(u64);
impl Message for Sum {
    type Reply = ();
}

impl Branch {
    fn report(&self, sum: u64) {
        if self.leaves == REPORTED {
            self.tree.done.arrive(0, REPORTED);
        }
        match &self.parent {
            Some(parent) => send(parent, Sum(sum)),
            None => {
                self.tree.sum.get_or_init(|| sum);
                self.tree.done.arrive(0, 1);
            }
        }
        stop();
    }
}

impl Handler<Grow> for Branch {
    fn handle(&mut self, _: Grow) {
        if self.leaves == 1 {
            return self.report(self.first);
        }
        let leaves = self.leaves / BRANCHES;
        let parent = me::<Branch>();
        for child in 0..BRANCHES {
            let (parent, first) = (Some(parent.clone()), self.first + child * leaves);
            let child = Branch { tree: self.tree, parent, first, leaves, waiting: BRANCHES, sum: 0 };
            send(&spawn(child), Grow);
        }
    }
}

impl Handler<Sum> for Branch {
    fn handle(&mut self, Sum(sum): Sum) {
        self.sum += sum;
        self.waiting -= 1;
        if self.waiting == 0 {
            self.report(self.sum);
        }
    }
}

pub(super) fn run(stage: &Stage) -> Result<Measured, Fault> {
    let done = Tally::of_one(LEAVES + 1);
    let tree: &'static Tree = Box::leak(Box::new(Tree { done, sum: OnceLock::new() }));
    let root = Branch { tree, parent: None, first: 0, leaves: LEAVES, waiting: BRANCHES, sum: 0 };
    let begun = Instant::now();
    send(&stage.vm.spawn(root), Grow);
    let time = stage.wait("grow and add", done, begun)?;
    verify(tree.sum.get() == Some(&SUM), || format!("the sum is {:?}, not {SUM}", tree.sum.get()))?;
    let spawned: u64 = stage.vm.counters().iter().map(|counters| counters.spawned).sum();
    // All but the root, which was spawned from outside; the machine has had a few of its own.
    verify(spawned >= ACTORS - 1, || format!("{spawned} actors were spawned, not {ACTORS}"))?;
    Ok(Measured {
        ops: ACTORS,
        timed: time,
        parts: vec![("tree", time)],
        bytes_per_actor: None,
        params: vec![("actors", ACTORS), ("leaves", LEAVES), ("sum", SUM)],
    })
}
