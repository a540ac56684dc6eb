//! An acceptor: promises to proposers, accepts their values, and tells the learners.
//!
//! It keeps two things, and both only grow: the highest ballot that it has promised to, and the last value that it has
//! accepted. A ballot lower than its promise is refused.

use std::time::Duration;

use crate::chance::Chance;
use greenroom::prelude::*;

use super::learner::Learner;

/// What is to be agreed on.
pub type Value = &'static str;

/// An attempt to get a value chosen. Higher ones beat lower ones; no two proposers share one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ballot {
    /// The how-manieth of its proposer; this counts first.
    pub round: u64,
    /// Whose it is.
    pub proposer: u64,
}

/// Why an acceptor does not do what it is asked for.
#[derive(Debug)]
pub enum Refused {
    /// It has promised to this one.
    Promised(Ballot),
    /// It is not there, or not in time: for a proposer that is all the same.
    Unreachable,
}

impl From<CallError> for Refused {
    fn from(_: CallError) -> Self {
        Refused::Unreachable
    }
}

/// See the head of this file.
pub struct Acceptor {
    /// Which of the acceptors it is.
    pub number: usize,
    /// Whom it tells what it accepts.
    pub learners: Group<Learner>,
    /// It takes part in nothing lower.
    pub promised: Ballot,
    /// The last value that it has accepted.
    pub accepted: Option<(Ballot, Value)>,
    /// By chance it takes up to so long to answer.
    pub longest: Duration,
    /// What makes it slow.
    pub chance: Chance,
}

#[actor]
impl Acceptor {
    /// Phase 1: promises not to take part in any lower ballot. Says what it has accepted so far.
    pub fn prepare(&mut self, ballot: Ballot) -> Result<Option<(Ballot, Value)>, Refused> {
        self.promise(ballot)?;
        self.dawdle();
        Ok(self.accepted)
    }

    /// Phase 2.
    pub fn accept(&mut self, ballot: Ballot, value: Value) -> Result<(), Refused> {
        self.promise(ballot)?;
        self.dawdle();
        self.accepted = Some((ballot, value));
        self.learners.cast().hear(self.number, ballot, value);
        Ok(())
    }

    #[local]
    fn promise(&mut self, ballot: Ballot) -> Result<(), Refused> {
        if ballot < self.promised {
            return Err(Refused::Promised(self.promised));
        }
        self.promised = ballot;
        Ok(())
    }

    #[local]
    fn dawdle(&mut self) {
        if !self.longest.is_zero() && self.chance.once_in(2) {
            sleep(self.chance.below_time(self.longest)).expect("a handler may sleep");
        }
    }
}
