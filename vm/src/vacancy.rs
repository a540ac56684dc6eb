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

use crate::actor::{Handler, Message};
use crate::call;
use crate::core::Core;
use crate::ending;
use crate::error::{CallError, ExitReason};
use crate::handle::{Runnable, Weak};
use crate::id::ActorId;
use crate::parcel::Told;
use crate::promise::Promise;
use crate::reply::{Replier, Slot};
use crate::target::StrongTo;

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
    pub(crate) fn new(runnable: Runnable, reason: ExitReason) -> Box<Self> {
        let actor = Weak::of(&runnable);
        Box::new(Vacancy { runnable: Some(runnable), actor, reason })
    }

    /// The actor lives again, as soon as somebody runs it. None if its machine has ended meanwhile.
    ///
    /// # Panics
    /// If the actor was of another type.
    pub(crate) fn fill<S: 'static>(self, state: S) -> Option<Runnable> {
        self.refill().map(|runnable| runnable.fill(state))
    }

    /// As `fill`, for a process, which keeps its state. What the actor was told to do in its last life is forgotten.
    pub(crate) fn refill(mut self) -> Option<Runnable> {
        let runnable = self.runnable.take().filter(|_| !self.actor.mailbox.is_closed())?;
        runnable.forget_interruption();
        Core::with(self.actor.id.machine(), |core| core?.registry.take_order(&self.actor));
        Some(runnable)
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
        Core::with(self.actor.id.machine(), |core| {
            if let Some(core) = core {
                ending::end_vacant(core, runnable, &self.reason);
            }
        });
    }
}

/// A supervisor's child has left: look at its post.
pub(crate) struct Left(pub(crate) ActorId);

impl Message for Left {
    type Reply = ();
}

/// Whoever waits for it goes on when the last clone is dropped.
#[derive(Clone)]
pub(crate) struct Latch {
    /// Never locked: it makes one answering side of many, of which the last one's end answers.
    _last: Arc<Mutex<Replier<()>>>,
}

impl Latch {
    /// And the side that waits; what it gets says nothing.
    pub(crate) fn new() -> (Self, Promise<()>) {
        let (replier, promise) = Slot::<()>::pair();
        (Latch { _last: Arc::new(Mutex::new(replier)) }, promise)
    }
}

/// Waits for the last clone of a latch to be dropped. False: that took too long, or nothing may wait here.
pub(crate) fn wait_for_all(latched: &mut Promise<()>, limit: Duration) -> bool {
    latched.is_done() || matches!(latched.wait_for(limit), Ok(()) | Err(CallError::Stopped { .. }))
}

/// Where an actor and its supervisor meet. There is one for each child, so it is small.
pub(crate) struct Post {
    supervisor: Weak,
    /// Tells the supervisor to look here. One that is about to end need not be told: it comes to stop the actor.
    tell: fn(supervisor: &Weak, Left),
    place: Mutex<Place>,
}

#[derive(Default)]
struct Place {
    vacancy: Option<Box<Vacancy>>,
    /// The supervisor waits for this.
    latch: Option<Latch>,
    /// The supervisor does not want it back.
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
    /// For a child of that supervisor, which is an `S`.
    pub(crate) fn new<S: Handler<Left>>(supervisor: Weak) -> Arc<Self> {
        fn tell<S: Handler<Left>>(supervisor: &Weak, left: Left) {
            if let Some(to) = supervisor.upgrade().and_then(StrongTo::<S>::of) {
                let _ = call::deliver(&to, Told::<S, Left>::new(left));
            }
        }
        Arc::new(Post { supervisor, tell: tell::<S>, place: Mutex::default() })
    }

    /// The actor's side: a life has ended.
    pub(crate) fn leave(&self, vacancy: Box<Vacancy>) {
        let actor = vacancy.actor.id;
        let latch = {
            let mut place = self.place.lock();
            if place.is_closed {
                let latch = place.latch.take();
                drop(place);
                if latch.is_some() {
                    vacancy.end_with(ExitReason::Shutdown);
                }
                return;
            }
            place.vacancy = Some(vacancy);
            place.latch.take()
        };
        match latch {
            Some(latch) => drop(latch),
            None => (self.tell)(&self.supervisor, Left(actor)),
        }
    }

    /// The supervisor's side: the vacancy, if the actor has left.
    pub(crate) fn take(&self) -> Option<Box<Vacancy>> {
        self.place.lock().vacancy.take()
    }

    /// As `take`, waiting for it up to `limit`.
    ///
    /// # Errors
    /// [`CallError::Timeout`], or that nothing may wait here.
    pub(crate) fn wait(&self, limit: Duration) -> Result<Box<Vacancy>, CallError> {
        let mut left = {
            let mut place = self.place.lock();
            if let Some(vacancy) = place.vacancy.take() {
                return Ok(vacancy);
            }
            let (latch, left) = Latch::new();
            place.latch = Some(latch);
            left
        };
        let waited = left.wait_for(limit);
        let mut place = self.place.lock();
        let latch = place.latch.take();
        let vacancy = place.vacancy.take();
        drop(place);
        drop(latch);
        match (vacancy, waited) {
            (Some(vacancy), _) => Ok(vacancy),
            (None, Err(error)) => Err(error),
            (None, Ok(())) => unreachable!("whoever leaves leaves a vacancy"),
        }
    }

    /// The supervisor gives the actor up: its next end is for good, and the last one, if it has left.
    pub(crate) fn close(&self) {
        let left = {
            let mut place = self.place.lock();
            place.is_closed = true;
            // Nobody waits here any more: a supervisor that was unwound while it did has left its latch.
            (place.vacancy.take(), place.latch.take())
        };
        drop(left);
    }

    /// The supervisor stops the actor for good: as `close`, and the latch is let go of when it has ended.
    pub(crate) fn dismiss(&self, latch: Latch) {
        let (vacancy, before) = {
            let mut place = self.place.lock();
            place.is_closed = true;
            (place.vacancy.take(), place.latch.replace(latch))
        };
        drop(before);
        if let Some(vacancy) = vacancy {
            vacancy.end_with(ExitReason::Shutdown);
            drop(self.place.lock().latch.take());
        }
    }
}
