//! Unbalanced Cobwebbed Tree: a tree that grows at random, in which every node is an actor.
//!
//! The root has children from the beginning. Each node, when it is made, does a fifth of the mean work and asks the root whether it may
//! have children. The root decides by a [coin](Growth::ask), and draws how much work the children will have. When every node has
//! asked, the root sends two waves down the tree: on the first each node does the work that was drawn for it and passes the
//! wave on, on the second it passes it on and ends.
//!
//! Whose turn it is to ask depends on the schedule, and so the shape of the tree; its size does not. In the suite the waves
//! start at the first request for which there is no room, and overtake grants that are on their way. There, a node can
//! also be marked urgent, which is printed.

use crate::problem::{Expected, Kind, Parameter, Parameters, Problem};
use crate::random::JavaRandom;

const SEED: u64 = 2;

/// What is asked. The answer is the number of nodes in the end, with the root.
pub static PROBLEM: Problem = Problem {
    number: 19,
    name: "uct",
    title: "Unbalanced Cobwebbed Tree",
    kind: Kind::Parallel,
    operation: "node",
    parameters: &[
        Parameter {
            name: "nodes",
            meaning: "nodes at most, each an actor",
            suite: 200_000,
            small: 200,
            long: 100_000,
            allowed: 2..=10_000_000,
        },
        Parameter {
            name: "children",
            meaning: "children of a node that may have any",
            suite: 10,
            small: 10,
            long: 10,
            allowed: 1..=1_000,
        },
        Parameter {
            name: "work",
            meaning: "mean rounds of busy work of a node",
            suite: 500,
            small: 50,
            long: 500,
            allowed: 0..=1_000_000,
        },
    ],
    refusal: |parameters| {
        let (nodes, children) = (parameters["nodes"], parameters["children"]);
        (nodes <= children)
            .then(|| format!("a root and {children} children are more than {nodes} nodes: give more nodes"))
    },
    operations: size,
    expected: |parameters| Expected::Whole(size(parameters)),
};

/// What the root knows.
#[derive(Debug)]
pub struct Growth {
    random: JavaRandom,
    size: u64,
    asked: u64,
    nodes: u64,
    children: u64,
    work: u64,
}

impl Growth {
    /// With a root, and nothing else yet.
    pub fn new(parameters: &Parameters) -> Self {
        Self {
            random: JavaRandom::new(SEED),
            size: 1,
            asked: 0,
            nodes: parameters["nodes"],
            children: parameters["children"],
            work: parameters["work"],
        }
    }

    /// The root gets its children; gives the work of each.
    pub fn begin(&mut self) -> u64 {
        self.grow()
    }

    /// A node asks, as each does once. If it may have children, this is the work of each of them.
    pub fn ask(&mut self) -> Option<u64> {
        self.asked += 1;
        let may = self.size + self.children <= self.nodes && self.random.coin();
        may.then(|| self.grow())
    }

    /// Whether all have asked, but for the root.
    pub fn is_over(&self) -> bool {
        self.asked + 1 == self.size
    }

    /// Nodes that there are, or are about to be.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The work is distributed evenly, with the deviation of the suite's normal distribution: a fifth of the mean.
    fn grow(&mut self) -> u64 {
        self.size += self.children;
        let thousandths = 654 + self.random.below(693) as u64;
        self.work * thousandths / 1_000
    }
}

/// In the end.
fn size(parameters: &Parameters) -> u64 {
    let mut growth = Growth::new(parameters);
    growth.begin();
    while !growth.is_over() {
        growth.ask();
    }
    growth.size()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Size;

    #[test]
    fn the_tree_grows_until_there_is_no_room_as_in_the_suite() {
        assert_eq!(size(&Parameters::new(&PROBLEM, Size::Suite)), 199_991);
        assert_eq!(size(&Parameters::new(&PROBLEM, Size::Small)), 191);
    }

    #[test]
    fn a_tree_whose_nodes_have_one_child_dies_out() {
        let mut parameters = Parameters::new(&PROBLEM, Size::Suite);
        parameters.set("children", "1").unwrap();
        assert!((2..100).contains(&size(&parameters)));
    }

    #[test]
    fn the_mean_work_is_what_was_asked_for() {
        let mut growth = Growth::new(&Parameters::new(&PROBLEM, Size::Long));
        let works: Vec<_> = (0..20_000).map(|_| growth.begin()).collect();
        let mean = works.iter().sum::<u64>() / works.len() as u64;
        assert!((495..505).contains(&mean), "{mean}");
        assert!(works.iter().all(|work| (327..674).contains(work)));
    }
}
