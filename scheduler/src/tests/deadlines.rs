//! The table of deadlines: its order beside a sorted set's, and the room it takes.

use std::collections::{BTreeMap, BTreeSet};

use crate::random::Random;
use crate::{Deadlines, Entry, Time};

/// What a table should do: deadlines in a sorted set, with the number of their entry.
#[derive(Default)]
struct Model {
    sorted: BTreeSet<(u64, u64)>,
    /// Of each entry by its number: its name in the table, and its deadline if it has one.
    entries: BTreeMap<u64, (Entry, Option<u64>)>,
    entered: u64,
}

impl Model {
    fn schedule(&mut self, table: &mut Deadlines<u64>, number: u64, deadline: u64) {
        let (entry, own) = self.entries.get_mut(&number).unwrap();
        *own = Some(deadline);
        self.sorted.insert((deadline, number));
        table.schedule(*entry, Time::from_nanos(deadline));
    }

    fn take_due(&mut self, table: &mut Deadlines<u64>, now: u64) {
        let first = self.sorted.first().copied().filter(|first| first.0 <= now);
        let taken = table.take_due(Time::from_nanos(now));
        let taken = taken.map(|(entry, deadline)| (deadline.as_nanos(), *table.get(entry).unwrap()));
        assert_eq!(taken, first);
        if let Some((_, number)) = first {
            self.sorted.pop_first();
            self.entries.get_mut(&number).unwrap().1 = None;
        }
    }

    fn remove(&mut self, table: &mut Deadlines<u64>, number: u64) {
        let (entry, deadline) = self.entries.remove(&number).unwrap();
        if let Some(deadline) = deadline {
            self.sorted.remove(&(deadline, number));
        }
        assert_eq!(table.remove(entry), Some(number));
        assert_eq!((table.remove(entry), table.get(entry)), (None, None), "gone for good");
    }

    /// One step by chance: few deadlines, so that many are equal.
    fn step(&mut self, table: &mut Deadlines<u64>, chance: &Random) {
        let below = |limit: u64| u64::from(chance.below(limit as u32));
        let any = |model: &Model| {
            let place = below(model.entries.len().max(1) as u64) as usize;
            model.entries.iter().nth(place).map(|(&number, &(_, deadline))| (number, deadline))
        };
        match below(8) {
            0..3 => {
                let number = self.entered;
                self.entered += 1;
                self.entries.insert(number, (table.enter(number), None));
                if below(4) > 0 {
                    self.schedule(table, number, below(50));
                }
            }
            3 | 4 => self.take_due(table, below(30)),
            5 => match any(self) {
                Some((number, None)) => self.schedule(table, number, below(50)),
                _ => self.take_due(table, 50),
            },
            _ => {
                if let Some((number, _)) = any(self) {
                    self.remove(table, number);
                }
            }
        }
        let first = self.sorted.first().map(|&(deadline, _)| Time::from_nanos(deadline));
        assert_eq!((table.earliest(), table.is_empty()), (first, self.entries.is_empty()));
        assert_eq!(table.len(), self.entries.len());
    }
}

#[test]
fn a_table_does_what_a_sorted_set_does() {
    for seed in 0..200 {
        let (mut table, mut model, chance) = (Deadlines::new(), Model::default(), Random::new(seed, 0));
        for _ in 0..500 {
            model.step(&mut table, &chance);
        }
        let all: Vec<u64> = model.sorted.iter().map(|&(_, number)| number).collect();
        let left = table.remove_all();
        assert_eq!(left[..all.len()], all, "seed {seed}");
        assert_eq!((left.len(), table.is_empty()), (model.entries.len(), true));
    }
}

#[test]
fn what_is_removed_before_it_is_due_takes_no_room_beside_what_stays() {
    let mut table = Deadlines::new();
    let stays: Vec<_> = (0..100).map(|number| table.enter(number)).collect();
    for (entry, deadline) in stays.iter().zip(1..) {
        table.schedule(*entry, Time::from_nanos(deadline));
    }
    for deadline in 1..100_000 {
        let entry = table.enter(deadline);
        table.schedule(entry, Time::from_nanos(1_000_000 - deadline));
        assert_eq!(table.remove(entry), Some(deadline));
    }
    assert!(table.room() <= 1024, "room for {}", table.room());
    assert_eq!(table.remove_all(), (0..100).collect::<Vec<_>>());
    assert!(table.room() <= 64, "room for {}", table.room());
}
