//! What is due when: in the order of deadlines, and of entry among equal ones.
//!
//! Most deadlines are called off before they come, and most that are entered come later than most that are there.
//! So an entry lies in a slab, found by its number, and a binary heap has its deadline:
//!
//! | operation | costs |
//! |---|---|
//! | enter, remove | a constant: what is removed leaves its deadline in the heap, to be dropped when it comes up, or when most of the heap is such |
//! | schedule | a constant, for a deadline later than most; at worst the logarithm of the number of deadlines |
//! | take what is due | that logarithm |
//!
//! These are means: the removal that finds the heap mostly dead sweeps it, which took 0.1 ms for ten thousand entries and
//! 10 ms for a million, as long as the growth of the memory for as many.
//!
//! Numbers are not reused, so a number kept too long finds nothing. Memory goes back when the last entry goes.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::num::NonZeroU64;

use slab::Slab;

use crate::time::Time;

/// Names one entry of one table for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Entry {
    number: NonZeroU64,
    place: usize,
}

/// Room kept when no entry is left, and deadlines of removed entries that are not worth a sweep.
const KEPT: usize = 64;

/// A table of what is due when. See the head of this file.
///
/// ```
/// use greenroom_scheduler::{Deadlines, Time};
///
/// let mut table = Deadlines::new();
/// let [tea, cake] = ["tea", "cake"].map(|what| table.enter(what));
/// table.schedule(cake, Time::from_nanos(20));
/// table.schedule(tea, Time::from_nanos(10));
/// assert_eq!(table.earliest(), Some(Time::from_nanos(10)));
/// assert_eq!(table.remove(tea), Some("tea"));
/// assert_eq!(table.take_due(Time::from_nanos(19)), None);
/// let (due, deadline) = table.take_due(Time::from_nanos(25)).unwrap();
/// assert_eq!((due, deadline.as_nanos()), (cake, 20));
/// assert_eq!(table.remove(due), Some("cake"));
/// ```
#[derive(Debug)]
pub struct Deadlines<T> {
    entries: Slab<Slot<T>>,
    /// Of what is scheduled, and of some that has been removed. The earliest first.
    heap: BinaryHeap<Reverse<(Time, Entry)>>,
    /// How many in the heap are of what is scheduled.
    scheduled: usize,
    /// The number of the next entry.
    next: NonZeroU64,
}

#[derive(Debug)]
struct Slot<T> {
    number: NonZeroU64,
    is_scheduled: bool,
    content: T,
}

impl<T> Deadlines<T> {
    /// An empty table.
    #[must_use]
    pub fn new() -> Self {
        Deadlines { entries: Slab::new(), heap: BinaryHeap::new(), scheduled: 0, next: NonZeroU64::MIN }
    }

    /// Enters something that has no deadline yet.
    #[inline]
    pub fn enter(&mut self, content: T) -> Entry {
        let number = self.next;
        self.next = number.saturating_add(1);
        let place = self.entries.insert(Slot { number, is_scheduled: false, content });
        Entry { number, place }
    }

    /// Gives an entry its deadline. [`Time::NEVER`] never comes. An entry that has gone is left alone.
    ///
    /// # Panics
    /// If it has one already, in a debug build.
    pub fn schedule(&mut self, entry: Entry, deadline: Time) {
        let Some(slot) = self.slot_mut(entry) else { return };
        debug_assert!(!slot.is_scheduled, "one deadline at a time");
        if deadline < Time::NEVER {
            slot.is_scheduled = true;
            self.scheduled += 1;
            self.heap.push(Reverse((deadline, entry)));
        }
    }

    /// The earliest deadline.
    #[inline]
    pub fn earliest(&mut self) -> Option<Time> {
        while let Some(&Reverse((deadline, entry))) = self.heap.peek() {
            if self.get(entry).is_some() {
                return Some(deadline);
            }
            self.heap.pop();
        }
        None
    }

    /// Takes away the first deadline that is not later than `now`. Its entry stays, without one.
    #[inline]
    pub fn take_due(&mut self, now: Time) -> Option<(Entry, Time)> {
        let deadline = self.earliest().filter(|deadline| *deadline <= now)?;
        let Reverse((_, entry)) = self.heap.pop()?;
        self.slot_mut(entry)?.is_scheduled = false;
        self.scheduled -= 1;
        Some((entry, deadline))
    }

    /// What was entered, if it has not been removed.
    #[inline]
    pub fn get(&self, entry: Entry) -> Option<&T> {
        self.entries.get(entry.place).filter(|slot| slot.number == entry.number).map(|slot| &slot.content)
    }

    /// As [`get`](Self::get), to be changed.
    #[inline]
    pub fn get_mut(&mut self, entry: Entry) -> Option<&mut T> {
        self.slot_mut(entry).map(|slot| &mut slot.content)
    }

    /// Removes an entry, with its deadline if it has one.
    #[inline]
    pub fn remove(&mut self, entry: Entry) -> Option<T> {
        self.get(entry)?;
        let slot = self.entries.try_remove(entry.place)?;
        if slot.is_scheduled {
            self.scheduled -= 1;
            self.sweep();
        }
        if self.entries.is_empty() && (self.entries.capacity() > KEPT || self.heap.capacity() > KEPT) {
            self.give_room_back();
        }
        Some(slot.content)
    }

    /// How many are entered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing is entered.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Removes everything: in the order of deadlines, then what has none.
    pub fn remove_all(&mut self) -> Vec<T> {
        let mut all = Vec::with_capacity(self.entries.len());
        while let Some(Reverse((_, entry))) = self.heap.pop() {
            all.extend(self.remove(entry));
        }
        all.extend(self.entries.drain().map(|slot| slot.content));
        self.give_room_back();
        all
    }

    /// For how many entries and deadlines room is kept.
    #[must_use]
    pub fn room(&self) -> usize {
        self.entries.capacity().max(self.heap.capacity())
    }

    fn slot_mut(&mut self, entry: Entry) -> Option<&mut Slot<T>> {
        self.entries.get_mut(entry.place).filter(|slot| slot.number == entry.number)
    }

    /// Drops the deadlines of what has been removed, when they are the most: each has paid for two by then.
    fn sweep(&mut self) {
        if self.heap.len() < KEPT + 2 * self.scheduled {
            return;
        }
        let mut heap = std::mem::take(&mut self.heap);
        heap.retain(|Reverse((_, entry))| self.get(*entry).is_some());
        heap.shrink_to(4 * heap.len());
        self.heap = heap;
    }

    #[cold]
    fn give_room_back(&mut self) {
        self.entries.shrink_to_fit();
        self.heap.clear();
        self.heap.shrink_to(KEPT);
    }
}

impl<T> Default for Deadlines<T> {
    fn default() -> Self {
        Self::new()
    }
}
