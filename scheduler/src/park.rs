//! Parking: how a worker without work waits, and what it checks before it does.
//!
//! | step | what |
//! |---|---|
//! | poll | about 20 microseconds, after its [patience](crate::patience), if cores are to spare: a wake in that time costs nobody a futex call |
//! | flag | the parking flag goes up in the resume list's head (`resume_list.rs`); a wake that came first ends it |
//! | announce | into the sleepers (`sleep.rs`), unless it is a relief worker off duty, whom new work must not wake |
//! | look again | at everything that others may have pushed without seeing the announcement |
//! | park | until the flag goes down, or the earliest timer's time comes |
//! | leave | out of the sleepers, as a searcher if a waker claimed it as one |

use std::thread;
use std::time::Duration;

use crate::remote::Remote;
use crate::sync::{Ordering, fence};
use crate::time::Time;
use crate::worker::Worker;

/// How long a worker polls before it parks: a few times what parking and waking cost.
const POLL: Duration = Duration::from_micros(20);
/// Polls between two looks at the clock.
const POLLS_A_CLOCK: u32 = 16;

impl Worker {
    /// Waits until there may be something to do. Only after [`Turn::Idle`](crate::Turn::Idle); then turn again.
    /// It may return without a reason. In the simulated world it returns at once.
    pub fn park(&self) {
        let shared = self.shared();
        if shared.clock.is_virtual() {
            return;
        }
        let listed = self.remote.serves_everyone();
        if !listed && self.was_on_duty.get() {
            // It has lost its duty since it turned. Parked it would not turn again, and nobody would learn of it.
            return;
        }
        if !listed {
            // It was woken to search and lost its duty on the way: another one must.
            self.stop_searching();
        }
        if shared.may_spin && self.poll(listed) {
            return;
        }
        let deadline = self.earliest_timer();
        if deadline.is_some_and(|deadline| deadline <= self.now()) {
            return;
        }
        if self.fall_asleep(listed) {
            self.counters().parks.add_one();
            if self.wait(deadline) {
                self.counters().wakes.add_one();
            }
            if listed {
                self.searching.set(shared.sleep.withdraw(self.index(), false));
            }
        }
        shared.rouse_monitor();
    }

    /// Polls what others may push. True if there is something.
    fn poll(&self, listed: bool) -> bool {
        let watched = self.victims().find(|victim| !victim.slot.is_empty());
        let turns = watched.map(Remote::turns);
        let mut now = self.now();
        // What is left alone meanwhile must be looked at before it sleeps.
        let end = self.patience.end(now).after(POLL);
        while now < end {
            let takes_back = self.patience.is_over(now);
            for _ in 0..POLLS_A_CLOCK {
                if self.sees_work(listed, takes_back) {
                    return true;
                }
                std::hint::spin_loop();
            }
            now = self.now();
        }
        let idle = watched.filter(|victim| Some(victim.turns()) == turns && !victim.slot.is_empty());
        if !self.searching.get() || idle.is_none() {
            return false;
        }
        self.suspect.set(idle.map(Remote::index));
        true
    }

    fn sees_work(&self, listed: bool, takes_back: bool) -> bool {
        let shared = self.shared();
        self.remote.resumes.has_any()
            || shared.is_stopping()
            || (listed && !shared.injector.is_empty())
            || (self.searching.get()
                && self.victims().next().is_some_and(|victim| victim.has_loot_for(takes_back)))
    }

    /// Raises the parking flag, announces it, and looks again. False if there is a reason to stay awake.
    fn fall_asleep(&self, listed: bool) -> bool {
        let shared = self.shared();
        if !self.remote.resumes.try_sleep() {
            return false;
        }
        if listed {
            shared.sleep.announce(self.index(), self.searching.take());
        } else {
            // ORDERING: SeqCst pairs with the fences in `Duty::set` and `Scheduler::begin_stop`; the sleepers'
            // announcement has its own.
            fence(Ordering::SeqCst);
        }
        let saw_work = listed && shared.has_work();
        let stay = saw_work || shared.is_stopping() || self.remote.serves_everyone() != listed;
        if !stay {
            return true;
        }
        // Whether the flag was still up makes no difference here: a waker that lowered it unparks this thread,
        // which at worst ends a later parking early.
        let _ = self.remote.resumes.take_sleeper();
        if listed {
            self.searching.set(shared.sleep.withdraw(self.index(), saw_work));
        }
        false
    }

    /// Parks until the flag goes down. False if the worker lowered it itself because a timer's time came.
    fn wait(&self, deadline: Option<Time>) -> bool {
        let resumes = &self.remote.resumes;
        while resumes.is_sleeping() {
            match deadline {
                None => thread::park(),
                Some(deadline) => {
                    let left = deadline.since(self.now());
                    if !left.is_zero() {
                        thread::park_timeout(left);
                    } else if resumes.take_sleeper() {
                        return false;
                    }
                }
            }
        }
        true
    }
}
