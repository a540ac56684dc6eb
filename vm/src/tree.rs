//! What a supervisor tells of its children, and how a tree of them is drawn.

use std::fmt;
use std::sync::Arc;

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
    pub(crate) fn of(children: &[ChildInfo]) -> Self {
        let count = |is_it: fn(&ChildInfo) -> bool| children.iter().filter(|child| is_it(child)).count();
        ChildCounts {
            specs: children.len(),
            active: count(|child| child.state == ChildState::Running),
            supervisors: count(|child| child.is_supervisor),
            workers: count(|child| !child.is_supervisor),
        }
    }
}

/// A child with its own children.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branch {
    pub(crate) child: ChildInfo,
    /// None if it is a supervisor that did not answer.
    pub(crate) children: Option<Vec<Branch>>,
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
    pub(crate) children: Vec<Branch>,
}

impl fmt::Display for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.root)?;
        draw(f, &self.children, "")
    }
}

fn draw(f: &mut fmt::Formatter<'_>, branches: &[Branch], before: &str) -> fmt::Result {
    for (place, branch) in branches.iter().enumerate() {
        let is_last = place + 1 == branches.len();
        let (knot, below) = if is_last { ("`-", "   ") } else { ("|-", "|  ") };
        write!(f, "\n{before}{knot} {}", branch.child)?;
        match &branch.children {
            Some(children) => draw(f, children, &format!("{before}{below}"))?,
            None => f.write_str(", did not tell of its children")?,
        }
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
