//! One worker: its own queues, timers and chance, and what its thread may ask of it.
//!
//! `turn` decides what comes next (`turn.rs`, `steal.rs`), `park` waits until there may be something (`park.rs`).
//! All methods take `&self` and no borrow outlives a call, so what runs between two turns may call any of them.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use crate::counters::Counters;
use crate::job::Job;
use crate::patience::Patience;
use crate::queues::{Lane, Queues};
use crate::random::Random;
use crate::remote::Remote;
use crate::resume_list::{LocalResumes, Wake};
use crate::scheduler::Scheduler;
use crate::shared::Shared;
use crate::time::Time;
use crate::timers::{TimerId, Timers};
use crate::turn::LOOKS_A_BALANCE;

/// Jobs that one activation schedules from one look at the sleepers to the next.
const PUSHES_A_LOOK: u32 = 16;

/// One worker, for one thread: it can be sent to it, but not shared.
///
/// ```compile_fail
/// fn shared<T: Sync>() {}
/// shared::<greenroom_scheduler::Worker>();
/// ```
#[derive(Debug)]
pub struct Worker {
    pub(crate) scheduler: Scheduler,
    pub(crate) remote: Arc<Remote>,
    pub(crate) queues: Queues,
    pub(crate) resumes: LocalResumes,
    pub(crate) timers: Timers,
    pub(crate) random: Random,
    /// Turns until the next look at what is far: other threads' wakes, timers, injector.
    pub(crate) until_look: Cell<u32>,
    /// Jobs scheduled since the last turn.
    pub(crate) pushes: Cell<u32>,
    /// Such looks until loads are compared.
    pub(crate) until_balance: Cell<u32>,
    /// Resumes given out in a row.
    pub(crate) resume_run: Cell<u32>,
    /// Whose turn it is, between resumes and due timers.
    pub(crate) timers_first: Cell<bool>,
    /// Whether it takes from others' Back queues.
    pub(crate) patience: Patience,
    /// Whether the scheduler's `Sleep` counts this worker as searching.
    pub(crate) searching: Cell<bool>,
    /// A victim that did not turn while this worker watched: its next-slot may be stolen.
    pub(crate) suspect: Cell<Option<usize>>,
    /// When this worker last woke another for its backlog.
    pub(crate) shared_at: Cell<Time>,
    /// Whether it knew itself on duty, to count the times.
    pub(crate) was_on_duty: Cell<bool>,
}

impl Worker {
    pub(crate) fn new(scheduler: Scheduler, index: usize, queues: Queues, seed: u64) -> Self {
        let remote = scheduler.shared().remotes[index].clone();
        Worker {
            scheduler,
            remote,
            queues,
            resumes: LocalResumes::new(),
            timers: Timers::new(),
            random: Random::new(seed, index as u64),
            until_look: Cell::new(0),
            pushes: Cell::new(0),
            until_balance: Cell::new(LOOKS_A_BALANCE),
            resume_run: Cell::new(0),
            timers_first: Cell::new(false),
            patience: Patience::default(),
            searching: Cell::new(false),
            suspect: Cell::new(None),
            shared_at: Cell::new(Time::ZERO),
            was_on_duty: Cell::new(false),
        }
    }

    /// Whether it is a relief worker that serves everyone, as far as it knows: since the last turn.
    #[must_use]
    pub fn is_in_relief(&self) -> bool {
        self.was_on_duty.get()
    }

    /// Which worker this is: from 0, relief workers after the regular ones.
    #[must_use]
    pub fn index(&self) -> usize {
        self.remote.index()
    }

    /// The scheduler it belongs to.
    #[must_use]
    pub fn scheduler(&self) -> &Scheduler {
        &self.scheduler
    }

    /// The side of it that other threads may touch.
    #[must_use]
    pub fn remote(&self) -> &Remote {
        &self.remote
    }

    /// Queues a job here. Wakes nobody: the next turn shares a backlog.
    #[inline]
    pub fn schedule(&self, job: Job, lane: Lane) {
        self.queues.push(job, lane, &self.remote.slot);
        // A short activation's backlog is shared at the next turn. A long one that goes on pushing must not keep it.
        if self.queues.may_have_any() && self.count_push() && self.shared().sleep.wants_waking() {
            self.share_backlog();
        }
    }

    /// Lets a coroutine that is suspended on this worker go on. For this worker's own thread; others use
    /// [`Remote::wake`]. The node must be in no list and must stay where it is until it comes out again.
    #[inline]
    pub fn wake(&self, wake: Wake) {
        self.resumes.push(wake);
    }

    /// The clock. Real: about 25 nanoseconds.
    #[must_use]
    pub fn now(&self) -> Time {
        self.shared().clock.now()
    }

    /// Starts a timer that comes out of this worker's turn as [`Turn::Expired`](crate::Turn::Expired), never
    /// early. Reads no clock: the duration counts from the worker's next look at its timers, at most 61 turns
    /// away. In the simulated world it counts from now, exactly. A duration that overflows the clock is never.
    ///
    /// The node must stay where it is until the timer has come out or was cancelled.
    #[inline]
    pub fn start_timer(&self, after: Duration, wake: Wake) -> TimerId {
        let clock = &self.shared().clock;
        let now = clock.is_virtual().then(|| clock.now());
        self.timers.start(after, wake, now)
    }

    /// Ends a timer of this worker. True if it had not come out yet: now it never will.
    #[inline]
    pub fn cancel_timer(&self, id: TimerId) -> bool {
        self.timers.cancel(id)
    }

    /// The deadline of the earliest timer, if there is one: how far the simulated world's clock may go.
    #[must_use]
    pub fn earliest_timer(&self) -> Option<Time> {
        if !self.timers.is_empty() {
            self.timers.look(self.now());
        }
        self.timers.earliest()
    }

    /// Moves the virtual clock, which all workers of the scheduler share.
    ///
    /// # Panics
    ///
    /// In the real world, and backward.
    pub fn set_virtual_time(&self, time: Time) {
        self.scheduler.set_virtual_time(time);
    }

    /// This worker's counters, to count up.
    #[inline]
    #[must_use]
    pub fn counters(&self) -> &Counters {
        &self.remote.counters
    }

    /// A number from 0 up to, not including, `below`, from this worker's own seeded generator.
    #[must_use]
    pub fn random(&self, below: u32) -> u32 {
        self.random.below(below)
    }

    /// Whether something else waits here: a resume or a job. A long chain of calls asks it to decide whether to
    /// yield. Cheap, and looks at no other worker.
    #[inline]
    #[must_use]
    pub fn has_other_work(&self) -> bool {
        !self.resumes.is_empty()
            || self.remote.resumes.has_any()
            || self.timers.have_due()
            || !self.remote.slot.is_empty()
            || self.queues.have_any()
    }

    /// Every 16th job that one activation schedules is a reason to look whether someone sleeps.
    #[inline]
    fn count_push(&self) -> bool {
        let pushes = self.pushes.get() + 1;
        self.pushes.set(pushes);
        pushes.is_multiple_of(PUSHES_A_LOOK)
    }

    /// As [`has_other_work`](Self::has_other_work), for what only a turn takes in: a job injected, or a timer whose time
    /// has come. Reads the clock.
    #[must_use]
    pub fn has_work_afar(&self) -> bool {
        if !self.timers.is_empty() {
            self.timers.look(self.now());
        }
        self.timers.have_due() || !self.shared().injector.is_empty()
    }

    #[inline]
    pub(crate) fn shared(&self) -> &Shared {
        self.scheduler.shared()
    }
}
