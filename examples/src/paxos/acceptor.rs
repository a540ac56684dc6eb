//! An acceptor: promises to proposers, accepts their values, and tells the learners.
//!
//! It keeps two things on its disk, and both only grow: the highest ballot that it has promised to, and the last value that
//! it has accepted. A ballot lower than its promise is refused. What it has accepted it tells again and again, for a learner
//! may not have heard of it.

use std::time::Duration;

use greenroom::prelude::*;

use super::{Ballot, Flaw, Learner, Value};
use crate::chance::Chance;
use crate::disk::Disk;
use crate::roll::Roll;

/// How often it tells what it has accepted.
const PERIOD: Duration = Duration::from_millis(100);

/// What an acceptor must not forget.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// It takes part in nothing lower.
    pub promised: Ballot,
    /// The last value that it has accepted.
    pub accepted: Option<(Ballot, Value)>,
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
    pub learners: Roll<Learner>,
    /// What it must not forget.
    pub disk: Disk<Kept>,
    /// By chance it takes up to so long to answer.
    pub longest: Duration,
    /// What makes it slow.
    pub chance: Chance,
    /// What is wrong with it.
    pub flaw: Option<Flaw>,
}

#[actor]
impl Acceptor {
    #[started]
    fn begin(&mut self) {
        if self.flaw == Some(Flaw::ForgetsItsPromise) {
            self.disk.change(|kept| kept.promised = kept.accepted.unwrap_or_default().0);
        }
        me::<Self>().every(PERIOD).tell();
    }

    /// Phase 1: promises not to take part in any lower ballot. Says what it has accepted so far.
    pub fn prepare(&mut self, ballot: Ballot) -> Result<Option<(Ballot, Value)>, Refused> {
        let kept = self.promise(ballot)?;
        self.dawdle();
        Ok(kept.accepted)
    }

    /// Phase 2.
    pub fn accept(&mut self, ballot: Ballot, value: Value) -> Result<(), Refused> {
        if self.flaw != Some(Flaw::AcceptsLowerBallots) {
            self.promise(ballot)?;
        }
        self.dawdle();
        self.disk.change(|kept| kept.accepted = Some((ballot, value)));
        self.tell();
        Ok(())
    }

    /// Tells what it has accepted.
    #[cast]
    fn tell(&mut self) {
        if let Some((ballot, value)) = self.disk.read(|kept| kept.accepted) {
            self.learners.present().cast().hear(self.number, ballot, value);
        }
    }

    #[local]
    fn promise(&mut self, ballot: Ballot) -> Result<Kept, Refused> {
        self.disk.change(|kept| {
            if ballot < kept.promised {
                return Err(Refused::Promised(kept.promised));
            }
            kept.promised = ballot;
            Ok(*kept)
        })
    }

    #[local]
    fn dawdle(&mut self) {
        if !self.longest.is_zero() && self.chance.once_in(2) {
            sleep(self.chance.below_time(self.longest)).expect("a handler may sleep");
        }
    }
}
