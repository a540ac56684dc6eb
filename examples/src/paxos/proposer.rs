//! A proposer: wants its value chosen, and goes on until one is, its own or another's.
//!
//! | phase | it asks a quorum to  | if all of them do                                    | if not                     |
//! |-------|----------------------|-------------------------------------------------------|----------------------------|
//! | 1     | promise its ballot   | on to 2, with the latest value any of them accepted   | backs off, a higher ballot |
//! | 2     | accept that value    | the value is chosen                                   | backs off, a higher ballot |
//!
//! Two proposers may outbid each other for ever. So they back off for a time drawn by chance, which is longer each time:
//! sooner or later one of them has the time for both phases.

//!
//! No ballot is used twice, not even by a proposer that lost its power: each round is written down before it begins.

use std::time::Duration;

use greenroom::QuorumError;
use greenroom::prelude::*;

use super::acceptor::{Acceptor, Refused};
use super::{Ballot, Value};
use crate::chance::Chance;
use crate::disk::Disk;
use crate::roll::Roll;

/// How long acceptors may take to answer.
const LIMIT: Duration = Duration::from_millis(50);

/// How long it backs off at first, at most.
const PAUSE: Duration = Duration::from_millis(2);

/// What comes of asking one.
type Quorum<R> = Result<Vec<(Ref<Acceptor>, R)>, QuorumError<Acceptor, R, Refused>>;

/// See the head of this file.
pub struct Proposer {
    /// Which of the proposers it is.
    pub number: u64,
    /// The acceptors that it asks first: so many that any two proposers have one in common.
    pub quorum: Roll<Acceptor>,
    /// All acceptors. It turns to them, and takes whichever answer first, when its own do not do.
    pub all: Roll<Acceptor>,
    /// The last round that it began.
    pub round: Disk<u64>,
    /// How long it backs off.
    pub chance: Chance,
}

#[actor]
impl Proposer {
    /// Returns what is chosen in the end. When the proposer is stopped, this ends at its next step.
    #[parallel]
    pub fn propose(me: &Me<Self>, value: Value) -> Value {
        let (mut asked, all) = me.with(|proposer| (proposer.quorum.clone(), proposer.all.clone()));
        let majority = all.nodes().len() / 2 + 1;
        let mut longest = PAUSE;
        let mut in_the_way = Ballot::default();
        loop {
            let ballot = me.with(|proposer| proposer.next_ballot(in_the_way));
            match attempt(&asked, majority, ballot, value) {
                Ok(chosen) => return chosen,
                Err(ballot) => in_the_way = ballot,
            }
            let pause = me.with(|proposer| proposer.chance.below_time(longest));
            sleep(pause).expect("a handler may sleep");
            longest = LIMIT.min(2 * longest);
            asked = all.clone();
        }
    }

    #[local]
    fn next_ballot(&mut self, in_the_way: Ballot) -> Ballot {
        let round = self.round.change(|round| {
            *round = in_the_way.round.max(*round) + 1;
            *round
        });
        Ballot { round, proposer: self.number }
    }
}

/// Both phases.
fn attempt(asked: &Roll<Acceptor>, majority: usize, ballot: Ballot, value: Value) -> Result<Value, Ballot> {
    let accepted = answers(asked.present().each_within(LIMIT).prepare(ballot).quorum(majority))?;
    let latest = accepted.into_iter().flatten().max_by_key(|(ballot, _)| *ballot);
    let value = latest.map_or(value, |(_, value)| value);
    answers(asked.present().each_within(LIMIT).accept(ballot, value).quorum(majority))?;
    Ok(value)
}

/// What a quorum has answered, or the highest ballot that was in the way.
fn answers<R>(quorum: Quorum<R>) -> Result<Vec<R>, Ballot> {
    let error = match quorum {
        Ok(answers) => return Ok(answers.into_iter().map(|(_, answer)| answer).collect()),
        Err(error) => error,
    };
    let QuorumError::NotReached { errors, .. } = error else { return Err(Ballot::default()) };
    let ballots = errors.into_iter().filter_map(|(_, refused)| match refused {
        Refused::Promised(ballot) => Some(ballot),
        Refused::Unreachable => None,
    });
    Err(ballots.max().unwrap_or_default())
}
