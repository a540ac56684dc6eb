//! Sieve of Eratosthenes: a pipeline that grows while candidates go through it.
//!
//! A producer sends the odd numbers below `limit` to the first filter, which begins with the prime 2. A [filter](Filter) drops what one of
//! its primes divides, and passes on what is left. The last one keeps it as a prime, or, when it is full, makes the next filter with it.

use crate::problem::{Expected, Kind, Parameter, Parameters, Problem, never};

/// What is asked. The answer is the number of primes.
pub static PROBLEM: Problem = Problem {
    number: 18,
    name: "sieve",
    title: "Sieve of Eratosthenes",
    kind: Kind::Parallel,
    operation: "candidate",
    parameters: &[
        Parameter {
            name: "limit",
            meaning: "candidates are below it",
            suite: 100_000,
            small: 1_000,
            long: 250_000,
            allowed: 4..=100_000_000,
        },
        Parameter {
            name: "primes",
            meaning: "primes that a filter holds",
            suite: 1_000,
            small: 20,
            long: 1_000,
            allowed: 1..=1_000_000,
        },
    ],
    refusal: never,
    operations: |parameters| candidates(parameters).count() as u64,
    expected: |parameters| Expected::Whole(primes(parameters["limit"])),
};

/// The odd numbers, from 3 on.
pub fn candidates(parameters: &Parameters) -> impl Iterator<Item = u64> + Send + 'static {
    (3..parameters["limit"]).step_by(2)
}

/// Consecutive primes.
#[derive(Debug)]
pub struct Filter {
    primes: Vec<u64>,
    room: usize,
}

impl Filter {
    /// With its first prime, and room for the parameter `primes`.
    pub fn new(first: u64, room: u64) -> Self {
        Self { primes: vec![first], room: room as usize }
    }

    /// Whether none of them divides the candidate.
    pub fn passes(&self, candidate: u64) -> bool {
        self.primes.iter().all(|prime| !candidate.is_multiple_of(*prime))
    }

    /// Keeps a prime, if there is room.
    pub fn keep(&mut self, prime: u64) -> bool {
        let has_room = self.primes.len() < self.room;
        if has_room {
            self.primes.push(prime);
        }
        has_room
    }

    /// How many it holds.
    pub fn count(&self) -> u64 {
        self.primes.len() as u64
    }
}

/// How many there are below `limit`, by crossing out.
fn primes(limit: u64) -> u64 {
    let mut is_prime = vec![true; limit as usize];
    is_prime[..2].fill(false);
    for number in (2..).take_while(|number| number * number < limit) {
        if is_prime[number as usize] {
            (number * number..limit)
                .step_by(number as usize)
                .for_each(|multiple| is_prime[multiple as usize] = false);
        }
    }
    is_prime.into_iter().filter(|&is_prime| is_prime).count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Size;

    #[test]
    fn the_suite_finds_9592_primes() {
        let parameters = Parameters::new(&PROBLEM, Size::Suite);
        assert_eq!(PROBLEM.expected(&parameters), Expected::Whole(9_592));
    }

    #[test]
    fn a_prime_is_below_the_limit() {
        assert_eq!([4, 5, 6, 7, 8, 9, 10].map(primes), [2, 2, 3, 3, 4, 4, 4]);
    }

    #[test]
    fn a_filter_is_full_with_as_many_primes_as_it_has_room_for() {
        let mut filter = Filter::new(3, 2);
        assert!(filter.passes(5) && filter.keep(5));
        assert!(filter.passes(7) && !filter.keep(7));
        assert!(!filter.passes(9) && !filter.passes(25));
        assert_eq!(filter.count(), 2);
    }
}
