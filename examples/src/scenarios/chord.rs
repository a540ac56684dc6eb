//! Chord in a bad network. A node that comes back has forgotten the ring, and joins it again through whoever is there.

use std::time::Duration;

use greenroom::prelude::*;
use greenroom_simulation::{Node as Place, Simulation};

use super::{bad_link, faults, good_link, ms};
use crate::chord::{Circle, Flaw, Found, Node, Table};
use crate::roll::Roll;

/// Where the nodes lie on a circle of five bits.
pub(super) const IDS: [u64; 6] = [1, 6, 11, 17, 22, 28];
const BITS: u32 = 5;
const SUCCESSORS: usize = 3;
const PERIOD: Duration = ms(100);
/// Longer than a message and its reply are on their way.
const PATIENCE: Duration = ms(60);
/// How long it may take to enter the ring.
const ENTRY: Duration = ms(600);
/// How long there are faults.
const STORM: Duration = ms(1500);
/// After so many periods without faults the ring is lost.
const PERIODS: usize = 150;

/// Nodes crash and come back while all goes wrong that may; then every node knows what it should, and finds what it should.
///
/// # Errors
/// What is still wrong.
pub fn hold_together(sim: &mut Simulation, flaw: Option<Flaw>) -> greenroom::Result {
    sim.network(bad_link());
    let nodes = nodes(sim.amount("nodes", 2..=IDS.len() as u64) as usize);
    for (id, node) in IDS.into_iter().zip(places(sim, &nodes)) {
        let nodes = nodes.clone();
        sim.on_start(&node.clone(), move || {
            let me = enter(&nodes, node.name(), id, flaw);
            look_beyond(&nodes, &me);
        });
    }
    sim.faults(faults(3, 1));
    sim.run_for(STORM)?;
    sim.network(good_link());
    // Until all are back.
    sim.run_for(ms(300))?;
    let watch = sim.node("watch");
    sim.run_on(&watch, move || {
        become_ideal(&nodes)?;
        find_all(&nodes)
    })??;
    Ok(())
}

/// So many of the nodes.
pub(super) fn nodes(count: usize) -> Roll<Node> {
    Roll::on("node", IDS[..count].iter().map(|id| place_of(*id)))
}

/// What the place of a node is called.
pub(super) fn place_of(id: u64) -> String {
    format!("node-{id}")
}

pub(super) fn places(sim: &mut Simulation, nodes: &Roll<Node>) -> Vec<Place> {
    nodes.nodes().iter().map(|name| sim.node(name)).collect()
}

/// A node begins, and enters the ring of the others that are there, if any are.
pub(super) fn enter(nodes: &Roll<Node>, place: &str, id: u64, flaw: Option<Flaw>) -> Ref<Node> {
    let node = Node::new(Circle::of_bits(BITS), id, SUCCESSORS).with_patience(PATIENCE).with_flaw(flaw);
    let node = nodes.enter(place, node);
    for other in nodes.present().members().into_iter().filter(|other| *other != node) {
        if node.within(ENTRY).join(other).is_ok() {
            break;
        }
    }
    node.every(PERIOD).stabilize();
    node.every(PERIOD / 2).fix_finger();
    node
}

/// For as long as the node is there, it looks through one of the others after the other.
pub(super) fn look_beyond(nodes: &Roll<Node>, node: &Ref<Node>) {
    for place in nodes.nodes().iter().cycle() {
        if let Some(other) = nodes.find(place).filter(|other| other != node) {
            let _ = node.look_beyond(other);
        }
        if sleep(PERIOD).is_err() {
            return;
        }
    }
}

/// Waits until every node knows what it should.
///
/// # Errors
/// What one knows instead.
pub(super) fn become_ideal(nodes: &Roll<Node>) -> Result<(), String> {
    let ids = &IDS[..nodes.nodes().len()];
    let circle = Circle::of_bits(BITS);
    let ideal: Vec<_> = ids.iter().map(|id| Table::ideal(circle, ids, *id, SUCCESSORS)).collect();
    let mut wrong = String::new();
    for _ in 0..PERIODS {
        let tables = nodes.present().each_within(SECOND).table().replies().answers;
        let tables: Vec<_> = tables.into_iter().filter_map(|(_, table)| table.ok()).collect();
        if tables.len() == ideal.len() && ideal.iter().all(|table| tables.contains(table)) {
            return Ok(());
        }
        let other = tables.iter().find(|table| !ideal.contains(table));
        wrong = other
            .map_or_else(|| format!("{} of {} nodes are there", tables.len(), ids.len()), Table::to_string);
        let _ = sleep(PERIOD);
    }
    Err(format!("the ring has not become ideal: {wrong}"))
}

/// # Errors
/// Where a node does not find what it should.
fn find_all(nodes: &Roll<Node>) -> Result<(), String> {
    let ids = &IDS[..nodes.nodes().len()];
    for node in nodes.present().members() {
        for key in 0..1 << BITS {
            let holder = Table::holder(ids, key);
            match node.find_successor(key) {
                Ok(Found { peer, .. }) if peer.id == holder => {}
                other => return Err(format!("{key} is at {holder}, and {node:?} finds {other:?}")),
            }
        }
    }
    Ok(())
}
