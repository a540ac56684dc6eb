//! A node, as the scenario names it.

use std::fmt;
use std::sync::Arc;

use greenroom::NodeId;

/// A simulated node: a group of actors that reach all others over links, and crash together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node {
    pub(crate) id: NodeId,
    pub(crate) name: Arc<str>,
}

impl Node {
    /// Its number in the machine.
    pub fn id(&self) -> NodeId {
        self.id
    }

    /// What it was called.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}
