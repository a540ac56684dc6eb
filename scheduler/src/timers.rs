//! The timers of one worker.
//!
//! Most timers are deadlines of calls, cancelled before anyone looks at them. So starting one reads no clock and
//! compares no deadlines: it joins the fresh ones, and is armed only if it is still alive when the worker looks, at
//! that look's clock reading plus its duration. That is later than its true start, hence never early.
//!
//! | a timer is | in | left by |
//! |---|---|---|
//! | fresh | the table, without a deadline, and `fresh` | `cancel`; `look` -> armed |
//! | armed | the table | `cancel`; `look` -> due, when its deadline has come |
//! | due | as armed, with a deadline up to `due_until` | `cancel`; `pop_due`, in order of deadline, then start |
//!
//! One look fixes `due_until`, and what is started after it joins at the next look: a callback that starts a
//! timer of no duration over and over holds up nobody else.
//!
//! A duration that overflows the clock means never: such a timer can only be cancelled.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use crate::deadlines::{Deadlines, Entry};
use crate::job::HeldWake;
use crate::resume_list::Wake;
use crate::time::Time;

/// Names one timer of one worker for good: numbers are not reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TimerId(Entry);

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
    table: Deadlines<HeldWake>,
    /// In order of start. The last is alive, or there is none: a loop of calls with deadlines, each cancelled, leaves
    /// nothing, whatever older timer lies before it. Others that are dead stay until the next look.
    fresh: Vec<(Entry, Duration)>,
    /// The clock at the last look.
    due_until: Time,
}

impl Timers {
    pub(crate) fn new() -> Self {
        let inner = Inner { table: Deadlines::new(), fresh: Vec::new(), due_until: Time::ZERO };
        Timers { inner: RefCell::new(inner), due: Cell::new(false) }
    }

    /// Starts a timer. With the true time given it is armed at once, exactly; without, at the next look.
    #[inline]
    pub(crate) fn start(&self, after: Duration, wake: Wake, now: Option<Time>) -> TimerId {
        let inner = &mut *self.inner.borrow_mut();
        let entry = inner.table.enter(HeldWake::new(wake));
        match now {
            None => inner.fresh.push((entry, after)),
            Some(now) => inner.table.schedule(entry, now.after(after)),
        }
        TimerId(entry)
    }

    /// Ends a timer before it fires. False if it fired or was cancelled before.
    #[inline]
    pub(crate) fn cancel(&self, id: TimerId) -> bool {
        let inner = &mut *self.inner.borrow_mut();
        let is_cancelled = inner.table.remove(id.0).is_some();
        // The latest is cancelled most often: a call's deadline, when the reply is there.
        while inner.fresh.last().is_some_and(|(last, _)| inner.table.get(*last).is_none()) {
            inner.fresh.pop();
        }
        if self.due.get() {
            self.due.set(inner.first_is_due());
        }
        is_cancelled
    }

    /// Whether there is nothing to look at, so that no clock need be read.
    pub(crate) fn is_empty(&self) -> bool {
        self.inner.borrow().table.is_empty()
    }

    /// Arms the fresh timers at `now`, and makes due all whose deadline has come.
    pub(crate) fn look(&self, now: Time) {
        let inner = &mut *self.inner.borrow_mut();
        for (entry, after) in inner.fresh.drain(..) {
            // One that was cancelled meanwhile is left alone.
            inner.table.schedule(entry, now.after(after));
        }
        if inner.fresh.capacity() > FRESH_ROOM {
            inner.fresh.shrink_to(FRESH_ROOM);
        }
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
        let (entry, _) = inner.table.take_due(inner.due_until)?;
        let wake = inner.table.remove(entry);
        self.due.set(inner.first_is_due());
        wake.map(HeldWake::into_wake)
    }

    /// For how many timers room is kept.
    #[cfg(test)]
    pub(crate) fn room(&self) -> usize {
        let inner = self.inner.borrow();
        inner.fresh.capacity().max(inner.table.room())
    }

    /// The earliest deadline of the armed timers. Fresh ones are not seen: look first.
    pub(crate) fn earliest(&self) -> Option<Time> {
        self.inner.borrow_mut().table.earliest()
    }
}

impl Inner {
    fn first_is_due(&mut self) -> bool {
        self.table.earliest().is_some_and(|deadline| deadline <= self.due_until)
    }
}
