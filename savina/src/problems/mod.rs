//! The thirty, each with what is the same on every system: its inputs and its arithmetic.

pub mod apsp;
pub mod astar;
pub mod banking;
pub mod barber;
pub mod big;
pub mod bitonicsort;
pub mod bndbuffer;
pub mod chameneos;
pub mod cigsmok;
pub mod concdict;
pub mod concsll;
pub mod count;
pub mod facloc;
pub mod fib;
pub mod filterbank;
pub mod fjcreate;
pub mod fjthrput;
pub mod logmap;
pub mod nqueenk;
pub mod philosopher;
pub mod pingpong;
pub mod piprecision;
pub mod quicksort;
pub mod radixsort;
pub mod recmatmul;
pub mod sieve;
pub mod sor;
pub mod threadring;
pub mod trapezoid;
pub mod uct;

use crate::problem::Problem;

/// All of them, in the suite's order.
pub static ALL: &[&Problem] = &[
    &pingpong::PROBLEM,
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
    &barber::PROBLEM,
    &cigsmok::PROBLEM,
    &logmap::PROBLEM,
    &banking::PROBLEM,
    &radixsort::PROBLEM,
    &filterbank::PROBLEM,
    &sieve::PROBLEM,
    &uct::PROBLEM,
    &facloc::PROBLEM,
    &trapezoid::PROBLEM,
    &piprecision::PROBLEM,
    &recmatmul::PROBLEM,
    &quicksort::PROBLEM,
    &apsp::PROBLEM,
    &sor::PROBLEM,
    &astar::PROBLEM,
    &nqueenk::PROBLEM,
    &fib::PROBLEM,
    &bitonicsort::PROBLEM,
];

/// The one of this name.
pub fn named(name: &str) -> Option<&'static Problem> {
    ALL.iter().copied().find(|problem| problem.name == name)
}
