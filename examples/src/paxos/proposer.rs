//! A proposer: wants its value chosen, and goes on until one is, its own or another's.
//!
//! | phase | it asks a quorum to  | if all of them do                                    | if not                     |
//! |-------|----------------------|-------------------------------------------------------|----------------------------|
//! | 1     | promise its ballot   | on to 2, with the latest value any of them accepted   | backs off, a higher ballot |
//! | 2     | accept that value    | the value is chosen                                   | backs off, a higher ballot |
//!
//! Two proposers may outbid each other for ever. So they back off for a time drawn by chance, which is longer each time:
//! sooner or later one of them has the time for both phases.

use std::time::Duration;

use crate::chance::Chance;
use greenroom::QuorumError;
use greenroom::prelude::*;

use super::acceptor::{Acceptor, Ballot, Refused, Value};

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
    /// The acceptors that it asks: so many that any two proposers have one in common.
    pub quorum: Group<Acceptor>,
    /// All acceptors. It turns to them, and takes whichever answer first, when one of its own has ended.
    pub all: Group<Acceptor>,
    /// How many acceptors are most of them.
    pub majority: usize,
    /// How long it backs off.
    pub chance: Chance,
}

#[actor]
impl Proposer {
    /// Returns what is chosen in the end. When the proposer is stopped, this ends at its next step.
    #[parallel]
    pub fn propose(me: &Me<Self>, value: Value) -> Value {
        let mut ballot = me.with(|proposer| Ballot { round: 1, proposer: proposer.number });
        let mut longest = PAUSE;
        loop {
            match attempt(me, ballot, value) {
                Ok(chosen) => return chosen,
                Err(in_the_way) => ballot.round = ballot.round.max(in_the_way.round) + 1,
            }
            let pause = me.with(|proposer| proposer.chance.below_time(longest));
            sleep(pause).expect("a handler may sleep");
            longest = LIMIT.min(2 * longest);
        }
    }

    /// Those that are left of its own acceptors if they are enough, or else all.
    #[local]
    fn acceptors(&self) -> Group<Acceptor> {
        if self.quorum.len() < self.majority { self.all.clone() } else { self.quorum.clone() }
    }
}

/// Both phases.
fn attempt(me: &Me<Proposer>, ballot: Ballot, value: Value) -> Result<Value, Ballot> {
    let majority = me.with(|proposer| proposer.majority);
    let acceptors = me.with(|proposer| proposer.acceptors());
    let accepted = answers(acceptors.each_within(LIMIT).prepare(ballot).quorum(majority))?;
    let latest = accepted.into_iter().flatten().max_by_key(|(ballot, _)| *ballot);
    let value = latest.map_or(value, |(_, value)| value);

    let acceptors = me.with(|proposer| proposer.acceptors());
    answers(acceptors.each_within(LIMIT).accept(ballot, value).quorum(majority))?;
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
