//! A key-value store that several replicas keep, by multi-Paxos: what is acknowledged survives the end of a minority.
//!
//! | file      | what                                                              |
//! |-----------|-------------------------------------------------------------------|
//! | `replica` | votes; leads, if it is the highest of those whose heartbeats come |
//! | `log`     | what was accepted and chosen, slot by slot                        |
//! | `store`   | keys and values                                                   |
//! | `client`  | finds the leader, and asks again until it is answered             |
//!
//! In the simulated runs three clients count, replicas vote late by chance, and two of the five are stopped, first of all
//! those that lead. What is asserted: each client finds what was acknowledged to it, every command was carried out once,
//! and no slot was chosen twice. (Lamport, "Paxos Made Simple", 2001, section 3.)
//!
//! Prints:
//! ```text
//! PUT answer 42, GET answer: 42
//! the leader is stopped in the midst of 100 PUTs: all are acknowledged, GET count: 100
//! another replica leads, and GET answer: 42
//! 200 simulated runs, in each of which 2 of 5 replicas were stopped: nothing acknowledged was lost
//! ```

mod client;
mod log;
mod replica;
mod store;

use std::collections::BTreeMap;
use std::time::Duration;

use greenroom::prelude::*;
use greenroom_examples::chance::Chance;
use greenroom_examples::worlds;

use crate::client::Client;
use crate::log::Slot;
use crate::replica::Replica;
use crate::store::Command;

const REPLICAS: u64 = 5;
const MAJORITY: usize = 3;
const CLIENTS: u64 = 3;
const COUNT: u64 = 4;

fn main() -> greenroom::Result {
    greenroom::launch(put_and_get)?;
    let runs = worlds::simulate(count_while_leaders_are_stopped)?.len();
    println!(
        "{runs} simulated runs, in each of which 2 of {REPLICAS} replicas were stopped: nothing acknowledged was lost"
    );
    Ok(())
}

/// On real cores.
fn put_and_get() -> greenroom::Result {
    let replicas = replicas(Duration::ZERO, &mut Chance::new(0));
    let client = spawn(Client::new(1, replicas.clone()));
    let client = client.within(Duration::MAX);
    client.put("answer".into(), 42)?;
    println!("PUT answer 42, GET answer: {}", shown(client.get("answer".into())?));

    let first = client.leader()?;
    for value in 1..=100 {
        if value == 50 {
            first.iter().for_each(Ref::stop);
        }
        client.put("count".into(), value)?;
    }
    let count = shown(client.get("count".into())?);
    println!("the leader is stopped in the midst of 100 PUTs: all are acknowledged, GET count: {count}");
    assert_ne!(client.leader()?, first);
    println!("another replica leads, and GET answer: {}", shown(client.get("answer".into())?));
    Ok(())
}

/// In a simulated run.
fn count_while_leaders_are_stopped(mut chance: Chance) {
    let replicas = replicas(Duration::from_millis(30), &mut chance);
    let clients: Vec<_> = (1..=CLIENTS).map(|number| spawn(Client::new(number, replicas.clone()))).collect();
    let counting: Vec<_> = clients.iter().map(|client| client.request().count_to(COUNT)).collect();
    for _ in 0..2 {
        sleep(chance.below_time(Duration::from_millis(500))).expect("a process may sleep");
        let members = replicas.members();
        // Those that came last have the highest numbers.
        let victim =
            if chance.once_in(3) { chance.below(members.len() as u64) as usize } else { members.len() - 1 };
        members[victim].stop();
    }
    for counted in counting {
        counted.wait().expect("a client comes to its end");
    }
    let mut known: BTreeMap<Slot, Command> = BTreeMap::new();
    // One that is stopped this very moment fails.
    for chosen in replicas.each_within(Duration::MAX).chosen().filter_map(|(_, chosen)| chosen.ok()) {
        for (slot, command) in chosen {
            assert_eq!(*known.entry(slot).or_insert_with(|| command.clone()), command, "slot {slot}");
        }
    }
    assert!(known.len() as u64 >= CLIENTS * 2 * COUNT, "each client has put and got as often");
}

/// Replicas that take up to `longest` to vote.
fn replicas(longest: Duration, chance: &mut Chance) -> Group<Replica> {
    let all = Group::new();
    for number in 1..=REPLICAS {
        all.add(spawn(Replica::new(number, all.clone(), MAJORITY, longest, chance.split())));
    }
    all
}

fn shown(value: Option<u64>) -> String {
    value.map_or("nothing".to_owned(), |value| value.to_string())
}
