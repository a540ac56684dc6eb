//! The thirty, each with what is the same on every system: its inputs and its arithmetic.

pub mod apsp;
pub mod banking;
pub mod facloc;
pub mod filterbank;
pub mod pingpong;
pub mod piprecision;
pub mod quicksort;
pub mod recmatmul;
pub mod sor;
pub mod trapezoid;

use crate::problem::Problem;

/// All of them, in the suite's order.
pub static ALL: &[&Problem] = &[
    &pingpong::PROBLEM,
    &banking::PROBLEM,
    &filterbank::PROBLEM,
    &facloc::PROBLEM,
    &trapezoid::PROBLEM,
    &piprecision::PROBLEM,
    &recmatmul::PROBLEM,
    &quicksort::PROBLEM,
    &apsp::PROBLEM,
    &sor::PROBLEM,
];

/// The one of this name.
pub fn named(name: &str) -> Option<&'static Problem> {
    ALL.iter().copied().find(|problem| problem.name == name)
}
