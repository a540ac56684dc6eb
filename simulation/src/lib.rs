//! Distributed programs of Greenroom actors, simulated on one machine: nodes, links, faults, and schedules, by seed.
//!
//! A *scenario* is a function that adds nodes to a [`Simulation`], starts actors there, says what may go against them and
//! what must hold, and lets time pass. A [`Search`] runs it for many seeds. One that fails is shrunk to what the failure
//! needs, drawn, and printed with what replays it. The actors are those that run on real cores, unchanged.
//!
//! Here a counter on one node is told to add by another, which sends again what is not confirmed in time. Once in a while a
//! confirmation is lost, and so a message counts twice:
//!
//! ```
//! use std::sync::{Arc, Mutex};
//! use greenroom::prelude::*;
//! use greenroom_simulation::{Faults, Link, Search, Simulation};
//!
//! struct Counter { value: Arc<Mutex<u64>> }        // where the scenario can see it
//! #[actor]
//! impl Counter {
//!     fn add(&mut self) { *self.value.lock().unwrap() += 1 }
//! }
//!
//! let report = Search::new("counter", |sim: &mut Simulation| {
//!     sim.network(Link::new().latency(MILLISECOND..=10 * MILLISECOND).loss(0.02));
//!     let (client, server) = (sim.node("client"), sim.node("server"));
//!     sim.faults(Faults::new().partitions(1, 50 * MILLISECOND));
//!     let orders = sim.amount("orders", 1..=20);
//!
//!     let value = Arc::new(Mutex::new(0));
//!     let counter = sim.spawn_on(&server, Counter { value: Arc::clone(&value) });
//!     sim.start_on(&client, move || {
//!         for _ in 0..orders {
//!             while counter.within(100 * MILLISECOND).add().is_err() {}
//!         }
//!     });
//!     sim.always("no order counts twice", move || {
//!         let value = *value.lock().unwrap();
//!         if value <= orders { Ok(()) } else { Err(format!("{value} of {orders} orders are counted")) }
//!     });
//!     sim.run_for(10 * SECOND)?;
//!     Ok(())
//! })
//! .seeds(0..100)
//! .without_files()
//! .run();
//!
//! let found = report.found().expect("a reply gets lost");
//! assert_eq!(found.least.amounts["orders"], 1);    // of up to 20
//! assert_eq!(found.least_run.happened.len(), 1);   // one fault is enough
//! println!("{report}");
//! ```
//!
//! It prints, and with `GREENROOM_REPLAY` set to that the same search runs nothing else:
//!
//! ```text
//! counter: seed 10: does not hold: no order counts twice, after 313.765507ms: 19 of 18 orders are counted
//!   with no more than that: does not hold: no order counts twice, after 101ms: 2 of 1 orders are counted
//!   1 of 1 faults are left, after 16 runs
//!     orders is 1
//!          1.000ms  the reply to add from server to client is lost
//!   replay: GREENROOM_REPLAY='counter seed=10 faults=lost:1-0-0 orders=1'
//! ```
//!
//! What a run is made of:
//! - **Chance.** All of it comes from the seed. What becomes of a message depends on the seed, its way and its number there
//!   alone, so that a [`Fault`] can be left out and the others stay. No run depends on the machine: chance is drawn, and
//!   latencies are computed, in integers.
//! - **Time** is virtual: a step takes a microsecond, and when nobody can go on it jumps to what comes next.
//! - **Invariants** read what the actors show, in a place that both share. They run between two steps, and ask no actor.
//! - What a program takes from elsewhere, as the time on the wall or the order of a `HashMap`, is not simulated. A search that
//!   meets it says that the same plan gave another run.
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
