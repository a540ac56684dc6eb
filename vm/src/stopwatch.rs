//! Time as the waits of one caller measure it: a handler's machine, what the thread simulates, or the thread itself.
//!
//! To read the clock is a good part of what a short wait costs: one for ever reads none, and one whose caller has just
//! read it begins there.

use std::time::{Duration, Instant};

use greenroom_scheduler::Time;

use crate::simulated;
use crate::worker::{self, Worker};

/// How long a wait may take; `Duration::MAX` stands for ever.
#[derive(Clone, Copy)]
pub(crate) struct Limit {
    pub(crate) length: Duration,
    /// When it began, if a handler has read that.
    since: Option<Time>,
}

impl Limit {
    /// Counts from when the wait begins.
    pub(crate) fn of(length: Duration) -> Self {
        Limit { length, since: None }
    }

    /// For a handler, who has read its worker's clock.
    pub(crate) fn since(now: Time, length: Duration) -> Self {
        Limit { length, since: Some(now) }
    }
}

/// Runs from its making on. It stays with the handler or thread that made it.
pub(crate) enum Stopwatch<'a> {
    /// For a wait that does not end by itself.
    Idle,
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

    /// Runs for a wait: since that began, or from now on.
    pub(crate) fn for_wait(limit: Limit) -> Self {
        match (limit.since, worker::current()) {
            _ if limit.length == Duration::MAX => Stopwatch::Idle,
            (Some(start), Some(worker)) => Stopwatch::Handler(worker, start),
            _ => Stopwatch::start(),
        }
    }

    /// How long it has run.
    pub(crate) fn elapsed(&self) -> Duration {
        match self {
            Stopwatch::Idle => Duration::MAX,
            Stopwatch::Handler(worker, start) => worker.scheduler.now().since(*start),
            Stopwatch::Simulation(start) => simulated::now().unwrap_or(*start).since(*start),
            Stopwatch::Thread(start) => start.elapsed(),
        }
    }

    /// What is left of `limit`; of `Duration::MAX`, everything.
    pub(crate) fn left_of(&self, limit: Duration) -> Duration {
        if limit == Duration::MAX { limit } else { limit.saturating_sub(self.elapsed()) }
    }
}
