//! Rivals in Rust, behind one trait: their programs for the problems on which systems are compared.
//!
//! Rules that hold for each, so that the rows can be compared:
//! - An actor is whatever that library calls so: an object with a mailbox of its own that takes one message at a
//!   time. For tokio and `may`, which have no actors, it is a task with a channel, as their guides show it.
//! - Inputs, arithmetic and what an actor serves come from the problem; messages are those of Greenroom's program.
//! - Mailboxes are unbounded and messages are small typed values.
//! - Every actor carries a [`Ticket`](greenroom_savina::tally::Ticket) in its state, so the end is seen by the destructor having
//!   run. The thread that waits for the end is not one of the system's workers.

pub(crate) mod actix;
pub(crate) mod may;
pub(crate) mod tokio;

use greenroom_savina::problem::{Answer, Parameters};

/// Computes the answer, and returns when every actor of the run has ended.
pub(crate) type Program<R> = fn(&R, &Parameters) -> Answer;

/// A system whose programs are in this one.
pub(crate) trait Rival: Sized {
    /// Starts the system's worker threads.
    fn start(workers: usize) -> Self;

    /// For the problem of this name, if there is one.
    fn program(name: &str) -> Option<Program<Self>>;
}

/// What the rivals in other languages have.
pub(crate) const IN_OTHER_LANGUAGES: &[&str] = &[
    "pingpong",
    "count",
    "fjthrput",
    "fjcreate",
    "threadring",
    "chameneos",
    "big",
    "concdict",
    "bndbuffer",
    "philosopher",
    "barber",
    "logmap",
    "banking",
    "uct",
    "astar",
    "nqueenk",
    "fib",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rivals::{actix::Actix, may::May, tokio::Tokio};
    use greenroom_savina::problem::Size;
    use greenroom_savina::problems;

    /// Twice on one system, as it is measured.
    fn every_answer_is_right_of<R: Rival>(workers: usize) {
        assert!(IN_OTHER_LANGUAGES.iter().all(|name| R::program(name).is_some()), "all have the same");
        let rival = R::start(workers);
        for problem in problems::ALL {
            let Some(program) = R::program(problem.name) else { continue };
            let parameters = Parameters::new(problem, Size::Small);
            let expected = problem.expected(&parameters);
            for round in 1..=2 {
                if let Err(wrong) = expected.check(program(&rival, &parameters)) {
                    panic!("{} with {parameters}, round {round}: {wrong}", problem.name);
                }
            }
        }
    }

    #[test]
    fn every_answer_of_tokio_is_right() {
        every_answer_is_right_of::<Tokio>(2);
    }

    #[test]
    fn every_answer_of_may_is_right() {
        every_answer_is_right_of::<May>(2);
    }

    #[test]
    fn every_answer_of_actix_is_right() {
        every_answer_is_right_of::<Actix>(1);
    }
}
