//! One measurement: a warm-up and one timed run of one workload on one system, in a process of its own.
//!
//! The side-by-side runner starts this program again for each, because several of the systems are global to their
//! process, and because memory can be told apart only in a process that has done nothing else.

use serde::{Deserialize, Serialize};

use crate::systems::actix::Actix;
use crate::systems::greenroom::Greenroom;
use crate::systems::kameo::Kameo;
use crate::systems::may::May;
use crate::systems::ractor::Ractor;
use crate::systems::tokio::Tokio;
use crate::systems::{System, SystemName};
use crate::workloads::{FAN_IN_SENDERS, Size, Workload};
use greenroom_benches::memory;

/// What is to be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Job {
    pub(crate) workload: Workload,
    pub(crate) system: SystemName,
    pub(crate) size: Size,
    pub(crate) workers: usize,
}

/// What came out; a line of JSON from the measuring process to the runner.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Measurement {
    /// Nanoseconds an operation, or bytes an actor: see [`Workload::unit`].
    pub(crate) figure: f64,
    pub(crate) peak_rss_bytes: u64,
    /// The result that was computed; to be compared with [`Workload::expected`].
    pub(crate) result: u64,
}

impl Job {
    pub(crate) fn measure(self) -> Measurement {
        match self.system {
            SystemName::Greenroom => self.measure_on::<Greenroom>(),
            SystemName::Tokio => self.measure_on::<Tokio>(),
            SystemName::May => self.measure_on::<May>(),
            SystemName::Actix => self.measure_on::<Actix>(),
            SystemName::Ractor => self.measure_on::<Ractor>(),
            SystemName::Kameo => self.measure_on::<Kameo>(),
        }
    }

    fn measure_on<S: System>(self) -> Measurement {
        let system = S::start(self.workers);
        run_once(&system, self.workload, self.workload.warm_up(self.size));
        let (figure, result) = run_once(&system, self.workload, self.size);
        Measurement { figure, result, peak_rss_bytes: memory::peak_bytes() }
    }
}

/// Gives the figure and the result.
fn run_once<S: System>(system: &S, workload: Workload, size: Size) -> (f64, u64) {
    let Size { actors, operations } = size;
    let (elapsed, result) = match workload {
        Workload::PingpongAsync => system.one_way(operations).into(),
        Workload::PingpongSync => system.calls(operations).into(),
        Workload::Ring1k | Workload::Ring100k => {
            let times = system.ring(actors, operations);
            (times.token, times.result)
        }
        Workload::Ring1m => {
            let times = system.ring(actors, operations);
            (times.whole, times.result)
        }
        Workload::SpawnAndEnd => system.spawn_and_end(actors).into(),
        Workload::Skynet => system.skynet(actors).into(),
        Workload::FanIn => system.fan_in(FAN_IN_SENDERS, operations / FAN_IN_SENDERS).into(),
        Workload::IdleMemory => return held(actors, |at_rest| system.idle(actors, at_rest)),
        Workload::SuspendedMemory => return held(actors, |at_rest| system.suspended(actors, at_rest)),
    };
    (elapsed.as_nanos() as f64 / operations as f64, result)
}

/// The growth of resident memory while the actors are held, by actor, and the result of `hold`.
fn held(actors: u64, hold: impl FnOnce(&mut dyn FnMut()) -> u64) -> (f64, u64) {
    let before = memory::resident_bytes();
    let mut during = before;
    let result = hold(&mut || during = memory::resident_bytes());
    (during.saturating_sub(before) as f64 / actors as f64, result)
}
