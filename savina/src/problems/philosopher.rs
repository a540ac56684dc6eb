//! Dining Philosophers: arbitration, and trying again.
//!
//! A hungry philosopher asks an arbitrator, who keeps the [`Forks`], for the two at its sides. If one is in use it is denied, and
//! asks again at once. Who has eaten gives both back.

use crate::problem::{Expected, Kind, Parameter, Parameters, Problem, never};

/// What is asked. The answer is how many times all of them have eaten; how many times they were denied varies.
pub static PROBLEM: Problem = Problem {
    number: 11,
    name: "philosopher",
    title: "Dining Philosophers",
    kind: Kind::Concurrency,
    operation: "meal",
    parameters: &[
        Parameter {
            name: "philosophers",
            meaning: "philosophers, and forks",
            suite: 20,
            small: 5,
            long: 20,
            allowed: 2..=10_000,
        },
        Parameter {
            name: "rounds",
            meaning: "how many times each of them eats",
            suite: 10_000,
            small: 50,
            long: 10_000,
            allowed: 1..=10_000_000,
        },
    ],
    refusal: never,
    operations: meals,
    expected: |parameters| Expected::Whole(meals(parameters)),
};

fn meals(parameters: &Parameters) -> u64 {
    parameters["philosophers"] * parameters["rounds"]
}

/// As many as philosophers. Number `n` eats with the forks `n` and `n + 1`, and the last with its own and the first.
#[derive(Debug)]
pub struct Forks {
    in_use: Vec<bool>,
}

impl Forks {
    /// All on the table.
    pub fn new(parameters: &Parameters) -> Self {
        Self { in_use: vec![false; parameters["philosophers"] as usize] }
    }

    /// Takes both of this philosopher's, or none.
    #[must_use]
    pub fn take(&mut self, philosopher: usize) -> bool {
        let both = self.of(philosopher);
        if both.iter().any(|&fork| self.in_use[fork]) {
            return false;
        }
        for fork in both {
            self.in_use[fork] = true;
        }
        true
    }

    /// Gives both back.
    ///
    /// # Panics
    ///
    /// If they were not taken.
    pub fn put_back(&mut self, philosopher: usize) {
        for fork in self.of(philosopher) {
            assert!(self.in_use[fork], "philosopher {philosopher} has eaten without fork {fork}");
            self.in_use[fork] = false;
        }
    }

    fn of(&self, philosopher: usize) -> [usize; 2] {
        let next = philosopher + 1;
        [philosopher, if next == self.in_use.len() { 0 } else { next }]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Size;

    #[test]
    fn neighbours_never_eat_together_and_others_do() {
        let mut forks = Forks::new(&Parameters::new(&PROBLEM, Size::Small));
        assert!(forks.take(4));
        assert!(!forks.take(0), "the last and the first share a fork");
        assert!(!forks.take(3));
        assert!(forks.take(1));
        forks.put_back(4);
        assert!(!forks.take(0));
        forks.put_back(1);
        assert!(forks.take(0));
    }

    #[test]
    #[should_panic(expected = "philosopher 2 has eaten without fork 2")]
    fn a_fork_that_was_not_taken_is_not_given_back() {
        Forks::new(&Parameters::new(&PROBLEM, Size::Small)).put_back(2);
    }
}
