//! The command line: text in, a command or what is wrong with it out.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use greenroom_trace::{By, Limits, Selection};
use lexopt::Arg::{Long, Short, Value};
use lexopt::Parser;

use crate::formats::{self, FORMATS, Format};
use crate::help;

/// What is asked for.
pub(crate) enum Command {
    Help(String),
    Convert { file: PathBuf, to: &'static Format, out: Option<PathBuf>, selection: Selection, limits: Limits },
    Filter { file: PathBuf, out: Option<PathBuf>, selection: Selection },
    Compare { files: [PathBuf; 2], by: By },
    Info { file: PathBuf },
}

/// A command line that cannot be used: what is wrong, and what to write in its place.
#[derive(Debug)]
pub(crate) struct UsageError(String);

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn wrong<T>(text: String) -> Result<T, UsageError> {
    Err(UsageError(text))
}

/// How the flags of one command are read: some belong to several.
#[derive(Default)]
struct Flags {
    files: Vec<PathBuf>,
    to: Option<&'static Format>,
    out: Option<PathBuf>,
    selection: Selection,
    limits: Limits,
    by: By,
    wants_help: bool,
}

/// Which flags a command has beside `--help`.
struct Has {
    command: &'static str,
    files: usize,
    flags: &'static [&'static str],
}

const SELECTING: [&str; 7] = ["actor", "type", "name", "node", "method", "from", "until"];
const CONVERT: Has =
    Has { command: "convert", files: 1, flags: &["to", "out", "rows", "lifelines", "unfolded"] };
const FILTER: Has = Has { command: "filter", files: 1, flags: &["out"] };
const COMPARE: Has = Has { command: "compare", files: 2, flags: &["order"] };
const INFO: Has = Has { command: "info", files: 1, flags: &[] };

pub(crate) fn parse(mut words: Parser) -> Result<Command, UsageError> {
    let command = match next(&mut words)? {
        None => return wrong("no command is given; give convert, filter, compare or info".into()),
        Some(Word::Flag(flag)) if flag == "--help" || flag == "-h" => {
            return Ok(Command::Help(help::PROGRAM.into()));
        }
        Some(Word::Flag(flag)) => {
            return wrong(format!("'{flag}' is no flag here; give a command first, or --help"));
        }
        Some(Word::Value(command)) => command,
    };
    match command.to_str() {
        Some("convert") => {
            let flags = Flags::read(&mut words, &CONVERT)?;
            if flags.wants_help {
                return Ok(Command::Help(help::convert()));
            }
            let Some(to) = flags.to else {
                return wrong(format!("--to is not given; give one of {}", formats::names()));
            };
            let [file] = flags.files()?;
            Ok(Command::Convert {
                file,
                to,
                out: flags.out,
                selection: flags.selection,
                limits: flags.limits,
            })
        }
        Some("filter") => {
            let flags = Flags::read(&mut words, &FILTER)?;
            if flags.wants_help {
                return Ok(Command::Help(help::filter()));
            }
            let [file] = flags.files()?;
            Ok(Command::Filter { file, out: flags.out, selection: flags.selection })
        }
        Some("compare") => {
            let flags = Flags::read(&mut words, &COMPARE)?;
            if flags.wants_help {
                return Ok(Command::Help(help::COMPARE.into()));
            }
            Ok(Command::Compare { files: flags.files()?, by: flags.by })
        }
        Some("info") => {
            let flags = Flags::read(&mut words, &INFO)?;
            if flags.wants_help {
                return Ok(Command::Help(help::INFO.into()));
            }
            let [file] = flags.files()?;
            Ok(Command::Info { file })
        }
        _ => wrong(format!(
            "'{}' is no command; give convert, filter, compare or info",
            command.to_string_lossy()
        )),
    }
}

impl Flags {
    fn read(words: &mut Parser, has: &Has) -> Result<Flags, UsageError> {
        let mut flags = Flags::default();
        while let Some(word) = next(words)? {
            match word {
                Word::Value(_) if flags.files.len() == has.files => {
                    let Word::Value(word) = word else { unreachable!("matched above") };
                    return wrong(format!(
                        "'{}' is one file too many; {} takes {}",
                        word.to_string_lossy(),
                        has.command,
                        has.files
                    ));
                }
                Word::Value(file) => flags.files.push(file.into()),
                Word::Flag(flag) if flag == "--help" || flag == "-h" => flags.wants_help = true,
                Word::Flag(flag) => flags.flag(words, has, &flag)?,
            }
        }
        Ok(flags)
    }

