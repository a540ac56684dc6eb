//! One measurement, in a process of its own: first what the system can do, then how long requests take at a share of that.

use std::time::Instant;

use greenroom_benches::memory;
use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

use crate::load::{Account, Ledger, Load, Pace, SERVICE};
use crate::systems::actix::Actix;
use crate::systems::greenroom::{Greenroom, GreenroomBounded};
use crate::systems::kameo::Kameo;
use crate::systems::may::May;
use crate::systems::ractor::Ractor;
use crate::systems::tokio::Tokio;
use crate::systems::{System, SystemName};

/// What is to be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Job {
    pub(crate) system: SystemName,
    /// In per cent of what the system can do.
    pub(crate) load: u32,
    pub(crate) seconds: u32,
    pub(crate) workers: usize,
    pub(crate) seed: u64,
}

/// What came out; a line of JSON from the measuring process to the runner.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Measurement {
    /// Requests a second, in a closed loop.
    pub(crate) capacity: f64,
    /// Requests a second that were due.
    pub(crate) offered: f64,
    /// Requests a second that were served, from the first one's start until the last one ended.
    pub(crate) served_rate: f64,
    pub(crate) requests: u64,
    pub(crate) served: u64,
    pub(crate) refused: u64,
    /// By how much memory grew under the load, at the most.
    pub(crate) growth_bytes: u64,
    /// Microseconds at each of [`QUANTILES`], of those that were served.
    pub(crate) latencies: Vec<f64>,
}

/// Where the curves are drawn through; the last is the longest of all.
pub(crate) const QUANTILES: [f64; 19] = [
    0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995, 0.9999,
    1.0,
];

/// The microseconds of one of the [`QUANTILES`].
pub(crate) fn at(quantile: f64, latencies: &[f64]) -> f64 {
    let place = QUANTILES.iter().position(|&known| known == quantile);
    latencies[place.expect("it is one of those that are kept")]
}

/// Requests on their way while capacity is found: enough that no worker ever waits for the generator.
const WINDOW: u64 = 1024;

/// The longest latency that the histogram tells apart, in nanoseconds: a minute.
const LONGEST: u64 = 60_000_000_000;

impl Job {
    pub(crate) fn measure(self) -> Measurement {
        match self.system {
            SystemName::Greenroom => self.measure_on(&Greenroom::start(self.workers)),
            // Its capacity is that of the machine which refuses nothing.
            SystemName::GreenroomBounded => {
                let capacity = self.capacity(&Greenroom::start(self.workers));
                self.measure_at(capacity, &GreenroomBounded::start(self.workers))
            }
            SystemName::Tokio => self.measure_on(&Tokio::start(self.workers)),
            SystemName::May => self.measure_on(&May::start(self.workers)),
            SystemName::Actix => self.measure_on(&Actix::start(self.workers)),
            SystemName::Ractor => self.measure_on(&Ractor::start(self.workers)),
            SystemName::Kameo => self.measure_on(&Kameo::start(self.workers)),
        }
    }

    fn measure_on(self, system: &impl System) -> Measurement {
        let capacity = self.capacity(system);
        self.measure_at(capacity, system)
    }

    /// Requests a second in a closed loop, for about a second, after a shorter one to warm up.
    fn capacity(self, system: &impl System) -> f64 {
        let ideal = self.workers as f64 / SERVICE.as_secs_f64();
        let mut capacity = 0.0;
        for share in [0.25, 1.0] {
            let requests = (ideal * share) as u64;
            let load = Load { pace: Pace::Closed { window: WINDOW }, requests, seed: self.seed };
            let (account, seconds) = run(system, load);
            assert_eq!(account.refused, 0, "while capacity is found nothing is refused");
            capacity = requests as f64 / seconds;
        }
        capacity
    }

    fn measure_at(self, capacity: f64, system: &impl System) -> Measurement {
        let rate = capacity * f64::from(self.load) / 100.0;
        let requests = (rate * f64::from(self.seconds)) as u64;
        let load = Load { pace: Pace::Open { rate }, requests, seed: self.seed ^ u64::from(self.load) };
        memory::forget_peak();
        let before = memory::resident_bytes();
        let (account, seconds) = run(system, load);
        let growth_bytes = memory::peak_bytes().saturating_sub(before);
        let served = account.latencies.len() as u64;
        Measurement {
            capacity,
            offered: rate,
            served_rate: served as f64 / seconds,
            requests,
            served,
            refused: account.refused,
            growth_bytes,
            latencies: quantiles(&account.latencies),
        }
    }
}

/// All of a load, from its beginning to the end of its last request; and the seconds in between.
fn run(system: &impl System, load: Load) -> (Account, f64) {
    let ledger = Ledger::of(load.requests);
    let began = Instant::now();
    system.generate(load, ledger);
    let account = ledger.wait();
    let seconds = account.ended.duration_since(began).as_secs_f64();
    (account, seconds)
}

fn quantiles(latencies: &[u64]) -> Vec<f64> {
    let mut histogram = Histogram::<u64>::new_with_bounds(1, LONGEST, 3).expect("these are good bounds");
    for &latency in latencies {
        histogram.saturating_record(latency);
    }
    QUANTILES.iter().map(|&quantile| histogram.value_at_quantile(quantile) as f64 / 1_000.0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_the_latencies_in_microseconds() {
        let latencies: Vec<_> = (1..=1000).map(|micros| micros * 1_000).collect();
        let found = quantiles(&latencies);
        for (quantile, micros) in [(0.5, 500.0), (0.99, 990.0), (0.999, 999.0), (1.0, 1000.0)] {
            assert!((at(quantile, &found) / micros - 1.0).abs() < 0.002, "{quantile}: {found:?}");
        }
    }

    #[test]
    fn every_request_of_a_short_run_is_accounted_for() {
        let job = |system| Job { system, load: 50, seconds: 1, workers: 1, seed: 3 };
        for system in [SystemName::Greenroom, SystemName::Tokio] {
            let measurement = job(system).measure();
            assert_eq!((measurement.served, measurement.refused), (measurement.requests, 0));
            assert!(at(0.0, &measurement.latencies) >= SERVICE.as_micros() as f64, "{measurement:?}");
        }
    }
}
