//! Fork-Join (throughput): messages to many actors, in turn.
//!
//! The main thread makes the actors and sends each of them `messages`, one to each in every round. For a message an actor
//! computes [`sine`](crate::work::sine); after the last it ends.

use crate::problem::{Expected, Kind, Parameter, Parameters, Problem, never};

/// What is asked.
pub static PROBLEM: Problem = Problem {
    number: 3,
    name: "fjthrput",
    title: "Fork-Join (throughput)",
    kind: Kind::Micro,
    operation: "message",
    parameters: &[
        Parameter {
            name: "actors",
            meaning: "actors that get messages",
            suite: 60,
            small: 10,
            long: 60,
            allowed: 1..=100_000,
        },
        Parameter {
            name: "messages",
            meaning: "messages to each of them",
            suite: 10_000,
            small: 100,
            long: 20_000,
            allowed: 1..=10_000_000,
        },
    ],
    refusal: never,
    operations: handled,
    expected: |parameters| Expected::Whole(handled(parameters)),
};

fn handled(parameters: &Parameters) -> u64 {
    parameters["actors"] * parameters["messages"]
}
