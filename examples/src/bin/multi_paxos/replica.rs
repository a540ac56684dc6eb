//! A replica: votes on each slot of the log, and leads while it is the highest of those alive.
//!
//! | role      | becomes                                                                                         |
//! |-----------|--------------------------------------------------------------------------------------------------|
//! | follower  | candidate, when it has heard of no higher replica for some beats                                 |
//! | candidate | leader, when most have promised its ballot; follower, when they do not                           |
//! | leader    | follower, when someone has a higher ballot, or most do not accept in time                        |
//!
//! Phase 1 of Paxos is done once for all slots, by the candidate; the leader then needs phase 2 alone. A new leader
//! proposes again whatever may have been chosen before it, so that nothing is lost that was acknowledged.

use std::collections::BTreeMap;
use std::time::Duration;

use greenroom::prelude::*;
use greenroom_examples::chance::Chance;

use crate::log::{Accepted, Ballot, Log, Slot};
use crate::store::{Answer, Command, CommandId};

/// How often replicas tell each other that they live.
const BEAT: Duration = Duration::from_millis(40);

/// After so many beats without a sign of life one counts as dead.
const PATIENCE: u64 = 5;

/// How long the others may take to answer.
const LIMIT: Duration = Duration::from_millis(200);

/// Why a replica does not do what it is asked for.
#[derive(Debug)]
pub(crate) enum Refused {
    /// It has promised a higher ballot.
    Promised,
    /// It does not lead. This one does, as far as it knows.
    NotLeader(Option<Ref<Replica>>),
    /// It is not there, or not in time.
    Call,
}

impl From<CallError> for Refused {
    fn from(_: CallError) -> Self {
        Refused::Call
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Follower,
    Candidate,
    Leader { next: Slot },
}

/// See the head of this file.
pub(crate) struct Replica {
    number: u64,
    /// All replicas, this one among them.
    all: Group<Replica>,
    /// How many are most of them. The group gets smaller when some end; this does not.
    majority: usize,
    beats: u64,
    /// At which beat it last heard of each.
    heard: BTreeMap<u64, (u64, Ref<Replica>)>,
    role: Role,
    /// What it takes part in: nothing lower. While it leads, its own ballot.
    promised: Ballot,
    log: Log,
    /// Clients whose commands are under way.
    waiting: BTreeMap<CommandId, Reply<Result<Answer, Refused>>>,
    /// By chance it takes up to so long to vote.
    longest: Duration,
    chance: Chance,
}

#[actor]
impl Replica {
    pub(crate) fn new(
        number: u64,
        all: Group<Replica>,
        majority: usize,
        longest: Duration,
        chance: Chance,
    ) -> Self {
        Replica {
            number,
            all,
            majority,
            beats: 0,
            heard: BTreeMap::new(),
            role: Role::Follower,
            promised: Ballot::default(),
            log: Log::default(),
            waiting: BTreeMap::new(),
            longest,
            chance,
        }
    }

    #[started]
    fn start(&mut self) {
        me::<Self>().every(BEAT).beat();
    }

    /// Does what the leader is for, and says when.
    pub(crate) fn execute(&mut self, command: Command, #[reply] reply: Reply<Result<Answer, Refused>>) {
        let Role::Leader { next } = &mut self.role else {
            return reply.send(Err(Refused::NotLeader(self.leader())));
        };
        let slot = *next;
        *next += 1;
        self.waiting.insert(command.id, reply);
        let _ = me::<Self>().replicate(self.promised, slot, command);
    }

    /// What is known to be chosen.
    pub(crate) fn chosen(&self) -> BTreeMap<Slot, Command> {
        self.log.chosen()
    }

    #[cast]
    fn beat(&mut self) {
        self.beats += 1;
        self.all.cast().hear(self.number, me());
        let is_highest = self.heard.keys().all(|number| *number <= self.number || !self.is_alive(*number));
        if self.role == Role::Follower && is_highest && self.beats > PATIENCE {
            self.role = Role::Candidate;
            let _ = me::<Self>().campaign();
        }
    }

    #[cast]
    fn hear(&mut self, number: u64, from: Ref<Replica>) {
        self.heard.insert(number, (self.beats, from));
    }

