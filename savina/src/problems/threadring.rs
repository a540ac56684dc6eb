//! Thread Ring: one message that goes round, and nothing to do in parallel.
//!
//! The actors stand in a ring. A ping that carries `hops` goes to number 0; each passes it on with one less. Who gets 0 sends an
//! exit round instead: each passes it on and ends.

use crate::problem::{Expected, Kind, Parameter, Parameters, Problem, never};

/// What is asked. The answer is how many pings were handled: one more than there are hops.
pub static PROBLEM: Problem = Problem {
    number: 5,
    name: "threadring",
    title: "Thread Ring",
    kind: Kind::Micro,
    operation: "hop",
    parameters: &[
        Parameter {
            name: "actors",
            meaning: "actors in the ring",
            suite: 100,
            small: 10,
            long: 100,
            allowed: 1..=10_000_000,
        },
        Parameter {
            name: "hops",
            meaning: "times that the ping is passed on",
            suite: 100_000,
            small: 1_000,
            long: 2_000_000,
            allowed: 1..=1_000_000_000,
        },
    ],
    refusal: never,
    operations: |parameters| parameters["hops"],
    expected: |parameters| Expected::Whole(parameters["hops"] + 1),
};

/// The number of the actor at which the ping arrives with 0.
pub fn last(parameters: &Parameters) -> u64 {
    parameters["hops"] % parameters["actors"]
}
