//! What the workers, the handles and the references of one machine share, and how a reference finds its machine.
//!
//! A reference names its machine by a small number in the actor's id. Inside the machine that number is only
//! compared; from outside it is looked up in a table of all machines of the process.

use std::cell::Cell;
use std::ptr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use greenroom_scheduler::{Lane, Scheduler};
use parking_lot::RwLock;

use crate::activation::lane;
use crate::actor::Actor;
use crate::blocking::BlockingPool;
use crate::builder::Options;
use crate::cell::{Class, Classed, Kind};
use crate::dedicated::DedicatedThreads;
use crate::error::{BuildError, ExitReason};
use crate::handle::{Runnable, Strong};
use crate::id::{Home, MACHINES};
use crate::log::{Event, EventLog};
use crate::memory::Depot;
use crate::process;
use crate::reader::Reader;
use crate::refs::Ref;
use crate::registry::Registry;
use crate::worker::{self, Here, Worker};

/// See the head of this file.
pub(crate) struct Core {
    pub(crate) machine: usize,
    pub(crate) options: Options,
    pub(crate) registry: Registry,
    pub(crate) blocking: BlockingPool,
    pub(crate) depot: Depot,
    pub(crate) dedicated: DedicatedThreads,
    scheduler: OnceLock<Scheduler>,
    events: Option<EventLog>,
}

thread_local! {
    /// This thread runs destructors of actors whose machine has ended.
    static ENDING_ACTORS: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread runs destructors of actors whose machine has ended: waiting there would be for ever.
pub(crate) fn is_ending_actors() -> bool {
    ENDING_ACTORS.get()
}

/// All machines of the process, by number.
static TABLE: RwLock<Vec<Option<Arc<Core>>>> = RwLock::new(Vec::new());

impl Core {
    /// A machine with a number of its own, entered in the table.
    pub(crate) fn enter(options: Options) -> Result<Arc<Core>, BuildError> {
        let mut table = TABLE.write();
        let machine = match table.iter().position(Option::is_none) {
            Some(free) => free,
            None if table.len() < MACHINES => {
                table.push(None);
                table.len() - 1
            }
            None => {
                return Err(BuildError::new(format_args!(
                    "{MACHINES} machines live in this process already; drop one first"
                )));
            }
        };
        let core = Arc::new(Core {
            machine,
            registry: Registry::new(options.all_workers()),
            blocking: BlockingPool::new(options.blocking_threads, &options.name),
            depot: Depot::new(),
            dedicated: DedicatedThreads::new(&options.name),
            scheduler: OnceLock::new(),
            events: options.record.then(EventLog::default),
            options,
        });
        table[machine] = Some(Arc::clone(&core));
        Ok(core)
    }

    /// Whether the caller runs on one of the machine's threads: a worker, one for blocking work, or an actor's own.
    pub(crate) fn owns_current_thread(&self) -> bool {
        worker_of(self.machine).is_some()
            || self.blocking.owns_current_thread()
            || self.dedicated.owns_current_thread()
    }

    /// Takes the machine out of the table: references find it no more.
    pub(crate) fn leave(&self) {
        TABLE.write()[self.machine] = None;
    }

    fn find(machine: usize) -> Option<Arc<Core>> {
        TABLE.read().get(machine)?.clone()
    }

    /// Before anything is spawned.
    pub(crate) fn set_scheduler(&self, scheduler: Scheduler) {
        assert!(self.scheduler.set(scheduler).is_ok(), "a machine has one scheduler");
    }

    pub(crate) fn scheduler(&self) -> &Scheduler {
        self.scheduler.get().expect("a machine is given its scheduler before it is used")
    }

    #[inline]
    pub(crate) fn is_simulated(&self) -> bool {
        self.options.is_simulated
    }

    /// Records an event, if the log is on.
    #[inline]
    pub(crate) fn log(&self, event: impl FnOnce() -> Event) {
        if let Some(events) = &self.events {
            events.record(event());
        }
    }

    pub(crate) fn take_events(&self) -> Vec<Event> {
        self.events.as_ref().map(EventLog::take).unwrap_or_default()
    }

    /// Creates an actor: on the worker's own shard inside, on the common one from outside.
    pub(crate) fn spawn<A: Actor>(&self, state: A) -> Ref<A> {
        Ref::from_raw(self.create(Home::shared(self.machine), A::CLASS, state))
    }

    /// Creates a cell, with the one strong reference to it.
    pub(crate) fn create<S>(&self, home: Home, class: &'static Class, state: S) -> Strong {
        let shard = match worker::current() {
            Some(worker) if worker.core.machine == self.machine => {
                worker.check_stack();
                worker.scheduler.counters().spawned.add_one();
                worker.shard
            }
            _ => self.registry.outside(),
        };
        let actor = self.registry.create(home, shard, class, state);
        self.log(|| Event::Spawn { actor: actor.id, kind: class.short_name() });
        actor
    }

    /// The machine's end, when no worker runs any more: ends every actor that is left.
    pub(crate) fn end_all_actors(&self) {
        while let Some(runnable) = self.registry.remove_any() {
            self.end_actor(runnable, &ExitReason::Shutdown);
        }
    }

    /// Ends an actor that no worker will run any more and that has been removed from the registry. Returns how many of its
    /// messages nobody waited for.
    pub(crate) fn end_actor(&self, runnable: Runnable, reason: &ExitReason) -> u64 {
        let before = ENDING_ACTORS.replace(true);
        // A handler of another machine may be what ends this one: no destructor here may suspend it.
        let nowhere = Here::enter(ptr::null());
        self.log(|| Event::End { actor: runnable.id, reason: reason.clone() });
        let (dead_letters, runnable) = Reader::begin(runnable).close(reason);
        runnable.finish();
        drop(nowhere);
        ENDING_ACTORS.set(before);
        dead_letters
    }
}

/// Queues an actor: on the worker `here` if that may run it, and otherwise through its machine's injector or its own.
/// A process is woken where it sleeps.
#[inline]
pub(crate) fn schedule(here: Option<&Worker>, runnable: Runnable, fresh: bool) {
    if runnable.class.kind == Kind::Process {
        process::wake(runnable);
        return;
    }
    match here {
        Some(worker) if worker.serves(runnable.id) => {
            let lane = lane(&runnable, if fresh { Lane::Fresh } else { Lane::Next });
            worker.schedule(runnable, lane);
        }
        _ => inject(runnable),
    }
}

/// Queues an actor from outside of its machine, or from another thread than its own. A machine that has left the table has ended, or ends, all its actors: then
/// there is nothing to run.
#[cold]
pub(crate) fn inject(runnable: Runnable) {
    let Some(core) = Core::find(runnable.id.machine()) else { return };
    if runnable.id.is_dedicated() {
        core.dedicated.inject(runnable);
    } else if let Some(scheduler) = core.scheduler.get() {
        scheduler.inject(runnable.into_job());
    }
}

/// The worker of `machine` that runs the caller, if one does.
#[inline]
pub(crate) fn worker_of<'a>(machine: usize) -> Option<&'a Worker> {
    worker::current().filter(|worker| worker.machine == machine)
}

/// How long calls from outside to an actor of that machine may take.
pub(crate) fn call_deadline(machine: usize) -> Duration {
    Core::find(machine).map_or(crate::builder::CALL_DEADLINE, |core| core.options.call_deadline)
}
