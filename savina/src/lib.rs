//! The Savina suite of actor benchmarks (Imam and Sarkar, AGERE! 2014): thirty programs for Greenroom, and what every
//! system that is compared with it shares.
//!
//! | part | what it is |
//! |---|---|
//! | [`problem`] | what a benchmark asks: its parameters, its operations, the right answer |
//! | [`problems`] | the thirty, each with what is the same on every system: its inputs and its arithmetic |
//! | [`programs`] | each of them as Greenroom actors |
//! | [`random`], [`work`] | the suite's random numbers; work that no optimiser removes |
//! | [`tally`] | how a thread outside learns that all actors have ended |
//!
//! A problem knows no actors, and a program no other system. Rules that hold for every program, on every system:
//! - The answer is computed from what the actors did, and [compared](problem::Expected::check) with one that was
//!   computed without them.
//! - A run is over when the answer is there and *every actor of the run has ended*: each carries a
//!   [`Ticket`](tally::Ticket) in its state. The thread that waits is not one of the system's workers.
//! - Mailboxes are unbounded; messages are small typed values; what the suite shares by reference is shared.
//!
//! ```
//! use greenroom::Vm;
//! use greenroom_savina::problem::{Parameters, Size};
//! use greenroom_savina::{problems, programs};
//!
//! let vm = Vm::builder().workers(2).build()?;
//! let problem = problems::named("banking").expect("it is one of the thirty");
//! let mut parameters = Parameters::new(problem, Size::Small);
//! parameters.set("transactions", "700")?;
//! let answer = programs::run(&vm, &parameters);
//! problem.expected(&parameters).check(answer)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod problem;
pub mod problems;
pub mod programs;
pub mod random;
pub mod tally;
pub mod work;
