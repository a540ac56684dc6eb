//! A failure: what was wrong in a run, and when.

use std::fmt;
use std::time::Duration;

/// What was wrong in a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What sort of thing: runs fail alike that have the same.
    pub broken: Broken,
    /// What was found.
    pub found: String,
    /// When, in the simulation's time.
    pub at: Duration,
}

/// What sort of thing was wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Broken {
    /// An invariant of that name.
    Invariant(String),
    /// A handler panicked, of an actor of that type.
    Actor(String),
    /// The scenario itself returned an error, or panicked.
    Scenario,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Broken::Invariant(name) => write!(f, "does not hold: {name}"),
            Broken::Actor(kind) => write!(f, "{kind} panicked"),
            Broken::Scenario => f.write_str("the scenario failed"),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, after {:?}: {}", self.broken, self.at, self.found)
    }
}

impl std::error::Error for Failure {}
