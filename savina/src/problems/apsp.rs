//! All-Pairs Shortest Path: computation in phases, with large messages that are shared and not copied.
//!
//! The matrix of distances between all nodes of a graph is divided into square [blocks](Block), each of which is an actor. In phase k, after
//! Floyd and Warshall, paths over node k are found. For each phase a block sends itself to all others in its row and its
//! column, and goes on when it has theirs: one of its row and one of its column have the distances to and from node k.
//!
//! A block can be a phase ahead of a neighbour, but never two, for then it would have that neighbour's block.

use std::sync::Arc;

use crate::problem::{Expected, Kind, Parameter, Parameters, Problem};
use crate::random::Generator;

/// Weights are from 1 to this.
const HEAVIEST: u64 = 100;

/// What is asked. The answer is the sum of all distances.
pub static PROBLEM: Problem = Problem {
    number: 25,
    name: "apsp",
    title: "All-Pairs Shortest Path",
    kind: Kind::Parallel,
    operation: "phase of a block",
    parameters: &[
        Parameter {
            name: "nodes",
            meaning: "nodes of the graph, each pair of which is joined",
            suite: 300,
            small: 24,
            long: 400,
            allowed: 1..=10_000,
        },
        Parameter {
            name: "block",
            meaning: "rows and columns of a block, each an actor",
            suite: 50,
            small: 6,
            long: 25,
            allowed: 1..=10_000,
        },
    ],
    refusal: |parameters| {
        let (nodes, block) = (parameters["nodes"], parameters["block"]);
        (nodes % block != 0)
            .then(|| format!("{nodes} nodes do not go into blocks of {block}; give a divisor"))
    },
    operations: |parameters| (parameters["nodes"] / parameters["block"]).pow(2) * parameters["nodes"],
    expected: |parameters| {
        let nodes = parameters["nodes"] as usize;
        let mut distances = graph(parameters);
        for k in 0..nodes {
            for i in 0..nodes {
                for j in 0..nodes {
                    let over = distances[i * nodes + k] + distances[k * nodes + j];
                    distances[i * nodes + j] = distances[i * nodes + j].min(over);
                }
            }
        }
        Expected::Whole(distances.iter().sum())
    },
};

/// The weights of all edges, row by row.
fn graph(parameters: &Parameters) -> Vec<u64> {
    let nodes = parameters["nodes"] as usize;
    let mut random = Generator::new(parameters["nodes"]);
    let mut weights = vec![0; nodes * nodes];
    for i in 0..nodes {
        for j in i + 1..nodes {
            let weight = random.below(HEAVIEST) + 1;
            weights[i * nodes + j] = weight;
            weights[j * nodes + i] = weight;
        }
    }
    weights
}

/// A part of the matrix of distances. Clones share it.
#[derive(Debug, Clone)]
pub struct Block {
    side: usize,
    distances: Arc<Vec<u64>>,
}

/// The blocks of the graph before the first phase, row by row.
pub fn blocks(parameters: &Parameters) -> Vec<Vec<Block>> {
    let (nodes, side) = (parameters["nodes"] as usize, parameters["block"] as usize);
    let weights = graph(parameters);
    let block = |row: usize, column: usize| {
        let rows = weights.chunks_exact(nodes).skip(row).take(side);
        let distances: Vec<_> = rows.flat_map(|weights| &weights[column..column + side]).copied().collect();
        Block { side, distances: distances.into() }
    };
    let starts = || (0..nodes).step_by(side);
    starts().map(|row| starts().map(|column| block(row, column)).collect()).collect()
}

impl Block {
    /// The block after phase `k`: `of_row` is the one of its row that has column `k`, `of_column` the one of its column that
    /// has row `k`, both before that phase.
    #[must_use]
    pub fn after(&self, k: u64, of_row: &Self, of_column: &Self) -> Self {
        let (side, k) = (self.side, k as usize % self.side);
        let from_k = &of_column.distances[k * side..][..side];
        let rows = self.distances.chunks_exact(side).zip(of_row.distances.chunks_exact(side));
        let distances = rows.flat_map(|(distances, to)| {
            let to_k = to[k];
            distances.iter().zip(from_k).map(move |(&distance, &from_k)| distance.min(to_k + from_k))
        });
        Self { side, distances: distances.collect::<Vec<_>>().into() }
    }

    /// The place, in its row or its column of blocks, of the block that has node `k`.
    pub fn place_of(&self, k: u64) -> usize {
        k as usize / self.side
    }

    /// The sum of its distances.
    pub fn sum(&self) -> u64 {
        self.distances.iter().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::{Answer, Size};

    fn sum_by_blocks(parameters: &Parameters) -> u64 {
        let mut blocks = blocks(parameters);
        for k in 0..parameters["nodes"] {
            let at = blocks[0][0].place_of(k);
            let row_of_k = blocks[at].clone();
            for row in &mut blocks {
                let of_row = row[at].clone();
                for (block, of_column) in row.iter_mut().zip(&row_of_k) {
                    *block = block.after(k, &of_row, of_column);
                }
            }
        }
        blocks.iter().flatten().map(Block::sum).sum()
    }

    #[test]
    fn the_distances_by_blocks_are_those_of_the_suite() {
        assert_eq!(sum_by_blocks(&Parameters::new(&PROBLEM, Size::Suite)), 401_700);
    }

    #[test]
    fn the_distances_by_blocks_are_those_without_them() {
        let mut parameters = Parameters::new(&PROBLEM, Size::Small);
        for block in ["1", "6", "24"] {
            parameters.set("block", block).unwrap();
            let sum = sum_by_blocks(&parameters);
            PROBLEM.expected(&parameters).check(Answer::Whole(sum)).unwrap();
        }
    }

    #[test]
    fn blocks_that_leave_a_rest_are_refused() {
        let mut parameters = Parameters::new(&PROBLEM, Size::Small);
        parameters.set("block", "7").unwrap();
        assert!(parameters.check().unwrap_err().contains("divisor"));
    }
}
