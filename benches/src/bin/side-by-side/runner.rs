//! Runs the measurements, interleaved: in every round each system takes its turn, so that a machine which slows down
//! or speeds up over the minutes does so for all. The order turns by one system a round.
//!
//! Each measurement is a [process of its own](crate::measure); this one only waits meanwhile.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};
use std::{env, io, thread};

use crate::cli::Settings;
use crate::measure::{Job, Measurement};
use crate::systems::SystemName;
use crate::workloads::{Unit, Workload};
use greenroom_benches::memory;

/// A run that takes longer hangs: the slowest takes some 15 s on a slow machine of two cores.
const LONGEST_RUN: Duration = Duration::from_secs(120);

/// How many runs of each system to take, and when to take no more than one: the median of few runs of a system that
/// takes seconds is sure enough, the whole has to end in time, and every row says of how many runs it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Effort {
    runs: u32,
    /// What one system may spend on one workload before it begins another run of it.
    each: Duration,
    /// When everything that is not the first run of something is left out.
    until: Option<Instant>,
}

impl Effort {
    /// Counts from now.
    pub(crate) fn of(settings: &Settings) -> Self {
        let after = |seconds| Some(Instant::now() + Duration::from_secs(seconds));
        match (settings.runs, settings.quick) {
            (Some(runs), _) => Self { runs, each: Duration::MAX, until: None },
            (None, true) => Self { runs: 3, each: Duration::from_secs(1), until: after(75) },
            (None, false) => Self { runs: 9, each: Duration::from_secs(12), until: after(420) },
        }
    }

    fn allows_another(self, taken: &Taken) -> bool {
        taken.runs == 0
            || taken.runs < self.runs
                && taken.time < self.each
                && self.until.is_none_or(|until| Instant::now() < until)
    }
}

/// What one system has had of one workload.
#[derive(Debug, Clone, Copy, Default)]
struct Taken {
    runs: u32,
    time: Duration,
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
    let mut taken = vec![Taken::default(); comparisons.len()];
    for round in 0..effort.runs {
        for turn in 0..comparisons.len() {
            let place = (round as usize + turn) % comparisons.len();
            let Comparison { job, outcome } = &mut comparisons[place];
            let Outcome::Measured(measurements) = outcome else { continue };
            if !effort.allows_another(&taken[place]) {
                continue;
            }
            progress(round + 1, job.system);
            let began = Instant::now();
            match measure_in_child(*job) {
                Ok(measurement) => measurements.push(measurement),
                Err(reason) => *outcome = Outcome::Failed(reason),
            }
            taken[place] = Taken { runs: round + 1, time: taken[place].time + began.elapsed() };
        }
    }
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
    let child = Command::new(program)
        .args(job.to_arguments())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("the measuring process does not start: {error}"))?;
    let output = finish(child, LONGEST_RUN).map_err(|error| error.to_string())?;
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

/// Waits for the child and gives its standard output; one that takes too long is killed.
fn finish(mut child: Child, limit: Duration) -> io::Result<String> {
    let output = read_aside(child.stdout.take().expect("it was piped"));
    let complaints = read_aside(child.stderr.take().expect("it was piped"));
    let Ok(output) = output.recv_timeout(limit) else {
        child.kill()?;
        child.wait()?;
        return Err(io::Error::other(format!("no end within {} s", limit.as_secs())));
    };
    let status = child.wait()?;
    if status.success() {
        return Ok(output);
    }
    // A panic's place is on its first line, and what it says on the second.
    let complaints = complaints.recv().unwrap_or_default();
    let lines: Vec<_> = complaints.lines().filter(|line| !line.trim().is_empty()).take(2).collect();
    Err(io::Error::other(format!("the measuring process failed ({status}): {}", lines.join(" "))))
}

/// Reads to the end on a thread of its own, so that neither pipe can fill up and the wait can be bounded.
fn read_aside(mut pipe: impl Read + Send + 'static) -> mpsc::Receiver<String> {
    let (whole, result) = mpsc::channel();
    thread::spawn(move || {
        let mut text = Vec::new();
        // What cannot be read counts as nothing; the judge says so.
        let _ = pipe.read_to_end(&mut text);
        let _ = whole.send(String::from_utf8_lossy(&text).into_owned());
    });
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workloads::Size;

    fn shell(script: &str) -> Child {
        let mut command = Command::new("sh");
        command.args(["-c", script]).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    }

    fn job() -> Job {
        let size = Size { actors: 2, operations: 10 };
        Job { workload: Workload::PingpongAsync, system: SystemName::Tokio, size, workers: 1 }
    }

    #[test]
    fn the_first_run_is_always_taken_and_another_only_while_runs_and_time_are_left() {
        let effort = Effort { runs: 3, each: Duration::from_secs(5), until: None };
        let late = Effort { until: Some(Instant::now()), ..effort };
        let taken = |runs, seconds| Taken { runs, time: Duration::from_secs(seconds) };
        assert!(effort.allows_another(&taken(0, 0)) && late.allows_another(&taken(0, 0)));
        assert!(effort.allows_another(&taken(2, 4)) && !late.allows_another(&taken(2, 4)));
        assert!(!effort.allows_another(&taken(1, 5)));
        assert!(!effort.allows_another(&taken(3, 0)));
    }

    #[test]
    fn a_wrong_result_is_a_failure_that_names_both_numbers() {
        let right = r#"{"figure":1.5,"peak_rss_bytes":1,"result":10}"#;
        assert_eq!(judge(job(), right).map(|measurement| measurement.figure), Ok(1.5));
        let wrong = right.replace("10", "9");
        assert_eq!(judge(job(), &wrong), Err("wrong result: 9 instead of 10".to_owned()));
    }

    #[test]
    fn a_child_that_fails_is_reported_with_its_first_complaint() {
        let error = finish(shell("echo broken >&2; exit 3"), LONGEST_RUN).unwrap_err().to_string();
        assert!(error.contains("broken") && error.contains('3'), "{error}");
    }

    #[test]
    fn a_child_that_does_not_end_is_killed() {
        let error = finish(shell("exec sleep 1000"), Duration::from_millis(50)).unwrap_err().to_string();
        assert!(error.contains("no end"), "{error}");
    }
}
