//! Recordings: what one session keeps, and what it knows of the messages under way.
//!
//! A record holds no address, but a message is known by nothing else: so a recording keeps, for as long as the message is
//! under way, where it lies and what its number is. Whoever sends one that is not recorded says so too, for something else
//! may have lain there.
//!
//! | a message      | lies at                                          | until                    |
//! |----------------|--------------------------------------------------|--------------------------|
//! | queued         | its envelope                                      | its handler begins       |
//! | handed off     | the frame of its caller                           | its handler begins       |
//! | to be answered | the slot of its reply                             | the reply                |
//!
//! Locks here are held for a look-up; no user's code runs under one, nor is another taken.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::{Mutex, RwLock};

use crate::cell::Header;
use crate::id::ActorId;
use crate::trace::filter::Filter;
use crate::trace::record::{Record, What};
use crate::trace::ring::{Entry, Ring};

/// When and where something happens.
#[derive(Clone, Copy)]
pub(crate) struct Stamp {
    pub(crate) at: Duration,
    pub(crate) worker: Option<u16>,
}

/// Where a message lies; 0 is nowhere.
pub(crate) type Place = usize;

/// A message under way.
#[derive(Clone, Copy)]
struct Underway {
    number: u64,
    /// All the places where it may be looked for.
    places: [Place; 2],
}

/// What runs on a coroutine, if it is recorded.
#[derive(Clone, Copy)]
pub(crate) struct Running {
    pub(crate) actor: ActorId,
    pub(crate) message: Option<u64>,
}

/// See the head of this file.
pub(crate) struct Recording {
    pub(crate) filter: Filter,
    /// One for each worker, and at last one for all other threads.
    rings: Box<[Ring]>,
    /// How many events were recorded.
    events: AtomicU64,
    /// How many messages were.
    messages: AtomicU64,
    /// Who was found to have a name that the filter has.
    named: RwLock<HashSet<ActorId>>,
    underway: Mutex<HashMap<Place, Underway>>,
    /// By the address of the coroutine.
    running: Mutex<HashMap<usize, Running>>,
    /// The first message of each group that is being sent.
    groups: Mutex<HashMap<u64, u64>>,
    /// What each worker had done when it was last looked at.
    workers: Box<[Mutex<Done>]>,
}

/// How often a worker has stolen, and whether it stands in for another.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Done {
    pub(crate) steals: u64,
    pub(crate) is_in_relief: bool,
}

impl Recording {
    pub(crate) fn new(filter: Filter, workers: Vec<Done>) -> Self {
        Recording {
            rings: (0..=workers.len()).map(|_| Ring::new(filter.capacity)).collect(),
            events: AtomicU64::new(0),
            messages: AtomicU64::new(0),
            named: RwLock::default(),
            underway: Mutex::default(),
            running: Mutex::default(),
            groups: Mutex::default(),
            workers: workers.into_iter().map(Mutex::new).collect(),
            filter,
        }
    }

    pub(crate) fn push(&self, stamp: Stamp, what: What) {
        // ORDERING: Relaxed: one who has heard of another's event draws a later number, for it is the same word.
        let number = self.events.fetch_add(1, Ordering::Relaxed);
        let outside = self.rings.len() - 1;
        let ring = stamp.worker.map_or(outside, |worker| usize::from(worker).min(outside));
        self.rings[ring].push(Entry { number, record: Record { at: stamp.at, worker: stamp.worker, what } });
    }

    /// All that is kept: by time, and what happened at the same time by the order in which it was recorded.
    pub(crate) fn take(&self) -> Vec<Record> {
        // All are held before any is taken: nothing is in here whose cause was recorded too late for it.
        let mut held: Vec<_> = self.rings.iter().map(Ring::hold).collect();
        let taken: Vec<_> = held.iter_mut().map(|kept| kept.take()).collect();
        drop(held);
        let mut entries: Vec<Entry> = taken.into_iter().flatten().collect();
        entries.sort_unstable_by_key(|entry| (entry.record.at, entry.number));
        entries.into_iter().map(|entry| entry.record).collect()
    }

    pub(crate) fn dropped(&self) -> u64 {
        self.rings.iter().map(Ring::dropped).sum()
    }
}

