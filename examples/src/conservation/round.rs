//! One machine under load, how it ends, and what must be true then.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use greenroom::prelude::*;
use greenroom::{BuildError, Snapshot, World};
use greenroom_examples::interrupt;

use crate::ledger::{Count, Totals};
use crate::town::{self, Town};

const PLACES: usize = 300;
const DRIVERS: u64 = 8;
/// For each driver, in the simulated world.
const ROUNDS_SIMULATED: u64 = 400;
/// So long may it take until nothing is in flight any more.
const PATIENCE_MILLISECONDS: u64 = 60_000;

/// How a round ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// When all is done.
    Quiet,
    /// The machine is shut down in the middle of the load.
    Sudden,
}

/// What a round is made of.
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) is_simulated: bool,
    /// In the real world; the simulated one has a number of errands.
    pub(crate) length: Duration,
    pub(crate) ending: Ending,
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let world = if self.is_simulated { "simulated" } else { "real" };
        write!(f, "seed {}, {world}, ending {:?}", self.seed, self.ending)
    }
}

/// Runs a round; gives what was counted, and what does not add up.
pub(crate) fn run(plan: &Plan) -> Result<(Totals, Vec<String>), BuildError> {
    let mut builder = Vm::builder().name("stress").call_deadline(Duration::from_millis(20));
    if plan.is_simulated {
        builder = builder.workers(3).world(World::Simulated { seed: plan.seed });
    }
    let vm = builder.build()?;
    let town = Town::found(PLACES, DRIVERS);
    let is_over = Arc::new(AtomicBool::new(false));
    for driver in 0..DRIVERS {
        let (seed, is_over) = (plan.seed.wrapping_mul(1_000_003).wrapping_add(driver), Arc::clone(&is_over));
        let rounds = if plan.is_simulated { ROUNDS_SIMULATED } else { u64::MAX };
        vm.process(move |_: Inbox<()>| {
            town::drive(town, seed, rounds, &is_over);
            // ORDERING: Release pairs with the Acquire in `is_quiet`: its messages are counted before.
            town.drivers.fetch_sub(1, Ordering::Release);
        });
    }
    load(&vm, plan, town);
    let mut complaints = Vec::new();
    if plan.ending == Ending::Quiet && !interrupt::is_asked() {
        // ORDERING: Relaxed: a flag that guards no other data.
        is_over.store(true, Ordering::Relaxed);
        complaints.extend(wind_up(&vm, town));
    }
    vm.shutdown();
    // What the end of the machine left behind here are references to actors that are no more.
    town.close();
    let totals = town.ledger.totals();
    let in_flight = totals.in_flight();
    if in_flight > 0 {
        complaints.push(format!("{in_flight} messages have met no fate"));
    }
    complaints.extend(totals.complaints());
    let faults = town.ledger.take_faults();
    let more = faults.len().saturating_sub(5);
    complaints.extend(faults.into_iter().take(5));
    complaints.extend((more > 0).then(|| format!("and {more} more of these")));
    Ok((totals, complaints))
}

/// Lets the drivers drive for a while.
fn load(vm: &Vm, plan: &Plan, town: &'static Town) {
    if plan.is_simulated {
        // Its clock moves only when all wait for it: so long, the load takes its course.
        let length = Duration::from_micros(plan.seed % 20_000);
        if let Err(error) = vm.run(move || sleep(length)) {
            town.ledger.fault(format!("the load ended: {error}"));
        }
        return;
    }
    let end = Instant::now() + plan.length;
    while Instant::now() < end && !interrupt::is_asked() {
        thread::park_timeout(Duration::from_millis(20));
    }
}

/// Waits until all is done, has everybody end, and compares with what the machine has counted.
fn wind_up(vm: &Vm, town: &'static Town) -> Vec<String> {
    let waited = vm.run(move || {
        // ORDERING: Acquire pairs with the Release at a driver's end.
        let has_drivers = || town.drivers.load(Ordering::Acquire) > 0;
        wait_while(|| has_drivers() || town.ledger.totals().in_flight() > 0)?;
        town.close();
        wait_while(|| {
            let totals = town.ledger.totals();
            totals.in_flight() > 0 || totals.of(Count::Died) < totals.of(Count::Born)
        })
    });
    let mut complaints = Vec::new();
    if let Err(error) | Ok(Err(error)) = waited {
        complaints.push(format!("the end was not waited for: {error}"));
    }
    let totals = town.ledger.totals();
    let counters = vm.counters();
    let sum = |field: fn(&Snapshot) -> u64| counters.iter().map(field).sum::<u64>();
    for (what, counted, expected) in [
        ("dead letters", sum(|counters| counters.dead_letters), totals.of(Count::SentDropped)),
        ("panics", sum(|counters| counters.panics), totals.of(Count::PlannedPanics)),
    ] {
        if counted != expected {
            complaints.push(format!("{what}: the machine counted {counted}, and {expected} there were"));
        }
    }
    complaints
}

fn wait_while(goes_on: impl Fn() -> bool) -> Result<(), CallError> {
    for _ in 0..PATIENCE_MILLISECONDS {
        if !goes_on() {
            break;
        }
        sleep(Duration::from_millis(1))?;
    }
    Ok(())
}
