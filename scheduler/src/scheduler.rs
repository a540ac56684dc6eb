//! The scheduler as a whole: how its threads start, and how they end.

use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};

use crossbeam_deque::Steal;

use crate::config::{Config, StartError};
use crate::counters::Snapshot;
use crate::job::Job;
use crate::monitor::Monitor;
use crate::pin;
use crate::queues::Queues;
use crate::quota;
use crate::remote::Remote;
use crate::shared::Shared;
use crate::time::{Clock, Time};
use crate::worker::Worker;

/// What each worker thread runs.
pub(crate) type Body = Arc<dyn Fn(Worker) + Send + Sync>;

/// A handle to one scheduler; clones are handles to the same.
///
/// Dropping handles does not stop it: [`begin_stop`](Self::begin_stop), then [`join`](Self::join).
#[derive(Clone, Debug)]
pub struct Scheduler {
    shared: Arc<Shared>,
}

/// A thread that waits for the worker that it is to run.
#[must_use = "a thread that is given no worker ends"]
pub(crate) struct ThreadToBe(mpsc::SyncSender<Worker>);

impl ThreadToBe {
    pub(crate) fn give(self, worker: Worker) {
        // There is room for one, and the thread takes nothing else.
        let _ = self.0.send(worker);
    }
}

impl Scheduler {
    /// Starts one thread a worker, pinned if asked for, and the monitor. Each worker thread calls `body` once;
    /// the body loops [`Worker::turn`], parks on [`Turn::Idle`](crate::Turn::Idle), and returns on
    /// [`Turn::Stop`](crate::Turn::Stop).
    ///
    /// # Errors
    ///
    /// A value of the configuration that cannot be used, or no thread to be had; then nothing is left running.
    pub fn start(
        config: Config,
        body: impl Fn(Worker) + Send + Sync + 'static,
    ) -> Result<Scheduler, StartError> {
        config.validate()?;
        let cores = pin::cores();
        // A worker that polls must not take the core from one that works, nor use up a quota that work needs.
        let may_spin = config.workers <= cores.len().max(1)
            && quota::cores().is_none_or(|quota| quota >= cores.len() as f64);
        let (scheduler, mut workers) = Scheduler::assemble(&config, config.relief, Clock::real(), may_spin);
        let spares = workers.split_off(config.workers);
        let body: Body = Arc::new(body);
        let started = scheduler.start_threads(&config, workers, &cores, &body).and_then(|()| {
            let monitor = Monitor::new(scheduler.clone(), spares, body, config.name.clone());
            scheduler.start_thread(format!("{}-monitor", config.name), move || monitor.run())
        });
        match started {
            Ok(()) => Ok(scheduler),
            Err(error) => {
                scheduler.begin_stop();
                scheduler.join();
                Err(error)
            }
        }
    }

    /// Starts a scheduler of one worker beside this one, with the same clock. Its thread, called `name`, is not pinned,
    /// also if the caller's is, and parks at once when it has nothing to do; it has neither relief nor monitor, and its
    /// number is 0. For work that belongs to one thread.
    ///
    /// # Errors
    ///
    /// No thread to be had.
    ///
    /// # Panics
    ///
    /// In the simulated world, which has one thread. If the name has a zero byte in it.
    pub fn start_beside(
        &self,
        name: String,
        body: impl FnOnce(Worker) + Send + 'static,
    ) -> Result<Scheduler, StartError> {
        let config = Config { workers: 1, pin: false, relief: 0, name: String::new(), seed: 0 };
        let (beside, mut workers) = Scheduler::assemble(&config, 0, self.shared.clock.same(), false);
        let (worker, this) = (workers.remove(0), self.clone());
        beside.start_thread(name, move || {
            worker.remote().adopt_thread();
            this.unpin_thread();
            drop(this);
            body(worker);
        })?;
        Ok(beside)
    }

    /// Makes a scheduler without threads, for one thread that drives the workers: it calls their
    /// [`turn`](Worker::turn)s in an order of its choice and, when all are idle, moves the virtual clock to the
    /// earliest of their timers. The same seed and the same order of turns give the same run.
    ///
    /// `pin` and `relief` of the configuration have no meaning here.
    ///
    /// # Errors
    ///
    /// A value of the configuration that cannot be used.
    pub fn simulated(config: Config) -> Result<(Scheduler, Vec<Worker>), StartError> {
        config.validate()?;
        Ok(Scheduler::assemble(&config, 0, Clock::simulated(), false))
    }

    /// Makes the shared part and all workers, relief workers last.
    fn assemble(config: &Config, relief: usize, clock: Clock, may_spin: bool) -> (Scheduler, Vec<Worker>) {
        let queues: Vec<Queues> = (0..config.workers + relief).map(|_| Queues::new()).collect();
        let remotes = queues
            .iter()
            .enumerate()
            .map(|(index, queues)| Arc::new(Remote::new(index, index >= config.workers, queues.stealers())));
        let shared = Shared::new(config.workers, remotes.collect(), clock, may_spin);
        let scheduler = Scheduler { shared: Arc::new(shared) };
        let workers = queues
            .into_iter()
            .enumerate()
            .map(|(index, queues)| Worker::new(scheduler.clone(), index, queues, config.seed))
            .collect();
        (scheduler, workers)
    }

