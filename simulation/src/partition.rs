//! A partition: for some time, some nodes and all others do not reach each other.

use std::collections::BTreeSet;
use std::time::Duration;

use greenroom::NodeId;

/// What is sent between the two sides while it lasts is lost; signals arrive when it is over. What was on its way arrives.
#[derive(Clone, Debug)]
pub(crate) struct Partition {
    pub(crate) side: BTreeSet<NodeId>,
    pub(crate) from: Duration,
    pub(crate) until: Duration,
}

impl Partition {
    pub(crate) fn parts(&self, now: Duration, one: NodeId, other: NodeId) -> bool {
        (self.from..self.until).contains(&now) && self.side.contains(&one) != self.side.contains(&other)
    }
}
