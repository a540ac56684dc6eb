//! The thirty, each with what is the same on every system: its inputs and its arithmetic.

pub mod astar;
pub mod banking;
pub mod barber;
pub mod bitonicsort;
pub mod cigsmok;
pub mod fib;
pub mod logmap;
pub mod nqueenk;
pub mod pingpong;
pub mod radixsort;
pub mod sieve;
pub mod uct;
pub mod big;
pub mod bndbuffer;
pub mod chameneos;
pub mod concdict;
pub mod concsll;
pub mod count;
pub mod fjcreate;
pub mod fjthrput;
pub mod philosopher;
pub mod threadring;

use crate::problem::Problem;

/// All of them, in the suite's order.
pub static ALL: &[&Problem] = &[
    &pingpong::PROBLEM,
    &barber::PROBLEM,
    &cigsmok::PROBLEM,
    &logmap::PROBLEM,
    &banking::PROBLEM,
    &radixsort::PROBLEM,
    &sieve::PROBLEM,
    &uct::PROBLEM,
    &astar::PROBLEM,
    &nqueenk::PROBLEM,
    &fib::PROBLEM,
    &bitonicsort::PROBLEM,
    &count::PROBLEM,
    &fjthrput::PROBLEM,
    &fjcreate::PROBLEM,
    &threadring::PROBLEM,
    &chameneos::PROBLEM,
    &big::PROBLEM,
    &concdict::PROBLEM,
    &concsll::PROBLEM,
    &bndbuffer::PROBLEM,
    &philosopher::PROBLEM,
];

/// The one of this name.
pub fn named(name: &str) -> Option<&'static Problem> {
    ALL.iter().copied().find(|problem| problem.name == name)
}
