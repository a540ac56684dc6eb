//! Runs the measurements, [interleaved](greenroom_benches::effort). Each is a [process of its own](crate::measure); this one
//! only waits meanwhile.

use std::env;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::cli::Settings;
use crate::measure::{Job, Measurement};
use crate::systems::SystemName;
use crate::workloads::{Unit, Workload};
use greenroom_benches::effort::Effort;
use greenroom_benches::{child, memory};

/// A run that takes longer hangs: the slowest takes some 15 s on a slow machine of two cores.
const LONGEST_RUN: Duration = Duration::from_secs(120);

/// What the settings ask for, counted from now.
pub(crate) fn effort(settings: &Settings) -> Effort {
    let after = |seconds| Some(Instant::now() + Duration::from_secs(seconds));
    match (settings.runs, settings.quick) {
        (Some(runs), _) => Effort::exactly(runs),
        (None, true) => Effort { runs: 3, each: Duration::from_secs(1), until: after(75) },
        (None, false) => Effort { runs: 9, each: Duration::from_secs(12), until: after(420) },
    }
}

/// All that was found out about one workload on one system.
#[derive(Debug)]
pub(crate) struct Comparison {
    pub(crate) job: Job,
    pub(crate) outcome: Outcome,
}

#[derive(Debug)]
pub(crate) enum Outcome {
    /// One per round, each with the right result; at least one.
    Measured(Vec<Measurement>),
    /// The system, or this machine, cannot do this size, for this reason; it was not tried.
    Unsupported(String),
    /// A wrong result, a crash, or a run without end.
    Failed(String),
}

/// Takes all measurements of one workload; `progress` is told of each before it begins.
pub(crate) fn compare(
    workload: Workload,
    settings: &Settings,
    effort: Effort,
    mut progress: impl FnMut(u32, SystemName),
) -> Vec<Comparison> {
    let mut comparisons: Vec<_> =
        settings.systems.iter().map(|&system| prepare(workload, system, settings)).collect();
    effort.interleave(&mut comparisons, |round, Comparison { job, outcome }| {
        let Outcome::Measured(measurements) = outcome else { return false };
        progress(round, job.system);
        match measure_in_child(*job) {
            Ok(measurement) => measurements.push(measurement),
            Err(reason) => *outcome = Outcome::Failed(reason),
        }
        true
    });
    comparisons
}

/// Decides on the size, and whether it can be done at all.
fn prepare(workload: Workload, system: SystemName, settings: &Settings) -> Comparison {
    let mut size = workload.size(settings.quick);
    let mut outcome = Outcome::Measured(Vec::new());
    if let Some((most, why)) = system.most_actors() {
        let asked = workload.least_at_once(size);
        if asked > most && workload.unit() == Unit::Bytes {
            // What one actor takes can be told from fewer just as well; the size is in the results.
            size.actors = most / 10_000 * 10_000;
            size.operations = size.actors;
        } else if asked > most {
            outcome = Outcome::Unsupported(format!("{asked} actors asked, at most {most} possible: {why}"));
        }
    }
    let needed = workload.least_at_once(size) * system.rough_bytes_per_actor();
    if let Some(available) = memory::available_bytes().filter(|&available| available < needed) {
        let (needed, available) = (needed >> 20, available >> 20);
        outcome = Outcome::Unsupported(format!("may need {needed} MiB of memory, {available} MiB available"));
    }
    Comparison { job: Job { workload, system, size, workers: settings.workers }, outcome }
}

/// Starts this program again for one measurement and judges what comes back.
fn measure_in_child(job: Job) -> Result<Measurement, String> {
    let program = env::current_exe().map_err(|error| format!("this program's file is not known: {error}"))?;
    let output = child::run(Command::new(program).args(job.to_arguments()), LONGEST_RUN);
    let output = output.map_err(|failure| failure.reason)?;
    judge(job, &output)
}

fn judge(job: Job, output: &str) -> Result<Measurement, String> {
    let measurement: Measurement = serde_json::from_str(output)
        .map_err(|error| format!("unreadable measurement {output:?}: {error}"))?;
    let expected = job.workload.expected(job.size);
    if measurement.result != expected {
        return Err(format!("wrong result: {} instead of {expected}", measurement.result));
    }
    Ok(measurement)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workloads::Size;

    fn job() -> Job {
        let size = Size { actors: 2, operations: 10 };
        Job { workload: Workload::PingpongAsync, system: SystemName::Tokio, size, workers: 1 }
    }

    #[test]
    fn a_wrong_result_is_a_failure_that_names_both_numbers() {
        let right = r#"{"figure":1.5,"peak_rss_bytes":1,"result":10}"#;
        assert_eq!(judge(job(), right).map(|measurement| measurement.figure), Ok(1.5));
        let wrong = right.replace("10", "9");
        assert_eq!(judge(job(), &wrong), Err("wrong result: 9 instead of 10".to_owned()));
    }
}
