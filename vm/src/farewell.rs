//! Actors that do something when they stop: how many live, and how a machine that shuts down waits for them.
//!
//! It knows no actor. Who begins one [adds](Farewells::add) it, who ends one says that it is [said](Farewells::said).

use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

/// See the head of this file.
#[derive(Default)]
pub(crate) struct Farewells {
    owed: Mutex<Owed>,
    changed: Condvar,
}

#[derive(Default)]
struct Owed {
    /// For a moment less than none: a new actor can be found, and ended, before its spawner has counted it.
    count: isize,
    is_closing: bool,
}

impl Farewells {
    /// One more will have something to do when it stops. True: the machine shuts down, so it is to stop at once.
    pub(crate) fn add(&self) -> bool {
        let mut owed = self.owed.lock();
        owed.count += 1;
        owed.is_closing
    }

    /// One has done it, or must not.
    pub(crate) fn said(&self) {
        let mut owed = self.owed.lock();
        owed.count -= 1;
        if owed.count <= 0 {
            self.changed.notify_all();
        }
    }

    /// Whoever is added from now on stops at once. False: there is nobody yet.
    pub(crate) fn close(&self) -> bool {
        let mut owed = self.owed.lock();
        owed.is_closing = true;
        owed.count > 0
    }

    /// Whether the machine shuts down.
    pub(crate) fn is_closing(&self) -> bool {
        self.owed.lock().is_closing
    }

    pub(crate) fn are_said(&self) -> bool {
        self.owed.lock().count <= 0
    }

    /// Blocks the thread until all are said, or the limit has passed.
    pub(crate) fn wait(&self, limit: Duration) {
        let until = Instant::now().checked_add(limit);
        let mut owed = self.owed.lock();
        while owed.count > 0 {
            match until {
                None => self.changed.wait(&mut owed),
                Some(until) if self.changed.wait_until(&mut owed, until).timed_out() => return,
                Some(_) => {}
            }
        }
    }
}
