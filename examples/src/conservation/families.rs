//! Families: supervisors, whose children are restarted under the feet of those who send to them.

use std::time::Duration;

use greenroom::prelude::*;
use greenroom::{ChildSpec, Restart, Shutdown, Supervisor};

use super::town::{Town, Walker, limit};
use crate::chance::Chance;

const CHILDREN: [&str; 3] = ["the eldest", "the second", "the youngest"];

/// Founds a family, or meddles with one.
pub(crate) fn use_families(walker: &mut Walker, chance: &mut Chance, _: u32) -> bool {
    let town = walker.town;
    let child = CHILDREN[chance.below(CHILDREN.len() as u64) as usize];
    let Some(family) = town.family(chance) else { return found(town, chance) };
    match chance.below(8) {
        0 => drop(family.within(limit(chance)).terminate_child(child)),
        1 => drop(family.within(limit(chance)).restart_child(child)),
        2 => drop(family.within(limit(chance)).which_children()),
        3 => drop(family.within(limit(chance)).tree()),
        4 => family.stop(),
        5 => family.kill(),
        6 => town.leave(&family),
        _ => return found(town, chance),
    }
    true
}

/// Its children have places in town, where they are found by those who do not know that they are restarted.
fn found(town: &'static Town, chance: &mut Chance) -> bool {
    let supervisor = match chance.below(3) {
        0 => Supervisor::one_for_one(),
        1 => Supervisor::one_for_all(),
        _ => Supervisor::rest_for_one(),
    };
    let supervisor = supervisor.intensity(chance.below(30) as u32, Duration::from_millis(100));
    let supervisor = match chance.below(2) {
        0 => supervisor,
        _ => supervisor.backoff(chance.below_time(Duration::from_millis(1)), Duration::from_millis(5)),
    };
    let specs = CHILDREN.map(|child| {
        let spec = ChildSpec::new(child, move || Walker::new(town));
        let restart = [Restart::Permanent, Restart::Permanent, Restart::Transient, Restart::Temporary];
        let shutdown = [Shutdown::Kill, Shutdown::Within(Duration::from_millis(1)), Shutdown::Wait];
        spec.restart(restart[chance.below(4) as usize]).shutdown(shutdown[chance.below(3) as usize])
    });
    let family = spawn(specs.into_iter().fold(supervisor, Supervisor::with));
    for child in CHILDREN {
        if let Ok(child) = family.find::<Walker>(child) {
            town.move_in(chance, child);
        }
    }
    town.settle_down(family);
    true
}
