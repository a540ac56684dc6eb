//! The results as rows: lines of JSON, tables to read, and the file that keeps them.

use std::fmt::Write;

use greenroom_benches::machine::Machine;
use greenroom_benches::stats::Spread;
use serde::Serialize;

use crate::cli::Settings;
use crate::load::{BACKS, FRONTS, SERVICE};
use crate::measure::{Job, Measurement, QUANTILES, at};

/// One system at one load; every figure is the median of the runs. Names are the fields' names in the JSON.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) system: &'static str,
    /// In per cent of the capacity.
    pub(crate) load: u32,
    pub(crate) runs: usize,
    /// Requests a second that a closed loop was served.
    pub(crate) capacity: f64,
    /// Requests a second that were due.
    pub(crate) offered: f64,
    /// Requests a second that were served, until the last one ended.
    pub(crate) served_rate: f64,
    /// Over all runs, as the next two.
    pub(crate) requests: u64,
    pub(crate) served: u64,
    pub(crate) refused: u64,
    /// By how much memory grew under the load, at the most.
    pub(crate) growth_bytes: f64,
    /// Microseconds from the moment due to the reply handled, at each of `quantiles`.
    pub(crate) latencies: Vec<f64>,
    /// The least and the most of the runs' 99.9th percentiles.
    pub(crate) p999_min_max: (f64, f64),
    /// Why there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<String>,
}

impl Row {
    pub(crate) fn failed(&self) -> bool {
        self.error.is_some()
    }

    pub(crate) fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a row is plain data")
    }
}

impl Measurement {
    /// What is wrong with it, if anything.
    pub(crate) fn complaint(&self, may_refuse: bool) -> Option<String> {
        let Self { requests, served, refused, .. } = *self;
        if served + refused != requests {
            return Some(format!("{requests} requests, but {served} served and {refused} refused"));
        }
        (refused > 0 && !may_refuse).then(|| format!("{refused} of {requests} requests got lost"))
    }
}

/// Sums up the runs of one system at one load.
pub(crate) fn row(job: Job, runs: &Result<Vec<Measurement>, String>) -> Row {
    let (runs, error) = match runs {
        Ok(runs) => (runs.as_slice(), None),
        Err(reason) => (&[][..], Some(reason.clone())),
    };
    let spread = |figure: &dyn Fn(&Measurement) -> f64| Spread::of(runs.iter().map(figure));
    let median = |figure: &dyn Fn(&Measurement) -> f64| spread(figure).map_or(0.0, |spread| spread.median);
    let latencies = match runs {
        [] => Vec::new(),
        _ => (0..QUANTILES.len()).map(|place| median(&|run| run.latencies[place])).collect(),
    };
    Row {
        system: job.system.name(),
        load: job.load,
        runs: runs.len(),
        capacity: median(&|run| run.capacity),
        offered: median(&|run| run.offered),
        served_rate: median(&|run| run.served_rate),
        requests: runs.iter().map(|run| run.requests).sum(),
        served: runs.iter().map(|run| run.served).sum(),
        refused: runs.iter().map(|run| run.refused).sum(),
        growth_bytes: median(&|run| run.growth_bytes as f64),
        latencies,
        p999_min_max: spread(&|run| at(0.999, &run.latencies)).map_or((0.0, 0.0), |s| (s.min, s.max)),
        error,
    }
}

/// The rows of one load to read.
pub(crate) fn table(load: u32, rows: &[Row]) -> String {
    let mut text = format!("\nat {load} % of capacity: microseconds from due to reply handled\n");
    let _ = writeln!(
        text,
        "  {:<17} {:>8} {:>8} {:>9} {:>9} {:>21} {:>9} {:>9} {:>9} {:>8}",
        "system",
        "p50",
        "p99",
        "p99.9",
        "max",
        "p99.9 of the runs",
        "capacity",
        "served/s",
        "refused",
        "MB more"
    );
    for row in rows {
        if let Some(error) = &row.error {
            let _ = writeln!(text, "  {:<17} FAILED: {error}", row.system);
            continue;
        }
        let [p50, p99, p999, most] = [0.5, 0.99, 0.999, 1.0].map(|quantile| at(quantile, &row.latencies));
        let (least_p999, most_p999) = row.p999_min_max;
        let refused = format!("{:.1} %", 100.0 * row.refused as f64 / row.requests as f64);
        let spread = format!("{least_p999:.0} - {most_p999:.0}");
        let _ = writeln!(
            text,
            "  {:<17} {p50:>8.0} {p99:>8.0} {p999:>9.0} {most:>9.0} {spread:>21} {:>9.0} {:>9.0} {refused:>9} {:>8.1}",
            row.system,
            row.capacity,
            row.served_rate,
            row.growth_bytes / 1e6,
        );
    }
    text
}

/// The whole file `latency.json`.
pub(crate) fn results_json(machine: &Machine, settings: &Settings, rows: &[Row]) -> String {
    #[derive(Serialize)]
    struct Results<'a> {
        machine: &'a Machine,
        workers: usize,
        seconds: u32,
        seed: u64,
        fronts: usize,
        backs: usize,
        service_micros: u128,
        quantiles: [f64; QUANTILES.len()],
        rows: &'a [Row],
    }
    let Settings { workers, seconds, seed, .. } = *settings;
    let service_micros = SERVICE.as_micros();
    let (fronts, backs, quantiles) = (FRONTS, BACKS, QUANTILES);
    let results = Results { machine, workers, seconds, seed, fronts, backs, service_micros, quantiles, rows };
    serde_json::to_string_pretty(&results).expect("rows are plain data")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::systems::SystemName;

    fn measurement(served: u64, refused: u64, micros: f64) -> Measurement {
        Measurement {
            capacity: 100.0,
            offered: 90.0,
            served_rate: 90.0,
            requests: 10,
            served,
            refused,
            growth_bytes: 0,
            latencies: vec![micros; QUANTILES.len()],
        }
    }

    #[test]
    fn a_request_that_is_missing_or_lost_is_complained_of_and_a_refused_one_only_where_none_may_be() {
        assert_eq!(measurement(10, 0, 1.0).complaint(false), None);
        assert!(measurement(9, 0, 1.0).complaint(true).is_some());
        assert!(measurement(9, 1, 1.0).complaint(false).is_some());
        assert_eq!(measurement(9, 1, 1.0).complaint(true), None);
    }

    #[test]
    fn a_row_is_the_median_of_its_runs() {
        let job = Job { system: SystemName::Tokio, load: 90, seconds: 1, workers: 2, seed: 0 };
        let row = row(job, &Ok([3.0, 1.0, 2.0].map(|micros| measurement(10, 0, micros)).into()));
        assert_eq!((row.runs, row.served, row.p999_min_max), (3, 30, (1.0, 3.0)));
        assert!(row.latencies.iter().all(|&micros| micros == 2.0));
        assert!(table(90, &[row]).contains("tokio"));
    }
}
