//! Time as the waits of one caller measure it: a handler's machine, what the thread simulates, or the thread itself.

use std::time::{Duration, Instant};

use greenroom_scheduler::Time;

use crate::simulated;
use crate::worker::{self, Worker};

/// Runs from its making on. It stays with the handler or thread that made it.
pub(crate) enum Stopwatch<'a> {
    Handler(&'a Worker, Time),
    Simulation(Time),
    Thread(Instant),
}

impl Stopwatch<'_> {
    pub(crate) fn start() -> Self {
        match worker::current() {
            Some(worker) => Stopwatch::Handler(worker, worker.scheduler.now()),
            None => simulated::now().map_or_else(|| Stopwatch::Thread(Instant::now()), Stopwatch::Simulation),
        }
    }

    /// How long it has run.
    pub(crate) fn elapsed(&self) -> Duration {
        match self {
            Stopwatch::Handler(worker, start) => worker.scheduler.now().since(*start),
            Stopwatch::Simulation(start) => simulated::now().unwrap_or(*start).since(*start),
            Stopwatch::Thread(start) => start.elapsed(),
        }
    }

    /// What is left of `limit`; of `Duration::MAX`, which stands for ever, everything.
    pub(crate) fn left_of(&self, limit: Duration) -> Duration {
        if limit == Duration::MAX { limit } else { limit.saturating_sub(self.elapsed()) }
    }
}
