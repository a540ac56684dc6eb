//! Promises that are waited for together: who has answered, in the order in which they did.
//!
//! Each promise has a seat, whose waiter stands in the promise's slot from the beginning on: the side that answers
//! enters the arrival, and wakes the one that waits if that was all it waited for. So nobody polls, and whoever waits is
//! woken once, however many answer.
//!
//! | status      | the promise           | the seat's keeper | what an arrival does                              |
//! |-------------|-----------------------|-------------------|---------------------------------------------------|
//! | `Awaited`   | there                 | there             | enters it: `Arrived`                              |
//! | `CalledOff` | there, until it comes | as the promise    | drops it; its request had not begun and never will |
//! | `Arrived`   | there                 | gone              | none comes any more                               |
//! | `Failed`    | there, until it comes | as the promise    | drops it: it was found that none could come       |
//! | `Over`      | there, until it comes | as the promise    | drops it: it was given up; or it was taken before  |
//!
//! A bundle that is dropped calls nothing off: the seats stay until the last one was answered, and what comes is dropped.

use std::collections::VecDeque;
use std::ptr::{self, NonNull};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use crate::error::CallError;
use crate::panics;
use crate::promise::Promise;
use crate::reply::{Outcome, Replier, Slot, SlotHead};
use crate::slot::Waiter;
use crate::stopwatch::Limit;

/// The one that waits. See the head of this file.
pub(crate) struct Bundle<X: Send + 'static> {
    shared: Arc<Shared<X>>,
}

/// What the two sides share. The lock is not held while anybody's reply is dropped.
struct Shared<X> {
    seats: Box<[Seat<X>]>,
    state: Mutex<State<X>>,
}

/// What a slot knows of.
#[repr(C)]
struct Seat<X> {
    waiter: Waiter,
    index: usize,
    /// Keeps the seat while its slot knows of it.
    keeper: Mutex<Option<Arc<Shared<X>>>>,
}

struct State<X> {
    places: Vec<Place<X>>,
    /// Those that have arrived, in that order, some of which may have been taken since.
    arrived: VecDeque<usize>,
    /// How many are `Awaited`.
    awaited: usize,
    waiting: Option<Waiting>,
    is_dropped: bool,
}

struct Place<X> {
    promise: Option<Promise<X>>,
    status: Status,
    /// While `Failed`: how.
    error: Option<CallError>,
}

/// See the head of this file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Awaited,
    CalledOff,
    Arrived,
    Failed,
    Over,
}

/// What is waited for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Want {
    /// One that has arrived and was not taken.
    Next,
    /// This one.
    Member(usize),
    /// All that are awaited.
    All,
}

struct Waiting {
    want: Want,
    replier: Replier<()>,
}

/// What is left to read when the lock is not held any more.
enum Taken<X> {
    Arrived(Promise<X>),
    Failed(CallError),
}

impl<X> Taken<X> {
    fn outcome(self) -> Outcome<X> {
        match self {
            Taken::Arrived(mut promise) => promise.take(),
            Taken::Failed(error) => Err(error),
        }
    }
}

