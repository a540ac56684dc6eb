//! The command line: what may be asked, and a clear answer to what may not.

use std::path::PathBuf;
use std::thread;

use greenroom_benches::arguments::{listed, names, number, one_of, text};
use lexopt::prelude::*;

use crate::measure::Job;
use crate::systems::SystemName;
use crate::workloads::{Size, Workload};

/// What this process is to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Help,
    Compare(Settings),
    /// One measurement for the runner that started this process.
    Measure(Job),
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) systems: Vec<SystemName>,
    pub(crate) workloads: Vec<Workload>,
    pub(crate) workers: usize,
    pub(crate) quick: bool,
    /// Instead of each workload's own number of runs.
    pub(crate) runs: Option<u32>,
    pub(crate) json: bool,
    pub(crate) out: PathBuf,
}

pub(crate) const HELP: &str = "\
Greenroom against named rivals: the same workloads, interleaved, every result verified.

usage: side-by-side [options]

  --quick            smaller and fewer runs: under two minutes
  --json             one object a line on standard output instead of tables
  --systems a,b      only these
  --workloads a,b    only these
  --workers N        worker threads of each system (default: as many as cores)
  --runs N           runs of every workload, instead of each one's own number
  --out DIR          where results.json and chart.svg go (default: target/side-by-side)
  --help             this text, and the names

exit status: 0 all results right, 1 a result wrong or a run failed, 2 bad arguments
";

/// The help with the names that may be given.
pub(crate) fn help() -> String {
    let systems = listed(SystemName::ALL, SystemName::name);
    let workloads = listed(&Workload::ALL, Workload::name);
    format!("{HELP}\nsystems:   {systems}\nworkloads: {workloads}\n")
}

/// The first argument of a process that takes one measurement. Not for users, so not in the help.
pub(crate) const MEASURE: &str = "--measure-one";

impl Job {
    /// The arguments with which [`parse`] gives this job.
    pub(crate) fn to_arguments(self) -> [String; 6] {
        let Self { workload, system, size, workers } = self;
        let numbers = [size.actors, size.operations, workers as u64].map(|number| number.to_string());
        let [actors, operations, workers] = numbers;
        let [workload, system] = [workload.name(), system.name()].map(str::to_owned);
        [MEASURE.to_owned(), workload, system, actors, operations, workers]
    }
}

/// Understands the arguments, without the program's name.
///
/// # Errors
///
/// A sentence that names the value and what would be right.
pub(crate) fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Command, String> {
    let mut parser = lexopt::Parser::from_args(arguments);
    let mut settings = Settings {
        systems: SystemName::ALL.to_vec(),
        workloads: Workload::ALL.to_vec(),
        workers: thread::available_parallelism().map_or(1, usize::from),
        quick: false,
        runs: None,
        json: false,
        out: PathBuf::from("target/side-by-side"),
    };
    while let Some(argument) = parser.next().map_err(|error| error.to_string())? {
        match argument {
            Long("help") | Short('h') => return Ok(Command::Help),
            Long("quick") => settings.quick = true,
            Long("json") => settings.json = true,
            Long("systems") => settings.systems = names("--systems", &text(&mut parser)?, system)?,
            Long("workloads") => settings.workloads = names("--workloads", &text(&mut parser)?, workload)?,
            Long("workers") => settings.workers = number("--workers", &text(&mut parser)?, 1..=1024)?,
            Long("runs") => settings.runs = Some(number("--runs", &text(&mut parser)?, 1..=1000)?),
            Long("out") => settings.out = PathBuf::from(text(&mut parser)?),
            Long("measure-one") => return job(&mut parser).map(Command::Measure),
            other => return Err(format!("{}; see --help for what there is", other.unexpected())),
        }
    }
    Ok(Command::Compare(settings))
}

fn job(parser: &mut lexopt::Parser) -> Result<Job, String> {
    Ok(Job {
        workload: workload(&text(parser)?)?,
        system: system(&text(parser)?)?,
        size: Size {
            actors: number("actors", &text(parser)?, 1..=u64::MAX)?,
            operations: number("operations", &text(parser)?, 1..=u64::MAX)?,
        },
        workers: number("workers", &text(parser)?, 1..=1024)?,
    })
}

fn system(name: &str) -> Result<SystemName, String> {
    one_of("system", SystemName::ALL, SystemName::name, name)
}

fn workload(name: &str) -> Result<Workload, String> {
    one_of("workload", &Workload::ALL, Workload::name, name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_line(line: &str) -> Result<Command, String> {
        parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn a_job_survives_the_way_through_the_arguments() {
        let job = Job {
            workload: Workload::Ring100k,
            system: SystemName::Kameo,
            size: Size { actors: 100_000, operations: 7 },
            workers: 3,
        };
        assert_eq!(parse(job.to_arguments()), Ok(Command::Measure(job)));
    }

    #[test]
    fn lists_are_kept_in_the_order_given_and_without_repeats() {
        let Ok(Command::Compare(settings)) = parse_line("--systems may,tokio,may --workloads skynet") else {
            panic!("these are good arguments");
        };
        assert_eq!(settings.systems, [SystemName::May, SystemName::Tokio]);
        assert_eq!(settings.workloads, [Workload::Skynet]);
    }

    #[test]
    fn a_bad_value_is_named_together_with_the_remedy() {
        for (line, value, remedy) in [
            ("--workers 0", "'0'", "from 1 to 1024"),
            ("--workers two", "'two'", "whole number"),
            ("--runs -1", "'-1'", "from 1 to 1000"),
            ("--systems tokio,akka", "'akka'", "choose from"),
            ("--workloads ''", "''", "pingpong_async"),
            ("--fast", "'--fast'", "--help"),
            ("--workers", "--workers", "missing"),
            ("stray", "stray", "--help"),
        ] {
            let error = parse_line(line).expect_err(line);
            assert!(error.contains(value) && error.contains(remedy), "{line}: {error}");
        }
    }
}
