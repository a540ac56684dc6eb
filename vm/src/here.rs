//! Whose code runs on this thread: the one thread-local of the machine.
//!
//! Suspended handlers go on on the thread they began on, so no handler ever sees it change under its feet.

use std::cell::Cell;
use std::ptr;

use crate::worker::Worker;

thread_local! {
    static CURRENT: Cell<*const Worker> = const { Cell::new(ptr::null()) };
}

/// The worker whose code runs on this thread, if any.
///
/// A suspended handler goes on on the thread it began on, and a worker outlives its handlers, so the reference
/// is good for as long as the handler that asks.
#[inline]
pub(crate) fn current<'a>() -> Option<&'a Worker> {
    // SAFETY: set while the worker runs its coroutines, which it outlives.
    unsafe { CURRENT.get().as_ref() }
}

/// While it lives, this thread runs that worker's code, or with null none's: as a plain thread does.
pub(crate) struct Here(*const Worker);

impl Here {
    pub(crate) fn enter(worker: *const Worker) -> Self {
        Here(CURRENT.replace(worker))
    }
}

impl Drop for Here {
    fn drop(&mut self) {
        CURRENT.set(self.0);
    }
}
