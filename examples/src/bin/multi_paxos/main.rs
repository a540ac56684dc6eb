//! A key-value store that several replicas keep, by multi-Paxos: what is acknowledged survives the end of a minority.
//!
//! | file      | what                                                              |
//! |-----------|-------------------------------------------------------------------|
//! | `replica` | votes; leads, if it is the highest of those whose heartbeats come |
//! | `log`     | what was accepted and chosen, slot by slot                        |
//! | `store`   | keys and values                                                   |
//! | `client`  | finds the leader, and asks again until it is answered             |
//! | `trouble` | what goes wrong in the simulated runs                             |
//!
//! In the simulated runs three clients count; messages between replicas are late or lost by chance, replicas want to lead
//! though another does, and two of the five are stopped, first of all those that lead. What is asserted: each client finds what was acknowledged to it, every command was carried out once,
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
mod trouble;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use greenroom::prelude::*;
use greenroom_examples::chance::Chance;
use greenroom_examples::worlds;

use crate::client::Client;
use crate::log::Slot;
use crate::replica::Replica;
use crate::store::Command;
use crate::trouble::Trouble;

const REPLICAS: u64 = 5;
const MAJORITY: usize = 3;
const CLIENTS: u64 = 3;
const COUNT: u64 = 3;

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
    let replicas = replicas(Trouble::default);
    let client = spawn(Client::new(1, replicas));
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
    let replicas = replicas(|| Trouble::new(chance.split()));
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
    while replicas.len() > MAJORITY {
        sleep(Duration::from_millis(1)).expect("a process may sleep");
    }
    for (number, client) in (1..).zip(&clients) {
        let found = client.within(Duration::MAX).get(format!("count of {number}"));
        assert_eq!(found, Ok(Some(COUNT)), "what client {number} has counted");
    }
    let mut known: BTreeMap<Slot, Command> = BTreeMap::new();
    for chosen in replicas.each_within(Duration::MAX).chosen().all().expect("nobody is stopped any more") {
        for (slot, command) in chosen {
            assert_eq!(*known.entry(slot).or_insert_with(|| command.clone()), command, "slot {slot}");
        }
    }
    let commands: BTreeSet<_> = known.values().map(|command| command.id).collect();
    assert!(
        commands.len() as u64 >= CLIENTS * (2 * COUNT + 1),
        "each client has put and got as often, and once more"
    );
}

/// Replicas, each with trouble of its own.
fn replicas(mut trouble: impl FnMut() -> Trouble) -> Group<Replica> {
    let all = Group::new();
    for number in 1..=REPLICAS {
        all.add(spawn(Replica::new(number, all.clone(), MAJORITY, trouble())));
    }
    all
}

fn shown(value: Option<u64>) -> String {
    value.map_or("nothing".to_owned(), |value| value.to_string())
}
