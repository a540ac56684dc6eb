//! Children: what a supervisor knows of each, and what it does with one.
//!
//! | life     | the actor                                    | becomes                                          |
//! |----------|----------------------------------------------|--------------------------------------------------|
//! | `Ended`  | is not, or not any more                      | `Alive` by `start`, as a new actor               |
//! | `Alive`  | lives, or has left without being noticed     | `Vacant` by `notice` or `stop`                   |
//! | `Vacant` | waits for another state, its mailbox open    | `Alive` by `start`, as the same one; `Ended`     |

use std::sync::Arc;
use std::time::Duration;

use crate::child_spec::Plan;
use crate::error::ExitReason;
use crate::handle::Strong;
use crate::hooks;
use crate::incident::Incident;
use crate::order::{self, Order};
use crate::restarts::Failures;
use crate::starting::{Held, Site, Then};
use crate::timer::Timer;
use crate::trace::events;
use crate::tree::{ChildInfo, ChildState};
use crate::vacancy::{Latch, Post, Vacancy};
use crate::worker::Worker;

/// How long a child that was killed may take to end. One that computes without ever calling into the machine is
/// given up then, and its place is free.
pub(crate) const LAST_WAIT: Duration = Duration::from_secs(5);

enum Life {
    Ended,
    Alive(Held),
    Vacant(Held, Box<Vacancy>),
}

/// See the head of this file. There may be very many.
pub(crate) struct Child {
    pub(crate) plan: Arc<Plan>,
    life: Life,
    /// None if it never failed.
    past: Option<Box<Past>>,
}

#[derive(Default)]
struct Past {
    failures: Failures,
    restarts: u64,
    /// It is to be restarted when this fires.
    retry: Option<Timer>,
}

impl Child {
    pub(crate) fn new(plan: Arc<Plan>) -> Self {
        Child { plan, life: Life::Ended, past: None }
    }

    /// The actor, unless it has ended.
    pub(crate) fn actor(&self) -> Option<&Strong> {
        match &self.life {
            Life::Ended => None,
            Life::Alive(held) | Life::Vacant(held, _) => Some(&held.actor),
        }
    }

    pub(crate) fn state(&self) -> ChildState {
        match self.life {
            Life::Ended => ChildState::Ended,
            Life::Alive(_) => ChildState::Running,
            Life::Vacant(..) => ChildState::Restarting,
        }
    }

    pub(crate) fn info(&self) -> ChildInfo {
        ChildInfo {
            id: Arc::clone(&self.plan.id),
            actor: self.actor().map(|actor| actor.id),
            kind: self.plan.class.short_name(),
            restart: self.plan.restart,
            state: self.state(),
            restarts: self.past.as_ref().map_or(0, |past| past.restarts),
            is_supervisor: self.plan.ask_tree.is_some(),
        }
    }

    /// Starts it: the same actor, if there is one whose state is gone.
    ///
    /// # Errors
    /// Why that failed.
    pub(crate) fn start(&mut self, worker: &Worker, post: impl FnOnce() -> Arc<Post>) -> Result<(), String> {
        if worker.is_dedicated() {
            // A new actor runs at once where it is started, and must not on that thread.
            return Err("a supervisor with a thread of its own starts nobody: spawn it without".into());
        }
        self.forget_retry();
        let site = match std::mem::replace(&mut self.life, Life::Ended) {
            Life::Alive(held) => {
                self.life = Life::Alive(held);
                return Ok(());
            }
            Life::Vacant(held, vacancy) => Site::Old(held, vacancy),
            Life::Ended => Site::New(post()),
        };
        let failure = match (self.plan.make)(worker, site) {
            Ok(held) => {
                self.life = Life::Alive(held);
                return Ok(());
            }
            Err(failure) => failure,
        };
        match failure.then {
            Then::AsBefore(Site::Old(held, vacancy)) => self.life = Life::Vacant(held, vacancy),
            Then::AsBefore(Site::New(_)) | Then::Nothing => {}
            Then::Leaves(held) => {
                self.life = Life::Alive(held);
                self.wait(LAST_WAIT);
            }
        }
        Err(failure.why)
    }