impl<X: Send + 'static> Bundle<X> {
    /// Asks so many, one after the other.
    pub(crate) fn new(count: usize, mut ask: impl FnMut(usize) -> Promise<X>) -> Self {
        let seat = |index| Seat { waiter: Waiter { wake: arrive_at::<X> }, index, keeper: Mutex::new(None) };
        let state = State {
            places: Vec::with_capacity(count),
            arrived: VecDeque::with_capacity(count),
            awaited: 0,
            waiting: None,
            is_dropped: false,
        };
        let shared = Arc::new(Shared { seats: (0..count).map(seat).collect(), state: Mutex::new(state) });
        let bundle = Bundle { shared };
        for (index, seat) in bundle.shared.seats.iter().enumerate() {
            bundle.watch(seat, ask(index));
        }
        bundle
    }

    /// Puts a promise in its place. Nobody else waits for it.
    fn watch(&self, seat: &Seat<X>, promise: Promise<X>) {
        *seat.keeper.lock() = Some(Arc::clone(&self.shared));
        let mut state = self.shared.state.lock();
        let slot = promise.slot().expect("a new promise has its slot");
        // Once it is registered the reply may come, and finds the lock held until the promise is in its place.
        let registered = slot.word.register(ptr::from_ref(seat).cast());
        state.awaited += 1;
        state.places.push(Place { promise: Some(promise), status: Status::Awaited, error: None });
        drop(state);
        if !registered {
            // Ours is not the last hold on the seats.
            drop(seat.keeper.lock().take());
            self.shared.arrive(seat.index);
        }
    }

    /// Waits for `want`, up to `limit`. False: that has passed.
    ///
    /// # Errors
    /// As for [`Promise::wait_for`], where nothing may wait.
    pub(crate) fn wait(&mut self, want: Want, limit: Duration) -> Result<bool, CallError> {
        let (mut promise, only) = {
            let mut state = self.shared.state.lock();
            if state.has(want) || limit.is_zero() {
                return Ok(state.has(want));
            }
            let (replier, promise) = Slot::pair();
            state.waiting = Some(Waiting { want, replier });
            (promise, state.only(want))
        };
        let asked = only.map(|(index, slot)| {
            // SAFETY: an awaited promise stays in its place until it is taken, and whoever takes it has `self`.
            (index, unsafe { slot.as_ref() })
        });
        let waited = promise.wait_for_answer_to(asked.map(|(_, slot)| slot), Limit::of(limit));
        let (unused, is_there) = {
            let mut state = self.shared.state.lock();
            (state.waiting.take(), state.has(want))
        };
        drop(unused);
        match waited {
            Ok(()) => Ok(true),
            Err(_) if is_there => Ok(true),
            Err(CallError::Timeout { .. }) => Ok(false),
            Err(error @ CallError::Deadlock { .. }) if let Some((index, _)) = asked => {
                self.fail(index, error);
                Ok(true)
            }
            Err(error) => Err(error),
        }
    }

    /// Waits no more for one that is awaited, for it can never answer. If it has not begun, it is called off.
    pub(crate) fn fail(&mut self, index: usize, error: CallError) {
        let mut state = self.shared.state.lock();
        let place = &mut state.places[index];
        if place.status != Status::Awaited {
            return;
        }
        if let Some(slot) = place.promise.as_ref().and_then(Promise::slot) {
            slot.progress.call_off();
        }
        (place.status, place.error) = (Status::Failed, Some(error));
        state.awaited -= 1;
        state.arrived.push_back(index);
    }

    /// What this one came back with, once.
    pub(crate) fn take(&mut self, index: usize) -> Option<Outcome<X>> {
        let taken = self.shared.state.lock().take(index);
        taken.map(Taken::outcome)
    }

    /// The first of those that have arrived and were not taken, and what it came back with.
    pub(crate) fn take_next(&mut self) -> Option<(usize, Outcome<X>)> {
        let taken = self.shared.state.lock().take_next();
        taken.map(|(index, taken)| (index, taken.outcome()))
    }

    /// Waits for one less of those that are awaited: its reply will be dropped. None: none is awaited.
    pub(crate) fn give_up_one(&mut self) -> Option<usize> {
        let mut state = self.shared.state.lock();
        let index = state.places.iter().position(|place| place.status == Status::Awaited)?;
        state.places[index].status = Status::Over;
        state.awaited -= 1;
        Some(index)
    }

    /// Calls off what is awaited and has not begun.
    pub(crate) fn call_off(&mut self) {
        let State { places, awaited, .. } = &mut *self.shared.state.lock();
        for place in places.iter_mut().filter(|place| place.status == Status::Awaited) {
            if place.promise.as_ref().and_then(Promise::slot).is_some_and(|slot| slot.progress.call_off()) {
                place.status = Status::CalledOff;
                *awaited -= 1;
            }
        }
    }

    pub(crate) fn status(&self, index: usize) -> Status {
        self.shared.state.lock().places[index].status
    }
}

