//! Expirys of waits that are made of several: a point in time, by the clock of a machine.

use std::time::Duration;

use greenroom_scheduler::{Scheduler, Time};

use crate::core::{self, Core};
use crate::refs::Ref;
use crate::worker;

/// See the head of this file.
pub(crate) struct Expiry {
    limit: Duration,
    /// None if it never passes.
    until: Option<(Scheduler, Time)>,
}

impl Expiry {
    /// Of a call that is made now to actors of which this is one; `limit`: none stands for their machine's own. A handler
    /// goes by the clock of its own machine.
    pub(crate) fn of_call_to<T: ?Sized>(actor: Option<&Ref<T>>, limit: Option<Duration>) -> Self {
        let Some(machine) = actor.map(|actor| actor.id().machine()) else {
            return Expiry { limit: limit.unwrap_or_default(), until: None };
        };
        let limit = limit.unwrap_or_else(|| core::call_deadline(machine));
        if limit == Duration::MAX {
            return Expiry { limit, until: None };
        }
        // A machine that is not found has ended, and answers at once.
        let scheduler = match worker::current() {
            Some(worker) => Some(worker.scheduler.scheduler().clone()),
            None => Core::find(machine).map(|core| core.scheduler().clone()),
        };
        let until = scheduler.map(|scheduler| {
            let until = scheduler.now().after(limit);
            (scheduler, until)
        });
        Expiry { limit, until }
    }

    /// How long from the call on.
    pub(crate) fn limit(&self) -> Duration {
        self.limit
    }

    /// How long from now on. `Duration::MAX` is for ever.
    pub(crate) fn left(&self) -> Duration {
        self.until.as_ref().map_or(Duration::MAX, |(scheduler, until)| until.since(scheduler.now()))
    }
}
