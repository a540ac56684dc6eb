//! What a machine is built with, and what can be wrong with it.

use std::time::Duration;

use greenroom_scheduler::Config;
use greenroom_stackful::{PoolOptions, overflow};

use crate::core::Core;
use crate::environment::Environment;
use crate::error::BuildError;
use crate::hooks;
use crate::id::SHARDS;
use crate::panics;
use crate::simulated;
use crate::threads;
use crate::vm::Vm;

/// How long a call may take if nothing else is said: five seconds, as in OTP.
pub(crate) const CALL_DEADLINE: Duration = Duration::from_secs(5);

/// How long a machine that shuts down waits for what its actors do when they stop, if nothing else is said.
const SHUTDOWN_LIMIT: Duration = Duration::from_secs(5);

/// Less would hardly hold the messages with which actors begin.
const LEAST_QUEUE_MEMORY: usize = 4096;
/// More workers than this a machine has only if it is told to: each is to have relief, and both together stay under
/// [`SHARDS`].
const WORKERS_BY_DEFAULT: usize = 192;

/// Where a machine's time and chance come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum World {
    /// One thread a worker, and the clock on the wall.
    #[default]
    Real,
    /// All workers on the thread that built it, in an order drawn by `seed`, one message a turn, with a clock that
    /// takes a microsecond a turn and jumps to the next timer when nothing is left to do. The same seed gives the same
    /// run.
    ///
    /// It is driven by that thread alone, when it waits: for this machine's actors, not for a real machine's.
    Simulated {
        /// Where chance comes from.
        seed: u64,
    },
}

/// What every part of the machine may look up.
pub(crate) struct Options {
    pub(crate) name: String,
    pub(crate) workers: usize,
    pub(crate) relief: usize,
    pub(crate) batch: u32,
    pub(crate) call_deadline: Duration,
    pub(crate) shutdown_limit: Duration,
    pub(crate) blocking_threads: usize,
    pub(crate) queue_memory: usize,
    pub(crate) is_simulated: bool,
    pub(crate) has_environment: bool,
    pub(crate) loses_messages: bool,
    pub(crate) pool: PoolOptions,
}

impl Options {
    /// What keeps its senders from the shortest way, as long as it lives.
    pub(crate) fn reasons_to_look_twice(&self) -> u8 {
        let limited = if self.queue_memory == usize::MAX { 0 } else { hooks::LIMITED };
        let networked = if self.has_environment { hooks::NETWORKED } else { 0 };
        limited | networked
    }

    /// Workers and relief workers.
    pub(crate) fn all_workers(&self) -> usize {
        self.workers + self.relief
    }
}

/// Builds a [`Vm`]. Made by [`Vm::builder`].
///
/// ```
/// use std::time::Duration;
/// use greenroom::prelude::*;
///
/// let vm = Vm::builder().name("orders").workers(2).call_deadline(Duration::from_secs(1)).build()?;
/// assert_eq!(vm.workers(), 2);
/// let error = Vm::builder().workers(0).build().unwrap_err();
/// assert!(error.to_string().contains("workers is 0"));
/// # Ok::<(), greenroom::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it builds"]
pub struct Builder {
    /// With another number of relief workers than is to be: see [`relief`](Self::relief).
    config: Config,
    /// None: as many as suit the workers.
    relief: Option<usize>,
    world: World,
    batch: u32,
    call_deadline: Duration,
    shutdown_limit: Duration,
    blocking_threads: usize,
    queue_memory: usize,
    loses_messages: bool,
    pool: PoolOptions,
}

impl Builder {
    pub(crate) fn new() -> Self {
        let default = Config::default();
        Builder {
            config: Config { workers: default.workers.min(WORKERS_BY_DEFAULT), ..default },
            relief: None,
            world: World::Real,
            batch: 128,
            call_deadline: CALL_DEADLINE,
            shutdown_limit: SHUTDOWN_LIMIT,
            blocking_threads: 512,
            queue_memory: usize::MAX,
            loses_messages: false,
            pool: PoolOptions::default(),
        }
    }

