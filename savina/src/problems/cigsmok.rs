//! Cigarette Smokers: one among many is chosen, again and again.
//!
//! The arbiter [draws](Draws) a smoker and tells it how long to smoke. The smoker first tells the arbiter that it has begun, which is when
//! the next is drawn, and then smokes: busy work.

use crate::problem::{Expected, Kind, Parameter, Parameters, Problem, never};
use crate::random::Generator;

/// What is asked. The answer is the sum of the numbers of the smokers who were chosen, which start at 0.
pub static PROBLEM: Problem = Problem {
    number: 13,
    name: "cigsmok",
    title: "Cigarette Smokers",
    kind: Kind::Concurrency,
    operation: "round",
    parameters: &[
        Parameter {
            name: "rounds",
            meaning: "times that a smoker is chosen",
            suite: 1_000,
            small: 100,
            long: 200_000,
            allowed: 1..=10_000_000,
        },
        Parameter {
            name: "smokers",
            meaning: "smokers to choose from, each an actor",
            suite: 200,
            small: 20,
            long: 200,
            allowed: 1..=65_536,
        },
    ],
    refusal: never,
    operations: |parameters| parameters["rounds"],
    expected: |parameters| Expected::Whole(Draws::new(parameters).map(|draw| draw.smoker as u64).sum()),
};

/// Who smokes, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Draw {
    /// The number of the smoker.
    pub smoker: usize,
    /// Rounds of busy work.
    pub period: u64,
}

/// One draw for each round.
#[derive(Debug, Clone)]
pub struct Draws {
    random: Generator,
    smokers: u64,
    left: u64,
}

impl Draws {
    /// The suite's, whose seed is the product of the parameters.
    pub fn new(parameters: &Parameters) -> Self {
        let (rounds, smokers) = (parameters["rounds"], parameters["smokers"]);
        Self { random: Generator::new(rounds * smokers), smokers, left: rounds }
    }
}

impl Iterator for Draws {
    type Item = Draw;

    fn next(&mut self) -> Option<Draw> {
        self.left = self.left.checked_sub(1)?;
        let smoker = self.random.below(self.smokers) as usize;
        Some(Draw { smoker, period: self.random.below(1_000) + 10 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Size;

    #[test]
    fn the_draws_are_those_of_the_suite() {
        let parameters = Parameters::new(&PROBLEM, Size::Suite);
        assert_eq!(PROBLEM.expected(&parameters), Expected::Whole(102_328));
        assert_eq!(Draws::new(&parameters).map(|draw| draw.period).sum::<u64>(), 494_000);
    }
}
