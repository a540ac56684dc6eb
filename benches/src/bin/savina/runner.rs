//! Runs the measurements, [interleaved](greenroom_benches::effort). Each is a [process of its own](crate::measure); this one
//! only waits meanwhile.

use std::time::Duration;

use greenroom_benches::child::{self, Failure};
use greenroom_benches::effort::Effort;
use greenroom_savina::problem::{Answer, Expected, Parameters};
use serde_json::Number;

use crate::cli::Settings;
use crate::languages::HAS_NO_SUCH_PROBLEM;
use crate::measure::{Job, Measurement};
use crate::systems::System;

/// A rival's process that takes longer is cut: it hangs, or is of a size that nobody wants to wait for.
const LONGEST_RUN: Duration = Duration::from_secs(30);
/// Greenroom's hangs.
const LONGEST_OF_GREENROOM: Duration = Duration::from_secs(120);

/// The first round warms the caches, the allocator and a compiler that compiles underway; the second is timed.
const ROUNDS: u32 = 2;

/// What the settings ask for.
pub(crate) fn effort(settings: &Settings) -> Effort {
    match (settings.runs, settings.quick) {
        (Some(runs), _) => Effort::exactly(runs),
        (None, true) => Effort { runs: 3, each: Duration::from_secs(1), until: None },
        (None, false) => Effort { runs: 9, each: Duration::from_secs(3), until: None },
    }
}

/// All that was found out about one problem on one system.
#[derive(Debug)]
pub(crate) struct Comparison {
    pub(crate) system: System,
    pub(crate) outcome: Outcome,
}

#[derive(Debug)]
pub(crate) enum Outcome {
    /// The seconds of each round, each with the right answer; at least one.
    Measured(Vec<f64>),
    /// The system, or this machine, cannot do this size, for this reason: it was not tried, or took too long.
    Unsupported(String),
    /// A wrong answer, a crash, or a run without end.
    Failed(String),
}

/// Takes all measurements of one problem on those systems that have it; `progress` is told of each before it begins.
pub(crate) fn compare(
    parameters: &Parameters,
    workers: usize,
    systems: &[System],
    effort: Effort,
    mut progress: impl FnMut(u32, System),
) -> Vec<Comparison> {
    let problem = parameters.problem();
    let expected = problem.expected(parameters);
    let comparison = |&system: &System| Comparison {
        system,
        outcome: match system.refusal(parameters) {
            Some(reason) => Outcome::Unsupported(reason),
            None => Outcome::Measured(Vec::new()),
        },
    };
    let mut comparisons: Vec<_> =
        systems.iter().filter(|system| system.has(problem)).map(comparison).collect();
    effort.interleave(&mut comparisons, |round, Comparison { system, outcome }| {
        let Outcome::Measured(seconds) = outcome else { return false };
        progress(round, *system);
        let job = Job { system: *system, workers, rounds: ROUNDS, parameters: parameters.clone() };
        match measure(&job, expected) {
            Ok(measured) => seconds.push(measured),
            Err(other) => *outcome = other,
        }
        true
    });
    comparisons
}

/// Starts a process for one measurement and judges what comes back: the seconds of a right answer.
fn measure(job: &Job, expected: Expected) -> Result<f64, Outcome> {
    let mut command = System::command(job).map_err(Outcome::Failed)?;
    let is_greenroom = job.system == System::Greenroom;
    let limit = if is_greenroom { LONGEST_OF_GREENROOM } else { LONGEST_RUN };
    match child::run(&mut command, limit) {
        Ok(output) => judge(expected, &output).map_err(Outcome::Failed),
        Err(Failure { reason, status: Some(HAS_NO_SUCH_PROBLEM), .. }) => Err(Outcome::Unsupported(reason)),
        // Of a rival it is a result; Greenroom has to come to an end.
        Err(Failure { reason, timed_out: true, .. }) if !is_greenroom => {
            Err(Outcome::Unsupported(format!("cut, for {reason}")))
        }
        Err(Failure { reason, .. }) => Err(Outcome::Failed(reason)),
    }
}

fn judge(expected: Expected, output: &str) -> Result<f64, String> {
    let Measurement { seconds, answer } = serde_json::from_str(output)
        .map_err(|error| format!("unreadable measurement {output:?}: {error}"))?;
    if !(seconds.is_finite() && seconds > 0.0) {
        return Err(format!("{seconds} seconds are no time"));
    }
    expected.check(read(expected, &answer))?;
    Ok(seconds)
}

/// A number is read as what is asked for: a real one may well be whole.
fn read(expected: Expected, answer: &Number) -> Answer {
    match (expected, answer.as_u64()) {
        (Expected::Whole(_), Some(whole)) => Answer::Whole(whole),
        _ => Answer::Real(answer.as_f64().unwrap_or(f64::NAN)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use greenroom_savina::problem::Size;
    use greenroom_savina::problems;

    /// Where its compiler is installed.
    fn every_answer_is_right_of(system: System) {
        let language = system.language().expect("the others have tests of their own");
        if let Some(reason) = language.missing() {
            return eprintln!("without {}: {reason}", system.name());
        }
        language.build().unwrap();
        for problem in problems::ALL.iter().filter(|problem| system.has(problem)) {
            let parameters = Parameters::new(problem, Size::Small);
            let expected = problem.expected(&parameters);
            let job = Job { system, workers: 2, rounds: ROUNDS, parameters };
            if let Err(wrong) = measure(&job, expected) {
                panic!("{} of {}: {wrong:?}", problem.name, system.name());
            }
        }
    }

    #[test]
    fn every_answer_of_erlang_is_right() {
        every_answer_is_right_of(System::Erlang);
    }

    #[test]
    fn every_answer_of_go_is_right() {
        every_answer_is_right_of(System::Go);
    }

    #[test]
    fn every_answer_of_caf_is_right() {
        every_answer_is_right_of(System::Caf);
    }

    #[test]
    fn a_wrong_answer_is_a_failure_that_names_both_numbers() {
        let right = r#"{"seconds":1.5,"answer":10}"#;
        assert_eq!(judge(Expected::Whole(10), right), Ok(1.5));
        let error = judge(Expected::Whole(9), right).unwrap_err();
        assert!(error.contains("10") && error.contains('9'), "{error}");
    }

    #[test]
    fn a_real_answer_is_read_to_its_last_bit_and_may_be_whole() {
        let value = 6.387_835_144_604_12;
        let exact = Expected::Near { value, tolerance: 0.0 };
        assert_eq!(judge(exact, &format!(r#"{{"seconds":1,"answer":{value}}}"#)), Ok(1.0));
        assert!(judge(exact, &format!(r#"{{"seconds":1,"answer":{}}}"#, value.next_up())).is_err());
        let two = Expected::Near { value: 2.0, tolerance: 0.0 };
        assert_eq!(judge(two, r#"{"seconds":1,"answer":2}"#), Ok(1.0));
    }

    #[test]
    fn what_is_no_measurement_is_quoted() {
        for (output, named) in [("", "EOF"), ("hello", "hello"), (r#"{"seconds":0,"answer":1}"#, "no time")] {
            let error = judge(Expected::Whole(1), output).unwrap_err();
            assert!(error.contains(named), "{error}");
        }
    }
}
