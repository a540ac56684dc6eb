//! The thirty, each with what is the same on every system: its inputs and its arithmetic.

pub mod banking;
pub mod pingpong;

use crate::problem::Problem;

/// All of them, in the suite's order.
pub static ALL: &[&Problem] = &[&pingpong::PROBLEM, &banking::PROBLEM];

/// The one of this name.
pub fn named(name: &str) -> Option<&'static Problem> {
    ALL.iter().copied().find(|problem| problem.name == name)
}
