//! Orders: what an actor is told that does not wait its turn behind its messages.
//!
//! | order      | a handler that runs                | a handler that waits          | then the actor ends     |
//! |------------|------------------------------------|-------------------------------|-------------------------|
//! | `Halt`     | finishes its message               | goes on, and finishes         | with the reason given   |
//! | `Kill`     | is unwound at its next VM call     | is unwound where it waits     | `Killed`                |
//!
//! An order lies beside the actor, among its attachments; the mark in its mailbox says so to whoever has the right to
//! run it, and that one asks between messages. A handler that runs is told by a number that all workers watch
//! ([`Orders`]): it asks at its next call into the machine. A handler that waits asks nobody: its worker is
//! sent a [`Notice`], for only the worker that has its stack may unwind it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use greenroom_scheduler::{Scheduler, Wake, WakeNode};
use parking_lot::Mutex;

use crate::aside::Place;
use crate::cell::Header;
use crate::core::Core;
use crate::coroutine::{Coroutine, Handle};
use crate::crossing;
use crate::error::ExitReason;
use crate::handle::{Runnable, Strong, Weak};
use crate::id::ActorId;
use crate::incident::Incident;
use crate::panics;
use crate::worker::{self, Worker};

/// See the head of this file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Halt(ExitReason),
    Kill,
}

impl Order {
    /// Another order comes while this one stands: the first one counts, but to be killed is more than to be halted.
    pub(crate) fn and_then(&mut self, later: Order) {
        if later == Order::Kill {
            *self = later;
        }
    }

    pub(crate) fn into_reason(self) -> ExitReason {
        match self {
            Order::Halt(reason) => reason,
            Order::Kill => ExitReason::Killed,
        }
    }
}

/// Leaves an order for an actor whose right to run the caller has in hand: it is found when the actor runs.
pub(crate) fn halt(held: &Runnable, reason: ExitReason) {
    give(&Strong::from_inside(held), Order::Halt(reason));
}

/// As [`halt`], to be killed.
pub(crate) fn kill(held: &Runnable) {
    give(&Strong::from_inside(held), Order::Kill);
}

/// Gives an actor an order, from anywhere. One that has ended takes none.
pub(crate) fn give(to: &Strong, order: Order) {
    if to.mailbox.is_closed() {
        return;
    }
    let Err(order) = crossing::order(to, order) else { return };
    Core::with(to.id.machine(), |core| {
        if let Some(core) = core {
            give_in(core, to, order);
        }
    });
}

fn give_in(core: &Core, to: &Strong, order: Order) {
    let kills = order == Order::Kill;
    if core.registry.give_order(to, order).is_err() || !to.interrupt(worker::current()) {
        return;
    }
    core.orders.announce();
    if kills && let Some(place) = to.aside.waits_at() {
        core.orders.notify(Desk::of(to, place), Notice::Killed(to.downgrade()));
    }
}

/// What the workers of a machine are told of orders.
#[derive(Default)]
pub(crate) struct Orders {
    /// How many were given to actors that were not at rest.
    given: AtomicU32,
    /// Where each worker gets its notices.
    desks: Mutex<BTreeMap<Desk, Arc<Notices>>>,
}

/// Which worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Desk {
    Shared(u16),
    /// The own thread of this actor.
    Dedicated(ActorId),
}

impl Desk {
    pub(crate) fn shared(worker: &greenroom_scheduler::Worker) -> Self {
        Desk::Shared(worker.index() as u16)
    }

    fn of(actor: &Header, place: Place) -> Self {
        if actor.id.is_dedicated() { Desk::Dedicated(actor.id) } else { Desk::Shared(place.worker) }
    }
}

impl Orders {
    /// How many were given so far. Who sees a new number looks for an order of its own.
    #[inline]
    pub(crate) fn glance(&self) -> u32 {
        // ORDERING: Relaxed: who sees a new number looks into the mailbox, and will be asked again.
        self.given.load(Ordering::Relaxed)
    }

    /// As `glance`, for a worker between two activations: what it begins now finds the marks by itself.
    #[inline]
    pub(crate) fn catch_up(&self) -> u32 {
        // ORDERING: Acquire pairs with the Release in `announce`: the mark before the number.
        self.given.load(Ordering::Acquire)
    }

    /// One more was given. Returns its number.
    pub(crate) fn announce(&self) -> u32 {
        // ORDERING: Release pairs with the Acquire in `catch_up`.
        self.given.fetch_add(1, Ordering::Release).wrapping_add(1)
    }

    /// A worker that begins.
    pub(crate) fn enter(&self, desk: Desk, notices: &Arc<Notices>) {
        self.desks.lock().insert(desk, Arc::clone(notices));
    }

    /// A worker that ends.
    pub(crate) fn leave(&self, desk: Desk) {
        self.desks.lock().remove(&desk);
    }

    fn notify(&self, desk: Desk, notice: Notice) {
        let notices = self.desks.lock().get(&desk).cloned();
        if let Some(notices) = notices {
            notices.add(notice);
        }
    }

