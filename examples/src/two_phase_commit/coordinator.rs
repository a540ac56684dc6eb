//! The coordinator: asks for votes, decides, and tells everybody.
//!
//! It commits what *all* participants have voted for in time; anything else aborts: a vote against, a participant that is
//! late, one that is not there. It lives throughout; participants may end at any time.

use std::collections::BTreeMap;
use std::time::Duration;

use greenroom::prelude::*;

use super::participant::{Outcome, Participant, Trip, Vote};

/// Why a trip ended as it did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    AllCommit,
    Refused { by: Ref<Participant> },
    Late { who: Vec<Ref<Participant>> },
    Absent,
}

impl Verdict {
    pub fn outcome(&self) -> Outcome {
        match self {
            Verdict::AllCommit => Outcome::Committed,
            _ => Outcome::Aborted,
        }
    }
}

/// See the head of this file.
pub struct Coordinator {
    /// How many must agree. The group is no measure of that: those that end leave it by themselves.
    parties: usize,
    group: Group<Participant>,
    outcomes: BTreeMap<Trip, Outcome>,
}

#[actor]
impl Coordinator {
    pub fn new(parties: usize) -> Self {
        Coordinator { parties, group: Group::new(), outcomes: BTreeMap::new() }
    }

    pub fn enlist(&mut self, participant: Ref<Participant>) {
        self.group.add(participant);
    }

    pub fn participants(&self) -> Vec<Ref<Participant>> {
        self.group.members()
    }

    /// Both phases of one trip.
    pub fn book(&mut self, trip: Trip, limit: Duration) -> Verdict {
        let verdict = self.collect_votes(trip, limit);
        self.outcomes.insert(trip, verdict.outcome());
        self.group.cast().finish(trip, verdict.outcome());
        verdict
    }

    /// How a trip ended. One that was never decided on never will be.
    pub fn outcome(&self, trip: Trip) -> Outcome {
        self.outcomes.get(&trip).copied().unwrap_or(Outcome::Aborted)
    }

    /// The first vote against ends it. Whoever has not begun to think about the trip then does not begin any more.
    #[local]
    fn collect_votes(&self, trip: Trip, limit: Duration) -> Verdict {
        let mut votes = self.group.each_within(limit).prepare(trip);
        let mut agreed = 0;
        while let Some((participant, vote)) = votes.next() {
            match vote {
                Ok(Vote::Commit) => agreed += 1,
                Ok(Vote::Abort) => {
                    votes.cancel();
                    return Verdict::Refused { by: participant };
                }
                // It has ended; whether it had voted makes no difference.
                Err(_) => {}
            }
        }
        match votes.missing() {
            late if !late.is_empty() => Verdict::Late { who: late },
            _ if agreed < self.parties => Verdict::Absent,
            _ => Verdict::AllCommit,
        }
    }
}
