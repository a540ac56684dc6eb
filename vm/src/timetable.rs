//! The timetable: what is due when, in the order of deadlines, and of starts among equal ones.
//!
//! Data alone. It knows neither threads nor actors, reads no clock and runs nobody's code: whatever goes comes back to
//! the caller, to be used and dropped where no lock is held.
//!
//! | an entry     | in `by_deadline`              | its content                                           |
//! |--------------|-------------------------------|-------------------------------------------------------|
//! | waits        | at its next deadline          | there                                                 |
//! | is out, once | gone                          | with whoever took it                                  |
//! | is out, again and again | at the deadline after | with whoever took it, who [puts it back](Timetable::put_back) |
//!
//! Every operation costs the logarithm of the number of entries.

use std::collections::BTreeMap;
use std::time::Duration;

use greenroom_scheduler::Time;

use crate::id::ActorId;

/// Which entry: its owner, and the number of its start, which no other has.
pub(crate) type Key = (ActorId, u64);

/// See the head of this file.
pub(crate) struct Timetable<T> {
    by_deadline: BTreeMap<(Time, u64), Entry<T>>,
    /// Each entry's deadline: how it is found by its owner.
    by_owner: BTreeMap<Key, Time>,
    started: u64,
}

struct Entry<T> {
    owner: ActorId,
    period: Option<Duration>,
    /// None while it is out.
    content: Option<T>,
}

/// What has come due.
pub(crate) struct Due<T> {
    pub(crate) key: Key,
    pub(crate) content: T,
}

impl<T> Timetable<T> {
    pub(crate) fn new() -> Self {
        Timetable { by_deadline: BTreeMap::new(), by_owner: BTreeMap::new(), started: 0 }
    }

    /// The number of a start: what starts later gets a higher one.
    pub(crate) fn number(&mut self) -> u64 {
        self.started += 1;
        self.started
    }

    /// Enters something under a new number. Without content, it is out: to be put back.
    pub(crate) fn enter(&mut self, key: Key, deadline: Time, period: Option<Duration>, content: Option<T>) {
        debug_assert!(period != Some(Duration::ZERO), "it would be due without end");
        let (owner, number) = key;
        let entry = Entry { owner, period, content };
        self.by_deadline.insert((deadline, number), entry);
        self.by_owner.insert(key, deadline);
    }

    /// The first deadline. What waits for [`Time::NEVER`] has none.
    pub(crate) fn earliest(&self) -> Option<Time> {
        let (&(deadline, _), _) = self.by_deadline.first_key_value()?;
        (deadline != Time::NEVER).then_some(deadline)
    }

    /// Takes out the first of what is due. One with a period is due again at the first deadline of its grid after
    /// `now`; if it is still out from the last time, that is all that happens.
    pub(crate) fn take_due(&mut self, now: Time) -> Option<Due<T>> {
        while self.earliest().is_some_and(|deadline| deadline <= now) {
            let ((deadline, number), mut entry) = self.by_deadline.pop_first()?;
            let key = (entry.owner, number);
            let content = entry.content.take();
            match entry.period {
                None => {
                    self.by_owner.remove(&key);
                }
                Some(period) => {
                    let next = next_on_grid(deadline, period, now);
                    self.by_deadline.insert((next, number), entry);
                    self.by_owner.insert(key, next);
                }
            }
            if let Some(content) = content {
                return Some(Due { key, content });
            }
        }
        None
    }

    /// Puts back what was out. It comes back to the caller if its entry has gone meanwhile.
    pub(crate) fn put_back(&mut self, key: Key, content: T) -> Option<T> {
        let place = self.by_owner.get(&key).map(|deadline| (*deadline, key.1));
        match place.and_then(|place| self.by_deadline.get_mut(&place)) {
            Some(entry) => entry.content.replace(content),
            None => Some(content),
        }
    }

    /// Removes an entry, and gives its content if that is not out.
    pub(crate) fn remove(&mut self, key: Key) -> Option<T> {
        let deadline = self.by_owner.remove(&key)?;
        self.by_deadline.remove(&(deadline, key.1))?.content
    }

    /// Removes all entries of an owner.
    pub(crate) fn remove_all_of(&mut self, owner: ActorId) -> Vec<T> {
        let keys: Vec<Key> =
            self.by_owner.range((owner, 0)..=(owner, u64::MAX)).map(|(key, _)| *key).collect();
        keys.into_iter().filter_map(|key| self.remove(key)).collect()
    }

    /// Removes all entries, in the order of their deadlines.
    pub(crate) fn remove_all(&mut self) -> Vec<T> {
        self.by_owner.clear();
        std::mem::take(&mut self.by_deadline).into_values().filter_map(|entry| entry.content).collect()
    }
}