    /// How many workers, each with a thread of its own. Default: as many as the process may use cores (affinity
    /// mask and cgroup quota counted in), 192 at most.
    pub fn workers(mut self, workers: usize) -> Self {
        self.config.workers = workers;
        self
    }

    /// Whether each worker is pinned to a core. Default: yes.
    pub fn pin(mut self, pin: bool) -> Self {
        self.config.pin = pin;
        self
    }

    /// How many spare workers may stand in for stuck ones. Default: two for each worker and at least eight, as far as both
    /// together stay under 256. Their threads start when they are first needed.
    pub fn relief(mut self, relief: usize) -> Self {
        self.relief = Some(relief);
        self
    }

    /// The configuration with its number of relief workers.
    fn config(&self) -> Config {
        let workers = self.config.workers;
        let default = || (workers.saturating_mul(2)).max(8).min((SHARDS - 1).saturating_sub(workers));
        Config { relief: self.relief.unwrap_or_else(default), ..self.config.clone() }
    }

    /// What the machine's threads are called. Default: `greenroom`.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.config.name = name.into();
        self
    }

    /// How many messages an actor handles before others go, if others wait. Default: 128; 1 in a simulated world.
    pub fn batch(mut self, batch: u32) -> Self {
        self.batch = batch;
        self
    }

    /// How long a call may take that names no deadline of its own. Default: 5 s. `Duration::MAX` for no deadline.
    pub fn call_deadline(mut self, call_deadline: Duration) -> Self {
        self.call_deadline = call_deadline;
        self
    }

    /// How long a machine that is dropped waits for what its actors do when they stop, such as `#[stopping]` methods,
    /// before it unwinds whatever is left. Default: 5 s. Zero to run none of them.
    pub fn shutdown_limit(mut self, shutdown_limit: Duration) -> Self {
        self.shutdown_limit = shutdown_limit;
        self
    }

    /// How many threads [`blocking`](crate::blocking) may use at once. Default: 512.
    pub fn blocking_threads(mut self, threads: usize) -> Self {
        self.blocking_threads = threads;
        self
    }

    /// How many bytes the messages that lie in all mailboxes of the machine may take. What would go over fails with
    /// [`CallError::Overloaded`](crate::CallError::Overloaded), whatever the capacity of its receiver is; a timer's message
    /// is dropped. Stops, exits and what the machine itself sends count, too, but always pass. Default: no limit.
    ///
    /// A message counts with its envelope and reply, not with what it refers to: a `Vec` in a message counts as 24 bytes.
    /// The limit is kept to within an eighth, for each worker counts for itself up to a sixty-fourth of it or less; and
    /// 16 KiB more for each [dedicated](crate::Vm::spawn_dedicated) thread. With a limit each message costs some
    /// nanoseconds more, in every machine of the process.
    ///
    /// ```
    /// use greenroom::{CallError, QueueLimit, prelude::*};
    /// # struct Sink; impl Actor for Sink {}
    /// # struct Wait(std::sync::mpsc::Receiver<()>); impl Message for Wait { type Reply = (); }
    /// # impl Handler<Wait> for Sink { fn handle(&mut self, Wait(gate): Wait) { gate.recv().unwrap() } }
    /// # struct Line([u8; 100]); impl Message for Line { type Reply = (); }
    /// # impl Handler<Line> for Sink { fn handle(&mut self, _: Line) {} }
    /// # let (open, gate) = std::sync::mpsc::channel();
    /// let vm = Vm::builder().workers(1).queue_memory(1 << 20).build()?;
    /// let sink = vm.spawn(Sink);
    /// sink.send(Wait(gate)).map_err(CallError::from)?;     // is busy while the rest comes
    /// let refused = (0..20_000).find_map(|_| sink.send(Line([0; 100])).err()).unwrap();
    /// assert!(matches!(refused.error, CallError::Overloaded { limit: QueueLimit::Bytes(_), .. }));
    /// # open.send(())?;
    /// # Ok::<(), greenroom::Error>(())
    /// ```
    pub fn queue_memory(mut self, bytes: usize) -> Self {
        self.queue_memory = bytes;
        self
    }

    /// Where time and chance come from. Default: the real world.
    pub fn world(mut self, world: World) -> Self {
        self.world = world;
        self
    }

    /// How stacks are guarded and trimmed. Default: whatever the kernel does best.
    pub fn stacks(mut self, pool: PoolOptions) -> Self {
        self.pool = pool;
        self
    }

    /// A bug, planted for those who look for bugs, to see that they find it: an actor that ends forgets what it has read
    /// and not handled. Simulated machines only.
    #[doc(hidden)]
    pub fn loses_messages(mut self) -> Self {
        self.loses_messages = true;
        self
    }

    /// Builds the machine and starts its threads.
    ///
    /// # Errors
    /// A value that cannot be used, by name, with the remedy; or what the system refused.
    pub fn build(self) -> Result<Vm, BuildError> {
        self.build_in(None)
    }

    /// Builds a machine that is simulated on this thread, where `environment` decides whatever chance would, and what
    /// becomes of messages between [nodes](Vm::add_node). It has one worker: who goes on is chosen among all that can.
    ///
    /// # Errors
    /// As for [`build`](Self::build).
    pub fn build_simulated(mut self, environment: impl Environment + 'static) -> Result<Vm, BuildError> {
        self.world = World::Simulated { seed: 0 };
        self.config.workers = 1;
        self.build_in(Some(Box::new(environment)))
    }

    fn build_in(self, environment: Option<Box<dyn Environment>>) -> Result<Vm, BuildError> {
        let config = self.config();
        self.check(&config)?;
        overflow::install().map_err(BuildError::new)?;
        overflow::set_describer(crate::describe::running_handler);
        panics::install_hook();
        let core = Core::enter(self.options(&config, environment.is_some()))?;
        let built = match self.world {
            World::Real => threads::start(&core, config),
            World::Simulated { seed } => {
                simulated::start(&core, Config { seed, relief: 0, ..config }, environment)
            }
        };
        match built {
            Ok(()) => Ok(Vm::new(core)),
            Err(error) => {
                core.leave();
                Err(error)
            }
        }
    }

    fn options(&self, config: &Config, has_environment: bool) -> Options {
        let is_simulated = self.world != World::Real;
        Options {
            name: config.name.clone(),
            workers: config.workers,
            relief: if is_simulated { 0 } else { config.relief },
            batch: if is_simulated { 1 } else { self.batch },
            call_deadline: self.call_deadline,
            shutdown_limit: self.shutdown_limit,
            blocking_threads: self.blocking_threads,
            queue_memory: self.queue_memory,
            is_simulated,
            has_environment,
            loses_messages: self.loses_messages,
            pool: self.pool,
        }
    }

    fn check(&self, config: &Config) -> Result<(), BuildError> {
        config.validate().map_err(BuildError::new)?;
        let (workers, relief) = (config.workers, config.relief);
        let all = workers + relief;
        if all >= SHARDS {
            return Err(BuildError::new(format_args!(
                "workers ({workers}) and relief ({relief}) are {all} together; use fewer than {SHARDS}"
            )));
        }
        if self.batch == 0 {
            return Err(BuildError::new("batch is 0; an actor handles at least 1 message at a time"));
        }
        if self.blocking_threads == 0 {
            return Err(BuildError::new("blocking_threads is 0; blocking work needs at least 1 thread"));
        }
        if self.queue_memory < LEAST_QUEUE_MEMORY {
            return Err(BuildError::new(format_args!(
                "queue_memory is {}; use {LEAST_QUEUE_MEMORY} bytes or more, or leave it out for no limit",
                self.queue_memory
            )));
        }
        if self.loses_messages && self.world == World::Real {
            return Err(BuildError::new("loses_messages is for simulated machines; real ones lose none"));
        }
        if self.call_deadline.is_zero() {
            return Err(BuildError::new(
                "call_deadline is 0, which no call can meet; use Duration::MAX for none",
            ));
        }
        Ok(())
    }
}
