//! Trapezoidal Approximation: master and workers, with static and equal shares.
//!
//! A master gives each worker its part of the interval; a worker sums the trapezoids under [a curve](height) there, and replies.

use std::ops::Range;

use crate::problem::{Expected, Kind, Parameter, Parameters, Problem};

const FROM: f64 = 1.0;
const TO: f64 = 5.0;

/// What is asked. The answer is the integral.
pub static PROBLEM: Problem = Problem {
    number: 21,
    name: "trapezoid",
    title: "Trapezoidal Approximation",
    kind: Kind::Parallel,
    operation: "trapezoid",
    parameters: &[
        Parameter {
            name: "pieces",
            meaning: "trapezoids under the curve",
            suite: 10_000_000,
            small: 20_000,
            long: 10_000_000,
            allowed: 1..=1_000_000_000_000,
        },
        Parameter {
            name: "workers",
            meaning: "workers, each an actor with an equal share",
            suite: 100,
            small: 10,
            long: 100,
            allowed: 1..=1_000_000,
        },
    ],
    refusal: |parameters| {
        (parameters["workers"] > parameters["pieces"])
            .then(|| "a worker would have no piece; give at least as many pieces as workers".into())
    },
    operations: |parameters| parameters["pieces"],
    expected: |parameters| {
        // Each height once, where the workers compute it for both of the trapezoids that it is a side of.
        let pieces = parameters["pieces"];
        let width = (TO - FROM) / pieces as f64;
        let inner: f64 = (1..pieces).map(|piece| height(FROM + piece as f64 * width)).sum();
        Expected::Near { value: (inner + (height(FROM) + height(TO)) / 2.0) * width, tolerance: 1e-9 }
    },
};

/// The height of the curve at `x`.
pub fn height(x: f64) -> f64 {
    (x.powi(3) - 1.0).sin() / (x + 1.0) * (1.0 + (2.0 * x).sqrt().exp()).sqrt()
}

/// What one worker does.
#[derive(Debug, Clone, PartialEq)]
pub struct Share {
    pieces: Range<u64>,
    width: f64,
}

impl Share {
    /// The sum of its trapezoids.
    pub fn area(&self) -> f64 {
        let trapezoid = |piece| {
            let left = FROM + piece as f64 * self.width;
            (height(left) + height(left + self.width)) / 2.0 * self.width
        };
        self.pieces.clone().map(trapezoid).sum()
    }
}

/// What each worker does, all of them together the whole.
pub fn shares(parameters: &Parameters) -> impl Iterator<Item = Share> + Send + 'static {
    let (pieces, workers) = (parameters["pieces"], parameters["workers"]);
    let width = (TO - FROM) / pieces as f64;
    let begin = move |worker| pieces * worker / workers;
    (0..workers).map(move |worker| Share { pieces: begin(worker)..begin(worker + 1), width })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::{Answer, Size};

    #[test]
    fn the_integral_is_that_of_the_suite() {
        let mut parameters = Parameters::new(&PROBLEM, Size::Suite);
        // Exact enough, and ten times as quick as the suite's size.
        parameters.set("pieces", "1000000").unwrap();
        let Expected::Near { value, .. } = PROBLEM.expected(&parameters) else {
            panic!("an integral is real")
        };
        assert!((value - 0.271_080_751_95).abs() < 1e-9, "{value}");
    }

    #[test]
    fn the_shares_are_equal_leave_nothing_out_and_add_up_to_the_integral() {
        let mut parameters = Parameters::new(&PROBLEM, Size::Small);
        parameters.set("workers", "7").unwrap();
        let mut next = 0;
        for share in shares(&parameters) {
            assert_eq!(share.pieces.start, next);
            assert!((2_857..=2_858).contains(&share.pieces.clone().count()));
            next = share.pieces.end;
        }
        assert_eq!(next, parameters["pieces"]);
        let sum = shares(&parameters).map(|share| share.area()).sum();
        PROBLEM.expected(&parameters).check(Answer::Real(sum)).unwrap();
    }
}
