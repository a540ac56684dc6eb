//! The monitor: a thread that sees workers stuck in one activation while work waits, and puts relief on duty.
//!
//! Every 10 ms it compares each worker's turn counter with the last one.
//!
//! | it sees | it does |
//! |---|---|
//! | a worker that did not turn for a tick, awake both times | asks the system what it does (`task.rs`) |
//! | … it waits in the kernel, or has computed for a tick since | marks it stuck: its next-slot may be stolen |
//! | … it would run, but the system gives it no core | nothing: more threads would not help |
//! | stuck, work waits, someone sleeps and nobody searches | wakes that one |
//! | stuck, work waits, nobody to wake | one relief worker on duty for each that is stuck, if any is left |
//! | a relieved worker that turns again, or sleeps | its relief off duty |
//! | ten ticks in a row in which everyone sleeps | dozes without a time limit until a worker wakes up |
//!
//! A relief worker is a full worker, so it can get stuck as well and be relieved. Its thread starts when it is
//! first needed. It is not pinned: it shares whatever core has time with the stuck one.
//!
//! It does not know what an activation is about.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crate::remote::Remote;
use crate::scheduler::{Body, Scheduler};
use crate::task::TaskState;
use crate::worker::Worker;

/// From one look to the next: how long an activation may run before others are served elsewhere.
const TICK: Duration = Duration::from_millis(10);
/// How much of that it must have had a core for. The system counts such time in ticks of its own.
const ENOUGH: Duration = Duration::from_millis(6);
/// Ticks with everyone asleep before the monitor stops ticking.
const TICKS_TO_DOZE: u32 = 10;

/// The monitor's own state.
pub(crate) struct Monitor {
    scheduler: Scheduler,
    /// Relief workers whose thread has not started, the next one last.
    spares: Vec<Worker>,
    body: Body,
    name: String,
    /// By worker, relief workers too.
    watched: Vec<Watched>,
    idle_ticks: u32,
}

/// What the monitor remembers of one worker.
#[derive(Clone, Debug, Default)]
struct Watched {
    /// The turn counter at the last tick; none if it slept.
    turns: Option<u64>,
    /// The time on a core that it had used when it was first seen not to have turned.
    computed: Option<Duration>,
    /// The relief worker that stands in for it.
    relief: Option<usize>,
}

impl Watched {
    /// Whether a worker that has not turned for a tick is to blame itself. One that nothing is known of is.
    fn is_stuck(&mut self, state: Option<TaskState>) -> bool {
        let Some(state) = state else { return true };
        let since = *self.computed.get_or_insert(state.computed);
        !state.is_runnable || state.computed.saturating_sub(since) >= ENOUGH
    }
}

impl Monitor {
    pub(crate) fn new(scheduler: Scheduler, mut spares: Vec<Worker>, body: Body, name: String) -> Self {
        spares.reverse();
        let watched = vec![Watched::default(); scheduler.shared().remotes.len()];
        Monitor { scheduler, spares, body, name, watched, idle_ticks: 0 }
    }

    /// Ticks until the scheduler stops.
    pub(crate) fn run(mut self) {
        // Before the first doze, so that whoever ends one finds whom to unpark.
        self.scheduler.shared().adopt_monitor();
        while !self.scheduler.is_stopping() {
            self.tick();
            if self.idle_ticks >= TICKS_TO_DOZE {
                self.doze();
            } else {
                thread::park_timeout(TICK);
            }
        }
    }

    fn tick(&mut self) {
        self.sample();
        self.end_duties();
        let shared = self.scheduler.shared();
        let anyone_stuck = shared.active().iter().any(|remote| remote.is_stuck());
        // Work of a stuck worker that has its relief counts too: the relief may have gone to sleep before it came.
        if !anyone_stuck || !shared.has_work() || shared.notify() {
            return;
        }
        for worker in self.stuck_without_relief() {
            if !self.relieve(worker) {
                break;
            }
        }
    }

