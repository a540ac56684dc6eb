//! Two-phase commit: a trip needs a flight, a hotel and a car, and is booked by all three or by none.
//!
//! Coordinator and participants are in the library of this crate, for other worlds stand on them too; `storm` cuts their power.
//!
//! In the simulated runs participants vote against by chance, are late by chance, and lose their power at any moment;
//! then they come again with what was on their disks. What is asserted: all of them have booked the same trips, and
//! these are the ones that the coordinator has committed.
//!
//! `--simulate N` runs the same actors in N simulated networks, under faults: the library's `scenarios`.
//!
//! Prints:
//! ```text
//! trip 1: committed
//! trip 2: aborted, the hotel votes against it
//! trip 3: aborted, the car does not vote in time
//! flight, hotel and car have all booked [1]
//! 200 simulated runs of 10 trips, with 4 power cuts each: all agree
//! trips that all commit: in some runs; a vote against: in some; a late vote: in some; somebody absent: in some
//! ```

mod storm;

use std::time::Duration;

use greenroom::prelude::*;
use greenroom_examples::chance::Chance;
use greenroom_examples::disk::Disk;
use greenroom_examples::roll::Roll;
use greenroom_examples::two_phase_commit::{
    Coordinator, Manner, Outcome, Participant, Trip, Verdict, coordinators,
};
use greenroom_examples::{scenarios, worlds};

use crate::storm::Storm;

const NAMES: [&str; 3] = ["flight", "hotel", "car"];

/// How long the coordinator waits for votes in the simulated runs.
const LIMIT: Duration = Duration::from_millis(20);

const TRIPS: Trip = 10;
const POWER_CUTS: usize = 4;

fn main() -> greenroom::Result {
    if let Some(seeds) = scenarios::asked_seeds()? {
        return scenarios::search("two-phase-commit", seeds, |sim| {
            scenarios::two_phase_commit::book(sim, None)
        });
    }
    greenroom::launch(three_trips)?;
    let runs = worlds::simulate(ten_trips_in_a_storm)?;
    println!("{} simulated runs of {TRIPS} trips, with {POWER_CUTS} power cuts each: all agree", runs.len());
    let all: Vec<_> = runs.into_iter().flatten().collect();
    let occur = |verdict: fn(&Verdict) -> bool| if all.iter().any(verdict) { "some" } else { "none" };
    println!(
        "trips that all commit: in {} runs; a vote against: in {}; a late vote: in {}; somebody absent: in {}",
        occur(|verdict| matches!(verdict, Verdict::AllCommit)),
        occur(|verdict| matches!(verdict, Verdict::Refused { .. })),
        occur(|verdict| matches!(verdict, Verdict::Late { .. })),
        occur(|verdict| matches!(verdict, Verdict::Absent)),
    );
    Ok(())
}

/// On real cores: one trip that all agree on, one that the hotel refuses, one that the car takes too long for.
fn three_trips() -> greenroom::Result {
    let coordinator = coordinator();
    for name in NAMES {
        let refuses = (name == "hotel").then_some(2);
        let dawdles = (name == "car").then_some((3, Duration::from_secs(1)));
        let manner = Manner::Planned { refuses, dawdles };
        participants()
            .enter(name, Participant { book: Disk::default(), manner, chance: Chance::new(0), flaw: None });
    }
    for (trip, limit) in [(1, Duration::MAX), (2, Duration::MAX), (3, Duration::from_millis(300))] {
        let told = match coordinator.book(trip, limit)? {
            Verdict::AllCommit => "committed".to_owned(),
            Verdict::Refused { by } => format!("aborted, the {by} votes against it"),
            Verdict::Late { who } => format!("aborted, the {} does not vote in time", who.join(" and ")),
            Verdict::Absent => "aborted, somebody is not there".to_owned(),
        };
        println!("trip {trip}: {told}");
    }
    println!("flight, hotel and car have all booked {:?}", booked_by_all()?);
    Ok(())
}

/// The ten trips of one simulated run, and how each ended.
fn ten_trips_in_a_storm(mut chance: Chance) -> Vec<Verdict> {
    let coordinator = coordinator();
    let storm = spawn(Storm::new(chance.split()));
    let raging = storm.request().rage(POWER_CUTS);
    let book = |trip| {
        sleep(chance.below_time(LIMIT)).expect("a process may sleep");
        coordinator.book(trip, LIMIT).expect("the coordinator lives")
    };
    let verdicts: Vec<Verdict> = (1..=TRIPS).map(book).collect();
    raging.wait().expect("the storm is over some day");

    let booked = booked_by_all().expect("no power cut any more");
    let committed = (1..).zip(&verdicts).filter(|(_, verdict)| verdict.outcome() == Outcome::Committed);
    assert_eq!(booked, committed.map(|(trip, _)| trip).collect::<Vec<Trip>>());
    verdicts
}

fn participants() -> Roll<Participant> {
    Roll::on("participant", NAMES)
}

fn coordinator() -> Ref<Coordinator> {
    let coordinator = Coordinator::new(participants(), Disk::default(), None);
    coordinators().enter("office", coordinator)
}

/// What all participants have booked, once all of them know how what they promised has ended.
///
/// # Panics
/// If they do not agree.
fn booked_by_all() -> Result<Vec<Trip>, CallError> {
    loop {
        let books = participants().present().each_within(Duration::MAX).booked().all()?;
        let mut known: Vec<_> = books.into_iter().flatten().collect();
        if known.len() == NAMES.len() {
            assert!(known.iter().all(|booked| *booked == known[0]), "they do not agree: {known:?}");
            return Ok(known.swap_remove(0));
        }
        sleep(Duration::from_millis(1))?;
    }
}