    fn start_threads(
        &self,
        config: &Config,
        workers: Vec<Worker>,
        cores: &[pin::Core],
        body: &Body,
    ) -> Result<(), StartError> {
        for worker in workers {
            let core = cores.get(worker.index() % cores.len().max(1)).copied().filter(|_| config.pin);
            self.start_worker(format!("{}-{}", config.name, worker.index()), core, body)?.give(worker);
        }
        Ok(())
    }

    /// Starts the thread of a worker, regular or relief, which waits for it: where there is no thread to be had, the worker
    /// is not lost.
    pub(crate) fn start_worker(
        &self,
        name: String,
        core: Option<pin::Core>,
        body: &Body,
    ) -> Result<ThreadToBe, StartError> {
        let body = body.clone();
        let (give, given) = mpsc::sync_channel::<Worker>(1);
        let run = move || {
            let Ok(worker) = given.recv() else { return };
            worker.remote().adopt_thread();
            if core.is_some_and(|core| !pin::pin(core)) {
                worker.shared().count_pin_failure();
            }
            body(worker);
        };
        self.start_thread(name, run)?;
        Ok(ThreadToBe(give))
    }

    fn start_thread(&self, name: String, run: impl FnOnce() + Send + 'static) -> Result<(), StartError> {
        let started = thread::Builder::new().name(name.clone()).spawn(run);
        let handle = started.map_err(|cause| StartError::Thread { name, cause })?;
        self.shared.threads.lock().push(handle);
        Ok(())
    }

    /// Gives a job to whichever worker is first, from any thread. Wakes one if all that do not work sleep.
    pub fn inject(&self, job: Job) {
        self.shared.injector.push(job);
        self.shared.notify();
    }

    /// Takes a job that no worker took: to clean up after [`join`](Self::join).
    pub fn take_injected(&self) -> Option<Job> {
        loop {
            match self.shared.injector.steal() {
                Steal::Success(job) => return Some(job),
                Steal::Empty => return None,
                Steal::Retry => {}
            }
        }
    }

    /// From now on every worker's turn says [`Turn::Stop`](crate::Turn::Stop), and those that sleep wake up to
    /// hear it. Returns at once; more calls change nothing.
    pub fn begin_stop(&self) {
        self.shared.begin_stop();
    }

    /// Waits until all threads have ended, relief workers and monitor among them. Call
    /// [`begin_stop`](Self::begin_stop) first.
    ///
    /// # Panics
    ///
    /// On a thread of this scheduler, which would wait for itself; and with the panic of a body that panicked,
    /// once all threads have ended.
    pub fn join(&self) {
        assert!(!self.shared.owns_current_thread(), "a thread of the scheduler cannot wait for its own end");
        let mut panic = None;
        loop {
            // A statement of its own: the lock is not held while waiting.
            let handle = self.shared.threads.lock().pop();
            match handle.map(JoinHandle::join) {
                None => break,
                Some(Ok(())) => {}
                Some(Err(payload)) => panic = Some(payload),
            }
        }
        if let Some(payload) = panic
            && !thread::panicking()
        {
            std::panic::resume_unwind(payload);
        }
    }

    /// The side of a worker that every thread may touch. Relief workers follow the regular ones.
    ///
    /// # Panics
    ///
    /// If there is no such worker.
    #[must_use]
    pub fn remote(&self, worker: usize) -> &Remote {
        &self.shared.remotes[worker]
    }

    /// The counters of all workers so far, and of the relief workers that have started. Takes no lock.
    #[must_use]
    pub fn counters(&self) -> Vec<Snapshot> {
        let shared = &*self.shared;
        let snapshot =
            |remote: &Arc<Remote>| remote.counters.snapshot(remote.index(), remote.index() >= shared.workers);
        shared.active().iter().map(snapshot).collect()
    }

    /// Lets the calling thread use every core that the thread which started this scheduler might use: for one that a pinned
    /// worker has started, and that would be pinned as the worker is.
    pub fn unpin_thread(&self) {
        self.shared.mask.adopt();
    }

    /// Whether the current thread is one that this scheduler started.
    #[must_use]
    pub fn owns_current_thread(&self) -> bool {
        self.shared.owns_current_thread()
    }

    /// How many regular workers there are.
    #[must_use]
    pub fn workers(&self) -> usize {
        self.shared.workers
    }

    /// Whether [`begin_stop`](Self::begin_stop) was called.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.shared.is_stopping()
    }

    /// How many workers could not be pinned to their core. They run all the same.
    #[must_use]
    pub fn pin_failures(&self) -> usize {
        self.shared.pin_failures()
    }

    /// The clock: time since the start, or the virtual time.
    #[must_use]
    pub fn now(&self) -> Time {
        self.shared.clock.now()
    }

    /// Moves the virtual clock.
    ///
    /// # Panics
    ///
    /// In the real world, and backward.
    pub fn set_virtual_time(&self, time: Time) {
        self.shared.clock.set(time);
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.shared
    }
}
