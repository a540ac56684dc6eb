//! Hooks: the reasons that a machine has to look twice at what happens in it.
//!
//! Nearly no machine has any, and its hot paths ask one thing only: [`are_any`], a load of a word that is hardly ever
//! written, and a branch. Who finds that some machine of the process has a reason goes on in a cold function, and asks
//! there whether it is this one, and which.
//!
//! Each operation asks once, and hands on what it has found: a send as `is_hooked`, a hand-off as its visit's `tells`, a
//! message that is handled by the function that runs it. So all that comes of it agrees; and a session that is opened in the
//! midst of a handler loses nothing, for of a handler whose beginning it has not seen it is told nothing more.
//!
//! | reason | raised by |
//! |---|---|
//! | [`TRACED`] | `trace`, while a session is open |
//! | [`LIMITED`] | `queue_memory`, for as long as the machine lives |
//! | [`NETWORKED`] | `setting`, for as long as the machine lives |

use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

/// Some session records what happens in the machine.
pub(crate) const TRACED: u8 = 1;
/// The memory of all its messages has a limit.
pub(crate) const LIMITED: u8 = 2;
/// It has nodes, and a network between them.
pub(crate) const NETWORKED: u8 = 4;

/// Alone on its cache line, and the one that is fetched with it: its neighbours may be written all the time.
#[repr(align(128))]
struct Apart(AtomicUsize);

/// How many reasons there are in all machines of the process: those to be traced in the upper half.
static RAISED: Apart = Apart(AtomicUsize::new(0));

/// A machine that is traced, in [`RAISED`].
const ONE_TRACED: usize = 1 << (usize::BITS / 2);

/// What a reason counts for in [`RAISED`].
const fn weight(reason: u8) -> usize {
    if reason == TRACED { ONE_TRACED } else { 1 }
}

/// Whether some machine of the process has a reason to look twice.
#[inline]
pub(crate) fn are_any() -> bool {
    // ORDERING: Relaxed: who begins to look twice may miss what happens at the same time.
    RAISED.0.load(Ordering::Relaxed) != 0
}

/// Whether some machine of the process is traced: what cannot say of which machine it is would have to ask all.
pub(crate) fn is_any_traced() -> bool {
    // ORDERING: Relaxed, as in `are_any`.
    RAISED.0.load(Ordering::Relaxed) >= ONE_TRACED
}

/// The reasons of one machine.
#[derive(Default)]
pub(crate) struct Hooks(AtomicU8);

impl Hooks {
    /// Of a machine that has these reasons from the beginning.
    pub(crate) fn new(reasons: u8) -> Self {
        let hooks = Hooks::default();
        for reason in [LIMITED, NETWORKED] {
            if reasons & reason != 0 {
                hooks.raise(reason);
            }
        }
        hooks
    }

    /// Whether this machine has that reason.
    #[inline]
    pub(crate) fn has(&self, reason: u8) -> bool {
        // ORDERING: Relaxed, as in `are_any`.
        are_any() && self.0.load(Ordering::Relaxed) & reason != 0
    }

    /// From now on it has that reason. Nothing happens if it has it already.
    pub(crate) fn raise(&self, reason: u8) {
        // ORDERING: Relaxed, as in `are_any`.
        if self.0.fetch_or(reason, Ordering::Relaxed) & reason == 0 {
            // ORDERING: Relaxed, as above.
            RAISED.0.fetch_add(weight(reason), Ordering::Relaxed);
        }
    }

    /// From now on it has not.
    pub(crate) fn lower(&self, reason: u8) {
        // ORDERING: Relaxed, as in `are_any`.
        if self.0.fetch_and(!reason, Ordering::Relaxed) & reason != 0 {
            // ORDERING: Relaxed, as above.
            RAISED.0.fetch_sub(weight(reason), Ordering::Relaxed);
        }
    }
}

/// A machine that is gone has no reasons.
impl Drop for Hooks {
    fn drop(&mut self) {
        let left = *self.0.get_mut();
        [TRACED, LIMITED, NETWORKED]
            .into_iter()
            .filter(|reason| left & reason != 0)
            .for_each(|reason| self.lower(reason));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_counts_once_and_goes_with_its_machine() {
        let (one, other) = (Hooks::default(), Hooks::default());
        one.raise(TRACED);
        one.raise(TRACED);
        assert!(are_any() && one.has(TRACED) && !other.has(TRACED));
        one.lower(TRACED);
        one.lower(TRACED);
        assert!(!one.has(TRACED));
        other.raise(TRACED);
        assert!(is_any_traced());
        drop(other);
        one.raise(TRACED);
        assert!(one.has(TRACED), "the count did not go below nothing");
        one.lower(TRACED);
    }
}