/// Who is recorded.
impl Recording {
    pub(crate) fn has(&self, actor: &Header) -> bool {
        self.filter.has_actor(actor) || self.filter.has_names() && self.named.read().contains(&actor.id)
    }

    /// An actor has a name.
    pub(crate) fn note_name(&self, actor: ActorId, name: &str) {
        if self.filter.has_name(name) {
            self.named.write().insert(actor);
        }
    }
}

/// Messages.
impl Recording {
    /// The number of a message that is about to be sent.
    pub(crate) fn next_message(&self) -> u64 {
        // ORDERING: Relaxed, as in `push`.
        self.messages.fetch_add(1, Ordering::Relaxed)
    }

    /// A message is about to be sent, and lies there. Without a number, it is not recorded.
    pub(crate) fn put(&self, number: Option<u64>, places: [Place; 2]) {
        let mut underway = self.underway.lock();
        for place in places.into_iter().filter(|&place| place != 0) {
            match number {
                Some(number) => drop(underway.insert(place, Underway { number, places })),
                None => drop(underway.remove(&place)),
            }
        }
    }

    /// It lies there as well from now on.
    pub(crate) fn put_also(&self, number: u64, place: Place) {
        self.underway.lock().insert(place, Underway { number, places: [place, 0] });
    }

    pub(crate) fn number_at(&self, place: Place) -> Option<u64> {
        self.underway.lock().get(&place).map(|found| found.number)
    }

    /// What lies there begins to be handled; its reply is to come, if it has another place.
    pub(crate) fn begin(&self, place: Place) -> Option<u64> {
        let mut underway = self.underway.lock();
        let found = *underway.get(&place)?;
        // The slot of a reply comes last, and stays.
        if found.places[1] != place {
            underway.remove(&place);
        }
        Some(found.number)
    }

    /// What lies there is over.
    pub(crate) fn end(&self, place: Place) -> Option<u64> {
        let mut underway = self.underway.lock();
        let found = underway.remove(&place)?;
        for place in found.places {
            // Something else may lie there by now.
            if underway.get(&place).is_some_and(|other| other.number == found.number) {
                underway.remove(&place);
            }
        }
        Some(found.number)
    }

    /// The first message of a group, if this is not that.
    pub(crate) fn first_of(&self, group: u64, number: u64) -> u64 {
        *self.groups.lock().entry(group).or_insert(number)
    }

    /// All of a group are sent.
    pub(crate) fn end_group(&self, group: u64) {
        self.groups.lock().remove(&group);
    }
}

/// Handlers.
impl Recording {
    /// A handler begins on a coroutine; none if it is not recorded.
    pub(crate) fn set_running(&self, coroutine: usize, running: Option<Running>) {
        let mut all = self.running.lock();
        match running {
            Some(running) => drop(all.insert(coroutine, running)),
            None => drop(all.remove(&coroutine)),
        }
    }

    pub(crate) fn running(&self, coroutine: usize) -> Option<Running> {
        self.running.lock().get(&coroutine).copied()
    }

    pub(crate) fn take_running(&self, coroutine: usize) -> Option<Running> {
        self.running.lock().remove(&coroutine)
    }
}

/// Workers.
impl Recording {
    /// What a worker had done when it was last looked at; now it has done this.
    pub(crate) fn replace_done(&self, worker: usize, done: Done) -> Option<Done> {
        Some(std::mem::replace(&mut *self.workers.get(worker)?.lock(), done))
    }
}

/// The recordings of a machine.
#[derive(Default)]
pub(crate) struct Recordings(RwLock<Arc<[Arc<Recording>]>>);

impl Recordings {
    /// Those that there are.
    pub(crate) fn all(&self) -> Arc<[Arc<Recording>]> {
        Arc::clone(&self.0.read())
    }

    pub(crate) fn add(&self, recording: &Arc<Recording>) {
        let mut all = self.0.write();
        *all = all.iter().chain([recording]).cloned().collect();
    }

    /// Takes one off, and calls `then` with whether there are any left, before another can be added.
    pub(crate) fn remove(&self, recording: &Arc<Recording>, then: impl FnOnce(bool)) {
        let mut all = self.0.write();
        *all = all.iter().filter(|other| !Arc::ptr_eq(other, recording)).cloned().collect();
        then(!all.is_empty());
    }
}
