//! Stealing: what a worker without work takes from the others.
//!
//! From a random start around, of the first victim that has some: one Urgent job, else half of its Back queue,
//! else half of its Fresh queue (the oldest, which are the largest subtrees). A thief that was done at once with what it had from
//! a Back queue leaves those alone for a while (`patience.rs`). Only if no deque has any, the
//! next-slot of a victim that is stuck: one that the monitor marked, or that did not turn while this worker
//! polled. Of a victim that turns the slot is left alone: its content would run there within a microsecond, and
//! a conversation of two would be torn apart.

use crossbeam_deque::Steal;

use crate::job::Job;
use crate::remote::Remote;
use crate::worker::Worker;

/// Passes over the victims before a contended search gives up; parking looks again.
const PASSES: usize = 4;

impl Worker {
    /// Searches the other workers.
    pub(crate) fn steal(&self) -> Option<Job> {
        // Who may not poll cannot wait for a time.
        let takes_back = !self.shared().may_spin || self.patience.may_steal(self.now());
        self.search(takes_back)
    }

    /// As [`steal`](Self::steal); from Back queues only if `takes_back`.
    pub(crate) fn search(&self, takes_back: bool) -> Option<Job> {
        for _ in 0..PASSES {
            let mut contended = false;
            for victim in self.victims() {
                match self.steal_from(victim, takes_back) {
                    Steal::Success(job) => return Some(job),
                    Steal::Retry => contended = true,
                    Steal::Empty => {}
                }
            }
            if !contended {
                break;
            }
        }
        self.steal_next_of_stuck()
    }

    /// The other workers, from a random one around.
    pub(crate) fn victims(&self) -> impl Iterator<Item = &Remote> {
        let remotes = self.shared().active();
        let start = self.random.below(remotes.len() as u32) as usize;
        let (before, from) = remotes.split_at(start);
        from.iter().chain(before).map(|remote| &**remote).filter(|victim| victim.index() != self.index())
    }

    fn steal_from(&self, victim: &Remote, takes_back: bool) -> Steal<Job> {
        let stealers = &victim.stealers;
        stealers
            .urgent
            .steal()
            .or_else(|| if takes_back { self.steal_back(victim) } else { Steal::Empty })
            .or_else(|| stealers.fresh.steal_batch_and_pop(self.queues.fresh()))
    }

    fn steal_back(&self, victim: &Remote) -> Steal<Job> {
        let loot = victim.stealers.back.steal_batch_and_pop(self.queues.back());
        if loot.is_success() {
            self.patience.stole(self.now());
        }
        loot
    }

    /// A worker that has work compares its load with that of another one, drawn by chance, and takes half of the
    /// difference if the other has more than twice as much. Stealing alone evens out only what idles: of twelve
    /// actors that are busy for ever one worker could keep nine, which then get a ninth of it each.
    pub(crate) fn balance(&self) {
        let Some(victim) = self.victims().next() else { return };
        let (ours, theirs) = (self.queues.backlog(), victim.stealers.back.len());
        if theirs > 2 * (ours + 1) {
            let half = (theirs - ours) / 2;
            // Contended or emptied meanwhile: there will be a next time.
            let _ = victim.stealers.back.steal_batch_with_limit(self.queues.back(), half);
        }
    }

    /// The last pass.
    fn steal_next_of_stuck(&self) -> Option<Job> {
        let suspect = self.suspect.take();
        self.victims()
            .filter(|victim| victim.is_stuck() || suspect == Some(victim.index()))
            .find_map(Remote::steal_next)
    }

    /// Whether this worker counts as searching, or may from now on.
    pub(crate) fn may_search(&self) -> bool {
        if self.shared().clock.is_virtual() {
            // Nobody sleeps there, so nobody counts who searches.
            return true;
        }
        if !self.searching.get() {
            self.searching.set(self.shared().sleep.begin_search());
        }
        self.searching.get()
    }

    /// Searches no more. The last searcher to stop wakes the next if there is more work.
    #[cold]
    pub(crate) fn stop_searching(&self) {
        let shared = self.shared();
        if self.searching.replace(false) && shared.sleep.end_search() && shared.has_work() {
            shared.notify();
        }
    }
}
