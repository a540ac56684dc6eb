//! What a node knows, as numbers; and what it should know, computed from the list of nodes alone.

use std::fmt;

use super::Circle;

/// What a node knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// The node.
    pub id: u64,
    /// The node before it, if it knows one.
    pub predecessor: Option<u64>,
    /// The holder of the key at each power of two from it.
    pub fingers: Vec<u64>,
    /// The nodes after it.
    pub successors: Vec<u64>,
}

impl Table {
    /// What the node at `id` should know when `nodes` are all there are, in ascending order, and it is one of them.
    ///
    /// # Panics
    /// If there are none.
    pub fn ideal(circle: Circle, nodes: &[u64], id: u64, successors: usize) -> Table {
        let place = nodes.partition_point(|node| *node < id);
        let away = |distance: usize| nodes[(place + distance) % nodes.len()];
        let others = nodes.len() - 1;
        Table {
            id,
            predecessor: Some(away(others)),
            fingers: (0..circle.fingers()).map(|i| Self::holder(nodes, circle.start(id, i))).collect(),
            successors: (1..=successors.min(others).max(1)).map(away).collect(),
        }
    }

    /// The node that holds a key: the first at or after it.
    ///
    /// # Panics
    /// If there is no node.
    pub fn holder(nodes: &[u64], key: u64) -> u64 {
        nodes[nodes.partition_point(|node| *node < key) % nodes.len()]
    }
}

/// As in `node 1: fingers 8 8 8 14 21 38, predecessor 56, successors 8 14`.
impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |ids: &[u64]| ids.iter().map(u64::to_string).collect::<Vec<_>>().join(" ");
        write!(f, "node {}: fingers {}, predecessor ", self.id, list(&self.fingers))?;
        match self.predecessor {
            Some(id) => write!(f, "{id}")?,
            None => f.write_str("unknown")?,
        }
        write!(f, ", successors {}", list(&self.successors))
    }
}

#[cfg(test)]
mod tests {
    use super::{Circle, Table};

    #[test]
    fn the_ideal_is_that_of_the_paper() {
        let nodes = [1, 8, 14, 21, 32, 38, 42, 48, 51, 56];
        let ideal = |id| Table::ideal(Circle::of_bits(6), &nodes, id, 3);
        assert_eq!(
            ideal(1).to_string(),
            "node 1: fingers 8 8 8 14 21 38, predecessor 56, successors 8 14 21"
        );
        assert_eq!(
            ideal(38).to_string(),
            "node 38: fingers 42 42 42 48 56 8, predecessor 32, successors 42 48 51"
        );
        assert_eq!(ideal(56).to_string(), "node 56: fingers 1 1 1 1 8 32, predecessor 51, successors 1 8 14");
        assert_eq!(Table::holder(&nodes, 40), 42);
        assert_eq!(Table::holder(&nodes, 60), 1);
    }

    #[test]
    fn who_is_alone_is_its_own_neighbour() {
        let alone = Table::ideal(Circle::of_bits(3), &[5], 5, 4);
        assert_eq!(alone.to_string(), "node 5: fingers 5 5 5, predecessor 5, successors 5");
    }
}
