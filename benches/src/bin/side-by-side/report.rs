//! The results as rows: lines of JSON, tables to read, and the file that keeps them.

use std::fmt::Write;

use serde::Serialize;

use crate::runner::{Comparison, Outcome};
use crate::systems::SystemName;
use crate::workloads::{Unit, Workload};
use greenroom_benches::chart::{Bar, Panel};
use greenroom_benches::machine::Machine;
use greenroom_benches::stats::{Spread, short};

/// One workload on one system. Names are the fields' names in the JSON.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) workload: &'static str,
    pub(crate) system: &'static str,
    pub(crate) params: Params,
    /// The median of the runs; null for the workloads that ask for memory.
    pub(crate) ns_per_op: Option<f64>,
    /// The least of the runs, in the unit of the workload.
    pub(crate) min: Option<f64>,
    /// The most of the runs, in the unit of the workload.
    pub(crate) max: Option<f64>,
    pub(crate) runs: usize,
    /// The median of the runs; null for the workloads that ask for time.
    pub(crate) bytes_per_actor: Option<f64>,
    /// The most that was ever resident, over all runs.
    pub(crate) peak_rss_bytes: Option<u64>,
    /// The best rival's figure divided by this one: over 1 is better than the best rival.
    pub(crate) vs_best_rival: Option<f64>,
    /// Whether every run ended with the right result; null if none was made (see `unsupported`).
    pub(crate) ok: Option<bool>,
    /// Why the system, or the machine, cannot do this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) unsupported: Option<String>,
    /// What went wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Params {
    pub(crate) workers: usize,
    pub(crate) actors: u64,
    pub(crate) operations: u64,
}

impl Row {
    /// The median in the workload's unit.
    pub(crate) fn figure(&self) -> Option<f64> {
        self.ns_per_op.or(self.bytes_per_actor)
    }

    pub(crate) fn failed(&self) -> bool {
        self.ok == Some(false)
    }

    pub(crate) fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a row is plain data")
    }
}

/// Sums up one workload's comparisons, in the same order.
pub(crate) fn rows(comparisons: &[Comparison]) -> Vec<Row> {
    let spread = |comparison: &Comparison| match &comparison.outcome {
        Outcome::Measured(measurements) => Spread::of(measurements.iter().map(|m| m.figure)),
        Outcome::Unsupported(_) | Outcome::Failed(_) => None,
    };
    let rivals = comparisons.iter().filter(|comparison| comparison.job.system.is_rival());
    let best_rival = rivals.filter_map(|rival| Some(spread(rival)?.median)).min_by(f64::total_cmp);
    comparisons.iter().map(|comparison| row(comparison, spread(comparison), best_rival)).collect()
}

fn row(comparison: &Comparison, spread: Option<Spread>, best_rival: Option<f64>) -> Row {
    let job = comparison.job;
    let median = spread.map(|spread| spread.median);
    let mut row = Row {
        workload: job.workload.name(),
        system: job.system.name(),
        params: Params { workers: job.workers, actors: job.size.actors, operations: job.size.operations },
        ns_per_op: median.filter(|_| job.workload.unit() == Unit::Nanoseconds),
        min: spread.map(|spread| spread.min),
        max: spread.map(|spread| spread.max),
        runs: 0,
        bytes_per_actor: median.filter(|_| job.workload.unit() == Unit::Bytes),
        peak_rss_bytes: None,
        vs_best_rival: best_rival.zip(median).map(|(best, median)| best / median),
        ok: None,
        unsupported: None,
        error: None,
    };
    match &comparison.outcome {
        Outcome::Measured(measurements) => {
            row.ok = Some(true);
            row.runs = measurements.len();
            row.peak_rss_bytes = measurements.iter().map(|measurement| measurement.peak_rss_bytes).max();
        }
        Outcome::Unsupported(reason) => row.unsupported = Some(reason.clone()),
        Outcome::Failed(reason) => {
            row.ok = Some(false);
            row.error = Some(reason.clone());
        }
    }
    row
}

