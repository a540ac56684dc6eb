//! Duty: whether a relief worker serves everyone, or only what is its own.
//!
//! | duty | set by | the relief worker |
//! |---|---|---|
//! | off | monitor, when the relieved worker turns again | serves its own resumes, timers and queue, then parks |
//! | on, for worker n | monitor, when n is stuck while work waits | also takes the injector and steals from all |
//!
//! It does not know why a worker is stuck, nor which thread serves it. A worker that is no relief has no duty:
//! it always serves everyone.

use super::sync::{AtomicUsize, Ordering, fence};

/// One relief worker's duty, written by the monitor, read by the worker.
#[derive(Debug)]
pub(crate) struct Duty {
    /// 0 is off; n + 1 is on duty for worker n.
    state: AtomicUsize,
}

impl Duty {
    pub(crate) fn off() -> Self {
        Duty { state: AtomicUsize::new(0) }
    }

    /// Puts it on duty for the stuck worker. The caller then wakes it if it sleeps.
    pub(crate) fn begin(&self, stuck: usize) {
        self.set(stuck + 1);
    }

    /// Takes it off duty. The caller then wakes it, so that it leaves the sleepers that serve everyone.
    pub(crate) fn end(&self) {
        self.set(0);
    }

    fn set(&self, state: usize) {
        // ORDERING: Relaxed, the fence orders it before the look at the parking flag that follows.
        self.state.store(state, Ordering::Relaxed);
        // ORDERING: SeqCst pairs with the fence of a relief worker that falls asleep (`Sleep::announce`, or its
        // own when it is off duty): either it sees its new duty before it parks, or the monitor sees it asleep.
        fence(Ordering::SeqCst);
    }

    /// Whether it serves everyone.
    pub(crate) fn is_on(&self) -> bool {
        // ORDERING: Relaxed, no data comes with the duty: the queues synchronise their own.
        self.state.load(Ordering::Relaxed) != 0
    }
}
