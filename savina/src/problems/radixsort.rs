//! Radix Sort: a pipeline of sixty stages, through which all values go one by one.
//!
//! The first stage looks at the lowest bit. A stage passes values on in which its bit is clear; others wait until it has seen all, and
//! then follow in the order in which they came. At the end the values are sorted.

use crate::problem::{Expected, Kind, Parameter, Parameters, Problem, never};
use crate::random::Generator;

/// How many bits are looked at. The suite's generator gives values of 16.
pub const STAGES: u32 = 60;

const SEED: u64 = 2_048;

/// What is asked. The answer is the sum of the values, whose order is asserted.
pub static PROBLEM: Problem = Problem {
    number: 16,
    name: "radixsort",
    title: "Radix Sort",
    kind: Kind::Parallel,
    operation: "message",
    parameters: &[Parameter {
        name: "values",
        meaning: "values to be sorted",
        suite: 100_000,
        small: 100,
        long: 150_000,
        allowed: 1..=10_000_000,
    }],
    refusal: never,
    operations: |parameters| parameters["values"] * u64::from(STAGES + 1),
    expected: |parameters| Expected::Whole(values(parameters).sum()),
};

/// What is to be sorted.
pub fn values(parameters: &Parameters) -> impl Iterator<Item = u64> + Send + 'static {
    let mut random = Generator::new(SEED);
    (0..parameters["values"]).map(move |_| random.next_whole())
}

/// What came out at the end of a sort, one value after the other.
#[derive(Debug, Default)]
pub struct Sorted {
    last: u64,
    count: u64,
    sum: u64,
}

impl Sorted {
    /// The next value.
    ///
    /// # Panics
    ///
    /// If it is less than the one before.
    pub fn add(&mut self, value: u64) {
        let last = self.last;
        assert!(last <= value, "{value} comes after {last}, and is less");
        self.last = value;
        self.count += 1;
        self.sum += value;
    }

    /// How many there were.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// What they add up to.
    pub fn sum(&self) -> u64 {
        self.sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Size;

    #[test]
    fn the_values_are_those_of_the_suite() {
        let parameters = Parameters::new(&PROBLEM, Size::Suite);
        assert_eq!(PROBLEM.expected(&parameters), Expected::Whole(3_275_789_328));
    }

    #[test]
    #[should_panic(expected = "6 comes after 7, and is less")]
    fn values_in_disorder_are_found() {
        let mut sorted = Sorted::default();
        [1, 7, 7, 6].into_iter().for_each(|value| sorted.add(value));
    }
}
