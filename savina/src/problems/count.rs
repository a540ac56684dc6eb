//! Counting Actor: one sender that floods one mailbox.
//!
//! A producer sends `increments` to a counter and then, in the same order, asks for the count.

use crate::problem::{Expected, Kind, Parameter, Problem, never};

/// What is asked.
pub static PROBLEM: Problem = Problem {
    number: 2,
    name: "count",
    title: "Counting Actor",
    kind: Kind::Micro,
    operation: "message",
    parameters: &[Parameter {
        name: "increments",
        meaning: "messages to the counter, all of them sent at once",
        suite: 1_000_000,
        small: 2_000,
        long: 2_000_000,
        allowed: 1..=100_000_000,
    }],
    refusal: never,
    operations: |parameters| parameters["increments"],
    expected: |parameters| Expected::Whole(parameters["increments"]),
};
