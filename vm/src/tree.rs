//! What a supervisor tells of its children, and how a tree of them is drawn.

use std::fmt;
use std::sync::Arc;

use crate::child::Child;
use crate::child_spec::Restart;
use crate::id::ActorId;

/// A child, as [`Supervisor::which_children`](crate::Supervisor) tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChildInfo {
    /// What its specification calls it.
    pub id: Arc<str>,
    /// The actor, unless it has ended.
    pub actor: Option<ActorId>,
    /// The type of its state, without the path.
    pub kind: &'static str,
    /// When it is restarted.
    pub restart: Restart,
    /// What it does now.
    pub state: ChildState,
    /// How often it was restarted.
    pub restarts: u64,
    /// Whether it is a supervisor.
    pub is_supervisor: bool,
}

/// What a child does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ChildState {
    /// It lives.
    Running,
    /// It waits to be restarted; what is sent to it waits, too.
    Restarting,
    /// It has ended, and may be started again by [`restart_child`](crate::Supervisor).
    Ended,
}

/// How many children there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChildCounts {
    /// Specifications.
    pub specs: usize,
    /// Children that live.
    pub active: usize,
    /// Children that are supervisors, whether they live or not.
    pub supervisors: usize,
    /// All others.
    pub workers: usize,
}

impl ChildCounts {
    pub(crate) fn of<'a>(children: impl IntoIterator<Item = &'a Child>) -> Self {
        let mut counts = ChildCounts::default();
        for child in children {
            counts.specs += 1;
            counts.active += usize::from(child.state() == ChildState::Running);
            match child.plan.ask_tree {
                Some(_) => counts.supervisors += 1,
                None => counts.workers += 1,
            }
        }
        counts
    }
}

/// A child, and what is below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Branch {
    pub(crate) child: ChildInfo,
    pub(crate) below: Below,
}

/// What is below a supervisor, or below an actor that is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Below {
    Each(Vec<Branch>),
    /// Too many to be drawn.
    Many(ChildCounts),
    /// It did not answer.
    Untold,
}

/// A supervisor and all below it. Displayed, it is a drawing:
///
/// ```text
/// Supervisor#1.0 one-for-one
/// |- cache: Cache#1.1 permanent
/// `- pool: Supervisor#1.2 permanent, restarted 1 time
///    `- worker: Worker#1.3 transient, restarting
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    pub(crate) root: String,
    pub(crate) below: Below,
}

impl fmt::Display for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.root)?;
        draw(f, &self.below, "")
    }
}

fn draw(f: &mut fmt::Formatter<'_>, below: &Below, before: &str) -> fmt::Result {
    let branches = match below {
        Below::Each(branches) => branches,
        Below::Many(ChildCounts { specs, active, .. }) => {
            return write!(f, "\n{before}`- {specs} children, of which {active} run");
        }
        Below::Untold => return f.write_str(", did not tell of its children"),
    };
    for (place, branch) in branches.iter().enumerate() {
        let is_last = place + 1 == branches.len();
        let (knot, below) = if is_last { ("`-", "   ") } else { ("|-", "|  ") };
        write!(f, "\n{before}{knot} {}", branch.child)?;
        draw(f, &branch.below, &format!("{before}{below}"))?;
    }
    Ok(())
}

impl fmt::Display for ChildInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.id, self.kind)?;
        if let Some(actor) = self.actor {
            write!(f, "#{actor}")?;
        }
        let restart = match self.restart {
            Restart::Permanent => "permanent",
            Restart::Transient => "transient",
            Restart::Temporary => "temporary",
        };
        write!(f, " {restart}")?;
        match self.state {
            ChildState::Running => {}
            ChildState::Restarting => f.write_str(", restarting")?,
            ChildState::Ended => f.write_str(", ended")?,
        }
        match self.restarts {
            0 => Ok(()),
            1 => f.write_str(", restarted 1 time"),
            times => write!(f, ", restarted {times} times"),
        }
    }
}
