//! One machine under load, how it ends, and what must be true then.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use greenroom::prelude::*;
use greenroom::trace::{Filter, Record};
use greenroom::{BuildError, Builder, World};

use super::ledger::{Ledger, Totals};
use super::town::{self, Town};
use crate::chance::Chance;
use crate::interrupt;

/// So long may it take until nothing is in flight any more, in milliseconds. Virtual ones pass however slow the computer is.
const PATIENCE: u64 = 60_000;
const VIRTUAL_PATIENCE: u64 = 10_000;

/// How a round ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// When all is done.
    Quiet,
    /// The machine is shut down in the middle of the load.
    Sudden,
}

/// Where a round takes place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// On real cores, for so long.
    Real(Duration),
    /// In the simulated world, where the same seed gives the same run.
    Simulated,
    /// As `Simulated`, on a machine that loses messages: to see that it is found out.
    Faulty,
}

/// What a round is made of.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// All else is drawn by it.
    pub seed: u64,
    /// Where.
    pub setting: Setting,
    /// Whether the report has the machine's events.
    pub records: bool,
}

/// How large a round is: drawn, for a simulated one.
struct Size {
    workers: Option<usize>,
    places: u64,
    drivers: u64,
    /// For each driver.
    rounds: u64,
    most_fuel: u64,
    /// How many count at once.
    shards: usize,
    ending: Ending,
    is_strict: bool,
    /// How many bytes of messages may be queued.
    queue_memory: Option<usize>,
    /// For how long the load takes its course: exactly so long if the ending is sudden.
    length: Duration,
    patience: u64,
}

impl Size {
    fn draw(setting: Setting, chance: &mut Chance) -> Self {
        let ending = if chance.once_in(2) { Ending::Sudden } else { Ending::Quiet };
        let is_strict = chance.once_in(2);
        let is_tight = chance.once_in(4);
        match setting {
            Setting::Real(length) => Size {
                workers: None,
                places: 300,
                drivers: 8,
                rounds: u64::MAX,
                most_fuel: 40,
                shards: 16,
                ending,
                is_strict,
                queue_memory: is_tight.then_some(256 << 10),
                length,
                patience: PATIENCE,
            },
            // Small enough that ten thousand of them are a test among others.
            Setting::Simulated | Setting::Faulty => Size {
                workers: Some(1 + chance.below(4) as usize),
                places: 1 + chance.below(12),
                drivers: 1 + chance.below(3),
                rounds: 2 + chance.below(8),
                most_fuel: 4 + chance.below(20),
                shards: 1,
                ending,
                is_strict,
                queue_memory: is_tight.then(|| 4_096 + chance.below(2_048) as usize),
                length: chance.below_time(Duration::from_millis(1)),
                patience: VIRTUAL_PATIENCE,
            },
        }
    }
}

/// What came of a round.
#[derive(Debug)]
pub struct Report {
    /// What was counted.
    pub totals: Totals,
    /// What does not add up; nothing, if all is well.
    pub complaints: Vec<String>,
    /// What happened, if the plan asked for it.
    pub events: Vec<Record>,
}

impl Plan {
    /// The command that runs it again: event for event, if it is simulated.
    pub fn command(&self) -> String {
        let Plan { seed, setting, .. } = self;
        match setting {
            Setting::Real(length) => format!("make stress SECONDS={} SEED={seed}", length.as_secs().max(1)),
            Setting::Simulated => format!("make stress ARGS='--simulate 1' SEED={seed}"),
            Setting::Faulty => format!("make stress ARGS='--simulate 1 --faulty' SEED={seed}"),
        }
    }

    fn builder(&self, size: &Size) -> Builder {
        let builder = Vm::builder().name("stress").call_deadline(Duration::from_millis(20));
        let builder = match size.queue_memory {
            Some(bytes) => builder.queue_memory(bytes),
            None => builder,
        };
        let builder = match size.workers {
            Some(workers) => builder.workers(workers),
            None => builder,
        };
        match self.setting {
            Setting::Real(_) => builder,
            Setting::Simulated => builder.world(World::Simulated { seed: self.seed }),
            Setting::Faulty => builder.world(World::Simulated { seed: self.seed }).loses_messages(),
        }
    }
}

