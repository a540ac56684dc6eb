//! How the main thread learns that a known number of things has happened, and exactly when the last one did.
//!
//! Things are counted in groups of neighbours, each on cache lines of its own: neighbours are created, and mostly
//! run, on one core, so counting costs one uncontended addition.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, Thread};
use std::time::Instant;

/// How many actors a keeper has, and so how many of them are counted together.
pub(crate) const GROUP: u64 = 1024;

#[repr(align(128))]
#[derive(Default)]
struct Group {
    arrived: AtomicU64,
}

/// See the head of this file. It wakes the thread that made it.
pub(crate) struct Tally {
    expected: u64,
    group_size: u64,
    groups: Box<[Group]>,
    /// Groups that are not complete.
    open: AtomicU64,
    ended: OnceLock<Instant>,
    wrong: OnceLock<String>,
    waiter: Thread,
}

impl Tally {
    /// Expects `expected` arrivals, numbered from zero.
    ///
    /// It is never freed: actors hold plain references to it, and a process, which runs one step, makes a few.
    pub(crate) fn of_many(expected: u64) -> &'static Self {
        Self::new(expected, GROUP)
    }

    /// Expects `expected` arrivals that come one after the other, or are counted many at a time.
    pub(crate) fn of_one(expected: u64) -> &'static Self {
        Self::new(expected, expected)
    }

    fn new(expected: u64, group_size: u64) -> &'static Self {
        assert!(expected > 0, "who expects nothing would wait for ever");
        let groups = expected.div_ceil(group_size);
        Box::leak(Box::new(Tally {
            expected,
            group_size,
            groups: (0..groups).map(|_| Group::default()).collect(),
            open: AtomicU64::new(groups),
            ended: OnceLock::new(),
            wrong: OnceLock::new(),
            waiter: thread::current(),
        }))
    }

    /// `count` arrivals, in the group of number `number`.
    pub(crate) fn arrive(&self, number: u64, count: u64) {
        let index = number / self.group_size;
        let expected = self.group_size.min(self.expected - index * self.group_size);
        // ORDERING: AcqRel: what was done before the arrivals happens before the last one is seen by the waiter.
        let arrived = self.groups[index as usize].arrived.fetch_add(count, Ordering::AcqRel) + count;
        if arrived > expected {
            self.say_wrong(format!(
                "of {expected} arrivals from number {} on, {arrived} came",
                index * GROUP
            ));
        } else if arrived == expected {
            // ORDERING: AcqRel: as above, from group to group.
            if self.open.fetch_sub(1, Ordering::AcqRel) == 1 {
                self.ended.get_or_init(Instant::now);
                self.waiter.unpark();
            }
        }
    }

    /// Something else happened than should have. The first one counts.
    pub(crate) fn say_wrong(&self, what: String) {
        self.wrong.get_or_init(|| what);
        self.waiter.unpark();
    }

    pub(crate) fn wrong(&self) -> Option<&str> {
        self.wrong.get().map(String::as_str)
    }

    /// When the last one arrived.
    pub(crate) fn ended(&self) -> Option<Instant> {
        self.ended.get().copied()
    }

    /// How many have arrived so far.
    pub(crate) fn arrived(&self) -> u64 {
        // ORDERING: Acquire pairs with the AcqRel in `arrive`.
        self.groups.iter().map(|group| group.arrived.load(Ordering::Acquire)).sum()
    }

    pub(crate) fn expected(&self) -> u64 {
        self.expected
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_ends_with_the_last_arrival_and_not_before() {
        let tally = Tally::of_many(2 * GROUP + 1);
        for number in 0..2 * GROUP {
            tally.arrive(number, 1);
        }
        assert_eq!((tally.arrived(), tally.ended()), (2 * GROUP, None));
        tally.arrive(2 * GROUP, 1);
        assert!(tally.ended().is_some() && tally.wrong().is_none());
    }

    #[test]
    fn one_arrival_too_many_is_wrong() {
        let tally = Tally::of_one(5);
        tally.arrive(0, 5);
        assert_eq!(tally.wrong(), None);
        tally.arrive(0, 1);
        assert!(tally.wrong().is_some());
    }
}