    /// Phase 1: promises to take part in no lower ballot. Says what it has accepted for open slots.
    fn prepare(&mut self, ballot: Ballot, from: Slot) -> Result<BTreeMap<Slot, Accepted>, Refused> {
        self.promise(ballot)?;
        self.dawdle();
        Ok(self.log.accepted_from(from))
    }

    /// Phase 2, for one slot.
    fn accept(&mut self, ballot: Ballot, slot: Slot, command: Command) -> Result<(), Refused> {
        self.promise(ballot)?;
        self.dawdle();
        self.log.accept(slot, ballot, command);
        Ok(())
    }

    /// A slot has its command for good.
    #[cast]
    fn learn(&mut self, ballot: Ballot, slot: Slot, command: Command) {
        for (id, answer) in self.log.choose(slot, ballot, command) {
            if let Some(reply) = self.waiting.remove(&id) {
                reply.send(Ok(answer));
            }
        }
    }

    /// Phase 1 for all open slots.
    #[cast]
    #[parallel]
    fn campaign(me: &Me<Self>) {
        let (ballot, from, all, majority) = me.with(|replica| {
            let ballot = Ballot { round: replica.promised.round + 1, replica: replica.number };
            (ballot, replica.log.open(), replica.all.clone(), replica.majority)
        });
        match all.each_within(LIMIT).prepare(ballot, from).quorum(majority) {
            Ok(promises) => {
                let accepted = promises.into_iter().flat_map(|(_, accepted)| accepted);
                me.with(|replica| replica.lead(ballot, from, accepted));
            }
            Err(_) => me.with(Replica::follow),
        }
    }

    /// Phase 2.
    #[cast]
    #[parallel]
    fn replicate(me: &Me<Self>, ballot: Ballot, slot: Slot, command: Command) {
        let (all, majority) = me.with(|replica| (replica.all.clone(), replica.majority));
        match all.each_within(LIMIT).accept(ballot, slot, command.clone()).quorum(majority) {
            Ok(_) => {
                all.cast().learn(ballot, slot, command);
            }
            Err(_) => me.with(|replica| {
                if replica.promised == ballot {
                    replica.follow()
                }
            }),
        }
    }

    /// Most have promised: proposes again what any of them has accepted, in each slot the latest.
    #[local]
    fn lead(&mut self, ballot: Ballot, from: Slot, accepted: impl Iterator<Item = (Slot, Accepted)>) {
        if self.promised != ballot {
            return self.follow();
        }
        let mut latest: BTreeMap<Slot, Accepted> = BTreeMap::new();
        for (slot, proposal) in accepted {
            let known = latest.entry(slot).or_insert_with(|| proposal.clone());
            if known.0 < proposal.0 {
                *known = proposal;
            }
        }
        let next = latest.last_key_value().map_or(from, |(slot, _)| slot + 1);
        for slot in from..next {
            let command = latest.remove(&slot).map_or(Command::NOTHING, |(_, command)| command);
            let _ = me::<Self>().replicate(ballot, slot, command);
        }
        self.role = Role::Leader { next };
    }

    /// Leads no more, or not yet. Clients that wait have to ask again: their commands may be chosen, or not.
    #[local]
    fn follow(&mut self) {
        self.role = Role::Follower;
        while let Some((_, reply)) = self.waiting.pop_first() {
            reply.send(Err(Refused::NotLeader(self.leader())));
        }
    }

    #[local]
    fn promise(&mut self, ballot: Ballot) -> Result<(), Refused> {
        if ballot < self.promised {
            return Err(Refused::Promised);
        }
        self.promised = ballot;
        if ballot.replica != self.number {
            self.follow();
        }
        Ok(())
    }

    #[local]
    fn is_alive(&self, number: u64) -> bool {
        self.heard.get(&number).is_some_and(|(beat, _)| beat + PATIENCE > self.beats)
    }

    /// The highest of those alive.
    #[local]
    fn leader(&self) -> Option<Ref<Replica>> {
        let highest = self.heard.iter().rev().find(|(number, _)| self.is_alive(**number));
        highest.map(|(_, (_, replica))| replica.clone())
    }

    #[local]
    fn dawdle(&mut self) {
        if !self.longest.is_zero() && self.chance.once_in(4) {
            sleep(self.chance.below_time(self.longest)).expect("a handler may sleep");
        }
    }
}
