//! Concurrent Dictionary: readers and writers who share a map by way of one actor.
//!
//! Each worker sends a request to the dictionary, and the next when it has the result. A few of them write; the keys are any 32
//! bits, so readers hardly ever find one.

use std::collections::HashMap;

use crate::problem::{Expected, Kind, Parameter, Parameters, Problem, never};
use crate::random::JavaRandom;

/// How many entries the suite makes room for.
const ROOM: usize = (1 << 31) / 4_096;

/// What is asked. The answer is how many results the workers have received.
pub static PROBLEM: Problem = Problem {
    number: 8,
    name: "concdict",
    title: "Concurrent Dictionary",
    kind: Kind::Concurrency,
    operation: "request",
    parameters: &[
        Parameter {
            name: "workers",
            meaning: "actors that send requests",
            suite: 20,
            small: 5,
            long: 20,
            allowed: 1..=10_000,
        },
        Parameter {
            name: "requests",
            meaning: "requests of each of them, one after the other",
            suite: 10_000,
            small: 100,
            long: 20_000,
            allowed: 1..=10_000_000,
        },
        Parameter {
            name: "writes",
            meaning: "how many of a hundred requests write",
            suite: 10,
            small: 10,
            long: 10,
            allowed: 0..=100,
        },
    ],
    refusal: never,
    operations: results,
    expected: |parameters| Expected::Whole(results(parameters)),
};

fn results(parameters: &Parameters) -> u64 {
    parameters["workers"] * parameters["requests"]
}

/// What a worker asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// That the key has this value from now on.
    Write {
        /// Where.
        key: i32,
        /// What.
        value: i32,
    },
    /// The value of the key.
    Read {
        /// Where.
        key: i32,
    },
}

/// All requests of worker `number`, which counts from 0, in order.
pub fn requests(parameters: &Parameters, number: u64) -> impl Iterator<Item = Request> + Send + 'static {
    let (requests, writes) = (parameters["requests"], parameters["writes"]);
    let mut random = JavaRandom::new(number + requests + writes);
    (0..requests).map(move |_| {
        if (random.below(100) as u64) < writes {
            Request::Write { key: random.next_int(), value: random.next_int() }
        } else {
            Request::Read { key: random.next_int() }
        }
    })
}

/// The map.
#[derive(Debug)]
pub struct Dictionary {
    entries: HashMap<i32, i32>,
}

impl Default for Dictionary {
    /// Empty, with the room that the suite gives it.
    fn default() -> Self {
        Self { entries: HashMap::with_capacity(ROOM) }
    }
}

impl Dictionary {
    /// The value that is written, or the one that is read, if there is one.
    pub fn serve(&mut self, request: Request) -> Option<i32> {
        match request {
            Request::Write { key, value } => {
                self.entries.insert(key, value);
                Some(value)
            }
            Request::Read { key } => self.entries.get(&key).copied(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Size;

    #[test]
    fn a_read_gives_what_was_written_last() {
        let mut dictionary = Dictionary::default();
        assert_eq!(dictionary.serve(Request::Read { key: -1 }), None);
        for value in [5, 6] {
            assert_eq!(dictionary.serve(Request::Write { key: -1, value }), Some(value));
            assert_eq!(dictionary.serve(Request::Read { key: -1 }), Some(value));
        }
    }

    #[test]
    fn about_as_many_requests_write_as_were_asked_for() {
        let parameters = Parameters::new(&PROBLEM, Size::Suite);
        let all = (0..parameters["workers"]).flat_map(|number| requests(&parameters, number));
        let writes = all.filter(|request| matches!(request, Request::Write { .. })).count();
        assert!((19_000..21_000).contains(&writes), "{writes} of 200,000");
    }
}
