//! The results as rows: lines of JSON, a table a problem, panels of the chart, and the file that keeps them.

use std::collections::BTreeMap;
use std::fmt::Write;

use greenroom_benches::chart::{Bar, Panel};
use greenroom_benches::machine::Machine;
use greenroom_benches::stats::{Spread, short};
use greenroom_savina::problem::Parameters;
use serde::Serialize;

use crate::runner::{Comparison, Outcome};
use crate::systems::System;

/// One problem on one system. Names are the fields' names in the JSON.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) problem: &'static str,
    pub(crate) system: &'static str,
    pub(crate) workers: usize,
    pub(crate) parameters: BTreeMap<&'static str, u64>,
    /// What the time is divided by.
    pub(crate) operation: &'static str,
    pub(crate) operations: u64,
    /// Of a whole round, the median of the runs.
    pub(crate) seconds: Option<f64>,
    /// The median of the runs, and the least and the most of them.
    pub(crate) ns_per_op: Option<f64>,
    pub(crate) min: Option<f64>,
    pub(crate) max: Option<f64>,
    pub(crate) runs: usize,
    /// The best rival's figure divided by this one: over 1 is better than the best rival.
    pub(crate) vs_best_rival: Option<f64>,
    /// Whether every run ended with the right answer; null if none was made (see `unsupported`).
    pub(crate) ok: Option<bool>,
    /// Why the system cannot do this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) unsupported: Option<String>,
    /// What went wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<String>,
}

impl Row {
    pub(crate) fn failed(&self) -> bool {
        self.ok == Some(false)
    }

    pub(crate) fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a row is plain data")
    }

    pub(crate) fn spread(&self) -> Option<Spread> {
        Some(Spread { median: self.ns_per_op?, min: self.min?, max: self.max? })
    }

    pub(crate) fn is_greenroom(&self) -> bool {
        self.system == System::Greenroom.name()
    }
}

/// Sums up one problem's comparisons, in the same order.
pub(crate) fn rows(parameters: &Parameters, workers: usize, comparisons: &[Comparison]) -> Vec<Row> {
    let rows = comparisons.iter().map(|comparison| row(parameters, workers, comparison));
    let mut rows: Vec<_> = rows.collect();
    if let Some(best) = best_rival(&rows).and_then(|rival| rival.ns_per_op) {
        rows.iter_mut().for_each(|row| row.vs_best_rival = row.ns_per_op.map(|figure| best / figure));
    }
    rows
}

fn row(parameters: &Parameters, workers: usize, comparison: &Comparison) -> Row {
    let problem = parameters.problem();
    let operations = problem.operations(parameters);
    let mut row = Row {
        problem: problem.name,
        system: comparison.system.name(),
        workers,
        parameters: parameters.iter().collect(),
        operation: problem.operation,
        operations,
        seconds: None,
        ns_per_op: None,
        min: None,
        max: None,
        runs: 0,
        vs_best_rival: None,
        ok: None,
        unsupported: None,
        error: None,
    };
    match &comparison.outcome {
        Outcome::Measured(seconds) => {
            let spread = Spread::of(seconds.iter().copied());
            let per_operation = |seconds: f64| seconds * 1e9 / operations as f64;
            row.ok = Some(true);
            row.runs = seconds.len();
            row.seconds = spread.map(|spread| spread.median);
            row.ns_per_op = spread.map(|spread| per_operation(spread.median));
            row.min = spread.map(|spread| per_operation(spread.min));
            row.max = spread.map(|spread| per_operation(spread.max));
        }
        Outcome::Unsupported(reason) => row.unsupported = Some(reason.clone()),
        Outcome::Failed(reason) => {
            row.ok = Some(false);
            row.error = Some(reason.clone());
        }
    }
    row
}

pub(crate) fn best_rival<'a>(rows: impl IntoIterator<Item = &'a Row>) -> Option<&'a Row> {
    let rivals = rows.into_iter().filter(|row| !row.is_greenroom());
    let measured = rivals.filter_map(|row| Some((row.ns_per_op?, row)));
    measured.min_by(|(one, _), (other, _)| one.total_cmp(other)).map(|(_, row)| row)
}

