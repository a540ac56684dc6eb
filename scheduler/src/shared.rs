//! What all workers of one scheduler share: the injector, the sleepers, each other's remote sides, the stop flag.
//!
//! It starts no thread and decides no turn.

use std::sync::{Arc, OnceLock};
use std::thread::{self, JoinHandle, Thread};

use crossbeam_deque::Injector;
use crossbeam_utils::CachePadded;
use parking_lot::Mutex;

use crate::job::Job;
use crate::pin::Mask;
use crate::remote::Remote;
use crate::sleep::{Doze, Sleep};
use crate::sync::{AtomicBool, AtomicUsize, Ordering, fence};
use crate::time::Clock;

/// What all workers of one scheduler share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) injector: Injector<Job>,
    pub(crate) sleep: CachePadded<Sleep>,
    pub(crate) doze: Doze,
    /// The regular workers, then the relief workers, started or not.
    pub(crate) remotes: Box<[Arc<Remote>]>,
    pub(crate) clock: Clock,
    /// Whether an idle worker may poll a little before it parks.
    pub(crate) may_spin: bool,
    pub(crate) workers: usize,
    stopping: AtomicBool,
    relief_started: AtomicUsize,
    pin_failures: AtomicUsize,
    /// Of the thread that started the scheduler.
    pub(crate) mask: Mask,
    monitor: OnceLock<Thread>,
    pub(crate) threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Shared {
    pub(crate) fn new(workers: usize, remotes: Box<[Arc<Remote>]>, clock: Clock, may_spin: bool) -> Self {
        Shared {
            injector: Injector::new(),
            sleep: CachePadded::new(Sleep::new(workers)),
            doze: Doze::new(),
            remotes,
            clock,
            may_spin,
            workers,
            stopping: AtomicBool::new(false),
            relief_started: AtomicUsize::new(0),
            pin_failures: AtomicUsize::new(0),
            mask: Mask::current(),
            monitor: OnceLock::new(),
            threads: Mutex::new(Vec::new()),
        }
    }

    /// Every turn says stop from now on; whoever sleeps wakes up.
    pub(crate) fn begin_stop(&self) {
        // ORDERING: Relaxed, the fence orders it.
        self.stopping.store(true, Ordering::Relaxed);
        // ORDERING: SeqCst pairs with the fences of workers that fall asleep (`Sleep::announce`, `park`) and of
        // the monitor (`Doze::begin`): they see the flag, or we see them asleep.
        fence(Ordering::SeqCst);
        for remote in &self.remotes {
            remote.rouse();
        }
        let _ = self.doze.end();
        if let Some(monitor) = self.monitor.get() {
            monitor.unpark();
        }
    }

    /// One worker could not be pinned.
    pub(crate) fn count_pin_failure(&self) {
        // ORDERING: Relaxed, a count that orders nothing.
        self.pin_failures.fetch_add(1, Ordering::Relaxed);
    }

    /// How many workers could not be pinned.
    pub(crate) fn pin_failures(&self) -> usize {
        // ORDERING: Relaxed, a count that orders nothing.
        self.pin_failures.load(Ordering::Relaxed)
    }

    #[inline]
    pub(crate) fn is_stopping(&self) -> bool {
        // ORDERING: Relaxed, read again at the next turn; a sleeper reads it behind a fence.
        self.stopping.load(Ordering::Relaxed)
    }

    /// The workers that have a thread (or a driver): all regular ones and the relief workers started so far.
    pub(crate) fn active(&self) -> &[Arc<Remote>] {
        // ORDERING: Relaxed, the remotes exist from the start; a relief worker just started is merely missed.
        let relief = self.relief_started.load(Ordering::Relaxed);
        &self.remotes[..self.workers + relief]
    }

    /// One more relief worker has its thread. Monitor only.
    pub(crate) fn count_started_relief(&self) {
        // ORDERING: Relaxed, as in `active`.
        self.relief_started.fetch_add(1, Ordering::Relaxed);
    }

    /// Wakes one sleeper if someone sleeps and nobody searches. True if one was woken.
    pub(crate) fn notify(&self) -> bool {
        let woken = self.sleep.notify(|worker| self.remotes[worker].resumes.take_sleeper());
        if let Some(worker) = woken {
            self.remotes[worker].unpark();
        }
        woken.is_some()
    }

    /// Whether a worker that serves everyone finds work somewhere.
    pub(crate) fn has_work(&self) -> bool {
        !self.injector.is_empty() || self.active().iter().any(|remote| remote.has_loot())
    }

    /// The current thread is the monitor's.
    pub(crate) fn adopt_monitor(&self) {
        self.monitor.set(thread::current()).expect("the monitor starts once");
    }

    /// Whether the current thread is one that this scheduler started.
    pub(crate) fn owns_current_thread(&self) -> bool {
        let workers = self.remotes.iter().filter_map(|remote| remote.thread());
        workers.chain(self.monitor.get()).any(|thread| thread.id() == thread::current().id())
    }

    /// The monitor sleeps no deeper than the workers do.
    pub(crate) fn rouse_monitor(&self) {
        if self.doze.end()
            && let Some(monitor) = self.monitor.get()
        {
            monitor.unpark();
        }
    }
}
