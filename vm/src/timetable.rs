//! The timetable: what is due when, in the order of deadlines, and of starts among equal ones; and whose it is.
//!
//! Data alone. It knows neither threads nor actors, reads no clock and runs nobody's code: whatever goes comes back to
//! the caller, to be used and dropped where no lock is held.
//!
//! | a line       | its deadline                  | its content                                           |
//! |--------------|-------------------------------|-------------------------------------------------------|
//! | waits        | the next one                  | there                                                 |
//! | is out, once | gone, and so is the line      | with whoever took it                                  |
//! | is out, again and again | the one after      | with whoever took it, who [puts it back](Timetable::put_back) |
//!
//! Lines of one owner are linked, so that they are found when it goes. To enter, to remove and to find costs the same
//! however many there are; to take what is due, the logarithm of their number: see [`Deadlines`].

use std::time::Duration;

use greenroom_scheduler::{Deadlines, Entry, Time};

use crate::id::ActorId;
use crate::id_map::{self, IdMap};

/// Which line. No other has it, ever.
pub(crate) type Key = Entry;

/// See the head of this file.
pub(crate) struct Timetable<T> {
    lines: Deadlines<Line<T>>,
    /// The newest line of each owner.
    newest: IdMap<ActorId, Key>,
}

struct Line<T> {
    owner: ActorId,
    period: Option<Duration>,
    /// None while it is out.
    content: Option<T>,
    /// Neighbours among its owner's.
    older: Option<Key>,
    newer: Option<Key>,
}

/// What has come due.
pub(crate) struct Due<T> {
    pub(crate) key: Key,
    pub(crate) content: T,
}

impl<T> Timetable<T> {
    pub(crate) fn new() -> Self {
        Timetable { lines: Deadlines::new(), newest: IdMap::default() }
    }

    /// Makes room for something, and says where. It is out, without a deadline, until it is [set](Self::set).
    pub(crate) fn enter(&mut self, owner: ActorId, period: Option<Duration>) -> Key {
        debug_assert!(period != Some(Duration::ZERO), "it would be due without end");
        let line = Line { owner, period, content: None, older: None, newer: None };
        let key = self.lines.enter(line);
        let older = self.newest.insert(owner, key);
        self.link(older, Some(key));
        key
    }

    /// Sets what was entered. Without content, it is out: to be put back.
    pub(crate) fn set(&mut self, key: Key, deadline: Time, content: Option<T>) {
        if let Some(line) = self.lines.get_mut(key) {
            line.content = content;
        }
        self.lines.schedule(key, deadline);
    }

    /// The first deadline. What waits for [`Time::NEVER`] has none.
    pub(crate) fn earliest(&mut self) -> Option<Time> {
        self.lines.earliest()
    }

    /// Takes out the first of what is due. One with a period is due again at the first deadline of its grid after
    /// `now`; if it is still out from the last time, that is all that happens.
    pub(crate) fn take_due(&mut self, now: Time) -> Option<Due<T>> {
        while let Some((key, deadline)) = self.lines.take_due(now) {
            let period = self.lines.get(key)?.period;
            let content = match period {
                None => self.remove(key),
                Some(period) => {
                    self.lines.schedule(key, next_on_grid(deadline, period, now));
                    self.lines.get_mut(key)?.content.take()
                }
            };
            if let Some(content) = content {
                return Some(Due { key, content });
            }
        }
        None
    }

    /// Puts back what was out. It comes back to the caller if its line has gone meanwhile.
    pub(crate) fn put_back(&mut self, key: Key, content: T) -> Option<T> {
        match self.lines.get_mut(key) {
            Some(line) => line.content.replace(content),
            None => Some(content),
        }
    }

    /// Removes a line, and gives its content if that is not out.
    pub(crate) fn remove(&mut self, key: Key) -> Option<T> {
        let line = self.lines.remove(key)?;
        self.link(line.older, line.newer);
        if line.newer.is_none() {
            match line.older {
                Some(older) => self.newest.insert(line.owner, older),
                None => self.newest.remove(&line.owner),
            };
            id_map::give_room_back(&mut self.newest);
        }
        line.content
    }

    /// Removes all lines of an owner, in the order of their starts.
    pub(crate) fn remove_all_of(&mut self, owner: ActorId) -> Vec<T> {
        let mut removed = Vec::new();
        let mut next = self.newest.remove(&owner);
        while let Some(line) = next.and_then(|key| self.lines.remove(key)) {
            removed.extend(line.content);
            next = line.older;
        }
        id_map::give_room_back(&mut self.newest);
        removed.reverse();
        removed
    }

    /// Removes all lines, in the order of their deadlines.
    pub(crate) fn remove_all(&mut self) -> Vec<T> {
        self.newest = IdMap::default();
        self.lines.remove_all().into_iter().filter_map(|line| line.content).collect()
    }

    /// Makes two lines of one owner neighbours, or one of them the first or the last.
    fn link(&mut self, older: Option<Key>, newer: Option<Key>) {
        if let Some(line) = older.and_then(|key| self.lines.get_mut(key)) {
            line.newer = newer;
        }
        if let Some(line) = newer.and_then(|key| self.lines.get_mut(key)) {
            line.older = older;
        }
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
        let key = table.enter(owner, period.map(Duration::from_nanos));
        table.set(key, at(deadline), Some(content));
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
        assert!(table.lines.is_empty() && table.newest.is_empty());
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
        assert_eq!(table.lines.get(out.key).unwrap().owner, owner(7));
        assert_eq!(table.remove_all_of(owner(8)), ["once", "again"]);
        assert_eq!(table.remove_all_of(owner(8)), [] as [&str; 0]);
        assert_eq!(table.remove_all_of(owner(7)), ["once"], "the other is out");
        assert_eq!(table.put_back(out.key, out.content), Some("again"), "and finds its place gone");
        assert_eq!((table.lines.len(), table.newest.len()), (2, 1), "two of one owner are left");
        assert_eq!(table.remove_all(), ["again", "once"]);
        assert!(table.lines.is_empty() && table.newest.is_empty());
    }

    #[test]
    fn an_owners_lines_stay_linked_whichever_of_them_goes() {
        for gone in 0..4 {
            let mut table = Timetable::new();
            let names = ["a", "b", "c", "d"];
            let keys = names.map(|name| enter(&mut table, owner(1), 10, None, name));
            enter(&mut table, owner(2), 10, None, "another's");
            assert_eq!(table.remove(keys[gone]), Some(names[gone]));
            enter(&mut table, owner(1), 10, None, "e");
            let left: Vec<_> = names.into_iter().filter(|name| *name != names[gone]).chain(["e"]).collect();
            assert_eq!(table.remove_all_of(owner(1)), left);
            assert_eq!(take_all(&mut table, 10), ["another's"]);
        }
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