/// The seed, and the command that runs it again.
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "seed {} ({})", self.seed, self.command())
    }
}

/// Runs a round. An [interrupt] ends it early.
///
/// # Errors
/// If no machine is to be had.
pub fn run(plan: &Plan) -> Result<Report, BuildError> {
    let mut chance = Chance::new(plan.seed);
    let size = Size::draw(plan.setting, &mut chance);
    let vm = plan.builder(&size).build()?;
    // The replay is compared from its first event on.
    let session = plan.records.then(|| vm.trace(Filter::everything().capacity(usize::MAX)));
    let town = Town::found(Ledger::new(size.shards), size.places, size.drivers, size.is_strict);
    let is_over = Arc::new(AtomicBool::new(false));
    for _ in 0..size.drivers {
        let (chance, is_over) = (chance.split(), Arc::clone(&is_over));
        let errands = (size.rounds, size.most_fuel);
        vm.process(move |_: Inbox<()>| {
            town::drive(town, chance, errands, &is_over);
            // ORDERING: Release pairs with the Acquire in `wind_up`: its messages are counted before.
            town.drivers.fetch_sub(1, Ordering::Release);
        });
    }
    load(&vm, plan, &size, town);
    let mut complaints = Vec::new();
    if size.ending == Ending::Quiet && !interrupt::is_asked() {
        // ORDERING: Relaxed: a flag that guards no other data.
        is_over.store(matches!(plan.setting, Setting::Real(_)), Ordering::Relaxed);
        let waited = vm.run(move || town::wind_up(town, size.patience));
        if let Err(error) | Ok(Err(error)) = waited {
            complaints.push(format!("the end was not waited for: {error}"));
        }
        complaints.extend(left_over(&vm, size.patience));
        complaints.extend(town.ledger.totals().differences(&vm.counters(), size.is_strict));
    }
    let events = session.map(|session| session.take()).unwrap_or_default();
    vm.shutdown();
    complaints.extend(account(town));
    Ok(Report { totals: town.ledger.totals(), complaints, events })
}

/// Lets the drivers drive for a while.
fn load(vm: &Vm, plan: &Plan, size: &Size, town: &'static Town) {
    if let Setting::Real(_) = plan.setting {
        let end = Instant::now() + size.length;
        while Instant::now() < end && !interrupt::is_asked() {
            thread::park_timeout(Duration::from_millis(20));
        }
    } else {
        let length = size.length;
        if let Err(error) = vm.run(move || sleep(length)) {
            town.ledger.fault(format!("the load ended: {error}"));
        }
    }
}

/// Actors that ought to have ended. Some have nothing that the ledger counts: supervisors, and who waits to be restarted.
fn left_over(vm: &Vm, patience: u64) -> Option<String> {
    for _ in 0..patience / 10 {
        // Who sleeps here is one more, which ends a moment later.
        if vm.run(|| sleep(Duration::from_millis(1))).is_err() || vm.actors() <= 1 {
            break;
        }
        let _ = vm.run(|| sleep(Duration::from_millis(9)));
    }
    (vm.actors() > 1).then(|| format!("{} actors have not ended", vm.actors() - 1))
}

/// What does not add up when the machine is no more.
fn account(town: &'static Town) -> Vec<String> {
    // What the end of the machine left behind here are references to actors that are no more.
    town.close();
    let totals = town.ledger.totals();
    let mut complaints = Vec::new();
    let in_flight = totals.in_flight();
    if in_flight > 0 {
        complaints.push(format!("{in_flight} messages have met no fate"));
    }
    complaints.extend(totals.complaints());
    let faults = town.ledger.take_faults();
    let more = faults.len().saturating_sub(5);
    complaints.extend(faults.into_iter().take(5));
    complaints.extend((more > 0).then(|| format!("and {more} more of these")));
    complaints
}
