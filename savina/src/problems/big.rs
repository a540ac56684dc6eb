//! Big: messages from many to many.
//!
//! Each actor pings others, picked at random, one after the other: the next when the last was answered. It may pick itself. It
//! tells a sink when its last ping was answered, and answers others until the sink, told by all, ends everybody.

use crate::problem::{Expected, Kind, Parameter, Parameters, Problem, never};
use crate::random::Generator;

/// What is asked. The answer is how many pings all have received.
pub static PROBLEM: Problem = Problem {
    number: 7,
    name: "big",
    title: "Big",
    kind: Kind::Micro,
    operation: "message",
    parameters: &[
        Parameter {
            name: "actors",
            meaning: "actors that ping each other",
            suite: 120,
            small: 10,
            long: 120,
            allowed: 1..=10_000,
        },
        Parameter {
            name: "pings",
            meaning: "pings that each of them sends, and each is answered",
            suite: 20_000,
            small: 50,
            long: 8_000,
            allowed: 1..=10_000_000,
        },
    ],
    refusal: never,
    operations: |parameters| 2 * pings(parameters),
    expected: |parameters| Expected::Whole(pings(parameters)),
};

fn pings(parameters: &Parameters) -> u64 {
    parameters["actors"] * parameters["pings"]
}

/// The numbers, from 0, of those whom actor `number` pings, in this order.
pub fn picks(parameters: &Parameters, number: u64) -> impl Iterator<Item = usize> + Send + 'static {
    let actors = parameters["actors"];
    let mut random = Generator::new(number);
    (0..parameters["pings"]).map(move |_| random.below(actors) as usize)
}
