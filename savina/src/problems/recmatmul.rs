//! Recursive Matrix Multiplication: divide and conquer on shared data.
//!
//! A master gives work to workers, beginning with the whole product. A worker divides [what is too large](Piece) into eight products of
//! quarters, which it sends to the master as new work; what is small enough it computes.
//!
//! The factors are shared and only read. The product needs no lock: the master chooses a worker by the place of the block in the
//! product, so everything that is to be added up in one block comes to the same worker, who [keeps it](Blocks).

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::problem::{Expected, Kind, Parameter, Parameters, Problem};

/// What is asked. The answer is the sum of all elements of the product.
pub static PROBLEM: Problem = Problem {
    number: 23,
    name: "recmatmul",
    title: "Recursive Matrix Multiplication",
    kind: Kind::Parallel,
    operation: "multiplication",
    parameters: &[
        Parameter {
            name: "size",
            meaning: "rows and columns of the matrices",
            suite: 1_024,
            small: 64,
            long: 1_024,
            allowed: 1..=16_384,
        },
        Parameter {
            name: "block",
            meaning: "elements, at most, of a product that is not divided",
            suite: 16_384,
            small: 256,
            long: 4_096,
            allowed: 1..=1_000_000_000,
        },
        Parameter {
            name: "workers",
            meaning: "workers, each an actor",
            suite: 20,
            small: 6,
            long: 20,
            allowed: 1..=100_000,
        },
    ],
    refusal: |parameters| {
        let (mut size, block) = (parameters["size"], parameters["block"]);
        while size % 2 == 0 && size * size > block {
            size /= 2;
        }
        (size * size > block)
            .then(|| format!("{size} rows cannot be halved; give a power of two, or a larger block"))
    },
    operations: |parameters| parameters["size"].pow(3),
    // Row i of the one is full of i, column j of the other full of j.
    expected: |parameters| {
        let size = parameters["size"];
        Expected::Whole(size * (size * (size - 1) / 2).pow(2))
    },
};

/// The two matrices that are multiplied: row i of the left one is full of i, column j of the right one full of j.
#[derive(Debug)]
pub struct Factors {
    size: usize,
    left: Vec<f64>,
    right: Vec<f64>,
}

impl Factors {
    /// Those of this size.
    pub fn new(parameters: &Parameters) -> Self {
        let size = parameters["size"] as usize;
        let number = |place| place as f64;
        let left = (0..size * size).map(|place| number(place / size)).collect();
        let right = (0..size * size).map(|place| number(place % size)).collect();
        Self { size, left, right }
    }

    /// Adds to `block`, row by row, the product that `piece` is.
    fn multiply_into(&self, block: &mut [f64], piece: Piece) {
        let Piece { row, column, inner, size } = piece;
        for (row, block) in (row..).zip(block.chunks_exact_mut(size)) {
            for inner in inner..inner + size {
                let left = self.left[row * self.size + inner];
                let right = &self.right[inner * self.size + column..][..size];
                for (sum, right) in block.iter_mut().zip(right) {
                    *sum += left * right;
                }
            }
        }
    }
}

/// The product of two square blocks, of rows from `row` and columns from `inner` on the left, and of rows from `inner` and columns
/// from `column` on the right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece {
    row: usize,
    column: usize,
    inner: usize,
    size: usize,
}

impl Piece {
    /// The whole product.
    pub fn whole(parameters: &Parameters) -> Self {
        Self { row: 0, column: 0, inner: 0, size: parameters["size"] as usize }
    }

    /// How many elements it has.
    pub fn elements(&self) -> u64 {
        (self.size * self.size) as u64
    }

    /// Which of `workers` it is for: the same for all pieces that are added up in one place.
    pub fn worker(&self, workers: usize) -> usize {
        (self.row + self.column) % workers
    }

    /// The eight products of quarters that it is the sum of.
    pub fn divide(self) -> [Self; 8] {
        let size = self.size / 2;
        std::array::from_fn(|number| Self {
            row: self.row + number / 4 * size,
            column: self.column + number / 2 % 2 * size,
            inner: self.inner + number % 2 * size,
            size,
        })
    }
}

/// The part of the product that one worker computes.
#[derive(Debug)]
pub struct Blocks {
    factors: Arc<Factors>,
    /// By their first row and column.
    sums: BTreeMap<(usize, usize), Vec<f64>>,
}

impl Blocks {
    /// None yet.
    pub fn new(factors: Arc<Factors>) -> Self {
        Self { factors, sums: BTreeMap::new() }
    }

    /// Computes a piece, and adds it to what there is in its place.
    pub fn add(&mut self, piece: Piece) {
        let block =
            self.sums.entry((piece.row, piece.column)).or_insert_with(|| vec![0.0; piece.size * piece.size]);
        self.factors.multiply_into(block, piece);
    }

    /// The sum of all elements, when all pieces were added.
    ///
    /// # Panics
    ///
    /// If one of them is wrong.
    pub fn sum(&self) -> u64 {
        let mut sum = 0;
        for (&(row, column), block) in &self.sums {
            let size = block.len().isqrt();
            for (place, &found) in block.iter().enumerate() {
                let (row, column) = (row + place / size, column + place % size);
                let right = (self.factors.size * row * column) as u64;
                assert_eq!(found, right as f64, "in row {row} and column {column} of the product");
                sum += right;
            }
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::{Answer, Size};

    #[test]
    fn the_suites_size_has_the_suites_answer() {
        let expected = PROBLEM.expected(&Parameters::new(&PROBLEM, Size::Suite));
        assert_eq!(expected, Expected::Whole(280_925_489_332_224));
    }

    /// By one worker, without actors.
    #[test]
    fn the_pieces_of_pieces_add_up_to_the_product() {
        let parameters = Parameters::new(&PROBLEM, Size::Small);
        let mut blocks = Blocks::new(Factors::new(&parameters).into());
        for half in Piece::whole(&parameters).divide() {
            half.divide().into_iter().for_each(|quarter| blocks.add(quarter));
        }
        PROBLEM.expected(&parameters).check(Answer::Whole(blocks.sum())).unwrap();
    }

    #[test]
    #[should_panic(expected = "of the product")]
    fn a_piece_that_is_missing_is_noticed() {
        let parameters = Parameters::new(&PROBLEM, Size::Small);
        let mut blocks = Blocks::new(Factors::new(&parameters).into());
        Piece::whole(&parameters).divide()[1..].iter().for_each(|&piece| blocks.add(piece));
        blocks.sum();
    }

    #[test]
    fn a_size_that_cannot_be_halved_often_enough_is_refused() {
        let mut parameters = Parameters::new(&PROBLEM, Size::Suite);
        for (size, is_fine) in [("400", true), ("127", true), ("254", true), ("129", false), ("258", false)] {
            parameters.set("size", size).unwrap();
            assert_eq!(parameters.check().is_ok(), is_fine, "{size}");
        }
    }
}
