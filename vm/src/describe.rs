//! What the last words of a process say about the handler that used up its stack.

use core::fmt;

use crate::worker;

/// Writes which handler runs on this thread. Called by a signal handler: it reads what is there, and neither
/// allocates nor locks.
pub(crate) fn running_handler(out: &mut dyn fmt::Write) {
    let Some(coroutine) = worker::current().and_then(worker::Worker::coroutine) else { return };
    let kib = coroutine.size.bytes() / 1024;
    // Last words: if they cannot be written there is nobody left to tell.
    let _ = match coroutine.actor() {
        Some(cell) => {
            write!(out, "a handler of {}#{}, on a stack of {kib} KiB; ", cell.class.short_name(), cell.id)
        }
        None => write!(out, "a handler on a stack of {kib} KiB; "),
    };
    let _ = out.write_str("Actor::STACK gives it a larger one");
}
