//! What the workers, the handles and the references of one machine share, and how a reference finds its machine.
//!
//! A reference names its machine by a small number in the actor's id. Inside the machine that number is only
//! compared; from outside it is looked up in a table of all machines of the process.

use std::cell::Cell;
use std::ptr;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use greenroom_scheduler::{Lane, Scheduler, Snapshot, Time};
use parking_lot::RwLock;

use crate::activation::lane;
use crate::actor::Actor;
use crate::attachments::{Attachment, Attachments};
use crate::blocking::BlockingPool;
use crate::board::Boards;
use crate::builder::Options;
use crate::cell::{Class, Classed, Header, Kind, WITH_ITS_MACHINE};
use crate::clock::Clock;
use crate::dedicated::DedicatedThreads;
use crate::directory::Directory;
use crate::error::{BuildError, ExitReason};
use crate::farewell::Farewells;
use crate::handle::{Runnable, Weak};
use crate::hooks::{self, Hooks};
use crate::id::{Home, MACHINES};
use crate::incident::Incident;
use crate::lifecycle;
use crate::memory::Depot;
use crate::order::Orders;
use crate::overload::OverloadsOutside;
use crate::process;
use crate::queue_memory::QueueMemory;
use crate::reader::{DeadLetters, Reader};
use crate::refs::Ref;
use crate::registry::Registry;
use crate::setting::Setting;
use crate::simulated;
use crate::subscribers::Subscribers;
use crate::target::StrongTo;
use crate::trace::events;
use crate::trace::recording::Recordings;
use crate::vacancy::Post;
use crate::worker::{self, Here, Worker};

