//! The turn: the only step function of a worker. It decides what comes next and never blocks.
//!
//! | order | what | why there |
//! |---|---|---|
//! | 1 | stop | |
//! | 2 | every 61st turn: wakes from other threads are taken in, timers looked at, one injected job; every 16th time load is balanced | none starves behind local work |
//! | 3 | resumes and due timers, in turns; after 32 in a row one job | before new work: it bounds the stacks that live |
//! | 4 | local queues (`queues.rs`) | |
//! | 5 | injector | |
//! | 6 | timers, if now is their time | |
//! | 7 | stealing (`steal.rs`), if not enough others search | |
//! | 8 | idle | |
//!
//! The cap in row 3 is for coroutines that yield in a loop until a job of this very worker has run.
//! A relief worker off duty skips the injector and row 7.

use std::time::Duration;

use crossbeam_deque::Steal;

use crate::job::Job;
use crate::resume_list::Wake;
use crate::worker::Worker;

/// Turns from one look at what is far to the next.
const LOOK_EVERY: u32 = 61;
/// Such looks from one comparison of loads to the next.
pub(crate) const LOOKS_A_BALANCE: u32 = 16;
/// Resumes and timers in a row before a job.
const RESUMES_IN_A_ROW: u32 = 32;
/// A worker wakes another for its backlog at most so often ...
const SHARE_EVERY: Duration = Duration::from_micros(50);
/// ... unless so many jobs wait.
const LARGE_BACKLOG: usize = 64;

/// What a worker does next.
#[derive(Debug)]
#[must_use = "what a turn gives out is in no queue any more"]
pub enum Turn {
    /// Run this job.
    Run(Job),
    /// Resume this suspended coroutine: it was woken.
    Resume(Wake),
    /// This timer fired. Its wake was in no resume list.
    Expired(Wake),
    /// Nothing to do: [`Worker::park`].
    Idle,
    /// The scheduler stops.
    Stop,
}

impl Worker {
    /// Decides what this worker does next. Never blocks.
    // Into the real loop as well as the simulated one: outlined, it costs a message 10 instructions.
    #[inline(always)]
    pub fn turn(&self) -> Turn {
        let turn = self.decide();
        if self.searching.get() && !matches!(turn, Turn::Idle) {
            self.stop_searching();
        }
        turn
    }

    /// As [`turn`](Self::turn), but blind to the stop and to other workers: what is still in this worker's own
    /// queues, and then in the injector. For cleaning up; timers are left alone.
    pub fn drain(&self) -> Turn {
        if let Some(wake) = self.next_resume() {
            return Turn::Resume(wake);
        }
        let job = self.queues.pop(&self.remote.slot).or_else(|| self.scheduler.take_injected());
        job.map_or(Turn::Idle, Turn::Run)
    }

    #[inline(always)]
    fn decide(&self) -> Turn {
        if self.shared().is_stopping() {
            return Turn::Stop;
        }
        self.remote.count_turn();
        match self.until_look.get() {
            0 => {
                self.until_look.set(LOOK_EVERY - 1);
                if let Some(job) = self.look_far() {
                    return self.run(job);
                }
            }
            left => self.until_look.set(left - 1),
        }
        let resumes = self.resume_run.get();
        if resumes < RESUMES_IN_A_ROW
            && let Some(turn) = self.resume()
        {
            self.resume_run.set(resumes + 1);
            return turn;
        }
        self.resume_run.set(0);
        if let Some(job) = self.queues.pop(&self.remote.slot) {
            return self.run(job);
        }
        if resumes == RESUMES_IN_A_ROW
            && let Some(turn) = self.resume()
        {
            return turn;
        }
        self.decide_without_local_work()
    }

    /// Rows 5 to 8.
    #[cold]
    fn decide_without_local_work(&self) -> Turn {
        let serves_everyone = self.serves_everyone();
        if serves_everyone && let Some(job) = self.take_injected() {
            return self.run(job);
        }
        self.look_at_timers();
        if let Some(turn) = self.resume() {
            return turn;
        }
        if serves_everyone
            && self.may_search()
            && let Some(job) = self.steal()
        {
            self.counters().steals.add_one();
            return self.run(job);
        }
        Turn::Idle
    }

    /// Row 2.
    #[cold]
    fn look_far(&self) -> Option<Job> {
        if self.remote.resumes.has_any() {
            self.remote.resumes.drain(&self.resumes);
        }
        self.look_at_timers();
        if !self.serves_everyone() {
            return None;
        }
        match self.until_balance.get() {
            0 => {
                self.until_balance.set(LOOKS_A_BALANCE);
                self.balance();
            }
            left => self.until_balance.set(left - 1),
        }
        self.take_injected()
    }

    fn look_at_timers(&self) {
        if !self.timers.is_empty() {
            self.timers.look(self.now());
        }
    }

    /// Row 3: resumes and due timers, in turns when both are there.
    #[inline]
    fn resume(&self) -> Option<Turn> {
        if self.timers.have_due() {
            return self.resume_or_expire();
        }
        let wake = self.next_resume()?;
        self.counters().resumes.add_one();
        Some(Turn::Resume(wake))
    }

    #[cold]
    fn resume_or_expire(&self) -> Option<Turn> {
        let timers_first = self.timers_first.replace(!self.timers_first.get());
        if !timers_first && let Some(wake) = self.next_resume() {
            self.counters().resumes.add_one();
            return Some(Turn::Resume(wake));
        }
        let wake = self.timers.pop_due()?;
        self.counters().timers.add_one();
        Some(Turn::Expired(wake))
    }

    #[inline]
    pub(crate) fn next_resume(&self) -> Option<Wake> {
        if self.resumes.is_empty() && self.remote.resumes.has_any() {
            self.remote.resumes.drain(&self.resumes);
        }
        self.resumes.pop()
    }

    /// A batch of injected jobs goes to the Back queue, the first of it is returned.
    fn take_injected(&self) -> Option<Job> {
        loop {
            match self.shared().injector.steal_batch_and_pop(self.queues.back()) {
                Steal::Success(job) => return Some(job),
                Steal::Empty => return None,
                Steal::Retry => {}
            }
        }
    }

    /// Gives the job out, and wakes a sleeper if more wait behind it.
    #[inline]
    fn run(&self, job: Job) -> Turn {
        self.counters().activations.add_one();
        self.pushes.set(0);
        if self.queues.may_have_any() && self.shared().sleep.wants_waking() {
            self.share_backlog();
        }
        Turn::Run(job)
    }

    /// Waking costs as much as a hundred small activations, so a small backlog is shared only now and then.
    #[cold]
    pub(crate) fn share_backlog(&self) {
        let backlog = self.queues.backlog();
        if backlog == 0 {
            return;
        }
        let now = self.now();
        if backlog < LARGE_BACKLOG && now.since(self.shared_at.get()) < SHARE_EVERY {
            return;
        }
        self.shared_at.set(now);
        self.shared().notify();
    }

    /// Whether it serves everyone; counts the times that a relief worker begins to.
    fn serves_everyone(&self) -> bool {
        let serves = self.remote.serves_everyone();
        if self.remote.duty().is_some() && self.was_on_duty.replace(serves) != serves && serves {
            self.counters().relief.add_one();
        }
        serves
    }
}