/// One problem's rows to read.
pub(crate) fn table(parameters: &Parameters, rows: &[Row]) -> String {
    let problem = parameters.problem();
    let mut text = format!(
        "\n{} {}: {}, ns per {} ({parameters})\n",
        problem.number, problem.name, problem.title, problem.operation
    );
    if rows.is_empty() {
        text += "  none of the chosen systems has it\n";
        return text;
    }
    let _ = writeln!(
        text,
        "  {:<10} {:>9} {:>9} {:>9} {:>5} {:>9} {:>13}",
        "system", "median", "min", "max", "runs", "seconds", "x best rival"
    );
    for row in rows {
        let _ = match (row.spread(), &row.unsupported, &row.error) {
            (Some(Spread { median, min, max }), _, _) => writeln!(
                text,
                "  {:<10} {:>9} {:>9} {:>9} {:>5} {:>9.3} {:>12}x",
                row.system,
                short(median),
                short(min),
                short(max),
                row.runs,
                row.seconds.unwrap_or_default(),
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

/// One panel a problem, one bar a row.
pub(crate) fn panels(rows: &[Row]) -> Vec<Panel> {
    rows.chunk_by(|one, other| one.problem == other.problem)
        .map(|rows| Panel {
            title: rows[0].problem.to_owned(),
            subtitle: format!("ns per {}", rows[0].operation),
            bars: rows.iter().map(bar).collect(),
        })
        .collect()
}

fn bar(row: &Row) -> Bar {
    let instead = if row.failed() { "failed" } else { "cannot do this size" };
    Bar { system: row.system, figure: row.spread().ok_or(instead) }
}

/// The whole file `results.json`.
pub(crate) fn results_json(machine: &Machine, rows: &[Row]) -> String {
    #[derive(Serialize)]
    struct Results<'a> {
        machine: &'a Machine,
        rows: &'a [Row],
    }
    serde_json::to_string_pretty(&Results { machine, rows }).expect("rows are plain data")
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use greenroom_savina::problem::Size;
    use greenroom_savina::problems;

    pub(crate) fn rows_of(outcomes: impl IntoIterator<Item = (System, Outcome)>) -> (Parameters, Vec<Row>) {
        let mut parameters = Parameters::new(problems::named("banking").unwrap(), Size::Long);
        parameters.set("transactions", "1000").unwrap();
        let comparison = |(system, outcome)| Comparison { system, outcome };
        let comparisons: Vec<_> = outcomes.into_iter().map(comparison).collect();
        let rows = rows(&parameters, 2, &comparisons);
        (parameters, rows)
    }

    pub(crate) fn measured(microseconds: &[u32]) -> Outcome {
        Outcome::Measured(microseconds.iter().map(|&one| f64::from(one) * 1e-6).collect())
    }

    #[test]
    fn every_row_is_measured_against_the_best_rival_and_time_is_divided_by_operations() {
        let (_, rows) = rows_of([
            (System::Greenroom, measured(&[20])),
            (System::Tokio, measured(&[50, 40, 60])),
            (System::Go, measured(&[100])),
        ]);
        let ratios: Vec<_> = rows.iter().map(|row| format!("{:.2}", row.vs_best_rival.unwrap())).collect();
        assert_eq!(ratios, ["2.50", "1.00", "0.50"]);
        let figures = [rows[1].ns_per_op, rows[1].min, rows[1].max].map(|figure| figure.unwrap().round());
        assert_eq!((figures, rows[1].runs), ([50.0, 40.0, 60.0], 3));
    }

    #[test]
    fn what_was_not_tried_is_neither_right_nor_wrong_and_says_why() {
        let (parameters, rows) = rows_of([
            (System::May, Outcome::Unsupported("too many".to_owned())),
            (System::Actix, Outcome::Failed("wrong answer".to_owned())),
        ]);
        assert!(rows[0].to_json().contains(r#""ok":null,"unsupported":"too many"}"#));
        assert!(rows[1].to_json().contains(r#""ok":false,"error":"wrong answer"}"#));
        assert!(!rows[0].failed() && rows[1].failed());
        let table = table(&parameters, &rows);
        assert!(table.contains("unsupported: too many") && table.contains("FAILED: wrong answer"), "{table}");
        assert_eq!(panels(&rows)[0].bars.len(), 2);
    }

    #[test]
    fn a_row_without_systems_says_so() {
        let (parameters, rows) = rows_of([]);
        assert!(table(&parameters, &rows).contains("none of the chosen systems"));
    }
}
