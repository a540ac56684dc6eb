//! Chameneos: many who contend for one mailbox (Kaiser and Pradat-Peyre, *Chameneos, a Concurrency Game for Java, Ada and Others*,
//! 2003).
//!
//! Creatures go to the mall to meet another. The mall sends the second of two to the first; this one changes its colour, and tells
//! the other to. Both come again, until all meetings are over; then each tells the mall how often it met someone.

use crate::problem::{Expected, Kind, Parameter, Problem, never};

/// What is asked. The answer is what the creatures counted, and each meeting has two.
pub static PROBLEM: Problem = Problem {
    number: 6,
    name: "chameneos",
    title: "Chameneos",
    kind: Kind::Micro,
    operation: "message",
    parameters: &[
        Parameter {
            name: "creatures",
            meaning: "creatures, each an actor",
            suite: 100,
            small: 10,
            long: 100,
            allowed: 2..=1_000_000,
        },
        Parameter {
            name: "meetings",
            meaning: "meetings of two that the mall arranges",
            suite: 200_000,
            small: 300,
            long: 400_000,
            allowed: 1..=1_000_000_000,
        },
    ],
    refusal: never,
    operations: |parameters| 4 * parameters["meetings"],
    expected: |parameters| Expected::Whole(2 * parameters["meetings"]),
};

/// What a creature has one of, and changes when it meets another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// The first creature's, the fourth's ...
    Yellow,
    /// The second's, the fifth's ...
    Blue,
    /// The third's, the sixth's ...
    Red,
}

impl Colour {
    /// With which a creature begins, whose number counts from 0.
    pub fn of(creature: u64) -> Self {
        [Self::Yellow, Self::Blue, Self::Red][(creature % 3) as usize]
    }

    /// What both become when they meet: the same if they were the same, else the third.
    #[must_use]
    pub fn complement(self, other: Self) -> Self {
        use Colour::{Blue, Red, Yellow};
        match (self, other) {
            (Yellow, Yellow) | (Blue, Red) | (Red, Blue) => Yellow,
            (Blue, Blue) | (Yellow, Red) | (Red, Yellow) => Blue,
            (Red, Red) | (Yellow, Blue) | (Blue, Yellow) => Red,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equals_stay_what_they_are_and_others_become_the_third() {
        let all = [0, 1, 2].map(Colour::of);
        for one in all {
            for other in all {
                let both = one.complement(other);
                assert_eq!(both, other.complement(one));
                assert_eq!(both == one, one == other);
                assert_eq!(both == other, one == other);
            }
        }
    }
}
