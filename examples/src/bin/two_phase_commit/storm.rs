//! The storm: cuts the power of participants at any moment, and lets them begin again with their disks.

use std::time::Duration;

use greenroom::prelude::*;
use greenroom_examples::chance::Chance;
use greenroom_examples::two_phase_commit::{Coordinator, Disk, Manner, Participant};

use crate::{LIMIT, NAMES};

/// See the head of this file.
pub(crate) struct Storm {
    coordinator: Ref<Coordinator>,
    chance: Chance,
    /// Each participant's disk, and the participant that runs with it.
    places: Vec<(Disk, Ref<Participant>)>,
}

#[actor]
impl Storm {
    pub(crate) fn new(coordinator: Ref<Coordinator>, mut chance: Chance) -> Self {
        let power_up = |name| {
            let disk = Disk::default();
            let participant = power_up(name, &disk, &coordinator, &mut chance);
            (disk, participant)
        };
        let places = NAMES.into_iter().map(power_up).collect();
        Storm { coordinator, chance, places }
    }

    /// Until there have been so many power cuts, and all participants run again.
    pub(crate) fn rage(&mut self, power_cuts: usize) {
        for _ in 0..power_cuts {
            pause(self.chance.below_time(3 * LIMIT));
            let place = self.chance.below(self.places.len() as u64) as usize;
            let (disk, participant) = &mut self.places[place];
            participant.exit("power cut");
            while participant.exit_reason().is_none() {
                pause(Duration::from_millis(1));
            }
            pause(self.chance.below_time(LIMIT));
            *participant = power_up(NAMES[place], disk, &self.coordinator, &mut self.chance);
        }
    }
}

fn power_up(
    name: &'static str,
    disk: &Disk,
    coordinator: &Ref<Coordinator>,
    chance: &mut Chance,
) -> Ref<Participant> {
    let (coordinator, disk, chance) = (coordinator.clone(), disk.clone(), chance.split());
    spawn(Participant { name, coordinator, disk, manner: Manner::Moody { longest: 2 * LIMIT }, chance })
}

fn pause(time: Duration) {
    sleep(time).expect("a handler may sleep");
}
