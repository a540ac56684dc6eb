//! The simulated world: all workers of a machine on one thread, by seed and virtual clock.
//!
//! It steps the same workers with the same turns as the real world; only who steps next, and when time moves, is
//! decided here. A simulation belongs to the thread that built it, and is driven by whoever waits on that
//! thread: `Vm::run`, a call, a promise.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use greenroom_scheduler::{Config, Scheduler, Time};

use crate::core::Core;
use crate::error::{BuildError, CallError};
use crate::worker::{self, Step, Worker};

thread_local! {
    static SIMULATIONS: RefCell<Vec<Rc<Simulation>>> = const { RefCell::new(Vec::new()) };
}

struct Simulation {
    core: Arc<Core>,
    scheduler: Scheduler,
    workers: Vec<Worker>,
    chance: Cell<u64>,
}

/// Enters a simulation of `core` on this thread.
pub(crate) fn start(core: &Arc<Core>, config: Config) -> Result<(), BuildError> {
    // Zero is the one state that the generator does not leave.
    let chance = Cell::new(config.seed ^ 0x9e37_79b9_7f4a_7c15 | 1);
    let (scheduler, workers) = Scheduler::simulated(config).map_err(BuildError::new)?;
    core.set_scheduler(scheduler.clone());
    let workers: Result<_, _> =
        workers.into_iter().map(|worker| Worker::new(worker, Arc::clone(core))).collect();
    let workers = workers.map_err(BuildError::new)?;
    let simulation = Simulation { core: Arc::clone(core), scheduler, workers, chance };
    SIMULATIONS.with_borrow_mut(|all| all.push(Rc::new(simulation)));
    Ok(())
}

/// Winds a stopped machine's workers down.
///
/// # Panics
/// On another thread than the one that built it: its stacks cannot be unwound there.
pub(crate) fn stop(core: &Arc<Core>) {
    let simulation = SIMULATIONS.with_borrow_mut(|all| {
        let place = all.iter().position(|simulation| Arc::ptr_eq(&simulation.core, core));
        place.map(|place| all.remove(place))
    });
    let simulation = simulation.expect("a simulated machine is dropped on the thread that built it");
    for worker in &simulation.workers {
        worker.run();
    }
}

/// If this thread has simulations: drives them until `is_done`, or for `limit` of their time. None: it has not.
pub(crate) fn drive_until(is_done: &dyn Fn() -> bool, limit: Duration) -> Option<Result<(), CallError>> {
    if worker::current().is_some() {
        return None;
    }
    let simulations = SIMULATIONS.with_borrow(Clone::clone);
    if simulations.is_empty() {
        return None;
    }
    let ends: Vec<Time> =
        simulations.iter().map(|simulation| simulation.scheduler.now().after(limit)).collect();
    while !is_done() {
        let advanced = simulations.iter().zip(&ends).map(|(simulation, &end)| simulation.advance(end));
        match advanced.max() {
            Some(Advance::Worked) => {}
            Some(Advance::TimeIsUp) => return Some(Ok(())),
            Some(Advance::Stuck) | None => return Some(Err(CallError::Stalled)),
        }
    }
    Some(Ok(()))
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Advance {
    /// Nothing is left to do, now or later.
    Stuck,
    /// What is left to do is later than the limit.
    TimeIsUp,
    /// Something was done, or the clock moved.
    Worked,
}

impl Simulation {
    /// One turn of one worker, or else a step of the clock.
    fn advance(&self, end: Time) -> Advance {
        let first = self.draw(self.workers.len());
        let (before, after) = self.workers.split_at(first);
        if after.iter().chain(before).any(|worker| worker.step() == Step::Busy) {
            return Advance::Worked;
        }
        let next = self.workers.iter().filter_map(|worker| worker.scheduler.earliest_timer()).min();
        match next {
            None if end == Time::NEVER => Advance::Stuck,
            Some(next) if next <= end => {
                self.scheduler.set_virtual_time(next.max(self.scheduler.now()));
                Advance::Worked
            }
            _ => {
                self.scheduler.set_virtual_time(end.max(self.scheduler.now()));
                Advance::TimeIsUp
            }
        }
    }

    /// A number below `below`, by the generator xorshift64 (Marsaglia 2003).
    fn draw(&self, below: usize) -> usize {
        let mut state = self.chance.get();
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        self.chance.set(state);
        (state % below as u64) as usize
    }
}
