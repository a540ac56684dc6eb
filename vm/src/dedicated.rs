//! Dedicated threads: actors whose handlers all run on one thread that nobody else uses, from spawn to end.
//!
//! Such a thread runs an ordinary [`Worker`], so its handlers are handlers as any. It is the only worker of a scheduler of
//! its own beside the machine's, without monitor or relief: there is nobody to stand in. Two rules keep both apart,
//! and the actor's name tells on which side it is (`ActorId::home`), in the comparison that tells its machine:
//!
//! | who                     | an actor of the machine's workers        | a dedicated actor                        |
//! |-------------------------|------------------------------------------|------------------------------------------|
//! | a worker                | queues it there; calls it by hand-off    | queues it at its own scheduler           |
//! | a dedicated thread      | queues it by the machine's injector      | the same                                 |
//! | the machine's end       | ends it when no worker runs any more     | ends it on its own thread, which waits   |
//! |                         |                                          | for nobody: a handler that still runs    |
//! |                         |                                          | elsewhere may find it ended              |
//!
//! | a thread | while                                    | its scheduler is                              | leaves by     |
//! |----------|------------------------------------------|-----------------------------------------------|---------------|
//! | waits    | the actor is not made yet                | its spawner's                                 | `enter`       |
//! | lives    | the actor has not ended, or waits        | in `all`                                      | `retire`      |
//! | retires  | it waits for the one before, and returns | in `all`, and then the last to have retired   | being joined  |
//! | is gone  |                                          | dropped, and its counts are in `past`         |               |
//!
//! It is joined by the next one that retires, which has the time, or at the machine's end: a thread's last destructors are
//! foreign code, so nobody else waits for them.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use greenroom_scheduler::{self as scheduler, Scheduler, Snapshot, StartError};
use parking_lot::RwLock;

use crate::actor::Actor;
use crate::cell::Classed;
use crate::core::Core;
use crate::error::{CallError, ExitReason, SpawnError};
use crate::handle::{Runnable, Weak};
use crate::id::{ActorId, Home};
use crate::lifecycle;
use crate::order::Desk;
use crate::refs::Ref;
use crate::threads::Outfit;
use crate::worker::{self, Step, Worker};

/// Spawns an actor with a thread of its own; in a simulated machine, one as any other.
pub(crate) fn spawn<A: Actor>(core: &Arc<Core>, actor: A) -> Result<Ref<A>, SpawnError<A>> {
    if core.is_simulated() {
        return Ok(core.spawn(actor));
    }
    if let Some(worker) = worker::current() {
        worker.check_stack();
    }
    // The thread first: if there is none to be had, nobody has seen the actor yet.
    let (give, given) = crossbeam_channel::bounded::<Weak>(1);
    let shared = Arc::clone(core);
    let body = move |scheduler| {
        if let Ok(actor) = given.recv() {
            live(scheduler, &shared, &actor);
        }
    };
    let scheduler = match core.scheduler().start_beside(core.dedicated.name_next(), body) {
        Ok(scheduler) => scheduler,
        Err(error) => return Err(SpawnError::new(actor, Refused(error))),
    };
    let actor = core.create(Home::dedicated(core.machine), A::CLASS, actor);
    core.dedicated.enter(actor.raw().id, scheduler);
    give.send(actor.raw().downgrade()).expect("the thread waits for its actor");
    lifecycle::begin(&actor, &core.farewells);
    Ok(Ref::new(actor))
}

/// A dedicated thread, from its beginning to its end.
fn live(scheduler: scheduler::Worker, core: &Arc<Core>, actor: &Weak) {
    let left_over = match run(scheduler, core, actor) {
        // It came back because the actor has ended, or else because the machine stops.
        Ok(()) => ExitReason::Shutdown,
        Err(error) => ExitReason::Custom(error.to_string().into()),
    };
    let mut counts = Snapshot::default();
    if !actor.mailbox.is_closed() {
        counts.dead_letters = core.end_dedicated(actor, &left_over);
        counts.ended = 1;
    }
    core.dedicated.retire(actor.id, &counts);
}

/// Handles the actor's messages until it ends, or the machine stops.
///
/// # Errors
/// If the system gives no stack to begin with.
fn run(scheduler: scheduler::Worker, core: &Arc<Core>, actor: &Weak) -> Result<(), CallError> {
    let (_guarded, outfit) = Outfit::for_this_thread(core.options.pool).map_err(CallError::no_stack)?;
    let mut worker = Worker::new(scheduler, Arc::clone(core), outfit);
    worker.home = Home::NONE;
    worker.shard = core.registry.outside();
    core.orders.enter(Desk::Dedicated(actor.id), &worker.notices);
    loop {
        match worker.step() {
            Step::Busy => {}
            // Something of an actor that has ended may still wait: its destructor, for one.
            Step::Idle if actor.mailbox.is_closed() && worker.suspended.get() == 0 => break,
            Step::Idle => worker.scheduler.park(),
            Step::Stop => break,
        }
    }
    core.orders.leave(Desk::Dedicated(actor.id));
    worker.wind_down();
    Ok(())
}

