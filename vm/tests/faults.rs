//! Faults of a whole process, each in one of its own: every one of them ends in the way that `docs/faults.md` promises.

mod support;

// With a sanitizer frames are several times larger; the stacks' own tests run with it.
#[cfg(not(feature = "sanitizer"))]
#[path = "faults/overflow.rs"]
mod overflow;
#[path = "faults/panics.rs"]
mod panics;
#[path = "faults/shutdown.rs"]
mod shutdown;
#[path = "faults/signals.rs"]
mod signals;
#[path = "faults/stacks.rs"]
mod stacks;
#[path = "faults/threads.rs"]
mod threads;
#[path = "faults/tight.rs"]
mod tight;
