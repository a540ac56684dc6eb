//! Ping Pong: message delivery, with one message in flight.
//!
//! Ping sends `pings` times to Pong, who answers. Between an answer and the next ping, Ping sends itself a message, so a round
//! is three of them. Pong counts.

use crate::problem::{Expected, Kind, Parameter, Problem, never};

/// What is asked.
pub static PROBLEM: Problem = Problem {
    number: 1,
    name: "pingpong",
    title: "Ping Pong",
    kind: Kind::Micro,
    operation: "message",
    parameters: &[Parameter {
        name: "pings",
        meaning: "pings sent, each of which is answered",
        suite: 40_000,
        small: 300,
        long: 500_000,
        allowed: 1..=1_000_000_000,
    }],
    refusal: never,
    operations: |parameters| 3 * parameters["pings"],
    expected: |parameters| Expected::Whole(parameters["pings"]),
};
