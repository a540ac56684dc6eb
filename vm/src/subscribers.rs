//! Subscribers: who is told of incidents, and how, without anybody waiting for them.
//!
//! Whoever reports may be in the midst of anything: on the small stack of a handler, unwinding, on the monitor's or the
//! clock's thread, at the end of an actor. So a report never waits and never panics: a subscriber whose channel is full
//! misses it, and one that is gone is forgotten. While nobody subscribes, it is a load and a branch, and the incident is
//! not made.
//!
//! It takes less than 1 KiB of stack, also when it wakes a thread. The one thing that a send may have to wait for is that
//! a receiver which takes from a full channel at that moment has done so.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crossbeam_channel::{Receiver, Sender, TrySendError};
use parking_lot::RwLock;

use crate::incident::Incident;
use crate::traced;

/// See the head of this file.
#[derive(Default)]
pub(crate) struct Subscribers {
    /// Whether there are any.
    are_any: AtomicBool,
    /// Locked for as long as it takes to copy or replace the pointer.
    all: RwLock<Arc<[Sender<Incident>]>>,
    missed: AtomicU64,
}

impl Subscribers {
    pub(crate) fn subscribe(&self, capacity: usize) -> Receiver<Incident> {
        // A channel of none would only pass on what somebody stands and waits for.
        let (tell, told) = crossbeam_channel::bounded(capacity.max(1));
        let mut all = self.all.write();
        *all = all.iter().cloned().chain([tell]).collect();
        // ORDERING: Relaxed: what is reported at the same time may be missed.
        self.are_any.store(true, Ordering::Relaxed);
        told
    }

    /// How often a subscriber had no room.
    pub(crate) fn missed(&self) -> u64 {
        // ORDERING: Relaxed: a number that orders nothing.
        self.missed.load(Ordering::Relaxed)
    }

    /// Tells everybody who wants to know.
    #[inline]
    pub(crate) fn report(&self, incident: impl FnOnce() -> Incident) {
        // ORDERING: Relaxed, as in `subscribe`.
        if self.are_any.load(Ordering::Relaxed) || traced::is_on() {
            self.tell(&incident());
        }
    }

    #[cold]
    fn tell(&self, incident: &Incident) {
        traced::trace(incident);
        // A pointer of our own: others may subscribe meanwhile.
        let all = Arc::clone(&self.all.read());
        let mut gone = vec![];
        for subscriber in &*all {
            match subscriber.try_send(incident.clone()) {
                Ok(()) => {}
                Err(TrySendError::Full(_)) => {
                    // ORDERING: Relaxed, as in `missed`.
                    self.missed.fetch_add(1, Ordering::Relaxed);
                }
                Err(TrySendError::Disconnected(_)) => gone.push(subscriber),
            }
        }
        if !gone.is_empty() {
            self.forget(&gone);
        }
    }

    fn forget(&self, gone: &[&Sender<Incident>]) {
        let mut all = self.all.write();
        let is_left = |one: &&Sender<Incident>| !gone.iter().any(|gone| gone.same_channel(one));
        *all = all.iter().filter(is_left).cloned().collect();
        // ORDERING: Relaxed, as in `subscribe`.
        self.are_any.store(!all.is_empty(), Ordering::Relaxed);
    }
}
