//! The tally: what a worker counts of handlers and messages that came to nothing, and reports where it is an incident.

use crate::cell::Header;
use crate::core::Core;
use crate::error::ExitReason;
use crate::hooks;
use crate::incident::Incident;
use crate::panics::Caught;
use crate::reader::DeadLetters;
use crate::trace::events;
use crate::worker::Worker;

impl Worker {
    /// A handler of this actor did not return.
    #[cold]
    pub(crate) fn count_panic(&self, actor: &Header, caught: &Caught) {
        if caught.is_panic() {
            self.scheduler.counters().panics.add_one();
            self.core.report(|| caught.incident(actor));
            if hooks::are_any() {
                events::panicked(self, actor, caught);
            }
        }
    }

    /// What this actor had not handled when it ended.
    #[inline]
    pub(crate) fn count_dead_letters(&self, to: &Header, letters: &DeadLetters, reason: &ExitReason) {
        self.scheduler.counters().dead_letters.add(letters.count);
        self.core.report_dead_letters(to, letters, reason);
    }

    pub(crate) fn count_late_reply(&self) {
        self.scheduler.counters().late_replies.add_one();
    }

    pub(crate) fn count_expired(&self) {
        self.scheduler.counters().expired.add_one();
    }
}

impl Core {
    /// Reports what an actor did not handle, if there was anything.
    #[inline]
    pub(crate) fn report_dead_letters(&self, to: &Header, letters: &DeadLetters, reason: &ExitReason) {
        if let Some(first) = letters.first {
            self.report(|| Incident::DeadLetters {
                actor: to.id,
                kind: to.class.short_name(),
                message: first(),
                count: letters.count,
                reason: reason.clone(),
            });
        }
    }
}
