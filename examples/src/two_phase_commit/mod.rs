//! Two-phase commit, for the programs whose trips are booked by all who take part or by none.
//!
//! | file | what |
//! |---|---|
//! | `coordinator` | asks for votes, decides, tells everybody |
//! | `participant` | promises, and keeps its promise even after a power cut |

mod coordinator;
mod participant;

pub use coordinator::{Coordinator, Verdict};
pub use participant::{Disk, Manner, Outcome, Participant, Trip, Vote};
