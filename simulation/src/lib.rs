//! Distributed programs of Greenroom actors, simulated on one machine: nodes, links, faults, and schedules, by seed.
//!
//! | file | what |
//! |---|---|
//! | `simulation`, `drive`, `agenda` | nodes, and what a scenario and chance do to them |
//! | `machine`, `director` | the machine, and who decides for it |
//! | `link`, `latency`, `partition`, `faults`, `fault` | what goes against a program |
//! | `schedule` | who goes on |
//! | `plan`, `run`, `failure` | what determines a run, and what came of it |
//! | `search`, `shrink`, `report`, `keep` | many runs, the least that fails, and what is told and kept of it |
//! | `chance` | numbers drawn from a seed |

mod agenda;
mod chance;
mod director;
mod drive;
mod failure;
mod fault;
mod faults;
mod keep;
mod latency;
mod link;
mod machine;
mod node;
mod partition;
mod plan;
mod report;
mod run;
mod schedule;
mod search;
mod shrink;
mod simulation;

pub use crate::chance::Chance;
pub use crate::failure::{Broken, Failure};
pub use crate::fault::{Allowed, Fault, Passing};
pub use crate::faults::Faults;
pub use crate::latency::Latency;
pub use crate::link::Link;
pub use crate::node::Node;
pub use crate::plan::Plan;
pub use crate::report::{Found, Report};
pub use crate::run::{Amount, Happened, Note, Run};
pub use crate::schedule::Schedule;
pub use crate::search::Search;
pub use crate::simulation::Simulation;