/// See the head of this file.
pub(crate) struct Core {
    pub(crate) machine: usize,
    pub(crate) hooks: Hooks,
    pub(crate) options: Options,
    pub(crate) registry: Registry,
    pub(crate) directory: Directory,
    pub(crate) blocking: BlockingPool,
    pub(crate) depot: Depot,
    pub(crate) clock: Arc<Clock>,
    pub(crate) dedicated: DedicatedThreads,
    pub(crate) farewells: Farewells,
    pub(crate) boards: Boards,
    pub(crate) subscribers: Subscribers,
    pub(crate) orders: Orders,
    /// Of the sessions that record what happens here.
    pub(crate) recordings: Recordings,
    scheduler: OnceLock<Scheduler>,
    /// Those that no worker of the machine saw.
    dead_letters_outside: AtomicU64,
    pub(crate) overloads_outside: OverloadsOutside,
    pub(crate) queue_memory: QueueMemory,
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
            hooks: Hooks::new(options.reasons_to_look_twice()),
            registry: Registry::new(machine, options.all_workers()),
            directory: Directory::default(),
            blocking: BlockingPool::new(options.blocking_threads, &options.name),
            depot: Depot::new(),
            clock: Clock::new(&options),
            dedicated: DedicatedThreads::new(&options.name),
            farewells: Farewells::default(),
            boards: Boards::new(options.all_workers()),
            subscribers: Subscribers::default(),
            orders: Orders::default(),
            recordings: Recordings::default(),
            scheduler: OnceLock::new(),
            dead_letters_outside: AtomicU64::new(0),
            overloads_outside: OverloadsOutside::default(),
            queue_memory: QueueMemory::new(options.queue_memory, options.all_workers()),
            options,
        });
        table[machine] = Some(Arc::clone(&core));
        Ok(core)
    }

    /// Whether the caller runs on one of the machine's threads: a worker, one for blocking work, an actor's own, or the
    /// clock's.
    pub(crate) fn owns_current_thread(&self) -> bool {
        worker_of(self.machine).is_some()
            || self.blocking.owns_current_thread()
            || self.dedicated.owns_current_thread()
            || self.clock.owns_current_thread()
    }

    /// Takes the machine out of the table: references find it no more.
    pub(crate) fn leave(&self) {
        TABLE.write()[self.machine] = None;
    }

    /// The machine of that number, if there is one: not for ever the same.
    pub(crate) fn find(machine: usize) -> Option<Arc<Core>> {
        TABLE.read().get(machine)?.clone()
    }

    /// Calls `use_it` with each machine that has that reason to look twice.
    pub(crate) fn each_with(reason: u8, use_it: impl FnMut(&Core)) {
        let has = |core: &&Arc<Core>| core.hooks.has(reason);
        let found: Vec<Arc<Core>> = TABLE.read().iter().flatten().filter(has).cloned().collect();
        found.iter().map(|core| &**core).for_each(use_it);
    }

    /// Calls `use_it` with the machine of that number, if there is one: the caller's own without a look at the table.
    pub(crate) fn with<R>(machine: usize, use_it: impl FnOnce(Option<&Core>) -> R) -> R {
        match worker_of(machine) {
            Some(worker) => use_it(Some(&worker.core)),
            None => use_it(Core::find(machine).as_deref()),
        }
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

    /// Its setting, if it has one, on the thread that drives it.
    #[inline]
    pub(crate) fn setting(&self) -> Option<Rc<Setting>> {
        if self.options.has_environment { simulated::setting(self.machine) } else { None }
    }

    /// Tells whoever wants to know of it. From any thread and in the midst of anything, but not under a lock: where the
    /// feature `tracing` is on, foreign code runs.
    #[inline]
    pub(crate) fn report(&self, incident: impl FnOnce() -> Incident) {
        self.subscribers.report(incident);
    }

    /// What each worker has counted so far. What nobody's worker saw, the first one's numbers include.
    pub(crate) fn counters(&self) -> Vec<Snapshot> {
        let mut counters = self.scheduler().counters();
        counters.extend(self.dedicated.counters(self.options.all_workers()));
        if let Some(first) = counters.first_mut() {
            // ORDERING: Relaxed: a number that orders nothing.
            first.dead_letters += self.dead_letters_outside.load(Ordering::Relaxed);
            self.overloads_outside.add_to(first);
        }
        counters
    }

    /// Creates an actor: on the worker's own shard inside, on the common one from outside.
    pub(crate) fn spawn<A: Actor>(&self, state: A) -> Ref<A> {
        self.check_stack();
        self.spawn_unchecked(state)
    }

    /// As `spawn`, for one who has checked the stack, and holds a lock under which no destructor of a state may run: this
    /// does not panic.
    pub(crate) fn spawn_unchecked<A: Actor>(&self, state: A) -> Ref<A> {
        let actor = self.create(Home::shared(self.machine), A::CLASS, state);
        lifecycle::begin(&actor, &self.farewells);
        Ref::new(actor)
    }

    /// Panics if the caller is a handler of this machine that has run into its yellow zone.
    #[inline]
    pub(crate) fn check_stack(&self) {
        if let Some(worker) = worker_of(self.machine) {
            worker.check_stack();
        }
    }

    /// Creates a cell, with the one strong reference to it. The caller has checked the stack.
    pub(crate) fn create<S>(&self, home: Home, class: &'static Class, state: S) -> StrongTo<S> {
        self.create_after(home, class, state, |_, _| {})
    }

    /// As `create`, for an actor that has a supervisor and is the caller's to run: nobody finds it without, not even the
    /// machine's end.
    pub(crate) fn create_supervised<S>(
        &self,
        class: &'static Class,
        state: S,
        post: &Arc<Post>,
    ) -> (StrongTo<S>, Runnable) {
        let mut runnable = None;
        let supervise = |new: &Header, attachments: &mut Attachments| {
            attachments.add(new.id, Attachment::Supervised(Arc::clone(post)));
            runnable = Runnable::claim(new);
        };
        let actor = self.create_after(Home::shared(self.machine), class, state, supervise);
        (actor, runnable.expect("a new actor is at rest"))
    }

    #[inline]
    fn create_after<S>(
        &self,
        home: Home,
        class: &'static Class,
        state: S,
        before: impl FnOnce(&Header, &mut Attachments),
    ) -> StrongTo<S> {
        let shard = match worker_of(self.machine) {
            Some(worker) => {
                worker.scheduler.counters().spawned.add_one();
                worker.shard
            }
            None => self.registry.outside(),
        };
        let actor = self.registry.create(home, shard, class, state, before);
        if hooks::are_any() {
            if let Some(setting) = self.setting() {
                setting.settle(worker_of(self.machine), &actor.raw());
            }
            events::spawned(self, &actor.raw());
        }
        actor
    }

    /// Counts an actor that nobody's worker saw end, and what was queued for it.
    pub(crate) fn count_ended(&self, dead_letters: u64) {
        match worker_of(self.machine) {
            Some(worker) => {
                worker.scheduler.counters().dead_letters.add(dead_letters);
                worker.scheduler.counters().ended.add_one();
            }
            // ORDERING: Relaxed: a number that orders nothing.
            None => drop(self.dead_letters_outside.fetch_add(dead_letters, Ordering::Relaxed)),
        }
    }

    /// The machine's end, when no worker runs any more: drops what its timers hold, and ends every actor that is left.
    pub(crate) fn end_all_actors(&self) {
        ending_actors(|| {
            self.clock.clear();
            // Its references go last: one that goes before its actor's mailbox is closed would queue that actor.
            let names = self.directory.take_all();
            while let Some((runnable, attached)) = self.registry.remove_any() {
                let rest = self.let_go(&runnable, attached);
                self.end_removed(runnable, &WITH_ITS_MACHINE, rest);
            }
            drop(names);
        });
    }

    /// Ends an actor whose own thread has come to its end. Returns how many of its messages nobody waited for.
    pub(crate) fn end_dedicated(&self, actor: &Header, reason: &ExitReason) -> u64 {
        ending_actors(|| {
            let (runnable, attached) = self.registry.remove_dedicated(actor);
            let rest = self.let_go(&runnable, attached);
            self.end_removed(runnable, reason, rest)
        })
    }

    fn end_removed(&self, runnable: Runnable, reason: &ExitReason, rest: Vec<Attachment>) -> u64 {
        if hooks::are_any() {
            events::stopped(self, &runnable, reason);
        }
        let (ended, has_state) = (Weak::of(&runnable), !runnable.is_vacant());
        let (dead_letters, runnable) = Reader::begin(runnable).close(reason);
        self.report_dead_letters(&runnable, &dead_letters, reason);
        runnable.finish(has_state);
        self.tell(&ended, rest, reason);
        dead_letters.count
    }
}

