//! Counters of one worker: written by it alone with plain stores, read by anyone without a lock.
//!
//! A counter is a relaxed load and a relaxed store of its owner, not a read-modify-write: one writer needs none,
//! and it costs as much as a field. Readers see each counter as of some moment, not all of the same moment.

use crate::sync::{AtomicU64, Ordering};

/// One number that its worker counts up.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Counts one more. Only on the worker's own thread, which is where its `Counters` can be had.
    #[inline]
    pub fn add_one(&self) {
        self.add(1);
    }

    /// Counts `more` at once.
    #[inline]
    pub fn add(&self, more: u64) {
        // ORDERING: Relaxed, one writer, and the number orders nothing.
        self.0.store(self.0.load(Ordering::Relaxed).wrapping_add(more), Ordering::Relaxed);
    }

    /// Keeps the larger of the number so far and this one.
    #[inline]
    pub fn raise_to(&self, level: u64) {
        // ORDERING: Relaxed, as in `add`.
        if level > self.0.load(Ordering::Relaxed) {
            self.0.store(level, Ordering::Relaxed);
        }
    }

    /// The number so far, from any thread.
    #[inline]
    #[must_use]
    pub fn get(&self) -> u64 {
        // ORDERING: Relaxed, as in `add`.
        self.0.load(Ordering::Relaxed)
    }
}

/// Declares the counters once, for the live struct and for its snapshot.
macro_rules! counters {
    ($($(#[doc = $doc:literal])+ $name:ident,)+) => {
        /// What a worker counts, live. Scheduler and layer above each add to their own.
        #[derive(Debug, Default)]
        pub struct Counters {
            $($(#[doc = $doc])+ pub $name: Counter,)+
        }

        /// The counters of one worker at about one moment.
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct Snapshot {
            /// Which worker.
            pub worker: usize,
            /// Whether it is a relief worker.
            pub is_relief: bool,
            $($(#[doc = $doc])+ pub $name: u64,)+
        }

        impl Snapshot {
            /// Adds what another worker counted, as if this one had: the larger of two high waters, the sum of all else.
            pub fn absorb(&mut self, other: &Snapshot) {
                let high_water = self.stack_high_water.max(other.stack_high_water);
                $(self.$name = self.$name.wrapping_add(other.$name);)+
                self.stack_high_water = high_water;
            }
        }

        impl Counters {
            /// Reads them all.
            pub(crate) fn snapshot(&self, worker: usize, is_relief: bool) -> Snapshot {
                Snapshot { worker, is_relief, $($name: self.$name.get(),)+ }
            }
        }
    };
}

counters! {
    /// Jobs given out by `turn`. Counted by the scheduler.
    activations,
    /// Messages handled. Counted by the layer above.
    messages,
    /// Times that a search took work from another worker. Counted by the scheduler.
    steals,
    /// Times that the thread parked. Counted by the scheduler.
    parks,
    /// Times that it was woken from parking, not by its own timer. Counted by the scheduler.
    wakes,
    /// Suspended coroutines given out to go on. Counted by the scheduler.
    resumes,
    /// Times that it went on duty in place of a stuck worker. Counted by the scheduler.
    relief,
    /// Timers that fired. Counted by the scheduler.
    timers,
    /// The most bytes of one stack in use. Raised by the layer above.
    stack_high_water,
    /// Actors begun. Counted by the layer above.
    spawned,
    /// Actors ended. Counted by the layer above.
    ended,
    /// Messages that could not be delivered and had no sender waiting. Counted by the layer above.
    dead_letters,
    /// Replies that came after their caller had gone on. Counted by the layer above.
    late_replies,
    /// Requests dropped unrun because their caller had gone on. Counted by the layer above.
    expired,
    /// Calls that ran at once in place of waiting in a mailbox. Counted by the layer above.
    handoffs,
    /// Handlers that panicked. Counted by the layer above.
    panics,
    /// Actors restarted by supervisors. Counted by the layer above.
    restarts,
    /// Stacks that stayed with handlers which caught the unwinding of a kill. Counted by the layer above.
    quarantined,
    /// Times that a mailbox filled up to its watermark. Counted by the layer above.
    watermarks,
    /// Times that a sender waited for room in a mailbox. Counted by the layer above.
    waits_for_room,
    /// Messages that came back, and requests that failed, because there was no room. Counted by the layer above.
    overloads,
    /// Messages dropped where there was no room, because they came last. Counted by the layer above.
    dropped_newest,
    /// Messages dropped where there was no room, because they had waited longest. Counted by the layer above.
    dropped_oldest,
}

#[cfg(test)]
mod tests {
    use super::Counters;

    #[test]
    fn a_snapshot_reads_what_the_owner_counted() {
        let counters = Counters::default();
        counters.messages.add_one();
        counters.messages.add(2);
        counters.stack_high_water.raise_to(9);
        counters.stack_high_water.raise_to(4);
        let seen = counters.snapshot(3, true);
        assert_eq!((seen.worker, seen.is_relief), (3, true));
        assert_eq!((seen.messages, seen.stack_high_water, seen.steals), (3, 9, 0));
    }

    #[test]
    fn what_two_workers_counted_is_added_but_for_the_high_water() {
        let (one, two) = (Counters::default(), Counters::default());
        one.messages.add(2);
        one.stack_high_water.raise_to(7);
        two.messages.add(3);
        two.steals.add(1);
        two.stack_high_water.raise_to(5);
        let mut all = one.snapshot(3, false);
        all.absorb(&two.snapshot(4, true));
        assert_eq!((all.worker, all.is_relief), (3, false));
        assert_eq!((all.messages, all.steals, all.stack_high_water), (5, 1, 7));
    }
}
