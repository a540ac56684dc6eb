//! Chord: nodes on a ring find the holder of a key, and keep the ring whole while nodes come, leave and crash.
//!
//! All that waits for other nodes is a parallel method: they ask each other in circles, and none waits for itself. The
//! nodes are in the library of this crate, for `scribe` stands on them too; `churn` is what happens to the simulated rings.
//!
//! Prints:
//! ```text
//! node 1: fingers 8 8 8 14 21 38, predecessor 56, successors 8 14 21 32
//! node 8: fingers 14 14 14 21 32 42, predecessor 1, successors 14 21 32 38
//! node 14: fingers 21 21 21 32 32 48, predecessor 8, successors 21 32 38 42
//! node 21: fingers 32 32 32 32 38 56, predecessor 14, successors 32 38 42 48
//! node 32: fingers 38 38 38 42 48 1, predecessor 21, successors 38 42 48 51
//! node 38: fingers 42 42 42 48 56 8, predecessor 32, successors 42 48 51 56
//! node 42: fingers 48 48 48 51 1 14, predecessor 38, successors 48 51 56 1
//! node 48: fingers 51 51 56 56 1 21, predecessor 42, successors 51 56 1 8
//! node 51: fingers 56 56 56 1 8 21, predecessor 48, successors 56 1 8 14
//! node 56: fingers 1 1 1 1 8 32, predecessor 51, successors 1 8 14 21
//! the successor of 40 is 42
//! 8, 14 and 21 crash at once:
//! node 1: fingers 32 32 32 32 32 38, predecessor 56, successors 32 38 42 48
//! 56 leaves:
//! node 51: fingers 1 1 1 1 32 32, predecessor 48, successors 1 32 38 42
//! node 1: fingers 32 32 32 32 32 38, predecessor 51, successors 32 38 42 48
//! 200 simulated rings, each ideal again after its storm
//! 294 joins, 240 leaves and 266 crashes; 4000 lookups in fine weather, all right
//! ```

mod churn;

use std::time::Duration;

use greenroom::prelude::*;
use greenroom_examples::chord::{Circle, Network};
use greenroom_examples::worlds;

const BITS: u32 = 6;
const IDS: [u64; 10] = [1, 8, 14, 21, 32, 38, 42, 48, 51, 56];
/// How many nodes each keeps after it.
const SUCCESSORS: usize = 4;

fn main() -> greenroom::Result {
    // As long as the most loaded computer takes: a node that is slow has not crashed.
    let vm = Vm::builder().call_deadline(Duration::from_secs(60)).build()?;
    vm.run(ring_of_ten)??;
    drop(vm);

    let runs = worlds::simulate(churn::survive)?;
    let sum = |count: fn(&churn::Happened) -> u32| runs.iter().map(count).sum::<u32>();
    println!("{} simulated rings, each ideal again after its storm", runs.len());
    println!(
        "{} joins, {} leaves and {} crashes; {} lookups in fine weather, all right",
        sum(|run| run.joins),
        sum(|run| run.leaves),
        sum(|run| run.crashes),
        sum(|run| run.lookups)
    );
    Ok(())
}

/// On real cores: ten nodes come together, each through the one before. Then three neighbours crash, and one leaves.
fn ring_of_ten() -> greenroom::Result {
    let mut network = Network::new(Circle::of_bits(BITS), SUCCESSORS, Duration::from_millis(10));
    network.join(IDS[0], None)?;
    for pair in IDS.windows(2) {
        network.join(pair[1], Some(pair[0]))?;
    }
    settle(&network)?;
    for table in network.tables()? {
        println!("{table}");
    }
    println!("the successor of 40 is {}", network.node(1).find_successor(40)?.peer.id);

    println!("8, 14 and 21 crash at once:");
    for id in [8, 14, 21] {
        network.crash(id);
    }
    settle(&network)?;
    println!("{}", network.node(1).table()?);

    println!("56 leaves:");
    network.leave(56);
    settle(&network)?;
    println!("{}", network.node(51).table()?);
    println!("{}", network.node(1).table()?);
    Ok(())
}

/// Waits until every table is what it should be, for a minute at most.
fn settle(network: &Network) -> greenroom::Result {
    network.settle(6000)?;
    Ok(())
}
