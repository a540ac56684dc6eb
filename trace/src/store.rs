//! A trace in a file: a line of JSON that says what it is, and one for each event.
//!
//! ```text
//! {"format":"greenroom-trace","version":1,"title":"…","actors":[…],"events":2,"dropped":0}
//! {"at":0,"worker":0,"event":"spawn","actor":0}
//! {"at":1250,"worker":0,"event":"send","message":0,"way":"cast","to":0,"method":"add"}
//! ```
//!
//! The number of events stands at the head, so that a file whose end is missing is told from a short one.

use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::model::{Actor, Event, Trace};

const FORMAT: &str = "greenroom-trace";
/// Goes up when a file that an older program cannot read may be written.
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Head {
    format: String,
    version: u32,
    title: String,
    actors: Vec<Actor>,
    events: usize,
    dropped: u64,
}

/// What can be told of a head of any version.
#[derive(Deserialize)]
struct Format {
    format: String,
    version: u32,
}

impl Trace {
    /// Writes the trace into a file, which is made anew.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), StoreError> {
        let path = path.as_ref();
        let written = File::create(path).and_then(|file| {
            let mut to = BufWriter::new(file);
            self.write(&mut to)?;
            to.flush()
        });
        written.map_err(|error| StoreError::File { path: path.to_owned(), error })
    }

    /// Writes the trace.
    ///
    /// # Errors
    /// If `to` has one.
    ///
    /// ```
    /// use greenroom_trace::Trace;
    /// let trace = Trace { title: "a short day".into(), ..Trace::default() };
    /// let mut bytes = Vec::new();
    /// trace.write(&mut bytes)?;
    /// assert_eq!(Trace::read(&bytes[..])?, trace);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn write(&self, mut to: impl Write) -> io::Result<()> {
        let head = Head {
            format: FORMAT.to_owned(),
            version: VERSION,
            title: self.title.clone(),
            actors: self.actors.clone(),
            events: self.events.len(),
            dropped: self.dropped,
        };
        serde_json::to_writer(&mut to, &head)?;
        to.write_all(b"\n")?;
        for event in &self.events {
            serde_json::to_writer(&mut to, event)?;
            to.write_all(b"\n")?;
        }
        Ok(())
    }

    /// Reads a trace from a file.
    ///
    /// # Errors
    /// If the file cannot be read, is no trace, is of another version, or its end is missing.
    pub fn load(path: impl AsRef<Path>) -> Result<Trace, StoreError> {
        let path = path.as_ref();
        let in_file = |error| StoreError::File { path: path.to_owned(), error };
        let read = Trace::read(BufReader::new(File::open(path).map_err(in_file)?));
        read.map_err(|error| match error {
            StoreError::Read(error) => in_file(error),
            error => error,
        })
    }

    /// Reads a trace.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn read(from: impl BufRead) -> Result<Trace, StoreError> {
        let mut lines = from.lines();
        let first = lines.next().transpose().map_err(unreadable)?.ok_or(StoreError::NotATrace)?;
        let format: Format = serde_json::from_str(&first).map_err(|_| StoreError::NotATrace)?;
        if format.format != FORMAT {
            return Err(StoreError::NotATrace);
        }
        if format.version != VERSION {
            return Err(StoreError::Version { found: format.version });
        }
        let head: Head = serde_json::from_str(&first).map_err(|error| malformed(1, &error))?;

        // The head may say anything: memory is taken as events come.
        let mut events = Vec::new();
        for (line, text) in (2..).zip(lines) {
            let text = text.map_err(unreadable)?;
            if events.len() == head.events {
                return Err(StoreError::TooLong { line, events: head.events });
            }
            let event: Event = serde_json::from_str(&text).map_err(|error| {
                if error.is_eof() { cut_off(line, &head) } else { malformed(line, &error) }
            })?;
            if let Some(actor) = event.what.actors().find(|actor| actor.0 as usize >= head.actors.len()) {
                let what = format!("it names actor {}, and there are {}", actor.0, head.actors.len());
                return Err(StoreError::Malformed { line, what });
            }
            events.push(event);
        }
        if events.len() < head.events {
            return Err(cut_off(events.len() + 2, &head));
        }
        Ok(Trace { title: head.title, actors: head.actors, events, dropped: head.dropped })
    }
}

/// What is no text at all is no trace, and no fault of the disk.
fn unreadable(error: io::Error) -> StoreError {
    if error.kind() == io::ErrorKind::InvalidData { StoreError::NotATrace } else { StoreError::Read(error) }
}

fn cut_off(line: usize, head: &Head) -> StoreError {
    StoreError::CutOff { line, events: head.events }
}

fn malformed(line: usize, error: &serde_json::Error) -> StoreError {
    // Its own line number counts from the line given to it: always 1.
    let told = error.to_string();
    let what = told.split(" at line ").next().unwrap_or(&told).to_owned();
    StoreError::Malformed { line, what }
}

/// Why a trace was not saved or loaded.
#[derive(Debug)]
#[non_exhaustive]
pub enum StoreError {
    /// A file could not be opened, read or written.
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// A stream could not be read.
    Read(io::Error),
    /// The first line is not that of a trace.
    NotATrace,
    /// A trace of a version that this program does not read.
    Version {
        /// Of which.
        found: u32,
    },
    /// The end is missing.
    CutOff {
        /// The line from which on it is.
        line: usize,
        /// How many events there should be.
        events: usize,
    },
    /// There are more lines than the first one says.
    TooLong {
        /// The first too many.
        line: usize,
        /// How many events there should be.
        events: usize,
    },
    /// A line is no event.
    Malformed {
        /// Which, from 1.
        line: usize,
        /// What is wrong with it.
        what: String,
    },
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StoreError::File { path, error } => write!(f, "{}: {error}", path.display()),
            StoreError::Read(error) => error.fmt(f),
            StoreError::NotATrace => f.write_str(
                "line 1 is not the head of a trace; give a file that Trace::save or greenroom-trace wrote",
            ),
            StoreError::Version { found } => write!(
                f,
                "line 1 says version {found}, and this program reads version {VERSION}; \
                 read it with the greenroom-trace that it was written with, or record the run anew"
            ),
            StoreError::CutOff { line, events } => write!(
                f,
                "the trace breaks off in line {line}: {events} events should follow the first line; \
                 copy the file again, or record the run anew and let Trace::save return"
            ),
            StoreError::TooLong { line, events } => write!(
                f,
                "line {line} is one too many: {events} events should follow the first line; \
                 keep one trace to a file"
            ),
            StoreError::Malformed { line, what } => write!(
                f,
                "line {line} is no event of a trace: {what}; correct that line, or record the run anew"
            ),
        }
    }
}

impl std::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            StoreError::File { error, .. } | StoreError::Read(error) => Some(error),
            _ => None,
        }
    }
}
