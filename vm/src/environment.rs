//! The environment of a simulated machine: what it asks whenever chance, or the network, is to decide.
//!
//! Data in, decision out: an environment knows no actor and touches none. The machine tells it who is ready and what is on
//! its way, and does as it says; so the same answers give the same run.
//!
//! | the machine asks | when |
//! |---|---|
//! | `choose` | before each step, if more than one can go on |
//! | `draw` | wherever else it would draw lots, as whether a call goes by hand-off |
//! | `route` | when something leaves a node for another |
//! | `stepped` | after each step |

use std::ops::ControlFlow;
use std::time::Duration;

use crate::id::ActorId;

/// A simulated node: a group of actors that reach all others over links. Numbered from 0 in the order in which they are
/// added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u32);

/// One who can go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ready {
    /// The actor; none for what belongs to no actor.
    pub actor: Option<ActorId>,
    /// Its node, if it is on one.
    pub node: Option<NodeId>,
    /// Whether a handler in its midst goes on, or the actor begins to handle a message.
    pub is_resumed: bool,
}

/// What is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Passage {
    /// A message. Some can be delivered twice.
    Message {
        /// Whether that one can.
        can_repeat: bool,
    },
    /// The reply to a message.
    Reply,
    /// An exit, or what a monitor tells: it may be late, but always comes unless a node crashes.
    Signal,
}

/// Something leaves a node for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crossing<'a> {
    /// From where.
    pub from: NodeId,
    /// To where.
    pub to: NodeId,
    /// What it is.
    pub passage: Passage,
    /// The method, or the type of the message.
    pub method: &'a str,
    /// The how-manieth thing on its way from that node to that one, from 0.
    pub number: u64,
}

/// What becomes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Route {
    /// It arrives after so long.
    Arrives(Duration),
    /// It arrives more than once: after each of these. Where it cannot be repeated, only the first counts.
    ArrivesEach(Vec<Duration>),
    /// It never arrives, and nobody is told.
    Lost,
}

/// See the head of this file.
pub trait Environment {
    /// Who of those that are ready goes on: a place in `ready`, which is never empty.
    fn choose(&mut self, now: Duration, ready: &[Ready]) -> usize;

    /// A number below `below`, which is never 0.
    fn draw(&mut self, below: usize) -> usize;

    /// What becomes of something on its way between two nodes.
    fn route(&mut self, now: Duration, crossing: &Crossing<'_>) -> Route;

    /// A step was made. `Break` ends the run: whoever drives the machine gets
    /// [`CallError::Stalled`](crate::CallError::Stalled).
    fn stepped(&mut self, now: Duration) -> ControlFlow<()> {
        let _ = now;
        ControlFlow::Continue(())
    }
}
