//! Vacancies: an actor between two lives, whose supervisor decides what becomes of it.
//!
//! When an actor that has a supervisor stops, panics or is killed, its state goes, but not the actor: its mailbox
//! stays open, and the right to run it goes to the [`Post`] that it shares with its supervisor. So nobody runs it until
//! there is another state, and every reference to it stays good.
//!
//! | the actor                  | the post                                              |
//! |----------------------------|-------------------------------------------------------|
//! | lives                      | is empty                                              |
//! | has left                   | holds its vacancy, and has told the supervisor        |
//! | is being restarted         | is empty: the supervisor has the vacancy in hand      |
//! | has ended                  | is empty, for ever                                    |
//!
//! A vacancy that is dropped ends its actor for good: so one whose supervisor is gone does not wait for ever.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use crate::actor::Actor;
use crate::core::Core;
use crate::ending;
use crate::error::{CallError, ExitReason};
use crate::handle::{Runnable, Weak};
use crate::reply::{Replier, Slot};
use crate::worker;

/// See the head of this file.
pub(crate) struct Vacancy {
    /// Gone once it is filled.
    runnable: Option<Runnable>,
    /// Keeps the memory: the machine's end may come before the supervisor's.
    actor: Weak,
    /// Why the last life ended.
    pub(crate) reason: ExitReason,
}

impl Vacancy {
    /// Of an actor whose state is gone.
    pub(crate) fn new(runnable: Runnable, reason: ExitReason) -> Self {
        let actor = Weak::of(&runnable);
        Vacancy { runnable: Some(runnable), actor, reason }
    }

    /// The actor lives again, as soon as somebody runs it. What it was told to do in its last life is forgotten. None if its machine has ended meanwhile.
    ///
    /// # Panics
    /// If the actor was of another type.
    pub(crate) fn fill<A: Actor>(mut self, state: A) -> Option<Runnable> {
        let runnable = self.runnable.take().filter(|_| !self.actor.mailbox.is_closed())?;
        runnable.forget_interruption();
        if let Some(core) = Core::find(self.actor.id.machine()) {
            let _ = core.registry.take_order(&self.actor);
        }
        Some(runnable.fill(state))
    }

    /// Ends the actor for good, with another reason than that of its last life.
    pub(crate) fn end_with(mut self, reason: ExitReason) {
        self.reason = reason;
    }
}

impl Drop for Vacancy {
    fn drop(&mut self) {
        let Some(runnable) = self.runnable.take() else { return };
        // If its machine has ended it, there is nothing left of it but the memory that we keep.
        if self.actor.mailbox.is_closed() {
            return;
        }
        let machine = self.actor.id.machine();
        match worker::current().filter(|worker| worker.machine == machine) {
            Some(worker) => ending::end_vacant(&worker.core, runnable, &self.reason),
            None => {
                if let Some(core) = Core::find(machine) {
                    ending::end_vacant(&core, runnable, &self.reason);
                }
            }
        }
    }
}

/// Where an actor and its supervisor meet.
pub(crate) struct Post {
    /// Tells the supervisor to look here, if it still listens.
    call_supervisor: Box<dyn Fn() + Send + Sync>,
    place: Mutex<Place>,
}

#[derive(Default)]
struct Place {
    vacancy: Option<Vacancy>,
    /// The supervisor waits here.
    waiter: Option<Replier<()>>,
    /// The supervisor has given it up.
    is_closed: bool,
}

/// One is equal to itself alone.
impl PartialEq for Post {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Eq for Post {}

impl fmt::Debug for Post {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Post")
    }
}

impl Post {
    pub(crate) fn new(call_supervisor: impl Fn() + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Post { call_supervisor: Box::new(call_supervisor), place: Mutex::default() })
    }

    /// The actor's side: a life has ended.
    pub(crate) fn leave(&self, vacancy: Vacancy) {
        let waiter = {
            let mut place = self.place.lock();
            if place.is_closed {
                drop(place);
                return;
            }
            place.vacancy = Some(vacancy);
            place.waiter.take()
        };
        match waiter {
            Some(waiter) => drop(waiter.complete(Ok(()))),
            // One that cannot be told is on its way out: it looks here when it stops its children, or closes this.
            None => (self.call_supervisor)(),
        }
    }

    /// The supervisor's side: the vacancy, if the actor has left.
    pub(crate) fn take(&self) -> Option<Vacancy> {
        self.place.lock().vacancy.take()
    }

    /// As `take`, waiting for it up to `limit`.
    ///
    /// # Errors
    /// [`CallError::Timeout`], or that nothing may wait here.
    pub(crate) fn wait(&self, limit: Duration) -> Result<Vacancy, CallError> {
        let mut left = {
            let mut place = self.place.lock();
            if let Some(vacancy) = place.vacancy.take() {
                return Ok(vacancy);
            }
            let (replier, promise) = Slot::<()>::pair();
            place.waiter = Some(replier);
            promise
        };
        let waited = left.wait_for(limit);
        let mut place = self.place.lock();
        let waiter = place.waiter.take();
        let vacancy = place.vacancy.take();
        drop(place);
        drop(waiter);
        match (vacancy, waited) {
            (Some(vacancy), _) => Ok(vacancy),
            (None, Err(error)) => Err(error),
            (None, Ok(())) => unreachable!("whoever leaves leaves a vacancy"),
        }
    }

    /// The supervisor gives the actor up: its next end is for good, and the last one, if it has left.
    pub(crate) fn close(&self) {
        let vacancy = {
            let mut place = self.place.lock();
            place.is_closed = true;
            place.vacancy.take()
        };
        drop(vacancy);
    }
}