    /// Looks whether it has left. Says why, if it has.
    pub(crate) fn notice(&mut self) -> Option<&ExitReason> {
        if let Life::Alive(held) = &self.life
            && let Some(vacancy) = held.post.take()
        {
            self.vacate(vacancy);
            return self.reason();
        }
        None
    }

    fn reason(&self) -> Option<&ExitReason> {
        match &self.life {
            Life::Vacant(_, vacancy) => Some(&vacancy.reason),
            _ => None,
        }
    }

    fn vacate(&mut self, vacancy: Box<Vacancy>) {
        if let Life::Alive(held) = std::mem::replace(&mut self.life, Life::Ended) {
            self.life = Life::Vacant(held, vacancy);
        }
    }

    /// Stops it, as its plan says; its mailbox stays open. One that does not end even when it is killed is given up.
    pub(crate) fn stop(&mut self) {
        self.forget_retry();
        let Life::Alive(held) = &self.life else { return };
        let shutdown = self.plan.shutdown;
        order::give(&held.actor, shutdown.order());
        if self.wait(shutdown.limit()) {
            return;
        }
        self.kill();
        if !self.wait(LAST_WAIT) {
            self.life = Life::Ended;
        }
    }

    /// Waits until it has left. False: it has not.
    fn wait(&mut self, limit: Duration) -> bool {
        let Life::Alive(held) = &self.life else { return true };
        match held.post.wait(limit) {
            Ok(vacancy) => {
                self.vacate(vacancy);
                true
            }
            Err(_) => false,
        }
    }

    /// Stops it for good: what was queued goes back.
    pub(crate) fn end(&mut self, reason: ExitReason) {
        self.stop();
        if let Life::Vacant(_, vacancy) = std::mem::replace(&mut self.life, Life::Ended) {
            vacancy.end_with(reason);
        }
    }

    /// Has it stop for good, and does not wait for that: it lets go of the latch when it has.
    pub(crate) fn dismiss(&mut self, latch: Latch) {
        self.forget_retry();
        match &self.life {
            Life::Alive(held) => {
                held.post.dismiss(latch);
                order::give(&held.actor, self.plan.shutdown.order());
            }
            Life::Vacant(..) | Life::Ended => self.end(ExitReason::Shutdown),
        }
    }

    /// Has it end now, if it still lives.
    pub(crate) fn kill(&self) {
        if let Life::Alive(held) = &self.life {
            order::give(&held.actor, Order::Kill);
        }
    }

    /// It has left and is not to be restarted: it has ended, for the reason for which it left.
    pub(crate) fn let_go(&mut self) {
        self.life = Life::Ended;
    }
}

/// What was.
impl Child {
    /// Counts a restart, and gives what `policy` looks at.
    pub(crate) fn count_restart(&mut self) -> &mut Failures {
        let past = self.past.get_or_insert_default();
        past.restarts += 1;
        &mut past.failures
    }

    /// Tells of a restart.
    pub(crate) fn report_restart(&self, worker: &Worker, attempt: u32, reason: ExitReason) {
        worker.scheduler.counters().restarts.add_one();
        if let Some(actor) = self.actor() {
            let kind = self.plan.class.short_name();
            worker.core.report(|| Incident::Restart { actor: actor.id, kind, reason, attempt });
            if hooks::are_any() {
                events::restarted(&worker.core, actor, attempt);
            }
        }
    }

    /// It is to be restarted when that timer fires.
    pub(crate) fn retry_by(&mut self, timer: Timer) {
        self.forget_retry();
        self.past.get_or_insert_default().retry = Some(timer);
    }

    /// Whether it waits for such a timer.
    pub(crate) fn awaits_retry(&self) -> bool {
        self.past.as_ref().is_some_and(|past| past.retry.is_some())
    }

    fn forget_retry(&mut self) {
        if let Some(timer) = self.past.as_mut().and_then(|past| past.retry.take()) {
            timer.cancel();
        }
    }
}
