//! The simulated world: all workers of a machine on one thread, by seed and virtual clock.
//!
//! It steps the same workers with the same turns as the real world; only who steps next, and when time moves, is
//! decided here. A simulation belongs to the thread that built it, and is driven by whoever waits on that
//! thread: `Vm::run`, a call, a promise.
//!
//! Who decides: chance, by seed, and the scheduler of each worker; or, in a [`Setting`], an environment, and nobody else.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use greenroom_scheduler::{Config, Scheduler, Time};
use greenroom_stackful::StackError;

use crate::core::{self, Core};
use crate::environment::{Environment, NodeId};
use crate::error::{BuildError, CallError};
use crate::order::Desk;
use crate::setting::{Progress, Setting};
use crate::threads::Outfit;
use crate::worker::{self, Step, Worker};

/// How long a turn takes. Not nothing, or handlers that yield until some time has passed would do so for ever.
const TURN: Duration = Duration::from_micros(1);

thread_local! {
    static SIMULATIONS: RefCell<Simulations> = const {
        RefCell::new(Simulations { all: Vec::new(), ending: Vec::new() })
    };
}

/// Those of one thread. What a thread leaves behind at its end stays as it is: nobody may unwind the stacks
/// elsewhere, and whoever holds a reference may still wake what is suspended on them.
struct Simulations {
    all: Vec<Rc<Simulation>>,
    /// Run no more, and end their actors.
    ending: Vec<Arc<Core>>,
}

impl Drop for Simulations {
    fn drop(&mut self) {
        self.all.drain(..).for_each(std::mem::forget);
    }
}

struct Simulation {
    core: Arc<Core>,
    scheduler: Scheduler,
    workers: Vec<Worker>,
    chance: Cell<u64>,
    /// What decides instead of chance, if that was given.
    setting: Option<Rc<Setting>>,
}

/// Enters a simulation of `core` on this thread.
pub(crate) fn start(
    core: &Arc<Core>,
    config: Config,
    environment: Option<Box<dyn Environment>>,
) -> Result<(), BuildError> {
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
    let setting = environment.map(|environment| Rc::new(Setting::new(Arc::clone(core), environment)));
    let simulation = Simulation { core: Arc::clone(core), scheduler, workers, chance, setting };
    SIMULATIONS.with_borrow_mut(|here| here.all.push(Rc::new(simulation)));
    Ok(())
}

/// Winds a stopped machine's workers down. Its actors are still to be ended, and then it is [over](forget).
///
/// # Panics
/// On another thread than the one that built it: its stacks cannot be unwound there. In one of its own handlers.
pub(crate) fn stop(core: &Arc<Core>) {
    let is_inside = worker::current().is_some_and(|worker| Arc::ptr_eq(&worker.core, core));
    assert!(!is_inside, "a handler cannot wait for the end of its own machine");
    let simulation = SIMULATIONS.with_borrow_mut(|here| {
        let place = here.all.iter().position(|simulation| Arc::ptr_eq(&simulation.core, core))?;
        here.ending.push(Arc::clone(core));
        Some(here.all.remove(place))
    });
    let simulation = simulation.expect("a simulated machine is dropped on the thread that built it");
    if let Some(setting) = &simulation.setting {
        setting.give_back(&simulation.workers);
    }
    for worker in &simulation.workers {
        worker.run();
    }
    // What is still on its way has destructors.
    core::ending_actors(|| {
        if let Some(setting) = &simulation.setting {
            setting.end();
        }
        drop(simulation);
    });
}

/// The machine is over: what this thread does is its doing no more.
pub(crate) fn forget(core: &Arc<Core>) {
    SIMULATIONS.with_borrow_mut(|here| here.ending.retain(|ending| !Arc::ptr_eq(ending, core)));
}

fn find(machine: usize) -> Option<Rc<Simulation>> {
    let find = |all: &RefCell<Simulations>| {
        all.borrow().all.iter().find(|simulation| simulation.core.machine == machine).cloned()
    };
    SIMULATIONS.try_with(find).ok().flatten()
}

/// Calls `use_it` with each machine that this thread simulates, or ends. False: there is none.
pub(crate) fn each_here(use_it: impl FnMut(&Core)) -> bool {
    let all = |here: &RefCell<Simulations>| {
        let here = here.borrow();
        let simulated = here.all.iter().map(|simulation| &simulation.core);
        simulated.chain(&here.ending).cloned().collect::<Vec<_>>()
    };
    let all = SIMULATIONS.try_with(all).unwrap_or_default();
    all.iter().map(|core| &**core).for_each(use_it);
    !all.is_empty()
}