/// Runs `end`, whose destructors may neither wait for an actor nor suspend anyone: a handler of another machine may be what
/// ends this one.
pub(crate) fn ending_actors<R>(end: impl FnOnce() -> R) -> R {
    let before = ENDING_ACTORS.replace(true);
    let nowhere = Here::enter(ptr::null());
    let result = end();
    drop(nowhere);
    ENDING_ACTORS.set(before);
    result
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

/// Counts a message that nobody waits for, and that came too late for this actor: by the worker that sent it, or else by
/// the actor's machine, which reports it. One that ended with its machine has none, and another may have its number now.
#[cold]
pub(crate) fn count_dead_letter(receiver: &Header, name: fn() -> &'static str) {
    let here = worker::current();
    if let Some(worker) = here {
        worker.scheduler.counters().dead_letters.add_one();
    }
    if !receiver.has_ended_with_its_machine()
        && let Some(core) = Core::find(receiver.id.machine())
    {
        if here.is_none() {
            // ORDERING: Relaxed: a number that orders nothing.
            core.dead_letters_outside.fetch_add(1, Ordering::Relaxed);
        }
        core.report_dead_letters(receiver, &DeadLetters::one(name), &receiver.exit_reason());
    }
}

/// How long calls from outside to an actor of that machine may take.
pub(crate) fn call_deadline(machine: usize) -> Duration {
    Core::find(machine).map_or(crate::builder::CALL_DEADLINE, |core| core.options.call_deadline)
}

/// How long a call from outside may take, and when that is over by the machine's clock.
pub(crate) fn deadline_from_outside(machine: usize, limit: Option<Duration>) -> (Duration, Time) {
    let Some(core) = Core::find(machine) else {
        return (limit.unwrap_or(crate::builder::CALL_DEADLINE), Time::NEVER);
    };
    let limit = limit.unwrap_or(core.options.call_deadline);
    (limit, core.scheduler().now().after(limit))
}

/// When `left` is over by that machine's clock.
#[cold]
pub(crate) fn deadline_of(machine: usize, left: Duration) -> Time {
    if left == Duration::MAX { Time::NEVER } else { deadline_from_outside(machine, Some(left)).1 }
}
