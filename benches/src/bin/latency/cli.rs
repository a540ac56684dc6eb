//! The command line: what may be asked.

use std::path::PathBuf;
use std::thread;

use greenroom_benches::arguments::{listed, names, number, one_of, text};
use lexopt::prelude::*;

use crate::measure::Job;
use crate::systems::SystemName;

/// What this process is to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Help,
    Compare(Settings),
    /// One measurement for the process that started this one.
    Measure(Job),
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) systems: Vec<SystemName>,
    /// In per cent of each system's capacity.
    pub(crate) loads: Vec<u32>,
    pub(crate) workers: usize,
    pub(crate) seconds: u32,
    pub(crate) runs: u32,
    pub(crate) seed: u64,
    pub(crate) json: bool,
    pub(crate) out: PathBuf,
}

const HELP: &str = "\
How long requests take at a share of what each system can do, from the moment they are due.

usage: latency [options]

  --quick            one run of one second each
  --json             one object a line on standard output instead of tables
  --systems a,b      only these
  --loads 50,200     in per cent of what the system was found to do just before (default: 50,70,90,200)
  --workers N        worker threads of each system (default: as many as cores)
  --seconds N        how long requests come (default: 3)
  --runs N           runs of every system at every load, each in a process of its own (default: 5)
  --seed N           of the arrivals, which are the same for every system (default: 20260)
  --out DIR          where latency.json and latency.svg go (default: target/latency)
  --help             this text, and the names

exit status: 0 every request accounted for, 1 not so or a run failed, 2 bad arguments
";

/// The help with the names that may be given.
pub(crate) fn help() -> String {
    format!("{HELP}\nsystems: {}\n", listed(SystemName::ALL, SystemName::name))
}

/// The first argument of a process that takes one measurement. Not for users, so not in the help.
const MEASURE: &str = "--measure-one";

impl Job {
    /// The arguments with which [`parse`] gives this job.
    pub(crate) fn to_arguments(self) -> [String; 6] {
        let Self { system, load, seconds, workers, seed } = self;
        [
            MEASURE.to_owned(),
            system.name().to_owned(),
            load.to_string(),
            seconds.to_string(),
            workers.to_string(),
            seed.to_string(),
        ]
    }
}

impl Settings {
    /// What is to be measured at one load: what bounds do is of interest only where more is asked than can be done.
    pub(crate) fn jobs(&self, load: u32) -> impl Iterator<Item = Job> {
        let Self { seconds, workers, seed, .. } = *self;
        let is_asked = move |system: &SystemName| *system != SystemName::GreenroomBounded || load > 100;
        let systems = self.systems.iter().copied().filter(is_asked);
        systems.map(move |system| Job { system, load, seconds, workers, seed })
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
        loads: vec![50, 70, 90, 200],
        workers: thread::available_parallelism().map_or(1, usize::from),
        seconds: 3,
        runs: 5,
        seed: 20_260,
        json: false,
        out: PathBuf::from("target/latency"),
    };
    while let Some(argument) = parser.next().map_err(|error| error.to_string())? {
        match argument {
            Long("help") | Short('h') => return Ok(Command::Help),
            Long("quick") => (settings.runs, settings.seconds) = (1, 1),
            Long("json") => settings.json = true,
            Long("systems") => settings.systems = names("--systems", &text(&mut parser)?, system)?,
            Long("loads") => settings.loads = names("--loads", &text(&mut parser)?, load)?,
            Long("workers") => settings.workers = number("--workers", &text(&mut parser)?, 1..=1024)?,
            Long("seconds") => settings.seconds = number("--seconds", &text(&mut parser)?, 1..=600)?,
            Long("runs") => settings.runs = number("--runs", &text(&mut parser)?, 1..=1000)?,
            Long("seed") => settings.seed = number("--seed", &text(&mut parser)?, 0..=u64::MAX / 2)?,
            Long("out") => settings.out = PathBuf::from(text(&mut parser)?),
            Long("measure-one") => return job(&mut parser).map(Command::Measure),
            other => return Err(format!("{}; see --help for what there is", other.unexpected())),
        }
    }
    Ok(Command::Compare(settings))
}

fn job(parser: &mut lexopt::Parser) -> Result<Job, String> {
    Ok(Job {
        system: system(&text(parser)?)?,
        load: load(&text(parser)?)?,
        seconds: number("seconds", &text(parser)?, 1..=600)?,
        workers: number("workers", &text(parser)?, 1..=1024)?,
        seed: number("seed", &text(parser)?, 0..=u64::MAX)?,
    })
}

fn system(name: &str) -> Result<SystemName, String> {
    one_of("system", SystemName::ALL, SystemName::name, name)
}

fn load(text: &str) -> Result<u32, String> {
    number("a load", text.trim(), 1..=1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_line(line: &str) -> Result<Command, String> {
        parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn a_job_survives_the_way_through_the_arguments() {
        let job = Job { system: SystemName::Kameo, load: 90, seconds: 2, workers: 3, seed: 5 };
        assert_eq!(parse(job.to_arguments()), Ok(Command::Measure(job)));
    }

    #[test]
    fn bounds_are_measured_under_overload_only() {
        let Ok(Command::Compare(settings)) = parse_line("--systems greenroom,greenroom-bounded") else {
            panic!("these are good arguments");
        };
        assert_eq!(settings.jobs(90).count(), 1);
        assert_eq!(settings.jobs(200).count(), 2);
    }

    #[test]
    fn a_bad_value_is_named_together_with_the_remedy() {
        for (line, value, remedy) in [
            ("--loads 0", "'0'", "from 1 to 1000"),
            ("--loads 50,much", "'much'", "whole number"),
            ("--systems akka", "'akka'", "choose from"),
            ("--fast", "'--fast'", "--help"),
        ] {
            let error = parse_line(line).expect_err(line);
            assert!(error.contains(value) && error.contains(remedy), "{line}: {error}");
        }
    }
}
