//! Thousands of lookups on a simulated ring, in fine weather and while nodes crash: how far they go, how many are right.

use std::time::Duration;

use greenroom::World;
use greenroom::prelude::*;
use greenroom_examples::chance::Chance;
use greenroom_examples::chord::{Circle, Network};

const NODES: u64 = 40;
const LOOKUPS: u64 = 5000;
const CRASHES: u64 = 10;
const PERIOD: Duration = Duration::from_millis(100);
const SEED: u64 = 1;

/// What lookups came to.
#[derive(Default)]
struct Sum {
    hops: u64,
    most: u64,
    right: u64,
}

/// Looks up, and prints what comes of it: the same each time.
///
/// # Errors
/// If the ring does not settle, or a call fails.
///
/// # Panics
/// If the lookups go too far, or too many are wrong.
pub(crate) fn report() -> greenroom::Result {
    let vm = Vm::builder().workers(3).world(World::Simulated { seed: SEED }).build()?;
    vm.run(|| {
        let mut chance = Chance::new(SEED);
        let mut network = crate::network_of(NODES, Circle::of_bits(16), PERIOD, &mut chance)?;

        let fine = look_up(&mut network, &mut chance, |_| false)?;
        println!("{NODES} nodes, {LOOKUPS} lookups: {fine}");
        assert_eq!(fine.right, LOOKUPS);

        let storm = look_up(&mut network, &mut chance, |lookup| lookup % (LOOKUPS / CRASHES) == 1)?;
        println!("{CRASHES} nodes crash during {LOOKUPS} more: {storm}");
        assert!(storm.right * 100 >= LOOKUPS * 95, "a wrong one is one to a node that has just crashed");

        let logarithm = (NODES as f64).log2();
        assert!(fine.mean() < logarithm && storm.mean() < logarithm);
        println!("on average, fewer than the binary logarithm of {NODES}: {logarithm:.2}");
        network.settle(1000)?;
        Ok(())
    })?
}

/// Random nodes look up random keys; before some lookups, a node crashes.
fn look_up(network: &mut Network, chance: &mut Chance, crashes: fn(u64) -> bool) -> Result<Sum, CallError> {
    let mut sum = Sum::default();
    for lookup in 0..LOOKUPS {
        if crashes(lookup) {
            network.crash(chance.take(&mut network.ids()));
        }
        let (asked, key) = (chance.take(&mut network.ids()), chance.below(1 << 16));
        let found = network.node(asked).find_successor(key)?;
        let hops = u64::from(found.hops);
        sum.hops += hops;
        sum.most = sum.most.max(hops);
        sum.right += u64::from(found.peer.id == network.holder(key));
        sleep(PERIOD / 200)?;
    }
    Ok(sum)
}

impl Sum {
    fn mean(&self) -> f64 {
        self.hops as f64 / LOOKUPS as f64
    }
}

/// As in `2.50 hops on average, 6 at most; 100.0 % right`.
impl std::fmt::Display for Sum {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let right = self.right as f64 * 100.0 / LOOKUPS as f64;
        write!(f, "{:.2} hops on average, {} at most; {right:.2} % right", self.mean(), self.most)
    }
}
