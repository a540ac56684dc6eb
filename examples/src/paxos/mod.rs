//! Paxos for a single decision, for the programs that agree by it.
//!
//! Lamport, "Paxos Made Simple" (2001). Proposers get one of their values chosen by acceptors, and learners learn which.
//!
//! | file | what |
//! |---|---|
//! | `proposer` | asks acceptors, in two phases, and tries again with a higher ballot |
//! | `acceptor` | promises and accepts |
//! | `learner` | learns what most acceptors have accepted |
//!
//! They find each other by where they are, so that each of them may end at any time and begin again with its disk, and they take
//! nothing for granted of what is between them: messages may be lost, late, in another order, or come twice.

mod acceptor;
mod learner;
mod proposer;

pub use acceptor::{Acceptor, Kept, Refused};
pub use learner::Learner;
pub use proposer::Proposer;

/// What is to be agreed on.
pub type Value = &'static str;

/// An attempt to get a value chosen. Higher ones beat lower ones; no two proposers share one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ballot {
    /// The how-manieth of its proposer; this counts first.
    pub round: u64,
    /// Whose it is.
    pub proposer: u64,
}

/// A mistake in the protocol, for tests that want to see it found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// An acceptor accepts whatever it is asked to accept.
    AcceptsLowerBallots,
    /// An acceptor that begins again knows what it has accepted, and not what it has promised since.
    ForgetsItsPromise,
}
