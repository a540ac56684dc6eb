//! A fault: one thing that went against a program, by a name that it keeps in every run of a seed.
//!
//! What becomes of a message is drawn by its place among all on the same way, and what becomes of a node by the number of
//! its crash: so a fault can be left out of a run, and the others stay. A text form stands in what replays a run.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use greenroom::NodeId;

/// The how-manieth thing that was on its way from a node to another, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Passing {
    /// From where.
    pub from: NodeId,
    /// To where.
    pub to: NodeId,
    /// Which.
    pub number: u64,
}

/// See the head of this file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// The order of steps is drawn by the [schedule](crate::Schedule); without it, they take turns.
    AnyOrder,
    /// Latencies are drawn; without it, each is the least that its link has.
    AnyLatency,
    /// A node's clock is off.
    Skew(NodeId),
    /// A node crashes: the how-manieth crash of those that chance planned, from 0.
    Crash(u32),
    /// Some nodes are cut off from the others: the how-manieth such time, from 0.
    Partition(u32),
    /// It never arrives.
    Lost(Passing),
    /// It arrives twice.
    Repeated(Passing),
    /// It arrives before what was sent earlier.
    Overtaking(Passing),
}

impl Fault {
    /// The same loss or repetition of what was the `number`-th on its way.
    pub(crate) fn at(self, number: u64) -> Fault {
        match self {
            Fault::Lost(passing) => Fault::Lost(Passing { number, ..passing }),
            Fault::Repeated(passing) => Fault::Repeated(Passing { number, ..passing }),
            other => other,
        }
    }

    pub(crate) fn is_of_a_message(&self) -> bool {
        matches!(self, Fault::Lost(_) | Fault::Repeated(_) | Fault::Overtaking(_))
    }
}

impl fmt::Display for Passing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", self.from.0, self.to.0, self.number)
    }
}

impl FromStr for Passing {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text} names nothing on its way; write FROM-TO-NUMBER, as in 0-1-17");
        let mut parts = text.split('-').map(|part| part.parse::<u64>().map_err(|_| wrong()));
        let mut next = || parts.next().unwrap_or_else(|| Err(wrong()));
        let (from, to, number) = (next()?, next()?, next()?);
        let node = |number| u32::try_from(number).map(NodeId).map_err(|_| wrong());
        Ok(Passing { from: node(from)?, to: node(to)?, number })
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::AnyOrder => f.write_str("order"),
            Fault::AnyLatency => f.write_str("latency"),
            Fault::Skew(node) => write!(f, "skew:{}", node.0),
            Fault::Crash(number) => write!(f, "crash:{number}"),
            Fault::Partition(number) => write!(f, "partition:{number}"),
            Fault::Lost(passing) => write!(f, "lost:{passing}"),
            Fault::Repeated(passing) => write!(f, "twice:{passing}"),
            Fault::Overtaking(passing) => write!(f, "early:{passing}"),
        }
    }
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |of: &str| of.parse().map_err(|error| format!("{text}: {error}; write a whole number"));
        Ok(match text.split_once(':').unwrap_or((text, "")) {
            ("order", "") => Fault::AnyOrder,
            ("latency", "") => Fault::AnyLatency,
            ("skew", node) => Fault::Skew(NodeId(number(node)?)),
            ("crash", which) => Fault::Crash(number(which)?),
            ("partition", which) => Fault::Partition(number(which)?),
            ("lost", passing) => Fault::Lost(passing.parse()?),
            ("twice", passing) => Fault::Repeated(passing.parse()?),
            ("early", passing) => Fault::Overtaking(passing.parse()?),
            _ => return Err(format!("{text} is no fault; write one as the report of a failure does")),
        })
    }
}

/// Which faults may happen in a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Allowed {
    /// Whatever chance brings.
    #[default]
    All,
    /// Of the crashes, partitions, clocks and overtakings that chance brings, these; and of messages that links can lose or
    /// repeat, these, whatever chance says.
    Only(BTreeSet<Fault>),
}

impl Allowed {
    pub(crate) fn allow(&self, fault: &Fault) -> bool {
        match self {
            Allowed::All => true,
            Allowed::Only(these) => these.contains(fault),
        }
    }
}
