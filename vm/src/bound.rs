//! A handler that waits, as the orders for its actor find it.
//!
//! | the handler                     | says where it waits      | is unwound because                                  |
//! |---------------------------------|--------------------------|-----------------------------------------------------|
//! | has its actor's state           | in the word `aside`      | its order is to kill                                |
//! | is a parallel method            | nowhere: all are asked   | its actor was killed after it began                 |
//! | is that of a process at rest    | not: it has no right     | whoever wakes it has looked for orders              |
//! | works for an actor that ended   | not: no orders come      | only its machine's end does that                    |

use std::ptr;

use crate::aside::Place;
use crate::attachments::Attachment;
use crate::cell::Header;
use crate::coroutine::Coroutine;
use crate::error::ExitReason;
use crate::panics;
use crate::wait::Wait;

/// See the head of this file.
pub(crate) enum Bound<'a> {
    /// It has its actor's state, and so the right to run it.
    Exclusive(&'a Coroutine, &'a Header),
    /// It has not.
    Beside(&'a Coroutine, &'a Header),
    /// Its actor rests, or has ended: nobody has orders for it.
    Free(&'a Coroutine),
}

impl<'a> Bound<'a> {
    /// Says where the handler is about to wait, unless it is to be unwound.
    pub(crate) fn of(coroutine: &'a Coroutine, wait: &dyn Wait) -> Self {
        let Some(actor) = coroutine.actor() else { return Bound::Free(coroutine) };
        if coroutine.is_beside() {
            coroutine.mark_waits_beside();
            let bound = Bound::Beside(coroutine, actor);
            bound.unwind_if_killed();
            return bound;
        }
        if wait.is_rest() || actor.mailbox.is_closed() {
            return Bound::Free(coroutine);
        }
        actor.aside.wait_at(coroutine.place_of_wait());
        let bound = Bound::Exclusive(coroutine, actor);
        if actor.mailbox.is_interrupted() {
            bound.unwind_if_killed();
        }
        bound
    }

    /// The handler goes on, unless it is to be unwound.
    pub(crate) fn go_on(self) {
        if let Bound::Exclusive(coroutine, actor) = self {
            actor.aside.set(ptr::null_mut());
            if actor.mailbox.is_interrupted() {
                coroutine.note_order();
            }
        }
        let (Bound::Exclusive(coroutine, _) | Bound::Beside(coroutine, _) | Bound::Free(coroutine)) = self;
        if coroutine.refusals.is_cancelled() {
            self.unwind_if_killed();
            panics::unwind(ExitReason::Shutdown);
        }
    }

    #[cold]
    fn unwind_if_killed(&self) {
        let is_killed = match self {
            Bound::Exclusive(coroutine, actor) => coroutine.worker().core.registry.is_to_be_killed(actor),
            Bound::Beside(_, actor) if actor.mailbox.is_closed() => actor.exit_reason() == ExitReason::Killed,
            Bound::Beside(coroutine, actor) => {
                let core = &coroutine.worker().core;
                // Most ask while no order has been given since they began.
                coroutine.began() != core.orders.glance()
                    && core.registry.last_kill(actor).is_some_and(|kill| coroutine.began_beside_before(kill))
            }
            Bound::Free(_) => false,
        };
        if is_killed {
            if let Bound::Exclusive(_, actor) = self {
                actor.aside.set(ptr::null_mut());
            }
            let (Bound::Exclusive(coroutine, _) | Bound::Beside(coroutine, _) | Bound::Free(coroutine)) =
                self;
            // Whoever catches it may wait no more.
            coroutine.refuse_to_wait();
            panics::unwind(ExitReason::Killed);
        }
    }
}

impl Coroutine {
    /// Before a parallel method first waits: from now on its actor's end by a kill looks for it.
    pub(crate) fn mark_waits_beside(&self) {
        if let Some(actor) = self.actor()
            && self.is_beside()
            && self.note_waits_beside()
        {
            let mark = Attachment::Beside { killed: None };
            // One that has ended needs it no more.
            let _ = self.worker().core.registry.attach(actor, mark);
        }
    }

    fn place_of_wait(&self) -> Place {
        let worker = self.worker().scheduler.index();
        Place { worker: worker as u16, coroutine: self.place.get() as u32 }
    }

    /// The handler that runs here was told that there is an order for some actor: if it is its own, obeys.
    ///
    /// # Panics
    /// To unwind the handler, if its actor is to be killed.
    #[cold]
    pub(crate) fn heed_orders(&self) {
        let Some(actor) = self.actor() else { return };
        if self.is_beside() {
            Bound::Beside(self, actor).unwind_if_killed();
        } else if actor.mailbox.is_interrupted() {
            Bound::Exclusive(self, actor).unwind_if_killed();
            self.note_order();
        }
    }
}