    fn flag(&mut self, words: &mut Parser, has: &Has, flag: &str) -> Result<(), UsageError> {
        let name = flag.trim_start_matches('-');
        let selects = has.flags.contains(&"out") && SELECTING.contains(&name);
        if !flag.starts_with("--") || !(has.flags.contains(&name) || selects) {
            let command = has.command;
            return wrong(format!(
                "'{flag}' is no flag of {command}; greenroom-trace {command} --help lists them"
            ));
        }
        let selection = std::mem::take(&mut self.selection);
        let mut text = |expected: &str| value(words, flag, expected);
        self.selection = match name {
            "actor" => selection.actor(text("a label or number, as in Bank#0.7")?),
            "type" => selection.kind(text("the type of an actor")?),
            "name" => selection.name(text("a name that an actor was registered under")?),
            "node" => selection.node(text("the name of a node")?),
            "method" => selection.method(text("the name of a method")?),
            "from" => selection.from(time(flag, &text(TIME)?)?),
            "until" => selection.until(time(flag, &text(TIME)?)?),
            _ => {
                match name {
                    "to" => self.to = Some(format(&text(&format!("one of {}", formats::names()))?)?),
                    "out" => self.out = Some(text("a path")?.into()),
                    "rows" => self.limits.rows = number(flag, &text("a number")?)?,
                    "lifelines" => self.limits.lifelines = number(flag, &text("a number")?)?,
                    "unfolded" => self.limits.fold = false,
                    "order" => self.by = By::Order,
                    _ => unreachable!("{flag} is among the flags of a command, and is read by none"),
                }
                selection
            }
        };
        Ok(())
    }

    fn files<const N: usize>(&self) -> Result<[PathBuf; N], UsageError> {
        <[PathBuf; N]>::try_from(self.files.clone()).map_err(|files| {
            let (given, needed) =
                (files.len(), if N == 1 { "one trace".into() } else { format!("{N} traces") });
            UsageError(format!("{given} files are given; give the paths of {needed}"))
        })
    }
}

/// A word of the command line, with its dashes if it is a flag.
enum Word {
    Flag(String),
    Value(OsString),
}

fn next(words: &mut Parser) -> Result<Option<Word>, UsageError> {
    match words.next() {
        Ok(None) => Ok(None),
        Ok(Some(Long(flag))) => Ok(Some(Word::Flag(format!("--{flag}")))),
        Ok(Some(Short(flag))) => Ok(Some(Word::Flag(format!("-{flag}")))),
        Ok(Some(Value(word))) => Ok(Some(Word::Value(word))),
        Err(lexopt::Error::UnexpectedValue { option, value }) => {
            let value = value.to_string_lossy().into_owned();
            wrong(format!("{option} takes no value; leave '={value}' out"))
        }
        Err(error) => wrong(error.to_string()),
    }
}

/// The value of a flag, behind its `=` or as the next word.
fn value(words: &mut Parser, flag: &str, expected: &str) -> Result<String, UsageError> {
    let value = words.value().ok().filter(|value| !value.is_empty());
    let Some(value) = value else { return wrong(format!("{flag} has no value; give {expected}")) };
    value
        .into_string()
        .or_else(|value| wrong(format!("{flag} is '{}'; give {expected} in UTF-8", value.to_string_lossy())))
}

fn format(value: &str) -> Result<&'static Format, UsageError> {
    match FORMATS.iter().find(|format| format.name == value) {
        Some(format) => Ok(format),
        None => wrong(format!("--to is '{value}'; give one of {}", formats::names())),
    }
}

fn number(flag: &str, value: &str) -> Result<usize, UsageError> {
    match value.parse() {
        Ok(number) if number > 0 && value.starts_with(|first: char| first.is_ascii_digit()) => Ok(number),
        _ => wrong(format!("{flag} is '{value}'; give a whole number from 1")),
    }
}

const TIME: &str = "a time with its unit, as in 1.5ms, 20s or 3m";

fn time(flag: &str, value: &str) -> Result<Duration, UsageError> {
    let end = value.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(value.len());
    let (number, unit) = value.split_at(end);
    let nanoseconds = match unit {
        "ns" => 1.0,
        "us" | "µs" => 1e3,
        "ms" => 1e6,
        "s" => 1e9,
        "m" => 60e9,
        "h" => 3600e9,
        _ => return wrong(format!("{flag} is '{value}'; give {TIME}")),
    };
    match number.parse::<f64>() {
        // Rounded to a whole nanosecond: what is written with nine places means just that.
        Ok(number) if number * nanoseconds < u64::MAX as f64 => {
            Ok(Duration::from_nanos((number * nanoseconds).round() as u64))
        }
        _ => wrong(format!("{flag} is '{value}'; give {TIME}")),
    }
}