/// One workload's rows to read. Sizes that differ from the first row's are said.
pub(crate) fn table(workload: Workload, rows: &[Row]) -> String {
    let mut text = format!("\n{}: {}\n", workload.name(), workload.question());
    let _ = writeln!(
        text,
        "  {:<10} {:>9} {:>9} {:>9} {:>5} {:>9} {:>13}",
        "system", "median", "min", "max", "runs", "peak MB", "x best rival"
    );
    for row in rows {
        let _ = match (row.figure(), &row.unsupported, &row.error) {
            (Some(median), _, _) => writeln!(
                text,
                "  {:<10} {:>9} {:>9} {:>9} {:>5} {:>9} {:>12}x",
                row.system,
                short(median),
                short(row.min.unwrap_or(median)),
                short(row.max.unwrap_or(median)),
                row.runs,
                row.peak_rss_bytes.unwrap_or(0) / 1_000_000,
                row.vs_best_rival.map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}")),
            ),
            (None, Some(reason), _) => writeln!(text, "  {:<10} unsupported: {reason}", row.system),
            (None, None, error) => {
                let reason = error.as_deref().unwrap_or("no run was made");
                writeln!(text, "  {:<10} FAILED: {reason}", row.system)
            }
        };
    }
    text
}

/// One panel a workload, one bar a row.
pub(crate) fn panels(workloads: &[Workload], rows: &[Row]) -> Vec<Panel> {
    let panel = |&workload: &Workload| Panel {
        title: workload.name().to_owned(),
        subtitle: workload.question().to_owned(),
        bars: rows.iter().filter(|row| row.workload == workload.name()).map(bar).collect(),
    };
    workloads.iter().map(panel).collect()
}

fn bar(row: &Row) -> Bar {
    let spread = row.figure().map(|median| Spread {
        median,
        min: row.min.unwrap_or(median),
        max: row.max.unwrap_or(median),
    });
    let instead = if row.failed() { "failed" } else { "cannot do this size" };
    Bar { system: row.system, figure: spread.ok_or(instead) }
}

/// The whole file `results.json`.
pub(crate) fn results_json(machine: &Machine, rows: &[Row]) -> String {
    #[derive(Serialize)]
    struct Results<'a> {
        machine: &'a Machine,
        systems: Vec<&'static str>,
        rows: &'a [Row],
    }
    let systems = SystemName::ALL.iter().map(|system| system.name()).collect();
    serde_json::to_string_pretty(&Results { machine, systems, rows }).expect("rows are plain data")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::{Job, Measurement};
    use crate::workloads::Size;

    fn comparison(system: SystemName, outcome: Outcome) -> Comparison {
        let size = Size { actors: 2, operations: 100 };
        Comparison { job: Job { workload: Workload::PingpongAsync, system, size, workers: 2 }, outcome }
    }

    fn measured(figures: &[f64]) -> Outcome {
        let measurement = |&figure| Measurement { figure, peak_rss_bytes: 1 << 20, result: 100 };
        Outcome::Measured(figures.iter().map(measurement).collect())
    }

    #[test]
    fn every_row_is_measured_against_the_best_rival() {
        let rows = rows(&[
            comparison(SystemName::Tokio, measured(&[50.0, 40.0, 60.0])),
            comparison(SystemName::Kameo, measured(&[100.0])),
        ]);
        let ratios: Vec<_> = rows.iter().map(|row| row.vs_best_rival).collect();
        assert_eq!(ratios, [Some(1.0), Some(0.5)]);
        assert_eq!((rows[0].min, rows[0].max, rows[0].runs), (Some(40.0), Some(60.0), 3));
    }

    #[test]
    fn what_was_not_tried_is_neither_right_nor_wrong_and_says_why() {
        let rows = rows(&[
            comparison(SystemName::May, Outcome::Unsupported("too many".to_owned())),
            comparison(SystemName::Actix, Outcome::Failed("wrong result".to_owned())),
        ]);
        assert!(rows[0].to_json().contains(r#""ok":null,"unsupported":"too many"}"#));
        assert!(rows[1].to_json().contains(r#""ok":false,"error":"wrong result"}"#));
        assert!(!rows[0].failed() && rows[1].failed());
        let table = table(Workload::PingpongAsync, &rows);
        assert!(table.contains("unsupported: too many") && table.contains("FAILED: wrong result"), "{table}");
    }
}