    /// Marks who is stuck, and counts the ticks in which everyone sleeps.
    fn sample(&mut self) {
        let mut all_asleep = true;
        for remote in self.scheduler.shared().active() {
            let turns = (!remote.resumes.is_sleeping()).then(|| remote.turns());
            let watched = &mut self.watched[remote.index()];
            let before = std::mem::replace(&mut watched.turns, turns);
            // One whose thread has not begun yet has nothing of its own to be served.
            let has_turned = turns.is_none() || turns != before || remote.thread().is_none();
            remote.mark_stuck(!has_turned && (remote.is_stuck() || watched.is_stuck(remote.task_state())));
            if has_turned {
                watched.computed = None;
            }
            all_asleep &= turns.is_none();
        }
        self.idle_ticks = if all_asleep { self.idle_ticks + 1 } else { 0 };
    }

    /// Takes the relief of everyone who turns again off duty.
    fn end_duties(&mut self) {
        let remotes = &self.scheduler.shared().remotes;
        for (watched, remote) in self.watched.iter_mut().zip(remotes) {
            if !remote.is_stuck()
                && let Some(relief) = watched.relief.take()
            {
                duty_of(&remotes[relief]).end();
                remotes[relief].rouse();
            }
        }
    }

    fn stuck_without_relief(&self) -> Vec<usize> {
        let stuck = self.scheduler.shared().active().iter().map(|remote| remote.index());
        stuck
            .filter(|&worker| self.remote(worker).is_stuck() && self.watched[worker].relief.is_none())
            .collect()
    }

    /// Puts a relief worker on duty for the stuck one. False if none is to be had.
    fn relieve(&mut self, stuck: usize) -> bool {
        let Some(relief) = self.free_relief().or_else(|| self.start_relief()) else { return false };
        self.watched[stuck].relief = Some(relief);
        duty_of(self.remote(relief)).begin(stuck);
        self.remote(relief).rouse();
        true
    }

    /// A relief worker that has its thread, no duty, and is not stuck itself.
    fn free_relief(&self) -> Option<usize> {
        let shared = self.scheduler.shared();
        let started = &shared.active()[shared.workers..];
        let free = started.iter().find(|relief| !duty_of(relief).is_on() && !relief.is_stuck());
        free.map(|relief| relief.index())
    }

    /// Starts the thread of one more relief worker. If the system gives none, the next tick tries again.
    fn start_relief(&mut self) -> Option<usize> {
        let index = self.spares.last()?.index();
        let name = format!("{}-relief-{}", self.name, index - self.scheduler.workers());
        let thread = self.scheduler.start_worker(name, None, &self.body).ok()?;
        thread.give(self.spares.pop()?);
        self.scheduler.shared().count_started_relief();
        Some(index)
    }

    /// Parks without a time limit while everyone sleeps.
    fn doze(&mut self) {
        self.idle_ticks = 0;
        let shared = self.scheduler.shared();
        let all_asleep =
            || shared.active().iter().all(|remote| remote.resumes.is_sleeping()) && !shared.is_stopping();
        if !shared.doze.begin(all_asleep) {
            return;
        }
        while shared.doze.is_dozing() {
            thread::park();
        }
    }

    fn remote(&self, worker: usize) -> &Arc<Remote> {
        &self.scheduler.shared().remotes[worker]
    }
}

/// The duty of a relief worker.
fn duty_of(relief: &Remote) -> &crate::relief::Duty {
    relief.duty().expect("only relief workers stand in")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(is_runnable: bool, millis: u64) -> Option<TaskState> {
        Some(TaskState { is_runnable, computed: Duration::from_millis(millis) })
    }

    #[test]
    fn one_that_the_system_gives_no_core_is_not_stuck() {
        let mut starved = Watched::default();
        assert!((0..100).all(|tick| !starved.is_stuck(state(true, 500 + tick / 20))));
        let mut computing = Watched::default();
        assert!(!computing.is_stuck(state(true, 500)));
        assert!(computing.is_stuck(state(true, 510)));
        assert!(Watched::default().is_stuck(state(false, 500)), "it waits in the kernel");
        assert!(Watched::default().is_stuck(None), "nothing is known of it");
    }
}
