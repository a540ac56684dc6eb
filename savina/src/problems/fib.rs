//! Recursive Fibonacci Tree: a deep tree of actors comes and goes.
//!
//! An actor that is asked for a number above 2 makes two children and asks them for the two numbers before. When both have told it
//! theirs, it tells its parent the sum, and ends. The first two numbers are 1.

use crate::problem::{Expected, Kind, Parameter, Problem, never};

/// What is asked. The answer is the Fibonacci number.
pub static PROBLEM: Problem = Problem {
    number: 29,
    name: "fib",
    title: "Recursive Fibonacci Tree",
    kind: Kind::Parallel,
    operation: "actor",
    parameters: &[Parameter {
        name: "n",
        meaning: "which Fibonacci number",
        suite: 25,
        small: 12,
        long: 28,
        // A tally holds 2^24 actors.
        allowed: 1..=34,
    }],
    refusal: never,
    operations: |parameters| actors(parameters["n"]),
    expected: |parameters| Expected::Whole(number(parameters["n"])),
};

/// How many there are in the whole tree: as many leaves as the number says, and a parent for each but one.
pub fn actors(n: u64) -> u64 {
    2 * number(n) - 1
}

fn number(n: u64) -> u64 {
    let (first, _) = (0..n).fold((0, 1), |(one, next), _| (next, one + next));
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_of_the_suite_has_150049_actors() {
        assert_eq!((number(25), actors(25)), (75_025, 150_049));
        assert_eq!([1, 2, 3, 4].map(number), [1, 1, 2, 3]);
        assert_eq!([1, 2, 3, 4].map(actors), [1, 1, 3, 5]);
    }
}
