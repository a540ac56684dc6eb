//! What has become of a request: it waits, its handler has begun, or its caller has called it off.
//!
//! It knows no reply. The two sides agree here on which of them was first, so that a caller that gives up knows
//! whether it may try elsewhere.
//!
//! | row | word         | the handler      | the caller                      |
//! |-----|--------------|------------------|---------------------------------|
//! | 1   | `WAITING`    | may begin: to 2  | may call it off: to 3           |
//! | 2   | `STARTED`    | runs, or has run | is told so                      |
//! | 3   | `CALLED_OFF` | never runs       | may try elsewhere               |

use super::sync::{AtomicU8, Ordering};

const WAITING: u8 = 0;
const STARTED: u8 = 1;
const CALLED_OFF: u8 = 2;

/// See the head of this file.
#[derive(Debug)]
pub(crate) struct Progress {
    word: AtomicU8,
}

impl Progress {
    pub(crate) fn new() -> Self {
        Progress { word: AtomicU8::new(WAITING) }
    }

    /// Whether the handler has begun (row 2).
    pub(crate) fn is_started(&self) -> bool {
        // ORDERING: Relaxed: the one word is all that the two sides tell each other here.
        self.word.load(Ordering::Relaxed) == STARTED
    }

    /// Row 1 to 2, by the answering side. False: it was called off, and must not begin.
    pub(crate) fn start(&self) -> bool {
        self.advance(STARTED)
    }

    /// Row 1 to 3, by the waiting side, which will not wait any more. False: the handler has begun.
    pub(crate) fn call_off(&self) -> bool {
        self.advance(CALLED_OFF)
    }

    fn advance(&self, to: u8) -> bool {
        // ORDERING: Relaxed, as in `is_started`.
        self.word.compare_exchange(WAITING, to, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}
