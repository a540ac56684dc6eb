//! The storm: cuts the power of participants at any moment, and lets them begin again with their disks.

use std::time::Duration;

use greenroom::prelude::*;
use greenroom_examples::chance::Chance;
use greenroom_examples::disk::Disk;
use greenroom_examples::two_phase_commit::{Book, Manner, Participant};

use crate::{LIMIT, NAMES, participants};

/// See the head of this file.
pub(crate) struct Storm {
    chance: Chance,
    /// Each participant's disk, and the participant that runs with it.
    places: Vec<(Disk<Book>, Ref<Participant>)>,
}

#[actor]
impl Storm {
    pub(crate) fn new(mut chance: Chance) -> Self {
        let power_up = |name| {
            let disk = Disk::default();
            let participant = power_up(name, &disk, &mut chance);
            (disk, participant)
        };
        let places = NAMES.into_iter().map(power_up).collect();
        Storm { chance, places }
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
            *participant = power_up(NAMES[place], disk, &mut self.chance);
        }
    }
}

fn power_up(name: &'static str, disk: &Disk<Book>, chance: &mut Chance) -> Ref<Participant> {
    let (book, chance) = (disk.clone(), chance.split());
    let manner = Manner::Moody { longest: 2 * LIMIT };
    participants().enter(name, Participant { book, manner, chance, flaw: None })
}

fn pause(time: Duration) {
    sleep(time).expect("a handler may sleep");
}
