//! How an actor ends; or, if it has a supervisor, how one of its lives does.
//!
//! | step                                             | an actor's end | the end of a life           |
//! |--------------------------------------------------|----------------|-----------------------------|
//! | its names are free, its timers gone              | first          | first                       |
//! | what was queued goes back, and so does what comes | then           | not: it waits for the next  |
//! | it does what it does when it stops               | then           | then                        |
//! | its state is dropped                             | then           | then                        |
//! | whoever is to know is told                       | last           | its supervisor, who decides |
//!
//! In this order, so that who hears of it finds the names free, and what the actor held.

use std::sync::Arc;

use crate::attachments::Attachment;
use crate::cell::Header;
use crate::core::Core;
use crate::coroutine::Coroutine;
use crate::error::ExitReason;
use crate::handle::{Runnable, Weak};
use crate::hooks;
use crate::order::Order;
use crate::panics::Caught;
use crate::reader::Reader;
use crate::ties;
use crate::trace::events;
use crate::vacancy::{Post, Vacancy};
use crate::worker::Worker;

/// There was an order for the actor: takes it, if it still stands.
#[cold]
pub(crate) fn obey(worker: &Worker, reader: &Reader) -> Option<Order> {
    reader.take_interruption();
    worker.core.registry.take_order(reader.actor())
}

/// Ends an actor whose handler did not return: the caller that the handler worked for gets the report.
#[cold]
pub(crate) fn end_by_panic(worker: &Worker, coroutine: &Coroutine, reader: Reader, caught: Caught) {
    coroutine.take_exit();
    worker.count_panic(reader.actor(), &caught);
    // Before the caller is told.
    worker.core.untie(reader.actor());
    if let Some(unanswered) = coroutine.take_unanswered()
        && unanswered.fail(caught.call_error())
    {
        worker.count_late_reply();
    }
    if hooks::are_any() {
        events::finished(coroutine);
    }
    end_at_once(worker, reader, caught.reason());
}

/// Ends an actor, or one of its lives; before, it does what it does when it stops.
pub(crate) fn end(worker: &Worker, reader: Reader, reason: ExitReason) {
    end_as(worker, reader, reason, Manner::Orderly);
}

/// As [`end`], of one whose state may be broken, or that is killed: nothing of its own runs any more but destructors.
pub(crate) fn end_at_once(worker: &Worker, reader: Reader, reason: ExitReason) {
    end_as(worker, reader, reason, Manner::AtOnce);
}

/// Ends an actor as its order says.
#[cold]
pub(crate) fn end_by_order(worker: &Worker, reader: Reader, order: Order) {
    let manner = if order == Order::Kill { Manner::AtOnce } else { Manner::Orderly };
    end_as(worker, reader, order.into_reason(), manner);
}

/// Whether an actor may do what it does when it stops.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Manner {
    Orderly,
    AtOnce,
}

fn end_as(worker: &Worker, reader: Reader, reason: ExitReason, manner: Manner) {
    if hooks::are_any() {
        events::stopped(&worker.core, reader.actor(), &reason);
    }
    let parted = worker.core.part_with(reader.actor());
    // Destructors, and what the actor does when it stops, work for nobody who waits: whoever did has been answered.
    let actor = reader.actor().address();
    let before = worker.coroutine().and_then(|coroutine| {
        let was_cancelled = coroutine.refusals.is_cancelled();
        Some((coroutine, coroutine.set_aside(actor)?, was_cancelled))
    });
    match parted.post {
        None => end_for_good(worker, reader, &reason, parted.rest, manner),
        Some(post) => end_life(worker, reader, reason, &post, manner),
    }
    if let Some((coroutine, before, was_cancelled)) = before {
        coroutine.take_up(before);
        if !was_cancelled && !worker.winds_down() {
            // If this actor was killed while it stopped, that is nothing to the handler that ended it.
            coroutine.pardon();
        }
    }
}

fn end_for_good(
    worker: &Worker,
    mut reader: Reader,
    reason: &ExitReason,
    rest: Vec<Attachment>,
    manner: Manner,
) {
    if worker.core.options.loses_messages {
        reader.forget();
    }
    let (dead_letters, runnable) = reader.close(reason);
    worker.count_dead_letters(&runnable, &dead_letters, reason);
    worker.scheduler.counters().ended.add_one();
    say_farewell(worker, &runnable, reason, manner);
    // Most have nobody to tell, and need not be kept for it.
    let ended = (!rest.is_empty()).then(|| Weak::of(&runnable));
    let id = runnable.id;
    runnable.finish(true);
    if let Some(ended) = ended {
        worker.core.tell(&ended, rest, reason);
    }
    if let Some(setting) = worker.core.setting() {
        setting.depart(id);
    }
}

