//! What the workers, the handles and the references of one machine share, and how a reference finds its machine.
//!
//! A reference names its machine by a small number in the actor's id. Inside the machine that number is only
//! compared; from outside it is looked up in a table of all machines of the process.

use std::cell::Cell;
use std::ptr::NonNull;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use greenroom_scheduler::{Job, Lane, Scheduler};
use parking_lot::RwLock;

use crate::activation::{self, lane};
use crate::actor::Actor;
use crate::blocking::BlockingPool;
use crate::builder::Options;
use crate::cell::{Class, Classed, Header, Kind, Leftover};
use crate::error::{BuildError, ExitReason};
use crate::id::MACHINES;
use crate::log::{Event, EventLog};
use crate::mailbox::Chain;
use crate::process;
use crate::refs::Ref;
use crate::registry::Registry;
use crate::worker::{self, Worker};

/// See the head of this file.
pub(crate) struct Core {
    pub(crate) machine: usize,
    pub(crate) options: Options,
    pub(crate) registry: Registry,
    pub(crate) blocking: BlockingPool,
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
            registry: Registry::new(machine, options.all_workers()),
            blocking: BlockingPool::new(options.blocking_threads, &options.name),
            scheduler: OnceLock::new(),
            events: options.record.then(EventLog::default),
            options,
        });
        table[machine] = Some(Arc::clone(&core));
        Ok(core)
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
        // SAFETY: a new cell comes with one strong reference, which this is.
        unsafe { Ref::from_header(self.create(A::CLASS, state)) }
    }

    /// Creates a cell with one strong reference.
    pub(crate) fn create<S>(&self, class: &'static Class, state: S) -> NonNull<Header> {
        let shard = match worker::current() {
            Some(worker) if worker.core.machine == self.machine => {
                worker.check_stack();
                worker.scheduler.counters().spawned.add_one();
                worker.scheduler.index()
            }
            _ => self.registry.outside(),
        };
        let header = self.registry.create(shard, class, state);
        // SAFETY: just created.
        self.log(|| Event::Spawn { actor: unsafe { header.as_ref() }.id, kind: class.short_name() });
        header
    }

    /// The machine's end, when no worker runs any more: ends every actor that is left.
    pub(crate) fn end_all_actors(&self) {
        let before = ENDING_ACTORS.replace(true);
        while let Some(header) = self.registry.remove_any() {
            // SAFETY: the registry gives out what the machine still holds, once.
            let cell = unsafe { header.as_ref() };
            // SAFETY: no worker is left, so nobody holds the right to run or ever will.
            let (read, seen) = match unsafe { cell.take_aside() } {
                // SAFETY: put aside by `into_raw`, taken up once.
                Leftover::Unread(node) => (unsafe { Chain::from_raw(node.as_ptr()) }, std::ptr::null_mut()),
                Leftover::Seen(node) => (Chain::empty(), node.as_ptr()),
                Leftover::Nothing => (Chain::empty(), std::ptr::null_mut()),
            };
            self.log(|| Event::End { actor: cell.id, reason: ExitReason::Shutdown });
            activation::close(cell, seen, read, &ExitReason::Shutdown);
            if let Some(mark) = NonNull::new(seen) {
                // SAFETY: handled before it was put aside; the mailbox is closed.
                unsafe { activation::free_mark(mark) };
            }
            // SAFETY: closed by us, once; the machine's hold is ours to give up.
            unsafe { activation::finish(header) };
        }
        ENDING_ACTORS.set(before);
    }
}

/// Queues an actor to whose right to run the caller has come: on the worker `here` if it is of the same machine, and
/// otherwise through its machine's injector. A process is woken where it sleeps.
#[inline]
pub(crate) fn schedule(here: Option<&Worker>, header: NonNull<Header>, fresh: bool) {
    // SAFETY: with the right to run pending it is alive.
    let cell = unsafe { header.as_ref() };
    if cell.class.kind == Kind::Process {
        // SAFETY: it was at rest, so it has started and sleeps.
        unsafe { process::wake(header) };
        return;
    }
    match here {
        Some(worker) if worker.machine == cell.id.machine() => {
            worker.schedule(header, lane(cell, if fresh { Lane::Fresh } else { Lane::Next }));
        }
        _ => inject(header, cell.id.machine()),
    }
}

#[cold]
pub(crate) fn inject(header: NonNull<Header>, machine: usize) {
    // A machine that has left the table has ended, or ends, all its actors: there is nothing to run.
    if let Some(core) = Core::find(machine)
        && let Some(scheduler) = core.scheduler.get()
    {
        scheduler.inject(Job::new(header.cast()));
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
