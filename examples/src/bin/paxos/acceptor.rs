//! An acceptor: promises to proposers, accepts their values, and tells the learners.
//!
//! It keeps two things, and both only grow: the highest ballot that it has promised to, and the last value that it has
//! accepted. A ballot lower than its promise is refused.

use std::time::Duration;

use greenroom::prelude::*;
use greenroom_examples::chance::Chance;

use crate::learner::Learner;

/// What is to be agreed on.
pub(crate) type Value = &'static str;

/// An attempt to get a value chosen. Higher ones beat lower ones; no two proposers share one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Ballot {
    pub(crate) round: u64,
    pub(crate) proposer: u64,
}

/// Why an acceptor does not do what it is asked for.
#[derive(Debug)]
pub(crate) enum Refused {
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
pub(crate) struct Acceptor {
    pub(crate) number: usize,
    pub(crate) learners: Group<Learner>,
    pub(crate) promised: Ballot,
    pub(crate) accepted: Option<(Ballot, Value)>,
    /// By chance it takes up to so long to answer.
    pub(crate) longest: Duration,
    pub(crate) chance: Chance,
}

#[actor]
impl Acceptor {
    /// Phase 1: promises not to take part in any lower ballot. Says what it has accepted so far.
    pub(crate) fn prepare(&mut self, ballot: Ballot) -> Result<Option<(Ballot, Value)>, Refused> {
        self.promise(ballot)?;
        self.dawdle();
        Ok(self.accepted)
    }

    /// Phase 2.
    pub(crate) fn accept(&mut self, ballot: Ballot, value: Value) -> Result<(), Refused> {
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
