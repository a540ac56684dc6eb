//! What came of one run.

use std::fmt;
use std::time::Duration;

use crate::failure::Failure;
use crate::fault::Fault;

/// A fault that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happened {
    /// Which.
    pub fault: Fault,
    /// When, in the simulation's time.
    pub at: Duration,
    /// What, in words.
    pub what: String,
}

impl fmt::Display for Happened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>12}  {}", format!("{:.3?}", self.at), self.what)
    }
}

/// Something that was done to nodes, by chance or by the scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// When, in the simulation's time.
    pub at: Duration,
    /// What.
    pub what: String,
}

/// An amount that the scenario asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amount {
    /// Of what.
    pub name: String,
    /// How much it was.
    pub value: u64,
    /// How little it could have been.
    pub least: u64,
}

/// What came of one run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Run {
    /// What was wrong, if anything was: the first of it.
    pub failure: Option<Failure>,
    /// Which faults happened, in order.
    pub happened: Vec<Happened>,
    /// What was done to nodes, in order.
    pub notes: Vec<Note>,
    /// What the scenario asked for.
    pub amounts: Vec<Amount>,
    /// How many steps were made.
    pub steps: u64,
    /// When the last of them was, in the simulation's time.
    pub ended_at: Duration,
    /// Of all that was decided, in order: equal runs have equal ones.
    pub digest: u64,
    /// In an exhaustive search: what was chosen, of how many.
    pub(crate) choices: Vec<(u32, u32)>,
    pub(crate) drew_order: bool,
    pub(crate) drew_latency: bool,
}

impl Run {
    /// All faults of it, with those that are no event.
    pub(crate) fn faults(&self) -> impl Iterator<Item = Fault> {
        let order = self.drew_order.then_some(Fault::AnyOrder);
        let latency = self.drew_latency.then_some(Fault::AnyLatency);
        order.into_iter().chain(latency).chain(self.happened.iter().map(|happened| happened.fault))
    }
}
