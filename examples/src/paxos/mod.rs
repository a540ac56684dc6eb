//! Paxos for a single decision, for the programs that agree by it.
//!
//! Lamport, "Paxos Made Simple" (2001). Proposers get one of their values chosen by acceptors, and learners learn which.
//!
//! | file | what |
//! |---|---|
//! | `proposer` | asks acceptors, in two phases, and tries again with a higher ballot |
//! | `acceptor` | promises and accepts |
//! | `learner` | learns what most acceptors have accepted |

mod acceptor;
mod learner;
mod proposer;

pub use acceptor::{Acceptor, Ballot, Refused, Value};
pub use learner::Learner;
pub use proposer::Proposer;
