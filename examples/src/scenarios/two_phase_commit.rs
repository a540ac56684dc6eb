//! Two-phase commit in a bad network. The coordinator and the participants keep their disks over a crash.

use std::time::Duration;

use greenroom::prelude::*;
use greenroom_simulation::Simulation;

use super::{bad_link, faults, good_link, ms};
use crate::chance::Chance;
use crate::disk::Disk;
use crate::roll::Roll;
use crate::two_phase_commit::{
    Book, Coordinator, Flaw, Log, Manner, Outcome, Participant, Trip, coordinators,
};

const NAMES: [&str; 3] = ["flight", "hotel", "car"];
/// How long the coordinator waits for votes, and the client for the coordinator.
const LIMIT: Duration = ms(60);
const BOOKING: Duration = ms(150);
/// How long there are faults.
const STORM: Duration = ms(800);
/// Far longer than it takes to know when there are none.
const PATIENCE: Duration = Duration::from_secs(20);

/// A client books trips while all goes wrong that may, each until it is told how it ended.
///
/// # Errors
/// If one commits what another aborts, or somebody never knows.
pub fn book(sim: &mut Simulation, flaw: Option<Flaw>) -> greenroom::Result {
    sim.network(bad_link());
    let participants = Roll::on("participant", NAMES);
    let (log, books) = (Disk::<Log>::default(), NAMES.map(|_| Disk::<Book>::default()));
    let told = Disk::<Log>::default();

    let office = sim.node("office");
    let mut among = vec![office.clone()];
    let (decided, all) = (log.clone(), participants.clone());
    sim.on_start(&office, move || {
        coordinators().enter("office", Coordinator::new(all.clone(), decided.clone(), flaw));
    });
    for (name, book) in NAMES.into_iter().zip(books.clone()) {
        let node = sim.node(name);
        among.push(node.clone());
        let (all, seed) = (participants.clone(), sim.chance(name).next());
        sim.on_start(&node, move || {
            let (book, chance) = (book.clone(), Chance::new(seed));
            let manner = Manner::Moody { longest: LIMIT / 2 };
            all.enter(name, Participant { book, manner, chance, flaw });
        });
    }
    let trips = sim.amount("trips", 1..=6) as Trip;
    let client = sim.node("client");
    let heard = told.clone();
    sim.start_on(&client, move || (1..=trips).for_each(|trip| insist(trip, &heard)));

    let (kept, decided) = (books.clone(), log.clone());
    sim.always("nobody commits what another aborts", move || look(&kept, &decided, trips));
    sim.faults(faults(3, 2).among(&among));
    sim.run_for(STORM)?;
    sim.network(good_link());
    let knowing = books.clone();
    sim.run_until("everybody knows how all trips ended", PATIENCE, move || {
        told.read(Log::len) == trips as usize
            && knowing.iter().all(|book| book.read(|book| book.promised().is_empty()))
    })?;
    // What was decided last is still on its way to those that had promised nothing.
    sim.run_for(ms(500))?;
    sim.finally("all have booked what was committed", move || {
        let committed: Vec<Trip> = log.read(|log| {
            let those = log.iter().filter(|(_, verdict)| verdict.outcome() == Outcome::Committed);
            those.map(|(trip, _)| *trip).collect()
        });
        let wrong = NAMES.iter().zip(&books).find(|(_, book)| book.read(Book::booked) != committed);
        wrong.map_or(Ok(()), |(name, book)| {
            Err(format!(
                "the {name} has booked {:?}, and {committed:?} were committed",
                book.read(Book::booked)
            ))
        })
    });
    Ok(())
}

/// Books a trip, and asks again until it is told how it ended.
fn insist(trip: Trip, told: &Disk<Log>) {
    loop {
        if let Some(coordinator) = coordinators().find("office")
            && let Ok(verdict) = coordinator.within(BOOKING).book(trip, LIMIT)
        {
            told.change(|told| told.insert(trip, verdict));
            return;
        }
        sleep(ms(20)).expect("a process may sleep");
    }
}

/// # Errors
/// If books, or a book and the log, say otherwise.
fn look(books: &[Disk<Book>], log: &Disk<Log>, trips: Trip) -> Result<(), String> {
    let committed =
        |trip| log.read(|log| log.get(&trip).map(|verdict| verdict.outcome() == Outcome::Committed));
    for (name, book) in NAMES.iter().zip(books) {
        let (booked, aborted) = book.read(|book| (book.booked(), book.aborted()));
        for trip in 1..=trips {
            let says = booked.contains(&trip).then_some(true).or(aborted.contains(&trip).then_some(false));
            if says.is_some() && says != committed(trip) {
                return Err(format!(
                    "trip {trip}: the {name} says {says:?}, and the coordinator {:?}",
                    committed(trip)
                ));
            }
        }
    }
    Ok(())
}