/// The first of `deadline`, and every `period` from there, that comes after `now`: so a late tick moves none of those to
/// come, and those that were missed are left out.
fn next_on_grid(deadline: Time, period: Duration, now: Time) -> Time {
    let late = now.since(deadline).as_nanos() % period.as_nanos();
    let rest = period.as_nanos() - late;
    now.after(Duration::from_nanos_u128(rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Home;

    fn owner(number: u64) -> ActorId {
        ActorId::new(Home::shared(0), 0, number)
    }

    fn at(nanos: u64) -> Time {
        Time::from_nanos(nanos)
    }

    /// Enters something, and gives its key.
    fn enter(
        table: &mut Timetable<&'static str>,
        owner: ActorId,
        deadline: u64,
        period: Option<u64>,
        content: &'static str,
    ) -> Key {
        let key = (owner, table.number());
        table.enter(key, at(deadline), period.map(Duration::from_nanos), Some(content));
        key
    }

    fn take_all(table: &mut Timetable<&'static str>, now: u64) -> Vec<&'static str> {
        std::iter::from_fn(|| table.take_due(at(now)).map(|due| due.content)).collect()
    }

    #[test]
    fn what_is_due_comes_in_order_of_deadline_then_of_start_and_nothing_early() {
        let mut table = Timetable::new();
        for (deadline, content) in [(30, "c"), (10, "a"), (20, "b1"), (20, "b2"), (31, "d")] {
            // The owner has no say in the order.
            enter(&mut table, owner(100 - deadline), deadline, None, content);
        }
        assert_eq!(table.earliest(), Some(at(10)));
        assert_eq!(take_all(&mut table, 9), [] as [&str; 0]);
        assert_eq!(take_all(&mut table, 30), ["a", "b1", "b2", "c"]);
        assert_eq!(table.earliest(), Some(at(31)));
        assert_eq!(take_all(&mut table, 31), ["d"]);
        assert_eq!(table.earliest(), None);
        assert!(table.by_owner.is_empty());
    }

    #[test]
    fn a_late_tick_moves_none_of_those_to_come_and_what_was_missed_is_left_out() {
        let mut table = Timetable::new();
        let key = enter(&mut table, owner(1), 100, Some(100), "tick");
        let mut deadlines = Vec::new();
        for now in [100, 205, 299, 300, 777, 900] {
            if let Some(due) = table.take_due(at(now)) {
                assert_eq!(due.key, key);
                assert_eq!(table.put_back(key, due.content), None);
            }
            assert_eq!(take_all(&mut table, now), [] as [&str; 0], "once at a time");
            deadlines.push(table.earliest().unwrap().as_nanos());
        }
        assert_eq!(deadlines, [200, 300, 300, 400, 800, 1000]);
    }

    #[test]
    fn a_tick_that_is_due_while_the_last_one_is_still_out_is_left_out() {
        let mut table = Timetable::new();
        let key = enter(&mut table, owner(1), 100, Some(100), "tick");
        let due = table.take_due(at(100)).unwrap();
        assert!(table.take_due(at(200)).is_none());
        assert_eq!(table.put_back(key, due.content), None);
        assert_eq!(take_all(&mut table, 299), [] as [&str; 0]);
        assert_eq!(table.take_due(at(300)).unwrap().content, "tick");
    }

    #[test]
    fn an_owner_that_is_forgotten_takes_all_its_entries_along_and_nobody_elses() {
        let mut table = Timetable::new();
        for number in [7, 8, 9] {
            enter(&mut table, owner(number), 10 * number, None, "once");
            enter(&mut table, owner(number), 5, Some(5), "again");
        }
        let out = table.take_due(at(5)).unwrap();
        assert_eq!(out.key.0, owner(7));
        assert_eq!(table.remove_all_of(owner(8)), ["once", "again"]);
        assert_eq!(table.remove_all_of(owner(8)), [] as [&str; 0]);
        assert_eq!(table.remove_all_of(owner(7)), ["once"], "the other is out");
        assert_eq!(table.put_back(out.key, out.content), Some("again"), "and finds its place gone");
        assert_eq!((table.by_deadline.len(), table.by_owner.len()), (2, 2));
        assert_eq!(table.remove_all(), ["again", "once"]);
        assert_eq!((table.by_deadline.len(), table.by_owner.len()), (0, 0));
    }

    #[test]
    fn what_never_comes_has_no_deadline_and_can_be_removed() {
        let mut table = Timetable::new();
        let key = enter(&mut table, owner(1), u64::MAX, None, "never");
        assert_eq!(table.earliest(), None);
        assert!(table.take_due(Time::NEVER).is_none());
        assert_eq!(table.remove(key), Some("never"));
        assert_eq!(table.remove(key), None);
        assert_eq!(next_on_grid(at(5), Duration::MAX, at(5)), Time::NEVER);
    }
}
