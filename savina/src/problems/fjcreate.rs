//! Fork-Join (actor creation): actors that live for one message.
//!
//! The main thread makes an actor and sends it one message, `actors` times. Each computes [`sine`](crate::work::sine) and ends.

use crate::problem::{Expected, Kind, Parameter, Problem, never};

/// What is asked.
pub static PROBLEM: Problem = Problem {
    number: 4,
    name: "fjcreate",
    title: "Fork-Join (actor creation)",
    kind: Kind::Micro,
    operation: "actor",
    parameters: &[Parameter {
        name: "actors",
        meaning: "actors made, each for one message",
        suite: 40_000,
        small: 300,
        long: 400_000,
        allowed: 1..=10_000_000,
    }],
    refusal: never,
    operations: |parameters| parameters["actors"],
    expected: |parameters| Expected::Whole(parameters["actors"]),
};
