//! What a step runs on: a machine of its own, the sizes that were asked for, and a way to wait in either world.

use std::thread;
use std::time::{Duration, Instant};

use greenroom::prelude::*;
use greenroom::{BuildError, World, yield_now};
use greenroom_examples::interrupt;

use crate::bar::Bar;
use crate::memory;
use crate::options::Options;
use crate::tally::Tally;

/// How often the main thread looks whether it was interrupted. The end of a wait is told to it at once, and is
/// timed where it happens.
const GLANCE: Duration = Duration::from_millis(20);

/// Without any progress for this long, a step has gone wrong.
const PATIENCE: Duration = Duration::from_secs(60);

/// Why a step has no result.
#[derive(Debug)]
pub(crate) enum Fault {
    /// Something else came out than should have.
    Wrong(String),
    /// The user wants us to end.
    Interrupted,
}

impl From<CallError> for Fault {
    fn from(error: CallError) -> Self {
        Fault::Wrong(error.to_string())
    }
}

/// Fails with `wrong` unless it holds.
pub(crate) fn verify(holds: bool, wrong: impl FnOnce() -> String) -> Result<(), Fault> {
    if holds { Ok(()) } else { Err(Fault::Wrong(wrong())) }
}

/// See the head of this file.
pub(crate) struct Stage {
    pub(crate) vm: Vm,
    pub(crate) options: Options,
    title: String,
    resident_before: u64,
}

impl Stage {
    /// Builds the machine, and lets it work a little, so that what it has at rest is not counted as the actors'.
    pub(crate) fn build(options: &Options, title: String) -> Result<Self, BuildError> {
        let mut builder = Vm::builder().name("run");
        if let Some(workers) = options.workers {
            builder = builder.workers(workers);
        }
        if let Some(seed) = options.seed {
            builder = builder.world(World::Simulated { seed });
        }
        let vm = builder.build()?;
        // It computes nothing, so nothing but the machine's end can fail it.
        let _ = vm.run(|| ());
        Ok(Stage { vm, options: options.clone(), title, resident_before: memory::resident_bytes() })
    }

    /// Waits until a tally is complete. Gives the time from `begun` to its last arrival.
    pub(crate) fn wait(&self, phase: &str, tally: &'static Tally, begun: Instant) -> Result<Duration, Fault> {
        let title = format!("{} {phase}", self.title);
        let bar = Bar::follow(tally, &title, !self.options.json);
        let mut patience = Patience::new(tally);
        let waited = if self.options.seed.is_some() {
            // The machine is driven by the thread that waits for this process.
            self.vm.run(move || while patience.goes_on() && yield_now().is_ok() {})
        } else {
            while patience.goes_on() && self.panics() == 0 {
                thread::park_timeout(GLANCE);
            }
            Ok(())
        };
        if let Some(bar) = bar {
            bar.end();
        }
        if interrupt::is_asked() {
            return Err(Fault::Interrupted);
        }
        if let Some(wrong) = tally.wrong() {
            return Err(Fault::Wrong(wrong.to_owned()));
        }
        verify(self.panics() == 0, || format!("{phase}: a handler panicked"))?;
        waited?;
        let ended = tally.ended().ok_or_else(|| {
            let (arrived, expected) = (tally.arrived(), tally.expected());
            Fault::Wrong(format!("{phase}: {arrived} of {expected}, then nothing for {PATIENCE:?}"))
        })?;
        Ok(ended.saturating_duration_since(begun))
    }

    fn panics(&self) -> u64 {
        self.vm.counters().iter().map(|counters| counters.panics).sum()
    }

    /// What has become resident since the machine was built, for each of `actors`; unknown for so few
    /// that the pages' size would tell more than theirs.
    pub(crate) fn bytes_per_actor(&self, actors: u64) -> Option<f64> {
        let grown = memory::resident_bytes().saturating_sub(self.resident_before);
        (actors >= 10_000).then(|| grown as f64 / actors as f64)
    }
}

/// Whether it is worth while to wait on.
struct Patience {
    tally: &'static Tally,
    arrived: u64,
    since: Instant,
}

impl Patience {
    fn new(tally: &'static Tally) -> Self {
        Patience { tally, arrived: 0, since: Instant::now() }
    }

    fn goes_on(&mut self) -> bool {
        if self.tally.ended().is_some() || self.tally.wrong().is_some() || interrupt::is_asked() {
            return false;
        }
        if self.since.elapsed() > PATIENCE / 2 {
            let arrived = self.tally.arrived();
            if arrived == self.arrived {
                return self.since.elapsed() <= PATIENCE;
            }
            (self.arrived, self.since) = (arrived, Instant::now());
        }
        true
    }
}

/// For handlers that wait for something outside of the machine: a while in the real world; in the
/// simulated one, whose clock stands still while there is work, a turn of all others.
pub(crate) fn pause(is_simulated: bool) -> Result<(), CallError> {
    if is_simulated { yield_now() } else { sleep(Duration::from_millis(1)) }
}

/// Sends to an actor that must be there.
pub(crate) fn send<A: Handler<M>, M: Message>(actor: &Ref<A>, message: M) {
    assert!(actor.send(message).is_ok(), "the receiver lives");
}
