//! The results as rows: lines of JSON, tables to read, and the file that keeps them.

use std::fmt::Write;

use greenroom_benches::machine::Machine;
use greenroom_benches::stats::Spread;
use serde::Serialize;

use crate::cli::Settings;
use crate::sweeps::{Job, Sweep};

/// One question at one size. Names are the fields' names in the JSON.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) sweep: &'static str,
    pub(crate) size: u64,
    pub(crate) runs: usize,
    /// In the order in which the question promises them.
    pub(crate) figures: Vec<Figure>,
    /// Why there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Figure {
    pub(crate) name: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) median: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
}

impl Row {
    pub(crate) fn failed(&self) -> bool {
        self.error.is_some()
    }

    pub(crate) fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a row is plain data")
    }
}

/// Sums up the runs at one size.
pub(crate) fn row(job: Job, runs: &Result<Vec<Vec<f64>>, String>) -> Row {
    let (runs, error) = match runs {
        Ok(runs) => (runs.as_slice(), None),
        Err(reason) => (&[][..], Some(reason.clone())),
    };
    let figures = job.sweep.figures.iter().enumerate().filter_map(|(place, &(name, unit))| {
        let Spread { median, min, max } = Spread::of(runs.iter().map(|run| run[place]))?;
        Some(Figure { name, unit, median, min, max })
    });
    Row { sweep: job.sweep.name, size: job.size, runs: runs.len(), figures: figures.collect(), error }
}

/// The rows of one question to read: the median, and the least and the most.
pub(crate) fn table(sweep: &Sweep, rows: &[Row]) -> String {
    let mut text = format!("\n{}: {}\n", sweep.name, sweep.question);
    let _ = write!(text, "  {:>18}", sweep.counts);
    for (name, unit) in sweep.figures {
        let _ = write!(text, "  {:>35}", format!("{name}, {unit}"));
    }
    text.push('\n');
    for row in rows {
        let _ = write!(text, "  {:>18}", row.size);
        for Figure { median, min, max, .. } in &row.figures {
            let range = format!("({} - {})", short(*min), short(*max));
            let _ = write!(text, "  {:>12} {range:>22}", short(*median));
        }
        let _ = writeln!(
            text,
            "{}",
            row.error.as_ref().map_or(String::new(), |error| format!(" FAILED: {error}"))
        );
    }
    text
}

/// Three digits where they mean something.
pub(crate) fn short(figure: f64) -> String {
    if figure < 100.0 { format!("{figure:.1}") } else { format!("{figure:.0}") }
}

/// The whole file `scale.json`.
pub(crate) fn results_json(machine: &Machine, settings: &Settings, rows: &[Row]) -> String {
    #[derive(Serialize)]
    struct Results<'a> {
        machine: &'a Machine,
        workers: usize,
        rows: &'a [Row],
    }
    let results = Results { machine, workers: settings.workers, rows };
    serde_json::to_string_pretty(&results).expect("rows are plain data")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sweeps::SWEEPS;

    #[test]
    fn a_row_has_the_median_of_each_figure_and_a_failure_its_reason() {
        let sweep = *SWEEPS.iter().find(|sweep| sweep.figures.len() == 2).expect("there is one with two");
        let job = Job { sweep, size: 10, workers: 1 };
        let right = row(job, &Ok(vec![vec![1.0, 40.0], vec![3.0, 60.0], vec![2.0, 50.0]]));
        let medians: Vec<_> = right.figures.iter().map(|figure| figure.median).collect();
        assert_eq!((right.runs, medians), (3, vec![2.0, 50.0]));
        let wrong = row(job, &Err("it was not done".to_owned()));
        assert!(wrong.failed() && table(sweep, &[right, wrong]).contains("FAILED: it was not done"));
    }
}
