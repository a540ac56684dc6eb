//! The timers of one worker.
//!
//! Most timers are deadlines of calls, cancelled before anyone looks at them. So starting one reads no clock and
//! touches no tree: it joins the fresh ones, and is armed only if it is still alive when the worker looks, at
//! that look's clock reading plus its duration. That is later than its true start, hence never early.
//!
//! | a timer is | in | left by |
//! |---|---|---|
//! | fresh | `fresh`, by sequence number | `cancel`; `look` -> armed |
//! | armed | `armed` and `deadlines` | `cancel`; `look` -> due, when its deadline has come |
//! | due | as armed, with a deadline up to `due_until` | `cancel`; `pop_due`, in order of deadline, then start |
//!
//! One look fixes `due_until`, and what is started after it joins at the next look: a callback that starts a
//! timer of no duration over and over holds up nobody else.
//!
//! A duration that overflows the clock means never: such a timer can only be cancelled.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use crate::job::HeldWake;
use crate::resume_list::Wake;
use crate::time::Time;

/// Names one timer of one worker for good: numbers are not reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TimerId(u64);

/// Room kept when no timer is left.
const FRESH_ROOM: usize = 64;

/// All timers of one worker.
#[derive(Debug)]
pub(crate) struct Timers {
    inner: RefCell<Inner>,
    /// Whether `pop_due` has something to give; read every turn.
    due: Cell<bool>,
}

#[derive(Debug)]
struct Inner {
    next_sequence: u64,
    /// In order of sequence. Both ends are alive or the queue is empty: a loop of calls with deadlines, each
    /// cancelled, leaves nothing, whatever older timer lies before it.
    fresh: VecDeque<Fresh>,
    armed: BTreeMap<(Time, u64), HeldWake>,
    /// The deadline of every armed timer, to cancel by number. A tree as well: no hashing, hence no chance.
    deadlines: BTreeMap<u64, Time>,
    /// The clock at the last look.
    due_until: Time,
}

#[derive(Debug)]
struct Fresh {
    sequence: u64,
    after: Duration,
    /// None once cancelled.
    wake: Option<HeldWake>,
}

impl Timers {
    pub(crate) fn new() -> Self {
        let inner = Inner {
            next_sequence: 0,
            fresh: VecDeque::new(),
            armed: BTreeMap::new(),
            deadlines: BTreeMap::new(),
            due_until: Time::ZERO,
        };
        Timers { inner: RefCell::new(inner), due: Cell::new(false) }
    }

    /// Starts a timer. With the true time given it is armed at once, exactly; without, at the next look.
    #[inline]
    pub(crate) fn start(&self, after: Duration, wake: Wake, now: Option<Time>) -> TimerId {
        let inner = &mut *self.inner.borrow_mut();
        let sequence = inner.next_sequence;
        inner.next_sequence += 1;
        match now {
            None => inner.fresh.push_back(Fresh { sequence, after, wake: Some(HeldWake::new(wake)) }),
            Some(now) => inner.arm(sequence, now.after(after), HeldWake::new(wake)),
        }
        TimerId(sequence)
    }

    /// Ends a timer before it fires. False if it fired or was cancelled before.
    #[inline]
    pub(crate) fn cancel(&self, id: TimerId) -> bool {
        let inner = &mut *self.inner.borrow_mut();
        let cancelled = inner.cancel_fresh(id.0) || inner.cancel_armed(id.0);
        if self.due.get() {
            self.due.set(inner.first_is_due());
        }
        cancelled
    }

    /// Whether there is nothing to look at, so that no clock need be read.
    pub(crate) fn is_empty(&self) -> bool {
        let inner = self.inner.borrow();
        inner.fresh.is_empty() && inner.armed.is_empty()
    }

    /// Arms the fresh timers at `now`, and makes due all whose deadline has come.
    pub(crate) fn look(&self, now: Time) {
        let inner = &mut *self.inner.borrow_mut();
        while let Some(fresh) = inner.fresh.pop_front() {
            if let Some(wake) = fresh.wake {
                inner.arm(fresh.sequence, now.after(fresh.after), wake);
            }
        }
        inner.give_room_back();
        inner.due_until = now;
        self.due.set(inner.first_is_due());
    }

    /// Whether a timer is due as of the last look.
    #[inline]
    pub(crate) fn have_due(&self) -> bool {
        self.due.get()
    }

    /// Takes the next timer that is due as of the last look.
    #[inline(always)]
    pub(crate) fn pop_due(&self) -> Option<Wake> {
        if !self.due.get() {
            return None;
        }
        let inner = &mut *self.inner.borrow_mut();
        let ((_, sequence), wake) = inner.armed.pop_first()?;
        inner.deadlines.remove(&sequence);
        self.due.set(inner.first_is_due());
        Some(wake.into_wake())
    }

    /// For how many timers room is kept.
    #[cfg(test)]
    pub(crate) fn room(&self) -> usize {
        let inner = self.inner.borrow();
        inner.fresh.capacity().max(inner.armed.len()).max(inner.deadlines.len())
    }

    /// The earliest deadline of the armed timers. Fresh ones are not seen: look first.
    pub(crate) fn earliest(&self) -> Option<Time> {
        self.inner.borrow().first_deadline()
    }
}

impl Inner {
    fn arm(&mut self, sequence: u64, deadline: Time, wake: HeldWake) {
        self.armed.insert((deadline, sequence), wake);
        self.deadlines.insert(sequence, deadline);
    }

    fn cancel_fresh(&mut self, sequence: u64) -> bool {
        // The latest is cancelled most often: a call's deadline, when the reply is there.
        let place = match self.fresh.back() {
            Some(last) if last.sequence == sequence => self.fresh.len() - 1,
            Some(last) if last.sequence > sequence => {
                match self.fresh.binary_search_by_key(&sequence, |fresh| fresh.sequence) {
                    Ok(place) => place,
                    Err(_) => return false,
                }
            }
            _ => return false,
        };
        let cancelled = self.fresh[place].wake.take().is_some();
        while self.fresh.back().is_some_and(|last| last.wake.is_none()) {
            self.fresh.pop_back();
        }
        while self.fresh.front().is_some_and(|first| first.wake.is_none()) {
            self.fresh.pop_front();
        }
        cancelled
    }

    fn cancel_armed(&mut self, sequence: u64) -> bool {
        let Some(deadline) = self.deadlines.remove(&sequence) else { return false };
        let wake = self.armed.remove(&(deadline, sequence));
        debug_assert!(wake.is_some(), "each deadline has its armed timer");
        true
    }

    fn first_deadline(&self) -> Option<Time> {
        let (&(deadline, _), _) = self.armed.first_key_value()?;
        (deadline < Time::NEVER).then_some(deadline)
    }

    fn first_is_due(&self) -> bool {
        self.first_deadline().is_some_and(|deadline| deadline <= self.due_until)
    }

    fn give_room_back(&mut self) {
        if self.fresh.capacity() > FRESH_ROOM {
            self.fresh.shrink_to(FRESH_ROOM);
        }
    }
}
