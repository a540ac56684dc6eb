//! The command line: what may be asked.

use std::path::PathBuf;
use std::thread;

use greenroom_benches::arguments::{names, number, one_of, text};
use lexopt::prelude::*;

use crate::sweeps::{self, Job, SWEEPS, Sweep};

/// What this process is to do.
#[derive(Debug, PartialEq)]
pub(crate) enum Command {
    Help,
    Sweep(Settings),
    /// One measurement for the process that started this one.
    Measure(Job),
}

#[derive(Debug, PartialEq)]
pub(crate) struct Settings {
    pub(crate) sweeps: Vec<&'static Sweep>,
    pub(crate) workers: usize,
    /// The most actors.
    pub(crate) most: u64,
    pub(crate) runs: u32,
    pub(crate) json: bool,
    pub(crate) out: PathBuf,
}

const HELP: &str = "\
What one more costs when there are many already. A level line is what one wants to see.

usage: scale [options]

  --quick            one run each, and at most 10,000 of anything
  --json             one object a line on standard output instead of tables
  --sweeps a,b       only these
  --most N           no size above N (default: 1000000; actors may go to 10000000, with 2 GB of memory)
  --workers N        workers of a machine (default: as many as cores)
  --runs N           runs of every size, each in a process of its own (default: 5)
  --out DIR          where scale.json and scale.svg go (default: target/scale)
  --help             this text, and the names

exit status: 0 all done was right, 1 something was not or a run failed, 2 bad arguments
";

/// The help with the names that may be given.
pub(crate) fn help() -> String {
    let mut help = format!("{HELP}\nsweeps:\n");
    for sweep in SWEEPS {
        help += &format!("  {:<11} {}\n", sweep.name, sweep.question);
    }
    help
}

/// The first argument of a process that takes one measurement. Not for users, so not in the help.
const MEASURE: &str = "--measure-one";

impl Job {
    /// The arguments with which [`parse`] gives this job.
    pub(crate) fn to_arguments(self) -> [String; 4] {
        let Self { sweep, size, workers } = self;
        [MEASURE.to_owned(), sweep.name.to_owned(), size.to_string(), workers.to_string()]
    }
}

impl Settings {
    /// The sizes of one question, but for those that are too large.
    pub(crate) fn sizes(&self, sweep: &Sweep) -> impl Iterator<Item = u64> {
        let most = self.most;
        (sweep.sizes)(self.workers).into_iter().filter(move |size| *size <= most)
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
        sweeps: SWEEPS.to_vec(),
        workers: thread::available_parallelism().map_or(1, usize::from),
        most: 1_000_000,
        runs: 5,
        json: false,
        out: PathBuf::from("target/scale"),
    };
    while let Some(argument) = parser.next().map_err(|error| error.to_string())? {
        match argument {
            Long("help") | Short('h') => return Ok(Command::Help),
            Long("quick") => (settings.runs, settings.most) = (1, 10_000),
            Long("json") => settings.json = true,
            Long("sweeps") => settings.sweeps = names("--sweeps", &text(&mut parser)?, sweep)?,
            Long("most") => settings.most = number("--most", &text(&mut parser)?, 1..=sweeps::MOST)?,
            Long("workers") => settings.workers = number("--workers", &text(&mut parser)?, 1..=64)?,
            Long("runs") => settings.runs = number("--runs", &text(&mut parser)?, 1..=1000)?,
            Long("out") => settings.out = PathBuf::from(text(&mut parser)?),
            Long("measure-one") => return job(&mut parser).map(Command::Measure),
            other => return Err(format!("{}; see --help for what there is", other.unexpected())),
        }
    }
    Ok(Command::Sweep(settings))
}

fn job(parser: &mut lexopt::Parser) -> Result<Job, String> {
    Ok(Job {
        sweep: sweep(&text(parser)?)?,
        size: number("a size", &text(parser)?, 1..=sweeps::MOST)?,
        workers: number("workers", &text(parser)?, 1..=64)?,
    })
}

fn sweep(name: &str) -> Result<&'static Sweep, String> {
    one_of("sweep", SWEEPS, |sweep| sweep.name, name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_line(line: &str) -> Result<Command, String> {
        parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn a_job_survives_the_way_through_the_arguments() {
        let job = Job { sweep: SWEEPS[1], size: 7, workers: 3 };
        assert_eq!(parse(job.to_arguments()), Ok(Command::Measure(job)));
    }

    #[test]
    fn no_size_is_above_the_most_that_was_asked() {
        let Ok(Command::Sweep(settings)) = parse_line("--most 10000") else {
            panic!("these are good arguments");
        };
        for sweep in SWEEPS {
            let sizes: Vec<_> = settings.sizes(sweep).collect();
            assert!(!sizes.is_empty() && sizes.iter().all(|&size| size <= 10_000), "{sizes:?}");
        }
    }

    #[test]
    fn a_bad_value_is_named_together_with_the_remedy() {
        for (line, value, remedy) in [
            ("--most 0", "'0'", "from 1 to"),
            ("--sweeps atoms", "'atoms'", "choose from"),
            ("--fast", "'--fast'", "--help"),
        ] {
            let error = parse_line(line).expect_err(line);
            assert!(error.contains(value) && error.contains(remedy), "{line}: {error}");
        }
    }
}
