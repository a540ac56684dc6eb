//! What is told of mailboxes that are full, or filling up: all of it in one place.

use std::sync::atomic::{AtomicU64, Ordering};

use greenroom_scheduler::{Counter, Counters, Snapshot};

use crate::capacity::Overload;
use crate::cell::Header;
use crate::core::Core;
use crate::incident::Incident;
use crate::worker::Worker;

/// What no worker of the machine saw.
#[derive(Default)]
pub(crate) struct OverloadsOutside {
    watermarks: AtomicU64,
    waits: AtomicU64,
    refused: AtomicU64,
    dropped_newest: AtomicU64,
    dropped_oldest: AtomicU64,
}

/// Counts it for the actor's machine, and tells whoever wants to know.
#[cold]
pub(crate) fn report(actor: &Header, here: Option<&Worker>, what: Overload) {
    if let Some(worker) = here.filter(|worker| worker.machine == actor.id.machine()) {
        counter(worker.scheduler.counters(), what).add_one();
        worker.core.report_overload(actor, what);
    } else if let Some(core) = Core::find(actor.id.machine()) {
        // ORDERING: Relaxed: a number that orders nothing.
        core.overloads_outside.counter(what).fetch_add(1, Ordering::Relaxed);
        core.report_overload(actor, what);
    }
}

fn counter(counters: &Counters, what: Overload) -> &Counter {
    match what {
        Overload::Watermark { .. } => &counters.watermarks,
        Overload::Waits => &counters.waits_for_room,
        Overload::Refused => &counters.overloads,
        Overload::DroppedNewest => &counters.dropped_newest,
        Overload::DroppedOldest => &counters.dropped_oldest,
    }
}

impl OverloadsOutside {
    fn counter(&self, what: Overload) -> &AtomicU64 {
        match what {
            Overload::Watermark { .. } => &self.watermarks,
            Overload::Waits => &self.waits,
            Overload::Refused => &self.refused,
            Overload::DroppedNewest => &self.dropped_newest,
            Overload::DroppedOldest => &self.dropped_oldest,
        }
    }

    pub(crate) fn add_to(&self, counters: &mut Snapshot) {
        for (sum, outside) in [
            (&mut counters.watermarks, &self.watermarks),
            (&mut counters.waits_for_room, &self.waits),
            (&mut counters.overloads, &self.refused),
            (&mut counters.dropped_newest, &self.dropped_newest),
            (&mut counters.dropped_oldest, &self.dropped_oldest),
        ] {
            // ORDERING: Relaxed: a number that orders nothing.
            *sum += outside.load(Ordering::Relaxed);
        }
    }
}

impl Core {
    /// Where all overloads of the machine's actors come by.
    fn report_overload(&self, actor: &Header, what: Overload) {
        self.report(|| Incident::Overload { actor: actor.id, kind: actor.class.short_name(), what });
    }
}
