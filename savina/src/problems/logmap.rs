//! Logistic Map Series: a request in the middle of handling a message, a great many times.
//!
//! Each series has a worker, who holds the current term, and a computer, who knows the rate. The master sends each worker all its
//! `next` at once, and asks for the result after them. On each the worker asks its computer for the [next](Series::after) term, and
//! handles nothing else until it is there.

use crate::problem::{Expected, Kind, Parameter, Parameters, Problem, never};

const FIRST_RATE: f64 = 3.46;
const STEP: f64 = 0.0025;

/// What is asked. The answer is the sum of the last terms, added in the order of the series: the map is chaotic, so any rounding
/// but that of IEEE doubles, one operation at a time, gives another.
pub static PROBLEM: Problem = Problem {
    number: 14,
    name: "logmap",
    title: "Logistic Map Series",
    kind: Kind::Concurrency,
    operation: "term",
    parameters: &[
        Parameter {
            name: "terms",
            meaning: "terms of each series",
            suite: 25_000,
            small: 50,
            long: 100_000,
            allowed: 1..=100_000_000,
        },
        Parameter {
            name: "series",
            meaning: "series, each with two actors",
            suite: 10,
            small: 5,
            long: 10,
            // The last of them has a rate below 4, past which terms leave the unit interval.
            allowed: 1..=200,
        },
    ],
    refusal: never,
    operations: |parameters| parameters["terms"] * parameters["series"],
    expected: |parameters| {
        let last = |one: Series| (0..parameters["terms"]).fold(one.start, |term, _| one.after(term));
        Expected::Near { value: series(parameters).map(last).sum(), tolerance: 0.0 }
    },
};

/// Terms, each of which follows from the one before.
#[derive(Debug, Clone, Copy)]
pub struct Series {
    /// How fast it grows.
    pub rate: f64,
    /// What is before the first term.
    pub start: f64,
}

impl Series {
    /// The term that follows this one.
    pub fn after(&self, term: f64) -> f64 {
        self.rate * term * (1.0 - term)
    }
}

/// All of them.
pub fn series(parameters: &Parameters) -> impl Iterator<Item = Series> + Send + 'static {
    (0..parameters["series"] as u32).map(|number| {
        let offset = f64::from(number) * STEP;
        Series { rate: FIRST_RATE + offset, start: offset }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Size;

    #[test]
    fn the_sum_is_that_of_the_suite() {
        let expected = PROBLEM.expected(&Parameters::new(&PROBLEM, Size::Suite));
        assert_eq!(expected, Expected::Near { value: 6.387_835_144_604_12, tolerance: 0.0 });
    }
}
