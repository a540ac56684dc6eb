//! The handover: everything that is ready, for a simulation that decides by itself what comes next.
//!
//! A turn gives out one thing and keeps the rest. Whoever wants to choose among all has to see all: it takes them over, and
//! later runs them in an order of its own. What lies here then is what has become ready since.

use crate::turn::Turn;
use crate::worker::Worker;

impl Worker {
    /// Takes whatever is ready, in the order in which this worker would give it out if nothing else came: timers whose time
    /// has come, resumes, jobs, and what was injected. Never gives [`Turn::Idle`] or [`Turn::Stop`].
    ///
    /// For a scheduler without threads.
    ///
    /// ```
    /// use std::ptr::NonNull;
    /// use greenroom_scheduler::{Config, Job, Lane, Scheduler, Turn};
    ///
    /// let (scheduler, workers) = Scheduler::simulated(Config { workers: 1, ..Config::default() })?;
    /// scheduler.inject(Job::new(NonNull::dangling()));
    /// workers[0].schedule(Job::new(NonNull::dangling()), Lane::Back);
    /// let mut ready = Vec::new();
    /// workers[0].hand_over(&mut |turn| ready.push(turn));
    /// assert!(matches!(ready[..], [Turn::Run(_), Turn::Run(_)]));
    /// assert!(matches!(workers[0].turn(), Turn::Idle));
    /// # Ok::<(), greenroom_scheduler::StartError>(())
    /// ```
    pub fn hand_over(&self, take: &mut dyn FnMut(Turn)) {
        if !self.timers.is_empty() {
            self.timers.look(self.now());
            while let Some(wake) = self.timers.pop_due() {
                self.counters().timers.add_one();
                take(Turn::Expired(wake));
            }
        }
        while let Some(wake) = self.next_resume() {
            self.counters().resumes.add_one();
            take(Turn::Resume(wake));
        }
        while let Some(job) = self.queues.pop(&self.remote.slot) {
            self.counters().activations.add_one();
            take(Turn::Run(job));
        }
        while let Some(job) = self.scheduler.take_injected() {
            self.counters().activations.add_one();
            take(Turn::Run(job));
        }
    }
}
