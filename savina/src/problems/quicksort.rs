//! Quicksort: divide and conquer, with large messages.
//!
//! An actor that has more values than the cut-off keeps those that equal the one in the middle, sends the lesser ones to a child and
//! the greater ones to another, and joins what they reply. One that has fewer sorts them itself.

use std::cmp::Ordering;

use crate::problem::{Expected, Kind, Parameter, Parameters, Problem, never};
use crate::random::Generator;

const SEED: u64 = 1_024;

/// What is asked. The answer is the sum of all values; that they are [sorted](checked_sum) is asserted.
pub static PROBLEM: Problem = Problem {
    number: 24,
    name: "quicksort",
    title: "Quicksort",
    kind: Kind::Parallel,
    operation: "value",
    parameters: &[
        Parameter {
            name: "values",
            meaning: "whole numbers to sort",
            suite: 1_000_000,
            small: 5_000,
            long: 5_000_000,
            allowed: 1..=1_000_000_000,
        },
        Parameter {
            name: "cutoff",
            meaning: "an actor sorts so many by itself",
            suite: 2_048,
            small: 128,
            long: 2_048,
            allowed: 1..=1_000_000_000,
        },
    ],
    refusal: never,
    operations: |parameters| parameters["values"],
    expected: |parameters| Expected::Whole(values(parameters).sum()),
};

/// What is to be sorted.
pub fn values(parameters: &Parameters) -> impl Iterator<Item = u64> + Send + 'static {
    let mut random = Generator::new(SEED);
    (0..parameters["values"]).map(move |_| random.next_whole())
}

/// Values, divided by how they compare with one of them.
#[derive(Debug, PartialEq, Eq)]
pub struct Parts {
    /// Those below it.
    pub lesser: Vec<u64>,
    /// Itself, and those like it.
    pub equal: Vec<u64>,
    /// Those above it.
    pub greater: Vec<u64>,
}

/// Divides by the value in the middle. The lesser ones stay where they are, with room behind them for all that is joined to
/// them again.
///
/// # Panics
///
/// If there is none.
pub fn divide(mut values: Vec<u64>) -> Parts {
    let pivot = values[values.len() / 2];
    let mut equal = Vec::new();
    let mut greater = Vec::with_capacity(values.len());
    values.retain(|&value| match value.cmp(&pivot) {
        Ordering::Less => true,
        Ordering::Equal => {
            equal.push(value);
            false
        }
        Ordering::Greater => {
            greater.push(value);
            false
        }
    });
    Parts { lesser: values, equal, greater }
}

/// The sum of all values.
///
/// # Panics
///
/// If they are not sorted, or fewer or more than were to be.
pub fn checked_sum(values: &[u64], parameters: &Parameters) -> u64 {
    assert!(values.is_sorted(), "the values are not sorted");
    assert_eq!(values.len() as u64, parameters["values"], "values were lost or made");
    values.iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Size;

    #[test]
    fn the_values_are_those_of_the_suite() {
        let expected = PROBLEM.expected(&Parameters::new(&PROBLEM, Size::Suite));
        assert_eq!(expected, Expected::Whole(32_768_134_304));
    }

    #[test]
    fn values_are_divided_by_the_one_in_the_middle_in_their_order() {
        let parts = divide(vec![7, 1, 5, 9, 5, 3, 5]);
        assert_eq!(parts, Parts { lesser: vec![7, 1, 5, 5, 3, 5], equal: vec![9], greater: vec![] });
        let parts = divide(vec![7, 1, 9, 5, 5, 3, 5]);
        assert_eq!(parts, Parts { lesser: vec![1, 3], equal: vec![5, 5, 5], greater: vec![7, 9] });
    }

    #[test]
    #[should_panic(expected = "not sorted")]
    fn values_that_are_not_sorted_are_noticed() {
        checked_sum(&[1, 3, 2], &Parameters::new(&PROBLEM, Size::Small));
    }
}
