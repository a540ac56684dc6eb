//! A participant: has seats, promises one to a trip, and books it or gives it back as the coordinator decides.
//!
//! What it must not forget is on its disk, which survives it:
//!
//! | on the disk for a trip | means                                           | after a power cut             |
//! |------------------------|--------------------------------------------------|-------------------------------|
//! | nothing                | it has promised nothing                          | nothing to do                 |
//! | `Promised`             | it voted commit, and may not go back on its word | it asks the coordinator       |
//! | `Ended(outcome)`       | it knows how the trip ended                      | it knows                      |

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::chance::Chance;
use greenroom::prelude::*;

use super::coordinator::Coordinator;

/// The number of a trip.
pub type Trip = u32;

/// How a trip ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Committed,
    Aborted,
}

/// What a participant says when it is asked whether a trip can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vote {
    Commit,
    Abort,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Record {
    Promised,
    Ended(Outcome),
}

/// What is left of a participant after a power cut. Clones are the same disk.
#[derive(Clone, Default)]
pub struct Disk(Arc<Mutex<BTreeMap<Trip, Record>>>);

impl Disk {
    fn write(&self, trip: Trip, record: Record) {
        let before = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(trip, record);
        let is_turned =
            matches!((before, record), (Some(Record::Ended(before)), Record::Ended(now)) if before != now);
        assert!(!is_turned, "trip {trip} has ended otherwise before");
    }

    fn read(&self) -> BTreeMap<Trip, Record> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn trips(&self, wanted: Record) -> Vec<Trip> {
        self.read().into_iter().filter(|(_, record)| *record == wanted).map(|(trip, _)| trip).collect()
    }
}

/// How a participant treats a trip.
#[derive(Clone, Copy)]
pub enum Manner {
    /// It votes abort for this trip, and takes so long for that one.
    Planned { refuses: Option<Trip>, dawdles: Option<(Trip, Duration)> },
    /// It votes abort once in eight times, and now and then takes up to so long.
    Moody { longest: Duration },
}

/// See the head of this file.
pub struct Participant {
    pub name: &'static str,
    pub coordinator: Ref<Coordinator>,
    pub disk: Disk,
    pub manner: Manner,
    pub chance: Chance,
}

#[actor]
impl Participant {
    /// After a power cut: learns how those trips ended that it is bound to, and only then takes part again.
    #[started]
    fn recover(&mut self) {
        for trip in self.disk.trips(Record::Promised) {
            let outcome = self.coordinator.outcome(trip).expect("the coordinator lives, and is never long");
            self.disk.write(trip, Record::Ended(outcome));
        }
        self.coordinator.enlist(me()).expect("the coordinator lives");
    }

    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The first phase.
    pub fn prepare(&mut self, trip: Trip) -> Vote {
        let vote = self.consider(trip);
        if vote == Vote::Commit {
            self.disk.write(trip, Record::Promised);
        }
        vote
    }

    /// The second phase.
    #[cast]
    pub fn finish(&mut self, trip: Trip, outcome: Outcome) {
        self.disk.write(trip, Record::Ended(outcome));
    }

    /// The trips that it has booked. It must be bound to none.
    pub fn booked(&self) -> Vec<Trip> {
        assert_eq!(self.disk.trips(Record::Promised), [], "the {} does not know how these ended", self.name);
        self.disk.trips(Record::Ended(Outcome::Committed))
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
        if refuses { Vote::Abort } else { Vote::Commit }
    }
}
