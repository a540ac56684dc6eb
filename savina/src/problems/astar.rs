//! A-Star Search: a graph in shared memory, explored by workers who claim its nodes.
//!
//! The master gives the workers nodes from which to search, in turn. A worker expands nodes breadth first, and claims the
//! neighbours that nobody has yet, by becoming their parent. After `cutoff` nodes it gives what is left to the master, as new work. The
//! search is over when a worker claims the target, or when no work is left.
//!
//! The graph is a grid of three dimensions. Edges go from a node to some of those that are one further in one or two of them.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::problem::{Expected, Kind, Parameter, Parameters, Problem, never};
use crate::random::JavaRandom;
use crate::work::busy;

const SEED: u64 = 123_456;

/// What is asked. The answer is where the chain of parents ends that begins at the target: at the origin, node 0, if there is a path.
pub static PROBLEM: Problem = Problem {
    number: 27,
    name: "astar",
    title: "A-Star Search",
    kind: Kind::Parallel,
    operation: "node",
    parameters: &[
        Parameter {
            name: "workers",
            meaning: "actors that search",
            suite: 20,
            small: 4,
            long: 20,
            allowed: 1..=100_000,
        },
        Parameter {
            name: "side",
            meaning: "nodes along each edge of the grid",
            suite: 30,
            small: 8,
            long: 60,
            allowed: 2..=250,
        },
        Parameter {
            name: "cutoff",
            meaning: "nodes expanded for a message",
            suite: 1_024,
            small: 16,
            long: 1_024,
            allowed: 1..=100_000_000,
        },
        Parameter {
            name: "work",
            meaning: "rounds of busy work for a node",
            suite: 100,
            small: 10,
            long: 500,
            allowed: 0..=1_000_000,
        },
    ],
    refusal: never,
    operations: |parameters| parameters["side"].pow(3),
    expected: |parameters| {
        let grid = Grid::new(parameters);
        // Alone and without a cut-off, a search goes wherever a way leads.
        let alone = Grid { cutoff: usize::MAX, work: 0, ..grid };
        alone.search(Grid::ORIGIN);
        Expected::Whole(alone.start_of_path().into())
    },
};

/// The graph, and who came to each of its nodes from where.
#[derive(Debug)]
pub struct Grid {
    side: u32,
    cutoff: usize,
    work: u64,
    /// Of each node, where its neighbours begin in `neighbours`; and where the last one's end.
    starts: Vec<u32>,
    neighbours: Vec<u32>,
    /// Of each node, from where it was claimed, or [`NOBODY`].
    parents: Vec<AtomicU32>,
}

const NOBODY: u32 = u32::MAX;

/// How a part of the search ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The target is claimed.
    Found,
    /// From these nodes, each of them claimed, the search has to go on.
    Frontier(VecDeque<u32>),
}

impl Grid {
    /// Where the search begins.
    pub const ORIGIN: u32 = 0;

    /// The suite's grid, of which nothing is claimed.
    pub fn new(parameters: &Parameters) -> Self {
        let side = parameters["side"] as u32;
        let mut random = JavaRandom::new(SEED);
        let (mut starts, mut neighbours) = (vec![0], Vec::new());
        for node in 0..side.pow(3) {
            connect(node, side, &mut random, &mut neighbours);
            starts.push(neighbours.len() as u32);
        }
        let parents = (0..side.pow(3)).map(|_| AtomicU32::new(NOBODY)).collect();
        let cutoff = parameters["cutoff"] as usize;
        Self { side, cutoff, work: parameters["work"], starts, neighbours, parents }
    }

    /// Where the search leads: in each dimension, after four fifths of the way.
    pub fn target(&self) -> u32 {
        let along = self.side * 4 / 5;
        (along * self.side + along) * self.side + along
    }

    /// Expands at most `cutoff` nodes, breadth first, from `origin` on.
    pub fn search(&self, origin: u32) -> Outcome {
        let target = self.target();
        let mut frontier = VecDeque::from([origin]);
        for _ in 0..self.cutoff {
            let Some(node) = frontier.pop_front() else { break };
            busy(self.work);
            for &neighbour in self.neighbours(node) {
                if !self.claim(neighbour, node) {
                    continue;
                }
                if neighbour == target {
                    return Outcome::Found;
                }
                frontier.push_back(neighbour);
            }
        }
        Outcome::Frontier(frontier)
    }

    /// Where the chain of parents ends that begins at the target.
    ///
    /// # Panics
    ///
    /// If a step of it is not an edge of the graph.
    pub fn start_of_path(&self) -> u32 {
        let mut node = self.target();
        loop {
            // ORDERING: Relaxed: whoever asks has learnt in another way that the search is over.
            let parent = self.parents[node as usize].load(Ordering::Relaxed);
            if parent == NOBODY {
                return node;
            }
            assert!(
                self.neighbours(parent).contains(&node),
                "{node} is reached from {parent}, without an edge"
            );
            node = parent;
        }
    }

    fn neighbours(&self, node: u32) -> &[u32] {
        let (start, end) = (self.starts[node as usize], self.starts[node as usize + 1]);
        &self.neighbours[start as usize..end as usize]
    }

    /// Whether the caller is the first who comes to this node.
    fn claim(&self, node: u32, parent: u32) -> bool {
        let place = &self.parents[node as usize];
        // ORDERING: Relaxed: a claim says nothing of other memory, and on each node there is a single order of claims.
        place.compare_exchange(NOBODY, parent, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

/// Draws the neighbours of a node. One that has none so far gets the last of those that may be, unless that is the node itself.
fn connect(node: u32, side: u32, random: &mut JavaRandom, neighbours: &mut Vec<u32>) {
    let own = neighbours.len();
    let [x, y, z] = [node / (side * side), node / side % side, node % side];
    // Bits 2, 1 and 0 say in which dimensions it is further. Not in none, and not in all.
    for step in 1..7 {
        let wanted = (step == 6 && neighbours.len() == own) || random.coin();
        let [x, y, z] = [x + (step >> 2 & 1), y + (step >> 1 & 1), z + (step & 1)].map(|at| at.min(side - 1));
        let neighbour = (x * side + y) * side + z;
        if wanted && neighbour != node && !neighbours[own..].contains(&neighbour) {
            neighbours.push(neighbour);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Size;

    #[test]
    fn the_target_is_reached_at_every_size() {
        for size in [Size::Small, Size::Suite, Size::Long] {
            assert_eq!(PROBLEM.expected(&Parameters::new(&PROBLEM, size)), Expected::Whole(0), "{size:?}");
        }
    }

    #[test]
    fn the_target_is_that_of_the_suite() {
        let grid = Grid::new(&Parameters::new(&PROBLEM, Size::Suite));
        assert_eq!(grid.target(), (24 * 30 + 24) * 30 + 24);
        assert_eq!(grid.start_of_path(), grid.target(), "nobody has searched");
    }

    #[test]
    fn a_node_is_claimed_once_and_a_search_ends_at_its_cutoff() {
        let mut parameters = Parameters::new(&PROBLEM, Size::Small);
        parameters.set("cutoff", "1").unwrap();
        let grid = Grid::new(&parameters);
        let Outcome::Frontier(frontier) = grid.search(Grid::ORIGIN) else { panic!("that far in one step") };
        assert_eq!(frontier, grid.neighbours(Grid::ORIGIN));
        assert!(!frontier.is_empty());
        assert_eq!(grid.search(Grid::ORIGIN), Outcome::Frontier(VecDeque::new()), "all are claimed");
    }
}
