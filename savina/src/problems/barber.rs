//! Sleeping Barber: a queue with refusals, in front of one who serves.
//!
//! A factory makes the customers, with busy work between two of them, and sends each into the waiting room. If that is full the
//! customer goes back to the factory, which sends it in again. The room gives the barber one customer at a time; a haircut is
//! busy work. Factory and barber draw their [rounds](Rounds) independently, by generators of the same seed.
//!
//! Those who were refused come again at once. So when the arrivals outrun the barber, as they do on a single thread, the messages grow
//! with the square of the customers for whom there is no seat. A long run has customers enough to be timed, and seats for most.

use crate::problem::{Expected, Kind, Parameter, Problem, never};
use crate::random::Generator;

/// What is asked. The answer is the number of haircuts that customers told the factory of.
pub static PROBLEM: Problem = Problem {
    number: 12,
    name: "barber",
    title: "Sleeping Barber",
    kind: Kind::Concurrency,
    operation: "haircut",
    parameters: &[
        Parameter {
            name: "customers",
            meaning: "customers, each an actor that has one haircut",
            suite: 5_000,
            small: 60,
            long: 30_000,
            allowed: 1..=10_000_000,
        },
        Parameter {
            name: "room",
            meaning: "customers for whom there is room to wait",
            suite: 1_000,
            small: 5,
            long: 29_700,
            allowed: 1..=10_000_000,
        },
        Parameter {
            name: "arrival",
            meaning: "rounds of busy work between two customers: 10, and less than so many more",
            suite: 1_000,
            small: 100,
            long: 1_000,
            allowed: 1..=65_536,
        },
        Parameter {
            name: "haircut",
            meaning: "rounds of busy work of a haircut: 10, and less than so many more",
            suite: 1_000,
            small: 100,
            long: 1_000,
            allowed: 1..=65_536,
        },
    ],
    refusal: never,
    operations: |parameters| parameters["customers"],
    expected: |parameters| Expected::Whole(parameters["customers"]),
};

/// How many rounds of busy work the arrivals take, or the haircuts: a number for each.
#[derive(Debug, Clone)]
pub struct Rounds {
    random: Generator,
    bound: u64,
}

impl Rounds {
    /// Where `bound` is the parameter `arrival` or `haircut`.
    pub fn new(bound: u64) -> Self {
        Self { random: Generator::default(), bound }
    }

    /// The next number.
    pub fn draw(&mut self) -> u64 {
        self.random.below(self.bound) + 10
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::{Parameters, Size};

    #[test]
    fn the_haircuts_take_as_long_as_those_of_the_suite() {
        let parameters = Parameters::new(&PROBLEM, Size::Suite);
        let mut haircuts = Rounds::new(parameters["haircut"]);
        let total: u64 = (0..parameters["customers"]).map(|_| haircuts.draw()).sum();
        assert_eq!(total, 2_543_428);
    }
}
