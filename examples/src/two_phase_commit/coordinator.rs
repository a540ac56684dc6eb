//! The coordinator: asks for votes, decides, and tells everybody.
//!
//! It commits what *all* participants have voted for in time; anything else aborts: a vote against, a participant that is
//! late, one that is not there. What it has decided it writes down before it tells anyone. Who did not hear of it, asks; a
//! trip that it is asked for and knows nothing of is thereby aborted, for it may have lost its power before it decided.

use std::collections::BTreeMap;
use std::time::Duration;

use greenroom::prelude::*;

use super::participant::{Participant, Vote};
use super::{Flaw, Outcome, Trip};
use crate::disk::Disk;
use crate::roll::Roll;

/// Why a trip ended as it did. Participants are named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// All want it.
    AllCommit,
    /// One does not.
    Refused {
        /// Who.
        by: String,
    },
    /// Not all have voted in time.
    Late {
        /// Who has not.
        who: Vec<String>,
    },
    /// Not all are there, or it was not decided on.
    Absent,
}

impl Verdict {
    /// How it ended.
    pub fn outcome(&self) -> Outcome {
        match self {
            Verdict::AllCommit => Outcome::Committed,
            _ => Outcome::Aborted,
        }
    }
}

/// What a coordinator has decided.
pub type Log = BTreeMap<Trip, Verdict>;

/// See the head of this file.
pub struct Coordinator {
    participants: Roll<Participant>,
    log: Disk<Log>,
    flaw: Option<Flaw>,
}

#[actor]
impl Coordinator {
    /// A coordinator, or one that goes on with what it has decided before.
    pub fn new(participants: Roll<Participant>, log: Disk<Log>, flaw: Option<Flaw>) -> Self {
        Coordinator { participants, log, flaw }
    }

    /// Both phases of one trip. A trip that is decided on remains so, however often this is asked for.
    pub fn book(&mut self, trip: Trip, limit: Duration) -> Verdict {
        if let Some(verdict) = self.log.read(|log| log.get(&trip).cloned()) {
            return verdict;
        }
        let verdict = self.collect_votes(trip, limit);
        self.log.change(|log| log.insert(trip, verdict.clone()));
        self.participants.present().cast().finish(trip, verdict.outcome());
        verdict
    }

    /// Tells one participant how a trip has ended.
    #[cast]
    pub fn inquire(&mut self, trip: Trip, who: Ref<Participant>) {
        let outcome = self.log.change(|log| log.entry(trip).or_insert(Verdict::Absent).outcome());
        // If it has gone, it will ask again.
        let _ = who.finish(trip, outcome);
    }

    /// The first vote against ends it. Whoever has not begun to think about the trip then does not begin any more.
    #[local]
    fn collect_votes(&self, trip: Trip, limit: Duration) -> Verdict {
        let present = self.participants.present();
        let mut votes = present.each_within(limit).prepare(trip);
        let mut agreed = 0;
        while let Some((participant, vote)) = votes.next() {
            match vote {
                Ok(Vote::Commit) => agreed += 1,
                Ok(Vote::Abort) => {
                    votes.cancel();
                    return Verdict::Refused { by: self.name_of(&participant) };
                }
                // It has ended; whether it had voted makes no difference.
                Err(_) => {}
            }
        }
        match votes.missing() {
            _ if self.flaw == Some(Flaw::CommitsWithoutTheLate) => Verdict::AllCommit,
            late if !late.is_empty() => {
                Verdict::Late { who: late.iter().map(|who| self.name_of(who)).collect() }
            }
            _ if agreed < self.participants.nodes().len() => Verdict::Absent,
            _ => Verdict::AllCommit,
        }
    }

    #[local]
    fn name_of(&self, participant: &Ref<Participant>) -> String {
        let is_there = |node: &&String| self.participants.find(node).as_ref() == Some(participant);
        self.participants
            .nodes()
            .iter()
            .find(is_there)
            .cloned()
            .unwrap_or_else(|| "one that has gone".to_owned())
    }
}
