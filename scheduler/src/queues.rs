//! The local queues of one worker, and which of them is served next.
//!
//! | lane | queue | served |
//! |---|---|---|
//! | Urgent | deque, first in first out | first; after 8 in a row one job of another queue is served |
//! | Next | the next-slot | then; after 3 in a row it takes no new job while deques have some |
//! | Fresh | deque, last in first out | then; after 16 in a row one job of the Back queue is served |
//! | Back | deque, first in first out | last |
//!
//! Fresh is for what was just spawned: run at once and depth-first, a tree of spawning actors stays as small as
//! it is deep; served in order of arrival it would be as large as it is wide. The caps keep every queue moving.
//! The Next cap asks for waiting jobs because without any nobody starves, and a conversation of two must not
//! pass through a deque that thieves look into.
//!
//! It does not know what wakes whom, nor what comes from outside this worker.

use std::cell::Cell;

use crossbeam_deque::{Stealer, Worker as Deque};

use crate::job::Job;
use crate::next_slot::NextSlot;

/// Jobs in a row from the next-slot before it takes no new one.
const NEXT_IN_A_ROW: u32 = 3;
/// Jobs in a row from Fresh before one of Back.
const FRESH_IN_A_ROW: u32 = 16;
/// Jobs in a row from Urgent before one of another queue.
const URGENT_IN_A_ROW: u32 = 8;

/// Where a job is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Runs next here, ahead of the deques: the receiver of a message just sent. Stays on this core.
    Next,
    /// Runs after what is already queued: an actor that used up its batch.
    Back,
    /// Runs before the queue, the latest first: an actor just spawned.
    Fresh,
    /// Runs before everything else: an actor of high priority.
    Urgent,
}

/// The owner's ends of the three deques. The next-slot lies in `Remote`, where thieves can reach it.
#[derive(Debug)]
pub(crate) struct Queues {
    urgent: Deque<Job>,
    fresh: Deque<Job>,
    back: Deque<Job>,
    /// False: the deques are known to be empty, and the next-slot is all there is to look at. A conversation
    /// of two then costs no look at a deque.
    in_use: Cell<bool>,
    urgent_run: Cell<u32>,
    next_run: Cell<u32>,
    fresh_run: Cell<u32>,
}

/// The thieves' ends of the three deques.
#[derive(Debug)]
pub(crate) struct Stealers {
    pub(crate) urgent: Stealer<Job>,
    pub(crate) fresh: Stealer<Job>,
    pub(crate) back: Stealer<Job>,
}

impl Stealers {
    /// Whether a deque other than Back holds a job, from any thread: it may be out of date.
    pub(crate) fn have_any_but_back(&self) -> bool {
        !self.fresh.is_empty() || !self.urgent.is_empty()
    }
}

impl Queues {
    pub(crate) fn new() -> Self {
        Queues {
            urgent: Deque::new_fifo(),
            fresh: Deque::new_lifo(),
            back: Deque::new_fifo(),
            in_use: Cell::new(false),
            urgent_run: Cell::new(0),
            next_run: Cell::new(0),
            fresh_run: Cell::new(0),
        }
    }

    pub(crate) fn stealers(&self) -> Stealers {
        Stealers { urgent: self.urgent.stealer(), fresh: self.fresh.stealer(), back: self.back.stealer() }
    }

    /// Puts a job into its lane.
    #[inline]
    pub(crate) fn push(&self, job: Job, lane: Lane, slot: &NextSlot) {
        match lane {
            Lane::Next => self.push_next(job, slot),
            Lane::Back => self.back().push(job),
            Lane::Fresh => self.fresh().push(job),
            Lane::Urgent => self.urgent().push(job),
        }
    }

    #[inline]
    fn push_next(&self, job: Job, slot: &NextSlot) {
        if self.next_run.get() >= NEXT_IN_A_ROW && self.have_any() {
            self.back().push(job);
            return;
        }
        // The older one goes to the back: the latest message's receiver is the warmest.
        if let Some(older) = slot.take() {
            self.back().push(Job::new(older));
        }
        slot.put(job.into_raw());
    }

    /// Takes the job to run next, by the table above.
    #[inline]
    pub(crate) fn pop(&self, slot: &NextSlot) -> Option<Job> {
        if self.in_use.get() {
            return self.pop_any(slot);
        }
        let job = slot.take();
        self.next_run.set(if job.is_some() { self.next_run.get().saturating_add(1) } else { 0 });
        job.map(Job::new)
    }

    fn pop_any(&self, slot: &NextSlot) -> Option<Job> {
        if self.urgent_run.get() < URGENT_IN_A_ROW
            && let Some(job) = self.urgent.pop()
        {
            self.urgent_run.set(self.urgent_run.get() + 1);
            return Some(job);
        }
        let job = self.pop_calm(slot);
        let was_capped = self.urgent_run.replace(0) >= URGENT_IN_A_ROW;
        if job.is_none() && was_capped { self.urgent.pop() } else { job }
    }

    /// As `pop`, of all but Urgent.
    #[inline]
    fn pop_calm(&self, slot: &NextSlot) -> Option<Job> {
        if let Some(job) = slot.take() {
            self.next_run.set(self.next_run.get().saturating_add(1));
            return Some(Job::new(job));
        }
        self.next_run.set(0);
        if self.fresh_run.get() < FRESH_IN_A_ROW
            && let Some(job) = self.fresh.pop()
        {
            self.fresh_run.set(self.fresh_run.get() + 1);
            return Some(job);
        }
        self.fresh_run.set(0);
        self.back.pop().or_else(|| self.fresh.pop())
    }

    /// How many jobs wait where thieves look.
    pub(crate) fn backlog(&self) -> usize {
        if !self.have_any() {
            return 0;
        }
        self.back.len() + self.fresh.len() + self.urgent.len()
    }

    /// Whether a deque holds a job.
    #[inline]
    pub(crate) fn have_any(&self) -> bool {
        self.in_use.get() && self.look_at_deques()
    }

    /// False: surely not. True: a look may find out. One plain load.
    #[inline]
    pub(crate) fn may_have_any(&self) -> bool {
        self.in_use.get()
    }

    fn look_at_deques(&self) -> bool {
        let any = !self.back.is_empty() || !self.fresh.is_empty() || !self.urgent.is_empty();
        self.in_use.set(any);
        any
    }

    /// The Back queue, to put jobs there: what comes, or what a thief takes from another one's or the injector.
    pub(crate) fn back(&self) -> &Deque<Job> {
        self.in_use.set(true);
        &self.back
    }

    /// The Fresh queue, to put jobs there.
    pub(crate) fn fresh(&self) -> &Deque<Job> {
        self.in_use.set(true);
        &self.fresh
    }

    fn urgent(&self) -> &Deque<Job> {
        self.in_use.set(true);
        &self.urgent
    }
}
