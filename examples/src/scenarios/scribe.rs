//! Scribe in a bad network, over Chord. A node that comes back has forgotten its children, and subscribes again.

use std::time::Duration;

use greenroom::prelude::*;
use greenroom_simulation::Simulation;

use super::chord::{IDS, become_ideal, enter, look_beyond, nodes, place_of, places};
use super::{bad_link, faults, good_link, ms};
use crate::chord::Peer;
use crate::roll::Roll;
use crate::scribe::{Flaw, Scribe};

const TOPIC: u64 = 9;
const PUBLICATIONS: u64 = 3;
const RENEWAL: Duration = ms(200);
const PATIENCE: Duration = ms(300);
/// How long there are faults.
const STORM: Duration = ms(1500);

/// Scribes subscribe while all goes wrong that may. What is published when the network is whole again, all of them hear.
///
/// # Errors
/// Who has not heard of what.
pub fn publish(sim: &mut Simulation, flaw: Option<Flaw>) -> greenroom::Result {
    sim.network(bad_link());
    let nodes = nodes(sim.amount("nodes", 2..=IDS.len() as u64) as usize);
    let scribes = Roll::on("scribe", nodes.nodes());
    for (id, place) in IDS.into_iter().zip(places(sim, &nodes)) {
        let (nodes, scribes) = (nodes.clone(), scribes.clone());
        sim.on_start(&place.clone(), move || {
            let node = enter(&nodes, place.name(), id, None);
            let peer = Peer { id, node: node.clone() };
            let scribe = Scribe::new(peer, scribes.clone(), place_of).with_patience(PATIENCE).with_flaw(flaw);
            let scribe = scribes.enter(place.name(), scribe);
            scribe.every(RENEWAL).renew();
            // If that fails on its way, it is renewed from here.
            let _ = scribe.within(PATIENCE).subscribe(TOPIC);
            look_beyond(&nodes, &node);
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
        // Until those that are children no more have been forgotten, and all others are known.
        sleep(RENEWAL * 10).map_err(|error| error.to_string())?;
        all_hear(&scribes)
    })??;
    Ok(())
}

fn all_hear(scribes: &Roll<Scribe>) -> Result<(), String> {
    let all = scribes.present().members();
    for (publication, publisher) in (0..PUBLICATIONS).zip(all.iter().cycle()) {
        publisher
            .publish(TOPIC, publication)
            .map_err(|error| format!("publication {publication}: {error}"))?;
    }
    for (place, scribe) in scribes.nodes().iter().zip(&all) {
        let heard = scribe.heard(TOPIC).map_err(|error| error.to_string())?.unwrap_or_default();
        if !heard.iter().copied().eq(0..PUBLICATIONS) {
            return Err(format!("{place} has heard of {heard:?}, and {PUBLICATIONS} were published"));
        }
    }
    Ok(())
}
