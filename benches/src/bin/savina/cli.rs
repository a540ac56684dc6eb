//! The command line: what may be asked, and a clear answer to what may not.

use std::fmt::Write;
use std::path::PathBuf;
use std::thread;

use greenroom_benches::arguments::{listed, names, number, one_of, text};
use greenroom_savina::problem::{Parameters, Problem, Size};
use greenroom_savina::problems;
use lexopt::prelude::*;

use crate::measure::Job;
use crate::systems::System;

/// What this process is to do.
#[derive(Debug)]
pub(crate) enum Command {
    Help,
    List,
    Compare(Settings),
    /// One measurement for the runner that started this process.
    Measure(Job),
}

#[derive(Debug)]
pub(crate) struct Settings {
    /// Each with the values that were chosen.
    pub(crate) problems: Vec<Parameters>,
    pub(crate) systems: Vec<System>,
    pub(crate) workers: usize,
    pub(crate) quick: bool,
    /// Instead of as many as the time allows.
    pub(crate) runs: Option<u32>,
    pub(crate) json: bool,
    pub(crate) out: PathBuf,
}

const HELP: &str = "\
The Savina benchmarks on Greenroom and on its rivals: interleaved, every answer verified.

usage: savina [options] [problem.parameter=value ...]

  --problems a,b     only these
  --systems a,b      only these, of those that can be had here
  --size SIZE        small (for tests), suite (the suite's own), long (default: to be timed well)
  --quick            fewer runs: some minutes
  --runs N           runs of every problem, instead of as many as the time allows
  --workers N        worker threads of each system (default: as many as cores)
  --json             one object a line on standard output instead of tables
  --out DIR          where results.json, table.md and chart.svg go (default: target/savina)
  --list             the problems, their parameters, and who has them
  --help             this text, and the names

exit status: 0 all answers right, 1 an answer wrong or a run failed, 2 bad arguments
";

/// The help with the names that may be given.
pub(crate) fn help() -> String {
    let systems = listed(System::ALL, System::name);
    let problems = listed(problems::ALL, |problem| problem.name);
    format!("{HELP}\nsystems:  {systems}\nproblems: {problems}\n")
}

/// Every problem with its parameters.
pub(crate) fn list() -> String {
    let mut text = String::new();
    for problem in problems::ALL {
        let Problem { number, name, title, kind, .. } = problem;
        let rivals: Vec<_> =
            System::ALL.iter().filter(|system| system.has(problem)).map(|s| s.name()).collect();
        let kind = format!("{kind:?}").to_lowercase();
        let _ = writeln!(text, "{number:>2} {name}: {title} ({kind}; {})", rivals.join(", "));
        for parameter in problem.parameters {
            let (name, meaning) = (parameter.name, parameter.meaning);
            let (suite, long) = (parameter.suite, parameter.long);
            let _ = writeln!(text, "     {name:<14} {suite:>9} in the suite, {long:>9} when long: {meaning}");
        }
    }
    text
}

/// The first argument of a process that takes one measurement. Not for users, so not in the help.
pub(crate) const MEASURE: &str = "--measure-one";

/// Understands the arguments, without the program's name.
///
/// # Errors
///
/// A sentence that names the value and what would be right.
pub(crate) fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Command, String> {
    let mut parser = lexopt::Parser::from_args(arguments);
    let mut chosen = problems::ALL.to_vec();
    let mut size = Size::Long;
    let mut values = Vec::new();
    let mut settings = Settings {
        problems: Vec::new(),
        systems: System::ALL.to_vec(),
        workers: thread::available_parallelism().map_or(1, usize::from),
        quick: false,
        runs: None,
        json: false,
        out: PathBuf::from("target/savina"),
    };
    while let Some(argument) = parser.next().map_err(|error| error.to_string())? {
        match argument {
            Long("help") | Short('h') => return Ok(Command::Help),
            Long("list") => return Ok(Command::List),
            Long("quick") => settings.quick = true,
            Long("json") => settings.json = true,
            Long("problems") => chosen = names("--problems", &text(&mut parser)?, problem)?,
            Long("systems") => settings.systems = names("--systems", &text(&mut parser)?, system)?,
            Long("size") => size = size_named(&text(&mut parser)?)?,
            Long("workers") => settings.workers = workers(&text(&mut parser)?)?,
            Long("runs") => settings.runs = Some(number("--runs", &text(&mut parser)?, 1..=1000)?),
            Long("out") => settings.out = PathBuf::from(text(&mut parser)?),
            Long("measure-one") => return job(&mut parser).map(Command::Measure),
            Value(value) => values.push(value.to_string_lossy().into_owned()),
            other => return Err(format!("{}; see --help for what there is", other.unexpected())),
        }
    }
    settings.problems = with_values(&chosen, size, &values)?;
    Ok(Command::Compare(settings))
}

/// The chosen problems at the chosen size, but for the values that were given.
fn with_values(
    chosen: &[&'static Problem],
    size: Size,
    values: &[String],
) -> Result<Vec<Parameters>, String> {
    let mut all: Vec<_> = chosen.iter().map(|problem| Parameters::new(problem, size)).collect();
    for value in values {
        let parts = value.split_once('=').and_then(|(key, text)| Some((key.split_once('.')?, text)));
        let Some(((name, key), text)) = parts else {
            return Err(format!("'{value}' is not understood; give problem.parameter=value, or see --help"));
        };
        let wanted = problem(name)?;
        let Some(parameters) = all.iter_mut().find(|parameters| parameters.problem().name == wanted.name)
        else {
            return Err(format!("'{value}' is for none of the chosen problems; add {name} to --problems"));
        };
        parameters.set(key, text)?;
    }
    all.iter().try_for_each(Parameters::check)?;
    Ok(all)
}

impl Job {
    /// The arguments with which [`parse`] gives this job.
    pub(crate) fn to_arguments(&self) -> Vec<String> {
        let mut arguments = [MEASURE, self.system.name()].map(str::to_owned).to_vec();
        arguments.extend(self.contract());
        arguments
    }
}

fn job(parser: &mut lexopt::Parser) -> Result<Job, String> {
    let system = system(&text(parser)?)?;
    let problem = problem(&text(parser)?)?;
    // These two come first, for a problem may have parameters of the same names.
    let workers = workers(&keyed("workers", &text(parser)?)?)?;
    let rounds = number("rounds", &keyed("rounds", &text(parser)?)?, 1..=1000)?;
    let mut parameters = Parameters::new(problem, Size::Small);
    while let Some(argument) = parser.next().map_err(|error| error.to_string())? {
        let Value(argument) = argument else {
            return Err(argument.unexpected().to_string());
        };
        let argument = argument.to_string_lossy();
        let (key, value) =
            argument.split_once('=').ok_or_else(|| format!("'{argument}' is not key=value"))?;
        parameters.set(key, value)?;
    }
    parameters.check()?;
    Ok(Job { system, workers, rounds, parameters })
}

/// The value in `key=value`.
fn keyed(key: &str, text: &str) -> Result<String, String> {
    let value = text.strip_prefix(key).and_then(|rest| rest.strip_prefix('='));
    value.map(str::to_owned).ok_or_else(|| format!("'{text}' is not {key}=N"))
}

fn workers(text: &str) -> Result<usize, String> {
    number("--workers", text, 1..=1024)
}

fn system(name: &str) -> Result<System, String> {
    one_of("system", System::ALL, System::name, name)
}

fn problem(name: &str) -> Result<&'static Problem, String> {
    one_of("problem", problems::ALL, |problem| problem.name, name)
}

fn size_named(name: &str) -> Result<Size, String> {
    let sizes = [("small", Size::Small), ("suite", Size::Suite), ("long", Size::Long)];
    one_of("size", &sizes, |size| size.0, name).map(|size| size.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_line(line: &str) -> Result<Command, String> {
        parse(line.split_whitespace().map(str::to_owned))
    }

    fn settings(line: &str) -> Settings {
        match parse_line(line) {
            Ok(Command::Compare(settings)) => settings,
            other => panic!("{line} is a good comparison, and gives {other:?}"),
        }
    }

    #[test]
    fn a_job_survives_the_way_through_the_arguments() {
        // It has parameters of the same names as what every job has.
        let mut parameters = Parameters::new(problems::named("philosopher").unwrap(), Size::Suite);
        parameters.set("rounds", "77").unwrap();
        let job = Job { system: System::Tokio, workers: 3, rounds: 4, parameters };
        let Ok(Command::Measure(read)) = parse(job.to_arguments()) else { panic!("it is a job") };
        assert_eq!(read.to_arguments(), job.to_arguments());
        assert_eq!((read.system, read.workers, read.rounds), (System::Tokio, 3, 4));
        assert_eq!(read.parameters.to_string(), "philosophers=20 rounds=77");
    }

    #[test]
    fn lists_are_kept_in_the_order_given_and_without_repeats() {
        let settings = settings("--systems go,tokio,go --problems banking,pingpong,banking");
        assert_eq!(settings.systems, [System::Go, System::Tokio]);
        let names: Vec<_> = settings.problems.iter().map(|parameters| parameters.problem().name).collect();
        assert_eq!(names, ["banking", "pingpong"]);
    }

    #[test]
    fn a_size_gives_all_values_but_those_that_are_given() {
        let settings = settings("banking.accounts=500 --problems banking --size suite");
        assert_eq!(settings.problems[0].to_string(), "accounts=500 transactions=50000");
    }

    #[test]
    fn a_bad_value_is_named_together_with_the_remedy() {
        for (line, value, remedy) in [
            ("--workers 0", "'0'", "from 1 to 1024"),
            ("--workers two", "'two'", "whole number"),
            ("--runs -1", "'-1'", "from 1 to 1000"),
            ("--systems tokio,akka", "'akka'", "choose from"),
            ("--problems ''", "''", "pingpong"),
            ("--size huge", "'huge'", "small,suite,long"),
            ("--fast", "'--fast'", "--help"),
            ("--workers", "--workers", "missing"),
            ("stray", "'stray'", "problem.parameter=value"),
            ("banking=3", "'banking=3'", "problem.parameter=value"),
            ("bank.accounts=3", "'bank'", "choose from"),
            ("banking.tellers=3", "'tellers'", "it has accounts, transactions"),
            ("banking.accounts=1", "'1'", "from 2"),
            ("--problems pingpong banking.accounts=3", "'banking.accounts=3'", "--problems"),
        ] {
            let error = parse_line(line).expect_err(line);
            assert!(error.contains(value) && error.contains(remedy), "{line}: {error}");
        }
    }

    #[test]
    fn the_list_has_every_problem_with_its_systems_and_parameters() {
        let list = list();
        let pingpong = "1 pingpong: Ping Pong (micro; greenroom, tokio";
        assert!(list.contains(pingpong) && list.contains("pings "), "{list}");
        assert!(problems::ALL.iter().all(|problem| list.contains(problem.title)), "{list}");
    }
}
