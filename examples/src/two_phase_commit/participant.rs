//! A participant: has seats, promises one to a trip, and books it or gives it back as the coordinator decides.
//!
//! What it must not forget is in its book, on its disk, which survives it:
//!
//! | in the book for a trip | means                                           | then                                         |
//! |------------------------|--------------------------------------------------|----------------------------------------------|
//! | nothing                | it has promised nothing                          | it may vote as it likes                      |
//! | `Promised`             | it voted commit, and may not go back on its word | it asks the coordinator, until it is told    |
//! | `Ended(outcome)`       | it knows how the trip ended                      | it says the same to all who ask for its vote |

use std::collections::BTreeMap;
use std::time::Duration;

use greenroom::prelude::*;

use super::{Flaw, Outcome, Trip, coordinators};
use crate::chance::Chance;
use crate::disk::Disk;

/// How often it asks for the outcome of what it has promised.
const PERIOD: Duration = Duration::from_millis(50);

/// What a participant says when it is asked whether a trip can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vote {
    /// It can.
    Commit,
    /// It cannot.
    Abort,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Record {
    Promised,
    Ended(Outcome),
}

/// What a participant must not forget.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Book(BTreeMap<Trip, Record>);

impl Book {
    /// The trips that are booked.
    pub fn booked(&self) -> Vec<Trip> {
        self.those(Record::Ended(Outcome::Committed))
    }

    /// The trips that it knows to be aborted.
    pub fn aborted(&self) -> Vec<Trip> {
        self.those(Record::Ended(Outcome::Aborted))
    }

    /// The trips that it has promised a seat to, and does not know the end of.
    pub fn promised(&self) -> Vec<Trip> {
        self.those(Record::Promised)
    }

    fn those(&self, wanted: Record) -> Vec<Trip> {
        self.0.iter().filter(|(_, record)| **record == wanted).map(|(trip, _)| *trip).collect()
    }

    /// # Panics
    /// If it has ended otherwise before.
    fn end(&mut self, trip: Trip, outcome: Outcome) {
        let before = self.0.insert(trip, Record::Ended(outcome));
        let is_turned = matches!(before, Some(Record::Ended(before)) if before != outcome);
        assert!(!is_turned, "trip {trip} is {outcome:?}, and has ended otherwise before");
    }
}

/// How a participant treats a trip.
#[derive(Clone, Copy, Debug)]
pub enum Manner {
    /// It votes abort for one trip, and takes its time for another.
    Planned {
        /// The one.
        refuses: Option<Trip>,
        /// The other, and how much time.
        dawdles: Option<(Trip, Duration)>,
    },
    /// It votes abort once in eight times, and now and then takes up to so long.
    Moody {
        /// How long.
        longest: Duration,
    },
}

/// See the head of this file.
pub struct Participant {
    /// What it must not forget.
    pub book: Disk<Book>,
    /// How it treats a trip.
    pub manner: Manner,
    /// What it draws its moods by.
    pub chance: Chance,
    /// What is wrong with it.
    pub flaw: Option<Flaw>,
}

#[actor]
impl Participant {
    #[started]
    fn begin(&mut self) {
        self.inquire();
        me::<Self>().every(PERIOD).inquire();
    }

    /// The first phase.
    pub fn prepare(&mut self, trip: Trip) -> Vote {
        match self.book.read(|book| book.0.get(&trip).copied()) {
            Some(Record::Promised | Record::Ended(Outcome::Committed)) => Vote::Commit,
            Some(Record::Ended(Outcome::Aborted)) => Vote::Abort,
            None => self.consider(trip),
        }
    }

    /// The second phase.
    #[cast]
    pub fn finish(&mut self, trip: Trip, outcome: Outcome) {
        self.book.change(|book| book.end(trip, outcome));
    }

    /// The trips that it has booked, unless it is bound to one that it does not know the end of.
    pub fn booked(&self) -> Option<Vec<Trip>> {
        self.book.read(|book| book.promised().is_empty().then(|| book.booked()))
    }

    /// Asks the coordinator for the end of all that it has promised. Its answer may be lost, or it may not be there.
    #[cast]
    fn inquire(&mut self) {
        let promised = self.book.read(Book::promised);
        for trip in promised {
            coordinators().present().cast().inquire(trip, me());
        }
    }

    #[local]
    fn consider(&mut self, trip: Trip) -> Vote {
        let (refuses, takes) = match self.manner {
            Manner::Planned { refuses, dawdles } => {
                let takes = dawdles.filter(|(slow, _)| *slow == trip).map(|(_, takes)| takes);
                (refuses == Some(trip), takes)
            }
            Manner::Moody { longest } => {
                let takes = self.chance.once_in(3).then(|| self.chance.below_time(longest));
                (self.chance.once_in(8), takes)
            }
        };
        if let Some(takes) = takes {
            sleep(takes).expect("a handler may sleep");
        }
        if refuses {
            return Vote::Abort;
        }
        if self.flaw != Some(Flaw::ForgetsItsPromise) {
            self.book.change(|book| book.0.insert(trip, Record::Promised));
        }
        Vote::Commit
    }
}