fn say_farewell(worker: &Worker, ended: &Runnable, reason: &ExitReason, manner: Manner) {
    if ended.class.stopping.is_some() {
        if manner == Manner::Orderly {
            ended.stop(reason);
        }
        worker.core.farewells.said();
    }
}

/// The mailbox stays open: what is queued waits for the next life. And an order to be killed still finds what the actor
/// does when it stops.
fn end_life(worker: &Worker, reader: Reader, mut reason: ExitReason, post: &Arc<Post>, mut manner: Manner) {
    let core = &worker.core;
    if reader.is_interrupted() && obey(worker, &reader) == Some(Order::Kill) {
        (reason, manner) = (ExitReason::Killed, Manner::AtOnce);
    }
    if reason == ExitReason::Killed {
        core.unwind_beside(reader.actor());
    }
    say_farewell(worker, reader.actor(), &reason, manner);
    let vacant = reader.vacate();
    ties::tell_of_life(&vacant, &reason);
    post.leave(Vacancy::new(vacant, reason));
}

/// Ends an actor between two lives, because nobody is to give it another.
pub(crate) fn end_vacant(core: &Core, runnable: Runnable, reason: &ExitReason) {
    if hooks::are_any() {
        events::stopped(core, &runnable, reason);
    }
    let rest = core.part_for_good(&runnable);
    let (ended, has_state) = (Weak::of(&runnable), !runnable.is_vacant());
    let (dead_letters, runnable) = Reader::begin(runnable).close(reason);
    core.report_dead_letters(&runnable, &dead_letters, reason);
    core.count_ended(dead_letters.count);
    runnable.finish(has_state);
    core.tell(&ended, rest, reason);
    if let Some(setting) = core.setting() {
        setting.depart(ended.id);
    }
}

/// What is still to be done when an actor has ended.
pub(crate) struct Parted {
    /// Whoever is to be told, and what else goes last.
    rest: Vec<Attachment>,
    /// It has a supervisor, and so has not ended yet.
    post: Option<Arc<Post>>,
}

impl Core {
    /// An actor loses what it has for as long as it lives: its names, and its timers. It gets no others, unless it has a
    /// supervisor.
    pub(crate) fn untie(&self, actor: &Header) {
        let ties = self.registry.untie(actor);
        self.let_go(actor, ties);
    }

    /// Takes an actor that ends out of the machine's tables, unless it has a supervisor.
    #[inline]
    pub(crate) fn part_with(&self, actor: &Header) -> Parted {
        let (attached, post) = self.registry.part(actor);
        if attached.is_empty() {
            return Parted { rest: attached, post };
        }
        Parted { rest: self.let_go(actor, attached), post }
    }

    /// As `part_with`, whoever its supervisor was.
    pub(crate) fn part_for_good(&self, actor: &Header) -> Vec<Attachment> {
        let attached = self.registry.remove(actor);
        self.let_go(actor, attached)
    }

    /// Lets go of names and timers, and gives what is left.
    #[cold]
    pub(crate) fn let_go(&self, actor: &Header, mut attached: Vec<Attachment>) -> Vec<Attachment> {
        attached.retain(|attachment| {
            match attachment {
                Attachment::Name(name) => self.directory.free(name, actor),
                Attachment::Timers => self.clock.forget(actor.id),
                Attachment::Order(_) | Attachment::Supervised(_) => {}
                Attachment::Beside { .. } => return true,
            }
            false
        });
        attached
    }

    /// Tells whoever is to know that an actor has ended.
    #[cold]
    pub(crate) fn tell(&self, ended: &Header, rest: Vec<Attachment>, reason: &ExitReason) {
        for attachment in rest {
            match attachment {
                Attachment::Beside { .. } if *reason == ExitReason::Killed => {
                    self.orders.notify_all(ended, self.orders.announce());
                }
                _ => {}
            }
        }
    }

    /// The actor was killed, but it may live again: its parallel methods end with this life.
    fn unwind_beside(&self, actor: &Header) {
        let number = self.orders.announce();
        if self.registry.note_killed(actor, number) {
            self.orders.notify_all(actor, number);
        }
    }
}
