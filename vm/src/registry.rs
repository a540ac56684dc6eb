//! The registry: every living actor of a machine, so that its end can reach them all.
//!
//! One intrusive list a worker, and one for all plain threads, each under a lock of its own: actors are
//! born on the list of the worker that spawns them, so the lock is nearly always free.
//! Nothing here runs while an actor handles messages.

use std::cell::Cell;
use std::ptr::{self, NonNull};

use crossbeam_utils::CachePadded;
use parking_lot::Mutex;

use crate::cell::{self, Class, Header};
use crate::handle::{Runnable, Strong};
use crate::id::{ActorId, Home, SHARDS};

/// Neighbours in a shard's list. Guarded by the shard's lock.
pub(crate) struct Links {
    previous: Cell<*const Header>,
    next: Cell<*const Header>,
}

impl Links {
    pub(crate) fn new() -> Self {
        Links { previous: Cell::new(ptr::null()), next: Cell::new(ptr::null()) }
    }
}

struct Shard {
    youngest: *const Header,
    born: u64,
    living: usize,
}

// SAFETY: the headers in the list are kept alive by the machine's hold until they are removed.
unsafe impl Send for Shard {}

/// See the head of this file.
pub(crate) struct Registry {
    shards: Box<[CachePadded<Mutex<Shard>>]>,
}

impl Registry {
    /// One shard each for `workers`, and one for plain threads.
    ///
    /// # Panics
    /// If that is more than a name has room for.
    pub(crate) fn new(workers: usize) -> Self {
        assert!(workers < SHARDS, "more workers than names have room for");
        let shard = || CachePadded::new(Mutex::new(Shard { youngest: ptr::null(), born: 0, living: 0 }));
        Registry { shards: (0..=workers).map(|_| shard()).collect() }
    }

    /// The shard for actors spawned by plain threads.
    pub(crate) fn outside(&self) -> usize {
        self.shards.len() - 1
    }

    /// Creates a cell and enters it; gives the one strong reference to it.
    pub(crate) fn create<S>(&self, home: Home, shard: usize, class: &'static Class, state: S) -> Strong {
        // Before the lock is taken: new memory may cost a page fault, and whoever ends an actor of this shard would wait.
        let mut header = cell::create(class, state);
        // SAFETY: just created, and nobody else's yet.
        let new = unsafe { header.as_mut() };
        let mut list = self.shards[shard].lock();
        new.id = ActorId::new(home, shard, list.born);
        list.born += 1;
        list.living += 1;
        let new: &Header = new;
        new.links.next.set(list.youngest);
        // SAFETY: what is in the list is alive.
        if let Some(older) = unsafe { list.youngest.as_ref() } {
            older.links.previous.set(new);
        }
        list.youngest = new;
        // SAFETY: a new cell comes with one strong count.
        unsafe { Strong::new(header) }
    }

    /// Removes an actor, once, at its end. The machine's hold on its memory stays the caller's.
    pub(crate) fn remove(&self, header: &Header) {
        let mut list = self.shards[header.id.shard()].lock();
        unlink(&mut list, header);
    }

    /// Removes some living actor, when no worker of the machine is left: so nobody holds the right to run it, or ever
    /// will again, but the one who asks.
    pub(crate) fn remove_any(&self) -> Option<Runnable> {
        self.shards.iter().find_map(|shard| {
            let mut list = shard.lock();
            let header = NonNull::new(list.youngest.cast_mut())?;
            // SAFETY: what is in the list is alive.
            unlink(&mut list, unsafe { header.as_ref() });
            // SAFETY: the workers have ended, as the caller says by asking; each actor is given out once.
            Some(unsafe { Runnable::new(header) })
        })
    }

    /// Removes a living actor whose own thread has come to its end: so nobody will run it any more, but the one who asks,
    /// whoever may be about to queue it.
    pub(crate) fn remove_dedicated(&self, header: &Header) -> Runnable {
        assert!(header.id.is_dedicated(), "other actors are run by whoever holds the right to");
        self.remove(header);
        // SAFETY: only its own thread runs it, and that is done with it, as the caller says by asking; once, for it
        // was in the list.
        unsafe { Runnable::new(NonNull::from(header)) }
    }

    /// How many actors live.
    pub(crate) fn living(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().living).sum()
    }
}

fn unlink(list: &mut Shard, header: &Header) {
    let (previous, next) = (header.links.previous.get(), header.links.next.get());
    // SAFETY: neighbours are in the list, hence alive.
    match unsafe { previous.as_ref() } {
        Some(younger) => younger.links.next.set(next),
        None => list.youngest = next,
    }
    // SAFETY: as above.
    if let Some(older) = unsafe { next.as_ref() } {
        older.links.previous.set(previous);
    }
    list.living -= 1;
}
