//! Successive Over-Relaxation: a stencil of four points, with an actor for each cell of a grid.
//!
//! The cells are coloured as a chessboard is. The red ones begin: each sends its value to its neighbours. A cell that has the values
//! of all its neighbours [relaxes](relax) its own, and sends it to them in turn. Each cell goes through so many iterations, the first
//! of which is, for a red one, to begin. The black ones' last values go to nobody, for the red ones have ended.
//!
//! Two owners have half of the cells each, and acquaint their cells with each other across the border.

use crate::problem::{Expected, Kind, Parameter, Parameters, Problem, never};
use crate::random::JavaRandom;

const SEED: u64 = 10_101_010;
/// The relaxation factor.
const OMEGA: f64 = 1.25;

/// What is asked. The answer is the sum of all values at the end.
pub static PROBLEM: Problem = Problem {
    number: 26,
    name: "sor",
    title: "Successive Over-Relaxation",
    kind: Kind::Parallel,
    operation: "message",
    parameters: &[
        Parameter {
            name: "size",
            meaning: "rows and columns of the grid, each cell an actor",
            suite: 20,
            small: 10,
            long: 60,
            allowed: 2..=1_000,
        },
        Parameter {
            name: "iterations",
            meaning: "iterations of each cell",
            suite: 100,
            small: 10,
            long: 400,
            allowed: 1..=1_000_000,
        },
    ],
    refusal: never,
    // Over each edge of the grid both ways, but for the last value of the black cell.
    operations: |parameters| {
        let size = parameters["size"];
        2 * size * (size - 1) * (2 * parameters["iterations"] - 1)
    },
    expected: |parameters| {
        let value = relaxed(grid(parameters), parameters["iterations"]).iter().flatten().sum();
        Expected::Near { value, tolerance: 1e-12 }
    },
};

/// The values of the cells at the beginning, row by row.
pub fn grid(parameters: &Parameters) -> Vec<Vec<f64>> {
    let size = parameters["size"];
    let mut random = JavaRandom::new(SEED);
    (0..size).map(|_| (0..size).map(|_| random.next_real() * 1e-6).collect()).collect()
}

/// Whether a cell is one of those that begin.
pub fn is_red(row: usize, column: usize) -> bool {
    (row + column).is_multiple_of(2)
}

/// The places of the two to four neighbours of a cell, of a grid of `size` rows and columns.
pub fn neighbours(row: usize, column: usize, size: usize) -> impl Iterator<Item = (usize, usize)> {
    let places =
        [(row.wrapping_sub(1), column), (row + 1, column), (row, column.wrapping_sub(1)), (row, column + 1)];
    places.into_iter().filter(move |&(row, column)| row < size && column < size)
}

/// The new value of a cell, from its own and the sum of its neighbours'.
pub fn relax(value: f64, sum: f64) -> f64 {
    OMEGA / 4.0 * sum + (1.0 - OMEGA) * value
}

/// Without actors: all cells of a colour at once, as the values of their neighbours, all of the other, tell them to.
fn relaxed(mut grid: Vec<Vec<f64>>, iterations: u64) -> Vec<Vec<f64>> {
    let size = grid.len();
    let places = || (0..size).flat_map(|row| (0..size).map(move |column| (row, column)));
    // Turn 0, a red one, is to begin.
    for turn in 1..2 * iterations {
        let is_reds_turn = turn.is_multiple_of(2);
        for (row, column) in places().filter(|&(row, column)| is_red(row, column) == is_reds_turn) {
            let sum = neighbours(row, column, size).map(|(row, column)| grid[row][column]).sum();
            grid[row][column] = relax(grid[row][column], sum);
        }
    }
    grid
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::{Answer, Size};

    /// The figure that the suite itself compares with.
    #[test]
    fn the_sum_is_that_of_the_suite() {
        let expected = PROBLEM.expected(&Parameters::new(&PROBLEM, Size::Suite));
        expected.check(Answer::Real(0.000_003_189_420_084_871_275)).unwrap();
    }

    #[test]
    fn neighbours_are_of_the_other_colour_and_in_the_grid() {
        let (mut edges, size) = (0, 5);
        for (row, column) in (0..size).flat_map(|row| (0..size).map(move |column| (row, column))) {
            for (other_row, other_column) in neighbours(row, column, size) {
                assert_ne!(is_red(row, column), is_red(other_row, other_column));
                assert!(neighbours(other_row, other_column, size).any(|place| place == (row, column)));
                edges += 1;
            }
        }
        assert_eq!(edges, 4 * size * (size - 1));
    }
}
