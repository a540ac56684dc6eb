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
use greenroom_stackful::StackError;

use crate::core::Core;
use crate::error::{BuildError, CallError};
use crate::order::Desk;
use crate::threads::Outfit;
use crate::worker::{self, Step, Worker};

/// How long a turn takes. Not nothing, or handlers that yield until some time has passed would do so for ever.
const TURN: Duration = Duration::from_micros(1);

thread_local! {
    static SIMULATIONS: RefCell<Simulations> = const { RefCell::new(Simulations(Vec::new())) };
}

/// Those of one thread. What a thread leaves behind at its end stays as it is: nobody may unwind the stacks
/// elsewhere, and whoever holds a reference may still wake what is suspended on them.
struct Simulations(Vec<Rc<Simulation>>);

impl Drop for Simulations {
    fn drop(&mut self) {
        self.0.drain(..).for_each(std::mem::forget);
    }
}

struct Simulation {
    core: Arc<Core>,
    scheduler: Scheduler,
    workers: Vec<Worker>,
    chance: Cell<u64>,
}

/// Enters a simulation of `core` on this thread.
pub(crate) fn start(core: &Arc<Core>, config: Config) -> Result<(), BuildError> {
    if worker::current().is_some() {
        return Err(BuildError::new(
            "a simulated machine is driven by the thread that built it: build it on a plain thread, not in a handler",
        ));
    }
    // Zero is the one state that the generator does not leave.
    let chance = Cell::new(config.seed ^ 0x9e37_79b9_7f4a_7c15 | 1);
    let (scheduler, workers) = Scheduler::simulated(config).map_err(BuildError::new)?;
    core.set_scheduler(scheduler.clone());
    let begin =
        |worker| Ok::<_, StackError>(Worker::new(worker, Arc::clone(core), Outfit::new(core.options.pool)?));
    let workers: Result<Vec<_>, _> = workers.into_iter().map(begin).collect();
    let workers = workers.map_err(BuildError::no_stack)?;
    for worker in &workers {
        core.orders.enter(Desk::shared(&worker.scheduler), &worker.notices);
    }
    let simulation = Simulation { core: Arc::clone(core), scheduler, workers, chance };
    SIMULATIONS.with_borrow_mut(|all| all.0.push(Rc::new(simulation)));
    Ok(())
}

/// Winds a stopped machine's workers down.
///
/// # Panics
/// On another thread than the one that built it: its stacks cannot be unwound there. In one of its own handlers.
pub(crate) fn stop(core: &Arc<Core>) {
    let is_inside = worker::current().is_some_and(|worker| Arc::ptr_eq(&worker.core, core));
    assert!(!is_inside, "a handler cannot wait for the end of its own machine");
    let simulation = SIMULATIONS.with_borrow_mut(|all| {
        let place = all.0.iter().position(|simulation| Arc::ptr_eq(&simulation.core, core));
        place.map(|place| all.0.remove(place))
    });
    let simulation = simulation.expect("a simulated machine is dropped on the thread that built it");
    for worker in &simulation.workers {
        worker.run();
    }
}

/// The time of this thread's simulations, if it has any. They have all moved on by as much since the last began.
pub(crate) fn now() -> Option<Time> {
    let now = |all: &RefCell<Simulations>| Some(all.borrow().0.first()?.scheduler.now());
    SIMULATIONS.try_with(now).ok().flatten()
}

/// If this thread has simulations: drives them until `is_done`, or for `limit` of their time. None: it has not.
pub(crate) fn drive_until(is_done: &dyn Fn() -> bool, limit: Duration) -> Option<Result<(), CallError>> {
    if worker::current().is_some() {
        return None;
    }
    // One of the thread's last destructors may wait when its simulations are gone.
    let simulations = SIMULATIONS.try_with(|all| all.borrow().0.clone()).unwrap_or_default();
    if simulations.is_empty() {
        return None;
    }
    let mut left = limit;
    while !is_done() {
        let worked = simulations.iter().filter(|simulation| simulation.step()).count();
        // Time moves on for all by as much: a little with every turn, and up to the next timer if nobody has
        // anything to do now.
        let next = match worked {
            0 => simulations.iter().filter_map(|simulation| simulation.until_next_timer()).min(),
            _ => Some(TURN),
        };
        let Some(step) = next.or((left != Duration::MAX).then_some(left)) else {
            return Some(Err(CallError::Stalled));
        };
        let is_up = step > left;
        let step = step.min(left);
        for simulation in &simulations {
            simulation.scheduler.set_virtual_time(simulation.scheduler.now().after(step));
        }
        if is_up || next.is_none() {
            return Some(Ok(()));
        }
        if left != Duration::MAX {
            left -= step;
        }
    }
    Some(Ok(()))
}

impl Simulation {
    /// Whatever timers are due, and one turn of one worker. False: none has anything to do.
    fn step(&self) -> bool {
        self.core.clock.fire_due(self.scheduler.now());
        let first = self.draw(self.workers.len());
        let (before, after) = self.workers.split_at(first);
        after.iter().chain(before).any(|worker| worker.step() == Step::Busy)
    }

    /// How long until the first timer of all workers, and of the clock, is due.
    fn until_next_timer(&self) -> Option<Duration> {
        let workers = self.workers.iter().filter_map(|worker| worker.scheduler.earliest_timer());
        let next = workers.chain(self.core.clock.earliest()).min()?;
        Some(next.since(self.scheduler.now()))
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