    /// An actor with parallel methods was killed: they may wait anywhere.
    pub(crate) fn notify_all(&self, killed: &Header, number: u32) {
        let desks: Vec<_> = match killed.id.is_dedicated() {
            true => self.desks.lock().get(&Desk::Dedicated(killed.id)).cloned().into_iter().collect(),
            false => {
                let is_shared = |desk: &Desk| matches!(desk, Desk::Shared(_));
                self.desks
                    .lock()
                    .iter()
                    .filter(|(desk, _)| is_shared(desk))
                    .map(|(_, to)| Arc::clone(to))
                    .collect()
            }
        };
        for notices in desks {
            notices.add(Notice::KilledBeside(Weak::of(killed), number));
        }
    }
}

/// Whether what began when `began` orders had been given is older than the order `number`. Numbers come round again.
pub(crate) fn began_before(began: u32, number: u32) -> bool {
    (number.wrapping_sub(began) as i32) > 0
}

/// What a worker is told.
pub(crate) enum Notice {
    /// This actor is to be killed, and waited on that worker when this was sent.
    Killed(Weak),
    /// This actor was killed by the order of that number; parallel methods that began before may wait there.
    KilledBeside(Weak, u32),
}

/// The notices for one worker.
pub(crate) struct Notices {
    /// Comes out of the worker's turns like a coroutine that was woken, and says that there are some.
    herald: WakeNode,
    waiting: Mutex<Waiting>,
    scheduler: Scheduler,
    worker: usize,
}

#[derive(Default)]
struct Waiting {
    notices: Vec<Notice>,
    herald_is_under_way: bool,
}

impl Notices {
    pub(crate) fn new(scheduler: Scheduler, worker: usize) -> Arc<Self> {
        Arc::new(Notices { herald: WakeNode::new(), waiting: Mutex::default(), scheduler, worker })
    }

    pub(crate) fn herald(&self) -> Wake {
        Wake::from(&self.herald)
    }

    fn add(&self, notice: Notice) {
        let mut waiting = self.waiting.lock();
        waiting.notices.push(notice);
        if !std::mem::replace(&mut waiting.herald_is_under_way, true) {
            self.scheduler.remote(self.worker).wake(self.herald());
        }
    }

    /// The herald has arrived.
    pub(crate) fn take(&self) -> Vec<Notice> {
        let mut waiting = self.waiting.lock();
        waiting.herald_is_under_way = false;
        std::mem::take(&mut waiting.notices)
    }
}

/// What a worker has to do with orders.
impl Worker {
    /// See [`check_stack`](Self::check_stack).
    #[cold]
    pub(crate) fn heed(&self, coroutine: &Coroutine) {
        if coroutine.has_overflowed() {
            panics::overflow();
        }
        if self.has_orders() {
            coroutine.heed_orders();
        }
    }

    /// A handler may not wait. Perhaps it has caught the unwinding of a kill, and goes on: its stack stays with it, and is
    /// nobody else's until it ends by itself.
    #[cold]
    pub(crate) fn watch_refusal(&self, coroutine: &Coroutine) {
        let Some(actor) = coroutine.actor() else { return };
        if std::thread::panicking()
            || !coroutine.refusals.is_cancelled()
            || !self.core.registry.is_to_be_killed(actor)
            || !coroutine.note_quarantined()
        {
            return;
        }
        self.scheduler.counters().quarantined.add_one();
        self.core.report(|| Incident::RefusesToEnd {
            actor: actor.id,
            kind: actor.class.short_name(),
            method: (coroutine.method())(),
        });
    }

    /// Whether orders were given to actors, of which one may run here, since this activation began.
    #[inline]
    pub(crate) fn has_orders(&self) -> bool {
        self.core.orders.glance() != self.orders_seen.get()
    }

    /// Unwinds whoever waits here and is to be killed.
    #[cold]
    pub(crate) fn read_notices(&self) {
        for notice in self.notices.take() {
            let waiting = match &notice {
                Notice::Killed(actor) => self.killed_handler(actor).into_iter().collect(),
                Notice::KilledBeside(actor, number) => {
                    let mut suspended = self.coroutines.suspended();
                    suspended
                        .retain(|coroutine| coroutine.runs(actor) && coroutine.began_beside_before(*number));
                    suspended
                }
            };
            for coroutine in waiting {
                if coroutine.cancel() {
                    self.scheduler.wake(coroutine.as_wake());
                }
            }
        }
    }

    /// Where the handler waits that has the state of an actor which is to be killed, if it waits here.
    fn killed_handler(&self, actor: &Header) -> Option<Handle> {
        let place =
            actor.aside.waits_at().filter(|place| usize::from(place.worker) == self.scheduler.index())?;
        let coroutine = self.coroutines.suspended_at(place.coroutine as usize)?;
        (!coroutine.is_beside() && coroutine.runs(actor) && self.core.registry.is_to_be_killed(actor))
            .then_some(coroutine)
    }
}
