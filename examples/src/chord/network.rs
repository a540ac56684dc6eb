//! A network of nodes as seen from outside: nodes join, leave and crash, and are waited for until the ring is ideal.
//!
//! It is used inside of a machine, of either world. It knows who should be in the ring, and no protocol.

use std::collections::BTreeMap;
use std::time::Duration;

use greenroom::prelude::*;

use super::{Circle, Node, Table};

/// See the head of this file.
pub struct Network {
    circle: Circle,
    /// How many nodes each keeps after it.
    successors: usize,
    /// How often a node stabilizes, and fixes a finger.
    period: Duration,
    nodes: BTreeMap<u64, Ref<Node>>,
}

impl Network {
    /// Without nodes.
    pub fn new(circle: Circle, successors: usize, period: Duration) -> Self {
        Network { circle, successors, period, nodes: BTreeMap::new() }
    }

    /// The nodes that should be in the ring, in ascending order.
    pub fn ids(&self) -> Vec<u64> {
        self.nodes.keys().copied().collect()
    }

    /// One of them.
    ///
    /// # Panics
    /// If it is none.
    pub fn node(&self, id: u64) -> &Ref<Node> {
        &self.nodes[&id]
    }

    /// Adds a node: as a ring of its own, or to the ring of another node.
    ///
    /// # Errors
    /// If the one that it joins through, or finds as its successor, is gone. Then it is not added.
    pub fn join(&mut self, id: u64, through: Option<u64>) -> Result<(), CallError> {
        let node = spawn(Node::new(self.circle, id, self.successors));
        if let Some(through) = through {
            node.join(&self.nodes[&through])?;
        }
        node.every(self.period).stabilize();
        node.every(self.period).fix_finger();
        self.nodes.insert(id, node);
        Ok(())
    }

    /// A node leaves in order.
    ///
    /// # Panics
    /// If there is no such node, as for `crash`.
    pub fn leave(&mut self, id: u64) {
        let node = self.nodes.remove(&id).expect("who leaves is there");
        // If it has gone already, so much the better.
        let _ = node.leave();
    }

    /// A node is no more, and nobody is told.
    pub fn crash(&mut self, id: u64) {
        self.nodes.remove(&id).expect("who crashes is there").exit("crash");
    }

    /// What every node knows.
    ///
    /// # Errors
    /// If one does not answer.
    pub fn tables(&self) -> Result<Vec<Table>, CallError> {
        self.nodes.values().map(|node| node.table()).collect()
    }

    /// What every node should know.
    pub fn ideal(&self) -> Vec<Table> {
        let ids = self.ids();
        ids.iter().map(|id| Table::ideal(self.circle, &ids, *id, self.successors)).collect()
    }

    /// Waits until every node knows what it should, for as many periods. Says how many it took.
    ///
    /// # Errors
    /// If a node does not answer, as [`tables`](Self::tables); or what is still wrong.
    pub fn settle(&self, most_periods: u32) -> greenroom::Result<u32> {
        let ideal = self.ideal();
        for periods in 0..most_periods {
            if self.tables()? == ideal {
                return Ok(periods);
            }
            sleep(self.period)?;
        }
        let wrong = self.tables()?.into_iter().zip(ideal).filter(|(is, should)| is != should);
        let lines: Vec<_> = wrong.map(|(is, should)| format!("{is}\n    should be {should}")).collect();
        Err(format!("the ring has not settled:\n{}", lines.join("\n")).into())
    }

    /// The node that should hold a key.
    pub fn holder(&self, key: u64) -> u64 {
        Table::holder(&self.ids(), key)
    }
}
