//! What is said of a handler that used up its stack: by the panic that ends its actor, and in the last words of its
//! process.

use core::fmt;

use greenroom_stackful::StackSize;

use crate::cell::Kind;
use crate::coroutine::Coroutine;
use crate::worker;

/// The handler that runs on a coroutine: its actor, and what it handles. Said without an allocation or a lock.
pub(crate) struct Culprit<'a>(pub(crate) &'a Coroutine);

impl Culprit<'_> {
    /// What would give it more room.
    pub(crate) fn remedy(&self) -> &'static str {
        match self.0.actor().map(|actor| actor.class.kind) {
            Some(Kind::Process) => "on_big_stack runs the deep part of a process on 8 MiB",
            _ => "Actor::STACK can give it a larger one",
        }
    }
}

impl fmt::Display for Culprit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(actor) = self.0.actor() else { return f.write_str("a handler") };
        write!(f, "{}#{}", actor.class.short_name(), actor.id)?;
        match actor.class.kind {
            Kind::Object => write!(f, " in {}", self.0.method()()),
            Kind::Process => Ok(()),
        }
    }
}

/// Writes which handler runs on this thread, and what to do. Called by a signal handler: it reads what is there, and
/// neither allocates nor locks.
pub(crate) fn running_handler(out: &mut dyn fmt::Write, stack: Option<StackSize>) {
    let Some(coroutine) = worker::current().and_then(worker::Worker::coroutine) else { return };
    let culprit = Culprit(coroutine);
    // Last words: if they cannot be written there is nobody left to tell.
    let _ = match stack {
        Some(stack) => {
            write!(out, "{culprit}, on a stack of {} KiB; {}", stack.bytes() / 1024, culprit.remedy())
        }
        None => write!(out, "{culprit}, inside on_big_stack; a thread of its own can have a larger one"),
    };
}
