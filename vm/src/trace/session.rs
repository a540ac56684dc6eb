//! Sessions: who asked for a recording, and how it is read.

use std::fmt;
use std::sync::{Arc, Weak};

use crate::core::Core;
use crate::hooks::TRACED;
use crate::trace::events;
use crate::trace::filter::Filter;
use crate::trace::record::{Record, What};
use crate::trace::recording::{Done, Recording};

/// A recording of what happens in a machine, from [`Vm::trace`](crate::Vm::trace) until this is dropped.
///
/// Any number may be open at a time, and none knows of another: each has its own filter, rings and numbers. It outlives
/// the machine: what was recorded up to its end is still there.
#[must_use = "a session records until it is dropped"]
pub struct Session {
    recording: Arc<Recording>,
    core: Weak<Core>,
}

impl Session {
    pub(crate) fn begin(core: &Arc<Core>, filter: Filter) -> Self {
        let mut done = vec![Done::default(); core.options.all_workers()];
        for (done, counted) in done.iter_mut().zip(core.scheduler().counters()) {
            done.steals = counted.steals;
        }
        let recording = Arc::new(Recording::new(filter, done));
        core.recordings.add(&recording);
        core.hooks.raise(TRACED);
        // Those that are registered meanwhile are found twice.
        core.directory.each(|name, actor| recording.note_name(actor, name));
        Session { recording, core: Arc::downgrade(core) }
    }

    /// What was recorded since the last time: by the time when it happened, and what happened at the same time in the order
    /// in which it was recorded.
    pub fn take(&self) -> Vec<Record> {
        self.recording.take()
    }

    /// Puts a note among the records, as a [`What::Fault`] that happens now: for what the machine does not know of itself, as
    /// why links are down in a simulation. Nothing happens if the machine is gone.
    pub fn note(&self, text: impl Into<Arc<str>>) {
        if let Some(core) = self.core.upgrade() {
            self.recording.push(events::stamp(&core), What::Fault { text: text.into() });
        }
    }

    /// How many events were dropped so far, because there were [too many](Filter::capacity) between two calls of
    /// [`take`](Self::take).
    pub fn dropped(&self) -> u64 {
        self.recording.dropped()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Some(core) = self.core.upgrade() {
            core.recordings.remove(&self.recording, |are_any| {
                if !are_any {
                    core.hooks.lower(TRACED);
                }
            });
        }
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("filter", &self.recording.filter).finish_non_exhaustive()
    }
}
