//! Expirys of waits that are made of several: a point in time, by the clock of a machine.

use std::time::Duration;

use greenroom_scheduler::{Scheduler, Time};

use crate::core::{self, Core};
use crate::refs::Ref;
use crate::worker::{self, Worker};

/// See the head of this file.
pub(crate) struct Expiry {
    limit: Duration,
    /// Who tells the time; none if nobody will be late.
    clock: Option<Scheduler>,
    begin: Time,
    until: Time,
}

impl Expiry {
    /// Of a call that is made now to actors of which this is one; `limit`: none stands for their machine's own. A handler
    /// goes by the clock of its own machine, and by the deadlines of those who wait for it.
    pub(crate) fn of_call_to<T: ?Sized>(actor: Option<&Ref<T>>, limit: Option<Duration>) -> Self {
        let Some(machine) = actor.map(|actor| actor.id().machine()) else {
            let limit = limit.unwrap_or_default();
            return Expiry { limit, clock: None, begin: Time::ZERO, until: Time::NEVER };
        };
        let limit = limit.unwrap_or_else(|| core::call_deadline(machine));
        let worker = worker::current();
        // A machine that is not found has ended, and answers at once.
        let clock = match worker {
            Some(worker) => Some(worker.scheduler.scheduler().clone()),
            None => Core::find(machine).map(|core| core.scheduler().clone()),
        };
        let begin = clock.as_ref().map_or(Time::ZERO, Scheduler::now);
        let wanted = worker.and_then(Worker::coroutine).map_or(Time::NEVER, |caller| caller.deadline(begin));
        let until = wanted.min(begin.after(limit));
        let limit = if until == Time::NEVER { Duration::MAX } else { until.since(begin) };
        Expiry { limit, clock, begin, until }
    }

    /// How long from the call on.
    pub(crate) fn limit(&self) -> Duration {
        self.limit
    }

    /// Then.
    pub(crate) fn time(&self) -> Time {
        self.until
    }

    /// How long from now on. `Duration::MAX` is for ever.
    pub(crate) fn left(&self) -> Duration {
        match &self.clock {
            Some(clock) if self.until != Time::NEVER => self.until.since(clock.now()),
            _ => Duration::MAX,
        }
    }

    /// How long it has been since the call.
    pub(crate) fn elapsed(&self) -> Duration {
        self.clock.as_ref().map_or(Duration::ZERO, |clock| clock.now().since(self.begin))
    }
}
