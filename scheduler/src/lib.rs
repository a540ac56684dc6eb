//! Run queues, stealing, sleeping, timers and relief for one worker thread a core.
//!
//! This crate decides what a worker does next, and nothing else. It knows no actor, no message and no coroutine:
//! it moves opaque [`Job`]s and [`Wake`]s between queues. It has no global state; several schedulers live side
//! by side. Time and chance are arguments: [`Worker::turn`] is the only step, it never blocks, and the real and
//! the simulated world call the same one.
//!
//! | what must hold | kept by |
//! |---|---|
//! | a job is in exactly one queue | [`Job`] can be neither cloned nor copied |
//! | a wake comes out on the worker it was given to | resume lists are never stolen from |
//! | no job waits while a worker sleeps | the fences of `sleep`, and the second look in `park` |
//! | a wake is never lost | list head and parking flag are one word (`resume_list`) |
//! | nothing starves | the caps in `queues` and `turn`, the look every 61 turns, and `monitor` |
//! | an idle scheduler wakes up zero times | workers park without a time limit, then the monitor does (`monitor`) |
//! | timers are never early | armed at a clock reading later than their start (`timers`) |
//!
//! ```
//! use std::ptr::NonNull;
//! use greenroom_scheduler::{Config, Job, Lane, Scheduler, Turn};
//!
//! let (scheduler, workers) = Scheduler::simulated(Config { workers: 1, ..Config::default() })?;
//! scheduler.inject(Job::new(NonNull::dangling()));
//! assert!(matches!(workers[0].turn(), Turn::Run(_)));
//! assert!(matches!(workers[0].turn(), Turn::Idle));
//! scheduler.begin_stop();
//! assert!(matches!(workers[0].turn(), Turn::Stop));
//! # Ok::<(), greenroom_scheduler::StartError>(())
//! ```

mod config;
mod counters;
mod deadlines;
mod handover;
mod host;
mod job;
mod monitor;
mod next_slot;
mod park;
mod patience;
mod pin;
mod queues;
mod quota;
mod random;
mod relief;
mod remote;
mod resume_list;
mod scheduler;
mod shared;
mod sleep;
mod steal;
mod sync;
mod task;
#[cfg(test)]
mod tests;
mod time;
mod timers;
mod turn;
mod worker;

pub use config::{Config, ConfigError, StartError, WORKERS_MAX};
pub use counters::{Counter, Counters, Snapshot};
pub use deadlines::{Deadlines, Entry};
pub use host::Host;
pub use job::Job;
pub use queues::Lane;
pub use remote::Remote;
pub use resume_list::{Wake, WakeNode};
pub use scheduler::Scheduler;
pub use time::Time;
pub use timers::TimerId;
pub use turn::Turn;
pub use worker::Worker;
