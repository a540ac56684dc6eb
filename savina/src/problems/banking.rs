//! Bank Transaction: requests in the middle of handling a request, so that accounts wait for each other in chains.
//!
//! A teller sends all transactions at once, to the accounts that pay. Each pays, asks the account that receives to take the money,
//! waits for its receipt, and tells the teller. Whoever receives has a higher number than who pays, so no waiting goes in a circle.

use crate::problem::{Expected, Kind, Parameter, Parameters, Problem, never};
use crate::random::Generator;

const SEED: u64 = 123_456;

/// What is asked. The answer is [`fingerprint`], of balances that began with 0.
pub static PROBLEM: Problem = Problem {
    number: 15,
    name: "banking",
    title: "Bank Transaction",
    kind: Kind::Concurrency,
    operation: "transaction",
    parameters: &[
        Parameter {
            name: "accounts",
            meaning: "accounts, each an actor",
            suite: 1_000,
            small: 20,
            long: 1_000,
            allowed: 2..=1_000_000,
        },
        Parameter {
            name: "transactions",
            meaning: "transactions, all of them sent at once",
            suite: 50_000,
            small: 500,
            long: 200_000,
            allowed: 1..=100_000_000,
        },
    ],
    refusal: never,
    operations: |parameters| parameters["transactions"],
    expected: |parameters| {
        let mut balances = vec![0; parameters["accounts"] as usize];
        for Transaction { from, to, amount } in transactions(parameters) {
            balances[from] -= amount;
            balances[to] += amount;
        }
        Expected::Whole(fingerprint(balances))
    },
};

/// Money that goes from one account to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transaction {
    /// The number of the account that pays.
    pub from: usize,
    /// The number of the account that receives; higher than that of the one that pays.
    pub to: usize,
    /// Never negative. In thousandths, for a sum in floating point would depend on its order.
    pub amount: i64,
}

/// All transactions, in the order in which the teller sends them.
pub fn transactions(parameters: &Parameters) -> impl Iterator<Item = Transaction> + Send + 'static {
    let accounts = parameters["accounts"];
    let mut random = Generator::new(SEED);
    (0..parameters["transactions"]).map(move |_| {
        let from = random.below((accounts / 10 * 8).max(1));
        let distance = random.below(accounts - from).max(1);
        let amount = (random.next_real() * 1e6) as i64;
        Transaction { from: from as usize, to: (from + distance) as usize, amount }
    })
}

/// One number that tells balances apart: the sum over all accounts of balance times number, which starts at 1. No money is made
/// or lost on the way, as is asserted.
///
/// # Panics
///
/// If the balances do not add up to 0.
pub fn fingerprint(balances: impl IntoIterator<Item = i64>) -> u64 {
    let (mut sum, mut weighted) = (0, 0);
    for (number, balance) in (1..).zip(balances) {
        sum += balance;
        weighted += number * balance;
    }
    assert_eq!(sum, 0, "money was made or lost");
    weighted.try_into().expect("money moves to higher numbers only")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Size;

    /// The figure that the suite's generator gives with amounts of 1.
    #[test]
    fn the_transactions_are_those_of_the_suite() {
        let moved = transactions(&Parameters::new(&PROBLEM, Size::Suite)).map(|one| one.to - one.from);
        assert_eq!(moved.sum::<usize>(), 14_870_654);
    }
}
