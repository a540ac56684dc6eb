//! Two-phase commit, for the programs whose trips are booked by all who take part or by none.
//!
//! Gray, "Notes on data base operating systems" (1978), with *presumed abort*: what was not decided on is aborted.
//!
//! | file | what |
//! |---|---|
//! | `coordinator` | asks for votes, decides, tells everybody |
//! | `participant` | promises, and keeps its promise even after a power cut |
//!
//! They find each other by where they are, so that each of them may end at any time and begin again with its [`Disk`], and they
//! take nothing for granted of what is between them: messages may be lost, late, in another order, or come twice.

mod coordinator;
mod participant;

pub use coordinator::{Coordinator, Log, Verdict};
pub use participant::{Book, Manner, Participant, Vote};

#[cfg(doc)]
use crate::disk::Disk;
use crate::roll::Roll;

/// The number of a trip.
pub type Trip = u32;

/// The only coordinator.
pub fn coordinators() -> Roll<Coordinator> {
    Roll::on("coordinator", ["office"])
}

/// How a trip ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// All have booked it.
    Committed,
    /// None has.
    Aborted,
}

/// A mistake in the protocol, for tests that want to see it found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// The coordinator commits when nobody has voted against it in time, though somebody has not voted.
    CommitsWithoutTheLate,
    /// A participant does not write down what it has promised.
    ForgetsItsPromise,
}
