//! Paxos in a bad network. Acceptors keep their disks over a crash, and so do proposers; learners begin with nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use greenroom::prelude::*;
use greenroom_simulation::{Faults, Simulation};

use super::{bad_link, faults, good_link, ms};
use crate::chance::Chance;
use crate::disk::Disk;
use crate::paxos::{Acceptor, Ballot, Flaw, Kept, Learner, Proposer, Value};
use crate::roll::Roll;

const VALUES: [Value; 3] = ["red", "green", "blue"];
const ACCEPTORS: usize = 5;
const MAJORITY: usize = 3;
const LEARNERS: usize = 2;

/// How long, at first, the acceptors' power flickers: some are back before the proposers have noticed.
const FLICKER: Duration = ms(150);
/// How long there are faults of all kinds.
const STORM: Duration = ms(400);
/// Far longer than agreement takes when there are none.
const PATIENCE: Duration = Duration::from_secs(20);

/// Who was seen to have accepted what: by now each of them may have accepted something else.
type Votes = BTreeMap<(Ballot, Value), BTreeSet<usize>>;

/// Who has learnt what.
type Known = BTreeMap<String, Value>;

/// Proposers propose while all goes wrong that may.
///
/// # Errors
/// If a second value is chosen, or not everybody learns the first.
pub fn agree(sim: &mut Simulation, flaw: Option<Flaw>) -> greenroom::Result {
    sim.network(bad_link());
    let acceptors = Roll::of("acceptor", ACCEPTORS);
    let learners = Roll::of("learner", LEARNERS);
    let disks: Vec<Disk<Kept>> = (0..ACCEPTORS).map(|_| Disk::default()).collect();
    let known = Disk::<Known>::default();

    let hosts = sim.nodes("acceptor", ACCEPTORS);
    for (number, node) in hosts.iter().cloned().enumerate() {
        let (all, learners, disk) = (acceptors.clone(), learners.clone(), disks[number].clone());
        let seed = sim.chance(node.name()).next();
        sim.on_start(&node.clone(), move || {
            let (learners, disk, chance) = (learners.clone(), disk.clone(), Chance::new(seed));
            let longest = ms(5);
            all.enter(node.name(), Acceptor { number, learners, disk, longest, chance, flaw });
        });
    }
    for node in sim.nodes("learner", LEARNERS) {
        let (learners, known) = (learners.clone(), known.clone());
        sim.on_start(&node.clone(), move || {
            let learner = learners.enter(node.name(), Learner::new(MAJORITY));
            if let Ok(value) = learner.within(Duration::MAX).learned() {
                learn(&known, node.name(), value);
            }
        });
    }
    let proposers = sim.amount("proposers", 1..=VALUES.len() as u64) as usize;
    for (number, node) in (0..).zip(sim.nodes("proposer", proposers)) {
        let (all, known, round) = (acceptors.clone(), known.clone(), Disk::default());
        let seed = sim.chance(node.name()).next();
        sim.on_start(&node.clone(), move || {
            let (quorum, all, round) = (all.clone(), all.clone(), round.clone());
            let proposer = spawn(Proposer { number, quorum, all, round, chance: Chance::new(seed) });
            if let Ok(value) = proposer.within(Duration::MAX).propose(VALUES[number as usize]) {
                learn(&known, node.name(), value);
            }
        });
    }

    let (mut votes, mut chosen, shown) = (Votes::new(), None, known.clone());
    sim.always("one value is chosen, and nobody knows another", move || {
        look(&disks, &mut votes, &mut chosen, &VALUES[..proposers])?;
        let other = shown.read(|known| known.values().find(|value| Some(**value) != chosen).copied());
        other.map_or(Ok(()), |other| Err(format!("{other} is taken to be chosen, and {chosen:?} is")))
    });
    sim.faults(Faults::new().crashes(40, ms(1)..=ms(10)).among(&hosts));
    sim.run_for(FLICKER)?;
    sim.faults(faults(3, 2));
    sim.run_for(STORM)?;
    sim.network(good_link());
    let all = proposers + LEARNERS;
    sim.run_until("all know what is chosen", PATIENCE, move || known.read(Known::len) == all)?;
    Ok(())
}

/// # Panics
/// If that node has learnt another value before.
fn learn(known: &Disk<Known>, node: &str, value: Value) {
    let before = known.change(|known| known.insert(node.to_owned(), value));
    assert!(before.is_none_or(|before| before == value), "{node} has learnt {before:?}, and now {value}");
}

/// Whether most acceptors have accepted a value in one ballot, not necessarily at the same time.
///
/// # Errors
/// If another one was chosen before, or nobody has proposed it.
fn look(
    disks: &[Disk<Kept>],
    votes: &mut Votes,
    chosen: &mut Option<Value>,
    proposed: &[Value],
) -> Result<(), String> {
    for (number, disk) in disks.iter().enumerate() {
        if let Some(accepted) = disk.read(|kept| kept.accepted) {
            votes.entry(accepted).or_default().insert(number);
        }
    }
    for (&(ballot, value), _) in votes.iter().filter(|(_, votes)| votes.len() >= MAJORITY) {
        let first = *chosen.get_or_insert(value);
        if first != value {
            return Err(format!("{first} was chosen, and then {value} by {ballot:?}"));
        }
        if !proposed.contains(&value) {
            return Err(format!("nobody has proposed {value}"));
        }
    }
    Ok(())
}