impl Worker {
    /// Whether it may run this actor at its own choice: not if the actor has a thread of its own, nor if the worker has an
    /// actor of its own.
    #[inline]
    pub(crate) fn serves(&self, actor: ActorId) -> bool {
        self.home == actor.home()
    }

    /// Whether it runs the one actor of a dedicated thread, whichever comes through its scheduler.
    #[inline]
    pub(crate) fn is_dedicated(&self) -> bool {
        self.home == Home::NONE
    }
}

/// The dedicated threads of a machine. See the head of this file.
pub(crate) struct DedicatedThreads {
    name: String,
    threads: RwLock<Threads>,
}

#[derive(Default)]
struct Threads {
    /// By actor: the scheduler of its thread.
    all: HashMap<ActorId, Scheduler>,
    /// The last that has retired, which nobody has joined yet.
    retired: Option<ActorId>,
    /// How many were ever asked for.
    begun: u64,
    /// What those counted that are gone, and what was counted for them.
    past: Snapshot,
    is_stopping: bool,
}

impl DedicatedThreads {
    pub(crate) fn new(machine: &str) -> Self {
        DedicatedThreads { name: format!("{machine}-own"), threads: RwLock::default() }
    }

    fn name_next(&self) -> String {
        let mut threads = self.threads.write();
        let number = threads.begun;
        threads.begun += 1;
        format!("{}-{number}", self.name)
    }

    /// Enters the scheduler of an actor that nobody knows yet.
    fn enter(&self, actor: ActorId, scheduler: Scheduler) {
        let mut threads = self.threads.write();
        if threads.is_stopping {
            scheduler.begin_stop();
        }
        threads.all.insert(actor, scheduler);
    }

    fn find(&self, actor: ActorId) -> Option<Scheduler> {
        self.threads.read().all.get(&actor).cloned()
    }

    /// Queues a dedicated actor. One whose thread is gone has ended.
    pub(crate) fn inject(&self, runnable: Runnable) {
        // A handle of our own: the thread may end the actor, and itself, before the injection has returned.
        if let Some(scheduler) = self.find(runnable.id) {
            scheduler.inject(runnable.into_job());
        }
    }

    /// The last thing that a dedicated thread does.
    fn retire(&self, actor: ActorId, counts: &Snapshot) {
        let before = {
            let mut threads = self.threads.write();
            threads.past.absorb(counts);
            threads.retired.replace(actor)
        };
        if let Some(before) = before {
            self.join_one(before);
        }
    }

    fn join_one(&self, actor: ActorId) {
        let Some(scheduler) = self.find(actor) else { return };
        scheduler.join();
        let threads = &mut *self.threads.write();
        if let Some(gone) = threads.all.remove(&actor) {
            gone.counters().iter().for_each(|counted| threads.past.absorb(counted));
        }
    }

    /// What all of them have counted together, those that are gone too, under the number `worker`. None if there were none.
    pub(crate) fn counters(&self, worker: usize) -> Option<Snapshot> {
        let threads = self.threads.read();
        if threads.begun == 0 {
            return None;
        }
        let mut sum = threads.past.clone();
        sum.worker = worker;
        for scheduler in threads.all.values() {
            scheduler.counters().iter().for_each(|counted| sum.absorb(counted));
        }
        Some(sum)
    }

    pub(crate) fn owns_current_thread(&self) -> bool {
        self.threads.read().all.values().any(Scheduler::owns_current_thread)
    }

    /// Has every thread end, and those that are still to come.
    pub(crate) fn begin_stop(&self) {
        let mut threads = self.threads.write();
        threads.is_stopping = true;
        threads.all.values().for_each(Scheduler::begin_stop);
    }

    /// Waits until all threads have ended. Until then their handlers may start more.
    pub(crate) fn join(&self) {
        loop {
            let next = self.threads.read().all.keys().next().copied();
            let Some(actor) = next else { return };
            self.join_one(actor);
        }
    }
}

/// Says what the system refused, with a remedy that fits.
struct Refused(StartError);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            StartError::Thread { name, cause } => write!(
                f,
                "cannot start thread {name} for an actor: {cause}; spawn fewer dedicated actors, or raise the limit of \
                 threads"
            ),
            other => other.fmt(f),
        }
    }
}
