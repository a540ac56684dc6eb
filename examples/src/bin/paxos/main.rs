//! Paxos for a single decision: proposers get one of their values chosen by acceptors, and learners learn which.
//!
//! All who take part are in the library of this crate, for other worlds stand on them too. The four proposers begin at once, each with three of the five acceptors as its quorum; any two of these have an
//! acceptor in common. In the simulated runs acceptors take their time by chance, and two of them and two of
//! the proposers are stopped in the midst of it. What is asserted: one value is chosen, it was proposed, and all learners learn it,
//! as do the proposers that are left. (Lamport, "Paxos Made Simple", 2001.)
//!
//! `--simulate N` runs the same actors in N simulated networks, under faults: the library's `scenarios`.
//!
//! Prints:
//! ```text
//! 4 proposers want red, green, blue and gold; one of these was chosen, and all 5 learners learned it
//! 200 simulated runs, in each of which 2 acceptors and 2 proposers were stopped: all learners agree
//! red was chosen in some, green in some, blue in some, gold in some
//! ```

use std::time::Duration;

use greenroom::prelude::*;
use greenroom_examples::chance::Chance;
use greenroom_examples::disk::Disk;
use greenroom_examples::paxos::{Acceptor, Learner, Proposer, Value};
use greenroom_examples::roll::Roll;
use greenroom_examples::{scenarios, worlds};

const VALUES: [Value; 4] = ["red", "green", "blue", "gold"];

/// Which acceptors each of the proposers asks.
const QUORUMS: [[usize; 3]; 4] = [[0, 1, 2], [1, 2, 3], [2, 3, 4], [3, 4, 0]];

const ACCEPTORS: usize = 5;
const LEARNERS: usize = 5;
const MAJORITY: usize = 3;

/// All who take part.
struct Assembly {
    learners: Group<Learner>,
    acceptors: Vec<Ref<Acceptor>>,
    proposers: Vec<Ref<Proposer>>,
}

fn main() -> greenroom::Result {
    if let Some(seeds) = scenarios::asked_seeds()? {
        return scenarios::search("paxos", seeds, |sim| scenarios::paxos::agree(sim, None));
    }
    greenroom::launch(agree)?;
    let chosen = worlds::simulate(agree_while_some_are_stopped)?;
    println!(
        "{} simulated runs, in each of which 2 acceptors and 2 proposers were stopped: all learners agree",
        chosen.len()
    );
    let found = |value| format!("{value}{}", if chosen.contains(&value) { " in some" } else { " in none" });
    println!("{}", VALUES.map(found).join(", ").replacen("red", "red was chosen", 1));
    Ok(())
}

/// On real cores.
fn agree() -> greenroom::Result {
    let assembly = Assembly::new(Duration::ZERO, &mut Chance::new(0));
    let proposals = assembly.propose();
    let learned = assembly.learned();
    for proposal in proposals {
        assert_eq!(proposal.wait()?, learned, "a proposer knows another value");
    }
    println!(
        "4 proposers want red, green, blue and gold; one of these was chosen, and all {LEARNERS} learners learned it"
    );
    Ok(())
}

/// In a simulated run.
fn agree_while_some_are_stopped(mut chance: Chance) -> Value {
    let assembly = Assembly::new(Duration::from_millis(20), &mut chance);
    let proposals = assembly.propose();
    let (mut acceptors, mut proposers) = (assembly.acceptors.clone(), assembly.proposers.clone());
    for _ in 0..2 {
        sleep(chance.below_time(Duration::from_millis(40))).expect("a process may sleep");
        chance.take(&mut acceptors).stop();
        chance.take(&mut proposers).stop();
    }
    let learned = assembly.learned();
    for (proposal, proposer) in proposals.into_iter().zip(&assembly.proposers) {
        match proposal.wait() {
            Ok(knows) => assert_eq!(knows, learned, "a proposer knows another value"),
            Err(error) => assert!(!proposers.contains(proposer), "it was not stopped: {error}"),
        }
    }
    learned
}

impl Assembly {
    /// Acceptors take up to `longest` to answer.
    fn new(longest: Duration, chance: &mut Chance) -> Self {
        let learners = Roll::of("learner", LEARNERS);
        for node in learners.nodes() {
            learners.enter(node, Learner::new(MAJORITY));
        }
        let all = Roll::of("acceptor", ACCEPTORS);
        let mut acceptor = |(number, node): (usize, &String)| {
            let (learners, disk, chance) = (learners.clone(), Disk::default(), chance.split());
            let acceptor = Acceptor { number, learners, disk, longest, chance, flaw: None };
            all.enter(node, acceptor)
        };
        let acceptors: Vec<Ref<Acceptor>> = all.nodes().iter().enumerate().map(&mut acceptor).collect();
        let proposer = |(number, places): (u64, [usize; 3])| {
            let quorum = Roll::on("acceptor", places.map(|place| all.nodes()[place].clone()));
            let (all, round, chance) = (all.clone(), Disk::default(), chance.split());
            spawn(Proposer { number, quorum, all, round, chance })
        };
        let proposers = (0..).zip(QUORUMS).map(proposer).collect();
        let learners = learners.present();
        Assembly { learners, acceptors, proposers }
    }

    /// Each proposer proposes its value.
    fn propose(&self) -> Vec<Promise<Value>> {
        let propose = |(proposer, value): (&Ref<Proposer>, Value)| proposer.request().propose(value);
        self.proposers.iter().zip(VALUES).map(propose).collect()
    }

    /// What all learners have learned.
    ///
    /// # Panics
    /// If they do not agree.
    fn learned(&self) -> Value {
        let learned = self.learners.each_within(Duration::MAX).learned().all().expect("learners stay");
        assert_eq!(learned.len(), LEARNERS, "a learner has ended, for it saw two values chosen");
        assert!(learned.iter().all(|value| *value == learned[0]), "learners do not agree: {learned:?}");
        assert!(VALUES.contains(&learned[0]), "nobody has proposed {}", learned[0]);
        learned[0]
    }
}