impl<X: Send + 'static> Drop for Bundle<X> {
    fn drop(&mut self) {
        let (arrived, waiting) = {
            let mut state = self.shared.state.lock();
            state.is_dropped = true;
            let mut arrived = Vec::new();
            while let Some(taken) = state.take_next() {
                arrived.push(taken);
            }
            (arrived, state.waiting.take())
        };
        drop(waiting);
        drop(arrived);
    }
}

/// The way of a [`Seat`]'s waiter: its promise's reply is there.
///
/// # Safety
/// The waiter is a seat's, in a slot that gives it out to be woken, once.
unsafe fn arrive_at<X: Send + 'static>(waiter: *const Waiter) {
    // SAFETY: the waiter is the first field of a `Seat`, which its keeper keeps until that is dropped below.
    let seat = unsafe { &*waiter.cast::<Seat<X>>() };
    let index = seat.index;
    let keeper = seat.keeper.lock().take();
    keeper.expect("a seat is kept while its slot knows of it").arrive(index);
}

impl<X: Send + 'static> Shared<X> {
    /// In the midst of whatever the side that answers does: nothing here may wait or panic.
    fn arrive(&self, index: usize) {
        let (satisfied, unwanted) = {
            let mut state = self.state.lock();
            let unwanted = state.enter(index);
            (state.satisfied(), unwanted)
        };
        if let Some(waiting) = satisfied {
            // One that was unwound meanwhile wants it no more.
            waiting.complete(Ok(()));
        }
        let _ = panics::catch(|| drop(unwanted));
    }
}

impl<X> State<X> {
    /// Enters an arrival; gives the promise back if nobody wants it.
    fn enter(&mut self, index: usize) -> Option<Promise<X>> {
        let place = &mut self.places[index];
        if self.is_dropped || place.status != Status::Awaited {
            return place.promise.take();
        }
        place.status = Status::Arrived;
        self.awaited -= 1;
        self.arrived.push_back(index);
        None
    }

    fn take(&mut self, index: usize) -> Option<Taken<X>> {
        let place = &mut self.places[index];
        let taken = match place.status {
            Status::Arrived => place.promise.take().map(Taken::Arrived),
            Status::Failed => place.error.take().map(Taken::Failed),
            Status::Awaited | Status::CalledOff | Status::Over => None,
        }?;
        place.status = Status::Over;
        Some(taken)
    }

    fn take_next(&mut self) -> Option<(usize, Taken<X>)> {
        loop {
            let index = self.arrived.pop_front()?;
            if let Some(taken) = self.take(index) {
                return Some((index, taken));
            }
        }
    }

    fn has(&self, want: Want) -> bool {
        match want {
            Want::Next => self.arrived.iter().any(|index| self.places[*index].status != Status::Over),
            Want::Member(index) => self.places[index].status != Status::Awaited,
            Want::All => self.awaited == 0,
        }
    }

    /// The one whose answer is waited for, if it is no more than one.
    fn only(&self, want: Want) -> Option<(usize, NonNull<SlotHead>)> {
        let index = match want {
            Want::Member(index) => index,
            Want::Next | Want::All if self.awaited > 1 => return None,
            Want::Next | Want::All => self.places.iter().position(|place| place.status == Status::Awaited)?,
        };
        let slot: &SlotHead = self.places[index].promise.as_ref()?.slot()?;
        Some((index, NonNull::from(slot)))
    }

    /// The one that waits, if it has what it wants.
    fn satisfied(&mut self) -> Option<Replier<()>> {
        let want = self.waiting.as_ref()?.want;
        if self.has(want) { self.waiting.take().map(|waiting| waiting.replier) } else { None }
    }
}
