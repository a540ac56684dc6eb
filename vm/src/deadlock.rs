//! Who waits for whom, among those who have waited for long: how a cycle across chains of calls is found.
//!
//! A handler that has waited for [`PATIENCE`] enters here what it waits for, and follows the waits from there. Each step
//! leads to the one handler that could end the wait, if that waits as well:
//!
//! | the request                      | waits for                                            |
//! |----------------------------------|------------------------------------------------------|
//! | has not begun                    | whoever has its receiver's state for itself          |
//! | has begun                        | the handler that is to answer it                     |
//! | has begun, its token given away  | nobody that is known here, so it is in no cycle      |
//!
//! **No false alarms.** All of it happens under one lock, which a handler that was woken takes before it goes on. So
//! whoever is found here unanswered has not gone on since the walk began, and a walk that comes back to its beginning has
//! seen a cycle in which nobody can. The last one to enter sees it whole.

use std::collections::HashMap;

use parking_lot::Mutex;

use crate::chain::Running;
use crate::coroutine::Coroutine;
use crate::error::CallError;
use crate::incident::Incident;
use crate::reply::SlotHead;

/// How long a handler waits before it asks whether that can ever end.
pub(crate) const PATIENCE: std::time::Duration = std::time::Duration::from_millis(50);

/// One that waits.
struct Wait {
    running: Running,
    /// The slot that it waits at, alive while this is entered.
    at: *const SlotHead,
    /// The slot that it is to answer, if it is to; only compared.
    answers: Option<usize>,
}

// SAFETY: the slot is touched under the lock of the table, and by its atomic words alone.
unsafe impl Send for Wait {}

#[derive(Default)]
struct Table {
    waits: HashMap<usize, Wait>,
    /// The exclusive ones, by the address of their actor, which is alive while they run.
    holders: HashMap<usize, usize>,
    /// By what they are to answer.
    answerers: HashMap<usize, usize>,
    next: usize,
}

/// All machines of the process: a cycle may go through several.
static TABLE: Mutex<Option<Table>> = Mutex::new(None);

/// As long as it lives, its handler is known to wait.
pub(crate) struct Waiting(usize);

/// Enters that the handler on `coroutine` waits at `slot`.
///
/// # Errors
/// If it waits for itself, with the way round.
pub(crate) fn enter(coroutine: &Coroutine, slot: &SlotHead) -> Result<Option<Waiting>, CallError> {
    let Some(running) = coroutine.running() else { return Ok(None) };
    let entered = enter_running(running, coroutine.answers(), slot);
    // Behind the lock.
    if let Err(CallError::Deadlock { path, .. }) = &entered {
        coroutine.worker().core.report(|| Incident::Deadlock { path: path.clone() });
    }
    entered.map(Some)
}

fn enter_running(running: Running, answers: Option<usize>, slot: &SlotHead) -> Result<Waiting, CallError> {
    let mut table = TABLE.lock();
    let table = table.get_or_insert_default();
    let key = table.next;
    table.next += 1;
    table.insert(key, Wait { running, at: slot, answers });
    match table.cycle_from(key) {
        None => Ok(Waiting(key)),
        Some(path) => {
            table.remove(key);
            Err(CallError::Deadlock { path, started: slot.progress.is_started() })
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some(table) = &mut *TABLE.lock() {
            table.remove(self.0);
        }
    }
}

impl Table {
    fn insert(&mut self, key: usize, wait: Wait) {
        if wait.running.is_exclusive {
            self.holders.insert(wait.running.address, key);
        }
        if let Some(answers) = wait.answers {
            self.answerers.insert(answers, key);
        }
        self.waits.insert(key, wait);
    }

    fn remove(&mut self, key: usize) {
        let Some(wait) = self.waits.remove(&key) else { return };
        if wait.running.is_exclusive {
            self.holders.remove(&wait.running.address);
        }
        if let Some(answers) = wait.answers {
            self.answerers.remove(&answers);
        }
    }

    /// Follows the waits from `start`; the way round if they come back to it.
    fn cycle_from(&self, start: usize) -> Option<Vec<String>> {
        let mut path = vec![self.waits[&start].running.to_string()];
        let mut at = start;
        // A cycle that `start` is not in was found by who closed it, or is about to end by a deadline.
        while path.len() <= self.waits.len() {
            at = self.next_after(at)?;
            path.push(self.waits[&at].running.to_string());
            if at == start {
                return Some(path);
            }
        }
        None
    }

    /// The one that could end this wait, if it waits as well.
    fn next_after(&self, key: usize) -> Option<usize> {
        let at = self.waits[&key].at;
        // SAFETY: entered, and its handler takes the lock before it lets go of the slot.
        let slot = unsafe { &*at };
        if slot.word.is_ready() {
            return None;
        }
        if slot.progress.is_started() {
            return self.answerers.get(&at.addr()).copied();
        }
        self.holders.get(&slot.receiver?.get()).copied()
    }
}
