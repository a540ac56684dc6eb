//! What other threads may touch of a worker: its resume list, its thieves' ends, its parking.

use std::sync::OnceLock;
use std::thread::{self, Thread};

use crossbeam_utils::CachePadded;

use crate::counters::Counters;
use crate::job::Job;
use crate::next_slot::NextSlot;
use crate::queues::Stealers;
use crate::relief::Duty;
use crate::resume_list::{ResumeList, Wake};
use crate::sync::{AtomicBool, AtomicU64, Ordering};
use crate::task::{Task, TaskState};

/// The side of one worker that every thread may touch. Lines that different threads write are kept apart.
#[derive(Debug)]
pub struct Remote {
    index: usize,
    /// None for a regular worker, which always serves everyone.
    duty: Option<CachePadded<Duty>>,
    /// Written by wakers, and by the owner when it sleeps.
    pub(crate) resumes: CachePadded<ResumeList>,
    /// Written by the owner, seldom by a thief.
    pub(crate) slot: CachePadded<NextSlot>,
    pub(crate) stealers: Stealers,
    /// The next two are written by the owner alone.
    turns: CachePadded<AtomicU64>,
    pub(crate) counters: CachePadded<Counters>,
    /// Set by the monitor while the worker has not turned for a tick.
    stuck: AtomicBool,
    /// The owner's thread, from before its first parking.
    thread: OnceLock<Thread>,
    /// The same, as the system lists it, where it does.
    task: OnceLock<Task>,
}

impl Remote {
    pub(crate) fn new(index: usize, is_relief: bool, stealers: Stealers) -> Self {
        Remote {
            index,
            duty: is_relief.then(|| CachePadded::new(Duty::off())),
            resumes: CachePadded::new(ResumeList::new()),
            slot: CachePadded::new(NextSlot::new()),
            stealers,
            turns: CachePadded::new(AtomicU64::new(0)),
            counters: CachePadded::new(Counters::default()),
            stuck: AtomicBool::new(false),
            thread: OnceLock::new(),
            task: OnceLock::new(),
        }
    }

    /// Which worker this is.
    #[must_use]
    pub fn index(&self) -> usize {
        self.index
    }

    /// Lets a coroutine that is suspended on this worker go on: it comes out of the worker's `turn` as
    /// [`Turn::Resume`](crate::Turn::Resume). From any thread; unparks the worker if it sleeps (about 7
    /// microseconds), costs about 20 nanoseconds if not.
    ///
    /// The node must be in no list and must stay where it is until it comes out again.
    pub fn wake(&self, wake: Wake) {
        if self.resumes.push(wake) {
            self.unpark();
        }
    }

    /// Wakes the worker if it sleeps, without a reason of its own.
    pub(crate) fn rouse(&self) {
        if self.resumes.take_sleeper() {
            self.unpark();
        }
    }

    /// Unparks the worker's thread, for whoever lowered its parking flag.
    pub(crate) fn unpark(&self) {
        let thread = self.thread.get().expect("only a worker that runs on a thread sleeps");
        thread.unpark();
    }

    /// The current thread is the worker's from here on.
    pub(crate) fn adopt_thread(&self) {
        self.thread.set(thread::current()).expect("a worker runs on one thread only");
        if let Some(task) = Task::current() {
            self.task.set(task).expect("a worker runs on one thread only");
        }
    }

    /// What the system says of the worker's thread.
    pub(crate) fn task_state(&self) -> Option<TaskState> {
        self.task.get()?.state()
    }

    /// The worker's thread, if it has started.
    pub(crate) fn thread(&self) -> Option<&Thread> {
        self.thread.get()
    }

    /// Counts a turn. Owner only.
    #[inline]
    pub(crate) fn count_turn(&self) {
        // ORDERING: Relaxed, one writer, and who reads it only compares it with itself.
        self.turns.store(self.turns.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
    }

    /// How often the worker has turned: it stands still exactly while an activation runs or the thread parks.
    pub(crate) fn turns(&self) -> u64 {
        // ORDERING: Relaxed, as in `count_turn`.
        self.turns.load(Ordering::Relaxed)
    }

    /// Marks the worker stuck, or not. Monitor only. True if that is a change.
    pub(crate) fn mark_stuck(&self, stuck: bool) -> bool {
        // ORDERING: Relaxed, a hint to thieves; one writer.
        let changed = self.stuck.load(Ordering::Relaxed) != stuck;
        if changed {
            self.stuck.store(stuck, Ordering::Relaxed);
        }
        changed
    }

    /// Whether the monitor has found it stuck in one activation.
    pub(crate) fn is_stuck(&self) -> bool {
        // ORDERING: Relaxed, as in `mark_stuck`.
        self.stuck.load(Ordering::Relaxed)
    }

    /// Takes the job out of the next-slot, for a thief that may.
    pub(crate) fn steal_next(&self) -> Option<Job> {
        self.slot.steal().map(Job::new)
    }

    /// Whether a thief finds work here: in the deques, or in the slot if the worker is stuck.
    pub(crate) fn has_loot(&self) -> bool {
        self.has_loot_for(true)
    }

    /// The same for a thief who takes nothing from a Back queue, unless `takes_back`.
    pub(crate) fn has_loot_for(&self, takes_back: bool) -> bool {
        self.stealers.have_any_but_back()
            || (takes_back && !self.stealers.back.is_empty())
            || (self.is_stuck() && !self.slot.is_empty())
    }

    /// The duty of a relief worker.
    pub(crate) fn duty(&self) -> Option<&Duty> {
        self.duty.as_deref()
    }

    /// Whether it takes the injector and steals: all but relief workers off duty do.
    #[inline]
    pub(crate) fn serves_everyone(&self) -> bool {
        self.duty.as_ref().is_none_or(|duty| duty.is_on())
    }
}
