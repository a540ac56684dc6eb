//! `greenroom-trace`: saved traces, converted to diagrams, filtered, compared and counted.
//!
//! It ends with 0, with 1 if two traces differ, and with 2 if what it was given cannot be used.
//!
//! | file | what |
//! |---|---|
//! | `program/options` | the command line |
//! | `program/formats` | what a trace is converted to |
//! | `program/help` | what `--help` prints |

#[path = "program/formats.rs"]
mod formats;
#[path = "program/help.rs"]
mod help;
#[path = "program/options.rs"]
mod options;

use std::fmt;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use greenroom_trace::{StoreError, Trace, compare};
use options::{Command, UsageError};

const DIFFERENT: u8 = 1;
const UNUSABLE: u8 = 2;

fn main() -> ExitCode {
    let command = options::parse(lexopt::Parser::from_env()).map_err(Trouble::Usage);
    match command.and_then(run) {
        Ok(code) => code,
        // Who reads has seen enough.
        Err(Trouble::Output { error, .. }) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(trouble) => {
            eprintln!("greenroom-trace: {trouble}");
            ExitCode::from(UNUSABLE)
        }
    }
}

fn run(command: Command) -> Result<ExitCode, Trouble> {
    match command {
        Command::Help(text) => put(None, |to| to.write_all(text.as_bytes()))?,
        Command::Convert { file, to, out, selection, limits } => {
            let trace = load(&file)?.select(&selection);
            let text = (to.write)(&trace, &limits);
            put(out.as_deref(), |to| to.write_all(text.as_bytes()))?;
        }
        Command::Filter { file, out, selection } => {
            let part = load(&file)?.select(&selection);
            put(out.as_deref(), |to| part.write(to))?;
        }
        Command::Compare { files: [first, second], by } => {
            let (first, second) = (load(&first)?, load(&second)?);
            if let Some(difference) = compare(&first, &second, by) {
                put(None, |to| write!(to, "{difference}"))?;
                return Ok(ExitCode::from(DIFFERENT));
            }
            let events = first.events.len();
            put(None, |to| writeln!(to, "the runs are equal in all of their {events} events"))?;
        }
        Command::Info { file } => {
            let tally = load(&file)?.tally();
            put(None, |to| write!(to, "{tally}"))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// A trace from a file, or from the standard input if that is `-`.
fn load(file: &Path) -> Result<Trace, Trouble> {
    let loaded = if file == Path::new("-") { Trace::read(io::stdin().lock()) } else { Trace::load(file) };
    loaded.map_err(|error| Trouble::Input { file: file.to_owned(), error })
}

/// Writes into a file, or to the standard output if there is none.
fn put(out: Option<&Path>, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Trouble> {
    let written = match out {
        None => {
            let mut to = BufWriter::new(io::stdout().lock());
            write(&mut to).and_then(|()| to.flush())
        }
        Some(path) => File::create(path).and_then(|file| {
            let mut to = BufWriter::new(file);
            write(&mut to)?;
            to.flush()
        }),
    };
    written.map_err(|error| Trouble::Output { file: out.map(Path::to_owned), error })
}

/// Why there is nothing to show.
enum Trouble {
    Usage(UsageError),
    Input { file: PathBuf, error: StoreError },
    Output { file: Option<PathBuf>, error: io::Error },
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trouble::Usage(error) => error.fmt(f),
            Trouble::Input { error: error @ StoreError::File { .. }, .. } => {
                write!(f, "{error}; give the path of a trace that can be read")
            }
            Trouble::Input { file, error } => write!(f, "{}: {error}", file.display()),
            Trouble::Output { file: Some(file), error } => {
                write!(f, "--out is '{}': {error}; give a path that can be written", file.display())
            }
            Trouble::Output { file: None, error } => {
                write!(f, "the standard output: {error}; give a file with --out")
            }
        }
    }
}
