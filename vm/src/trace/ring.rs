//! Rings: the newest events of one worker. It has one writer, and is taken out by whoever has the session.

use std::collections::VecDeque;

use parking_lot::{Mutex, MutexGuard};

use crate::trace::record::Record;

/// An event, and the how-manieth of its session it is.
pub(crate) struct Entry {
    pub(crate) number: u64,
    pub(crate) record: Record,
}

/// See the head of this file.
pub(crate) struct Ring {
    capacity: usize,
    kept: Mutex<Kept>,
}

/// What a ring keeps.
#[derive(Default)]
pub(crate) struct Kept {
    entries: VecDeque<Entry>,
    dropped: u64,
}

impl Ring {
    pub(crate) fn new(capacity: usize) -> Self {
        Ring { capacity, kept: Mutex::default() }
    }

    /// Keeps it; the oldest goes if there is no room.
    pub(crate) fn push(&self, entry: Entry) {
        let mut kept = self.kept.lock();
        let oldest = (kept.entries.len() == self.capacity).then(|| kept.entries.pop_front());
        kept.dropped += u64::from(oldest.is_some());
        kept.entries.push_back(entry);
    }

    /// Nothing is recorded here as long as this is held.
    pub(crate) fn hold(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock()
    }

    /// How many there was no room for, ever.
    pub(crate) fn dropped(&self) -> u64 {
        self.kept.lock().dropped
    }
}

impl Kept {
    /// All that is kept, oldest first.
    pub(crate) fn take(&mut self) -> VecDeque<Entry> {
        std::mem::take(&mut self.entries)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::trace::record::What;

    #[test]
    fn the_oldest_go_when_there_is_no_room_and_are_counted() {
        let ring = Ring::new(2);
        let record = Record { at: Duration::ZERO, worker: None, what: What::Park };
        (0..5).for_each(|number| ring.push(Entry { number, record: record.clone() }));
        let numbers = |ring: &Ring| ring.hold().take().iter().map(|entry| entry.number).collect::<Vec<_>>();
        assert_eq!(numbers(&ring), [3, 4]);
        assert_eq!((ring.dropped(), numbers(&ring).len()), (3, 0));
        ring.push(Entry { number: 5, record });
        assert_eq!((numbers(&ring), ring.dropped()), (vec![5], 3));
    }
}
