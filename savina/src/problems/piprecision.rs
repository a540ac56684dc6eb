//! Precise Pi Computation: master and workers, with shares that are dealt out as workers get free, and get smaller.
//!
//! A master keeps [`OUT`] terms of a [series](Series) out with its workers. A worker computes a term to all digits; the master adds it
//! and asks that worker for another, until a term is so small that no more can count.

use num_bigint::{BigInt, BigUint};
use num_integer::Integer;

use crate::problem::{Expected, Kind, Parameter, Parameters, Problem, never};

/// How many terms are out at a time, if there are as many digits.
pub const OUT: u64 = 200;

/// So many digits at the end are what rounding leaves of them: each of the terms is off by a few units at most.
const DOUBTFUL: u64 = 10;

/// What is asked. The answer is how many digits agree with those of pi, of those that are in no doubt.
pub static PROBLEM: Problem = Problem {
    number: 22,
    name: "piprecision",
    title: "Precise Pi Computation",
    kind: Kind::Parallel,
    operation: "digit",
    parameters: &[
        Parameter {
            name: "digits",
            meaning: "decimal digits of pi",
            suite: 5_000,
            small: 200,
            long: 20_000,
            allowed: DOUBTFUL + 1..=1_000_000,
        },
        Parameter {
            name: "workers",
            meaning: "workers, each an actor",
            suite: 20,
            small: 5,
            long: 20,
            allowed: 1..=100_000,
        },
    ],
    refusal: never,
    operations: |parameters| parameters["digits"],
    expected: |parameters| Expected::Whole(parameters["digits"] - DOUBTFUL),
};

/// That of Bailey, Borwein and Plouffe (1997), in whole numbers of units of the last digit.
///
/// The sum is the same whatever the order of its terms, and however many are asked for beyond the last that counts: those
/// are zero.
#[derive(Debug)]
pub struct Series {
    digits: u64,
    /// One, in units.
    one: BigUint,
}

impl Series {
    /// To so many digits behind the point.
    pub fn new(parameters: &Parameters) -> Self {
        let digits = parameters["digits"];
        Self { digits, one: power_of_ten(digits) }
    }

    /// Number `k`, counted from 0: `(4/(8k+1) - 2/(8k+4) - 1/(8k+5) - 1/(8k+6)) / 16^k`, where each quotient is rounded.
    pub fn term(&self, k: u64) -> BigUint {
        let part = |numerator: u32, offset| rounded_quotient(&self.one * numerator, 8 * k + offset);
        let sum = part(4, 1) - part(2, 4) - part(1, 5) - part(1, 6);
        rounded_shift(&sum, 4 * k)
    }

    /// Whether a term is so small that no later one counts.
    pub fn is_last(&self, term: &BigUint) -> bool {
        term.bits() <= 1
    }

    /// How many digits behind the point `sum` and pi agree in, but for the doubtful ones.
    pub fn agreeing(&self, sum: BigUint) -> u64 {
        let difference = BigInt::from(sum) - pi(self.digits);
        let wrong = difference.magnitude().to_string().len() as u64;
        self.digits.saturating_sub(wrong.max(DOUBTFUL))
    }
}

fn power_of_ten(exponent: u64) -> BigUint {
    BigUint::from(10_u8).pow(exponent.try_into().expect("the digits of a number are fewer"))
}

/// To the nearest; from the middle to the even one.
fn rounded_quotient(numerator: BigUint, divisor: u64) -> BigUint {
    let (quotient, remainder) = numerator.div_rem(&divisor.into());
    let twice = remainder * 2_u8;
    let is_up = twice > divisor.into() || (twice == divisor.into() && quotient.is_odd());
    quotient + u8::from(is_up)
}

/// As [`rounded_quotient`], by a power of two.
fn rounded_shift(number: &BigUint, bits: u64) -> BigUint {
    let quotient = number >> bits;
    let is_half = bits > 0 && number.bit(bits - 1);
    let is_up = is_half && (quotient.is_odd() || number.trailing_zeros() < Some(bits - 1));
    quotient + u8::from(is_up)
}

/// Pi in units, cut off, by the series of the Chudnovsky brothers (1988) and binary splitting: another way altogether, and
/// one that takes little time.
fn pi(digits: u64) -> BigInt {
    const DIGITS_A_TERM: u64 = 14;
    // A few more digits, so that what is cut off on the way does not count.
    let one = power_of_ten(digits + DOUBTFUL);
    let root = (&one * &one * 10_005_u32).sqrt();
    let sum = Terms::of(0, (digits + DOUBTFUL) / DIGITS_A_TERM + 2);
    sum.q * 426_880 * BigInt::from(root) / sum.t / BigInt::from(power_of_ten(DOUBTFUL))
}

/// Terms of the Chudnovskys' series that follow one another, added up: a fraction, with what it takes to add the next.
struct Terms {
    p: BigInt,
    q: BigInt,
    t: BigInt,
}

impl Terms {
    fn of(from: u64, to: u64) -> Self {
        if to - from == 1 {
            return Self::term(from);
        }
        let middle = from.midpoint(to);
        let (left, right) = (Self::of(from, middle), Self::of(middle, to));
        Self { t: left.t * &right.q + &left.p * right.t, p: left.p * right.p, q: left.q * right.q }
    }

    fn term(k: u64) -> Self {
        // Of a number with a million digits, k is 71,000 at most.
        let k = k as i64;
        let p = if k == 0 { 1 } else { -(6 * k - 5) * (2 * k - 1) * (6 * k - 1) };
        let q = if k == 0 { 1.into() } else { BigInt::from(k.pow(3)) * 10_939_058_860_032_000_i64 };
        Self { p: p.into(), q, t: BigInt::from(p) * (13_591_409 + 545_140_134 * k) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Size;

    #[test]
    fn pi_is_pi() {
        assert_eq!(pi(60).to_string(), "3141592653589793238462643383279502884197169399375105820974944");
    }

    #[test]
    fn the_series_gives_all_digits_that_are_in_no_doubt() {
        for digits in ["11", "200", "1000"] {
            let mut parameters = Parameters::new(&PROBLEM, Size::Small);
            parameters.set("digits", digits).unwrap();
            let series = Series::new(&parameters);
            let mut sum = BigUint::ZERO;
            let last = (0..).find(|&k| {
                let term = series.term(k);
                sum += &term;
                series.is_last(&term)
            });
            assert_eq!(series.term(last.unwrap() + 1), BigUint::ZERO);
            assert_eq!(series.agreeing(sum.clone()), parameters["digits"] - DOUBTFUL);
            // And a digit that is wrong is found.
            let wrong = sum + power_of_ten(DOUBTFUL) * 2_u8;
            assert_eq!(series.agreeing(wrong), parameters["digits"] - DOUBTFUL - 1);
        }
    }

    #[test]
    fn what_is_in_the_middle_is_rounded_to_even() {
        for (number, rounded) in [(9_u8, 2_u8), (10, 2), (11, 3), (13, 3), (14, 4), (15, 4)] {
            assert_eq!(rounded_quotient(number.into(), 4), rounded.into(), "{number} / 4");
            assert_eq!(rounded_shift(&number.into(), 2), rounded.into(), "{number} / 4");
        }
    }
}
