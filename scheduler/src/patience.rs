//! Patience: when a thief leaves conversations to the worker that has them.
//!
//! What lies in a Back queue mostly talks to what lies beside it. A thief that takes a few such jobs and is done with them at
//! once has gained nothing, and both sides pay: the lines of the actors and of their mailboxes go over to its core and come
//! back with the next message, and the victim's own pushes and pops are dearer while it is looked at. So a thief whose loot
//! was not [worth](WORTH) its way takes nothing more of the kind for a [while](PATIENCE). In that time the victim does as much
//! by itself; and what is too much for it still lies there afterwards, for half of it is then worth the way.
//!
//! Measured on two cores, where most such loot is a hub's few clients: a philosopher's meal took 0.43 of the time that it took
//! without, a request of the dictionary 0.82, and what has long jobs or trees of new actors as much as before.

use std::cell::Cell;
use std::time::Duration;

use crate::time::Time;

/// Loot that is done sooner was not worth its way.
const WORTH: Duration = Duration::from_micros(10);
/// How long a thief then waits. A few times what waking costs: less is not felt, and more keeps work waiting that is worth it.
const PATIENCE: Duration = Duration::from_micros(20);

/// One worker's.
#[derive(Debug, Default)]
pub(crate) struct Patience {
    /// When its last loot was taken, until it is judged.
    stole_at: Cell<Option<Time>>,
    until: Cell<Time>,
}

impl Patience {
    /// Jobs were taken.
    pub(crate) fn stole(&self, now: Time) {
        self.stole_at.set(Some(now));
    }

    /// There is no work left, so what was taken is done: judges it. Says whether more may be taken.
    pub(crate) fn may_steal(&self, now: Time) -> bool {
        if let Some(at) = self.stole_at.take()
            && now.since(at) < WORTH
        {
            self.until.set(now.after(PATIENCE));
        }
        self.is_over(now)
    }

    /// Whether it does not wait, or no longer.
    pub(crate) fn is_over(&self, now: Time) -> bool {
        now >= self.until.get()
    }

    /// `now`, or the time at which it is over, if that is later.
    pub(crate) fn end(&self, now: Time) -> Time {
        now.max(self.until.get())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(micros: u64) -> Time {
        Time::from_nanos(micros * 1_000)
    }

    #[test]
    fn who_has_taken_nothing_may() {
        let patience = Patience::default();
        assert!(patience.may_steal(Time::ZERO) && patience.may_steal(at(1)));
        assert_eq!(patience.end(at(1)), at(1));
    }

    #[test]
    fn loot_that_is_done_at_once_is_followed_by_a_wait() {
        let patience = Patience::default();
        patience.stole(at(100));
        assert!(!patience.may_steal(at(109)));
        assert_eq!(patience.end(at(109)), at(129));
        assert!(!patience.may_steal(at(128)), "it is not prolonged by asking");
        assert!(patience.is_over(at(129)) && patience.may_steal(at(129)));
    }

    #[test]
    fn loot_that_lasts_is_followed_by_more() {
        let patience = Patience::default();
        patience.stole(at(100));
        assert!(patience.may_steal(at(110)));
        patience.stole(at(110));
        assert!(patience.may_steal(at(500)), "each is judged by itself");
    }

    #[test]
    fn only_the_last_of_several_thefts_is_judged() {
        let patience = Patience::default();
        patience.stole(at(100));
        patience.stole(at(140));
        assert!(!patience.may_steal(at(149)));
    }
}
