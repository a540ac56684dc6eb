//! Why a coroutine may not wait: it is to unwind, or its handler runs something in which nothing may wait.
//!
//! It knows no coroutine. Both reasons are bits of one byte, so that whoever is about to wait asks once.

use std::cell::Cell;

use crate::error::CallError;

/// The coroutine is to unwind, or unwinds.
const CANCELLED: u8 = 1;
/// A [`Forbidden`] is alive.
const FORBIDDEN: u8 = 2;

/// See the head of this file. Touched on its coroutine's thread alone.
#[derive(Debug, Default)]
pub(crate) struct Refusals {
    bits: Cell<u8>,
    /// None when nothing is forbidden.
    why: Cell<Option<&'static str>>,
}

impl Refusals {
    /// Whether there is any reason.
    #[inline]
    pub(crate) fn are_any(&self) -> bool {
        self.bits.get() != 0
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.bits.get() & CANCELLED != 0
    }

    /// Until it is [pardoned](Self::pardon): nothing is resumed after it but to unwind.
    pub(crate) fn cancel(&self) {
        self.bits.update(|bits| bits | CANCELLED);
    }

    /// What was cancelled has come to its end.
    #[inline]
    pub(crate) fn pardon(&self) {
        if self.is_cancelled() {
            self.bits.update(|bits| bits & !CANCELLED);
        }
    }

    /// What one that may not wait is told, whether there is a reason here or its thread panics.
    #[cold]
    pub(crate) fn error(&self) -> CallError {
        match self.why.get() {
            Some(why) if !self.is_cancelled() && !std::thread::panicking() => CallError::MayNotWait { why },
            _ => CallError::Unwinding,
        }
    }

    /// Until the guard goes, whoever tries to wait is told `why`. Guards nest, and go in the reverse order.
    pub(crate) fn forbid(&self, why: &'static str) -> Forbidden<'_> {
        let before = self.why.replace(Some(why));
        self.bits.update(|bits| bits | FORBIDDEN);
        Forbidden { refusals: self, before }
    }
}

/// See [`Refusals::forbid`].
#[must_use = "waiting is allowed again when this goes"]
#[derive(Debug)]
pub(crate) struct Forbidden<'a> {
    refusals: &'a Refusals,
    before: Option<&'static str>,
}

impl Drop for Forbidden<'_> {
    fn drop(&mut self) {
        self.refusals.why.set(self.before);
        if self.before.is_none() {
            self.refusals.bits.update(|bits| bits & !FORBIDDEN);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_is_allowed_again_when_the_last_guard_goes() {
        let refusals = Refusals::default();
        let outer = refusals.forbid("outer");
        let inner = refusals.forbid("inner");
        assert_eq!(refusals.error(), CallError::MayNotWait { why: "inner" });
        drop(inner);
        assert_eq!(refusals.error(), CallError::MayNotWait { why: "outer" });
        assert!(refusals.are_any());
        drop(outer);
        assert!(!refusals.are_any());
    }

    #[test]
    fn one_that_is_cancelled_unwinds_whatever_else_is_forbidden() {
        let refusals = Refusals::default();
        let forbidden = refusals.forbid("this");
        refusals.cancel();
        assert_eq!(refusals.error(), CallError::Unwinding);
        drop(forbidden);
        assert!(refusals.are_any() && refusals.is_cancelled());
    }
}
