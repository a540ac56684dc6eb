//! Chord: nodes on a ring find the holder of a key, and keep the ring whole while nodes come, leave and crash. All that waits
//! for other nodes is a parallel method, so they ask each other in circles and none waits for itself.
//!
//! Prints:
//! ```text
//! ```

mod churn;

use std::time::Duration;

use greenroom::World;
use greenroom::prelude::*;
use greenroom_examples::chord::{Circle, Network};

const IDS: [u64; 10] = [1, 8, 14, 21, 32, 38, 42, 48, 51, 56];
const SEEDS: std::ops::Range<u64> = 0..200;

/// A ring of ten on real cores; then three neighbours crash.
fn real_ring() -> greenroom::Result {
    let mut network = Network::new(Circle::of_bits(6), 4, Duration::from_millis(10));
    network.join(IDS[0], None)?;
    for pair in IDS.windows(2) {
        network.join(pair[1], Some(pair[0]))?;
    }
    network.settle(6000)?;
    for table in network.tables()? {
        println!("{table}");
    }
    println!("the successor of 40 is {}", network.node(1).find_successor(40)?.peer.id);

    for id in [8, 14, 21] {
        network.crash(id);
    }
    network.settle(6000)?;
    println!("8, 14 and 21 crash at once, and the ring heals:");
    println!("{}", network.node(1).table()?);
    Ok(())
}

fn main() -> greenroom::Result {
    let vm = Vm::builder().call_deadline(Duration::from_secs(60)).build()?;
    vm.run(real_ring)??;
    drop(vm);

    let mut all = churn::Happened::default();
    for seed in SEEDS {
        let vm = Vm::builder().workers(3).world(World::Simulated { seed }).build()?;
        let one = vm.run(move || churn::survive(seed, &IDS))?.map_err(|error| format!("seed {seed}: {error}"))?;
        all.joins += one.joins;
        all.leaves += one.leaves;
        all.crashes += one.crashes;
        all.lookups += one.lookups;
    }
    println!(
        "{} simulated rings: {} joins, {} leaves, {} crashes, and every ring heals; {} lookups, all right",
        SEEDS.end, all.joins, all.leaves, all.crashes, all.lookups
    );
    Ok(())
}