/// The setting of that machine, if this thread simulates it in one.
pub(crate) fn setting(machine: usize) -> Option<Rc<Setting>> {
    find(machine)?.setting.clone()
}

/// Has a node crash.
///
/// # Panics
/// In a handler, and where the machine has no nodes.
pub(crate) fn crash(machine: usize, node: NodeId) {
    assert!(worker::current().is_none(), "a node is crashed by the thread that drives its machine");
    let simulation = find(machine);
    let setting = simulation.as_ref().and_then(|simulation| simulation.setting.as_ref());
    let (Some(simulation), Some(setting)) = (&simulation, setting) else { no_nodes() };
    setting.act_as(None, || setting.crash(&simulation.workers, node));
}

/// # Panics
/// It does.
pub(crate) fn no_nodes() -> ! {
    panic!(
        "only a machine that is simulated in an environment has nodes, for the thread that built it: use \
         Builder::build_simulated"
    )
}

/// The time of this thread's simulations, if it has any. They have all moved on by as much since the last began.
pub(crate) fn now() -> Option<Time> {
    let now = |all: &RefCell<Simulations>| Some(all.borrow().all.first()?.scheduler.now());
    SIMULATIONS.try_with(now).ok().flatten()
}

/// If this thread has simulations: drives them until `is_done`, or for `limit` of their time. None: it has not.
pub(crate) fn drive_until(is_done: &dyn Fn() -> bool, limit: Duration) -> Option<Result<(), CallError>> {
    Some(match drive(is_done, limit)? {
        Driven::Done => Ok(()),
        Driven::Idle | Driven::Ended => Err(CallError::Stalled),
    })
}

/// Drives the simulations of this thread for so long, or until nothing is left to be done.
///
/// # Panics
/// If the machine's is not among them.
pub(crate) fn drive_for(machine: usize, duration: Duration) -> Result<(), CallError> {
    assert!(find(machine).is_some(), "a simulated machine is driven by the thread that built it");
    if duration.is_zero() {
        return Ok(());
    }
    match drive(&|| false, duration) {
        Some(Driven::Ended) => Err(CallError::Stalled),
        _ => Ok(()),
    }
}

/// Why a thread drives its simulations no more.
enum Driven {
    /// What it waited for has happened, or the limit has passed.
    Done,
    /// Nothing is left to be done, and there is no limit.
    Idle,
    /// An environment wants no more.
    Ended,
}

fn drive(is_done: &dyn Fn() -> bool, limit: Duration) -> Option<Driven> {
    if worker::current().is_some() {
        return None;
    }
    // One of the thread's last destructors may wait when its simulations are gone.
    let simulations = SIMULATIONS.try_with(|here| here.borrow().all.clone()).unwrap_or_default();
    if simulations.is_empty() {
        return None;
    }
    let mut left = limit;
    while !is_done() {
        let mut worked = 0;
        for simulation in &simulations {
            match simulation.step() {
                Progress::None => {}
                Progress::Some => worked += 1,
                Progress::Ended => return Some(Driven::Ended),
            }
        }
        // Time moves on for all by as much: a little with every turn, and up to the next timer if nobody has
        // anything to do now.
        let next = match worked {
            0 => simulations.iter().filter_map(|simulation| simulation.until_next_timer()).min(),
            _ => Some(TURN),
        };
        let Some(step) = next.or((left != Duration::MAX).then_some(left)) else { return Some(Driven::Idle) };
        let is_up = step > left;
        let step = step.min(left);
        for simulation in &simulations {
            simulation.scheduler.set_virtual_time(simulation.scheduler.now().after(step));
        }
        if is_up || next.is_none() {
            return Some(Driven::Done);
        }
        if left != Duration::MAX {
            left -= step;
        }
    }
    Some(Driven::Done)
}

impl Simulation {
    /// Whatever timers are due, and one turn of one worker.
    fn step(&self) -> Progress {
        self.core.clock.fire_due(self.scheduler.now());
        if let Some(setting) = &self.setting {
            return setting.step(&self.workers);
        }
        let first = self.draw(self.workers.len());
        let (before, after) = self.workers.split_at(first);
        let has_worked = after.iter().chain(before).any(|worker| worker.step() == Step::Busy);
        if has_worked { Progress::Some } else { Progress::None }
    }

    /// How long until the first timer of all workers, and of the clock, is due, or something arrives.
    fn until_next_timer(&self) -> Option<Duration> {
        let workers = self.workers.iter().filter_map(|worker| worker.scheduler.earliest_timer());
        let arrival = self.setting.as_ref().and_then(|setting| setting.earliest());
        let next = workers.chain(self.core.clock.earliest()).chain(arrival).min()?;
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
