//! Children: what a supervisor knows of each, and what it does with one.
//!
//! | life     | the actor                                    | becomes                                          |
//! |----------|----------------------------------------------|--------------------------------------------------|
//! | `Ended`  | is not, or not any more                      | `Alive` by `start`, as a new actor               |
//! | `Alive`  | lives, or has left without being noticed     | `Vacant` by `notice` or `stop`                   |
//! | `Vacant` | waits for another state, its mailbox open    | `Alive` by `start`, as the same one; `Ended`     |

use std::sync::Arc;
use std::time::Duration;

use greenroom_scheduler::Time;

use crate::child_spec::{Failure, Plan, Shutdown};
use crate::error::ExitReason;
use crate::handle::Strong;
use crate::order::{self, Order};
use crate::timer::Timer;
use crate::tree::{ChildInfo, ChildState};
use crate::vacancy::{Post, Vacancy};
use crate::worker::Worker;

/// How long a child that was killed may take to end. One that computes without ever calling into the machine is
/// given up then, and its place is free.
const LAST_WAIT: Duration = Duration::from_secs(5);

/// An actor that a supervisor answers for. Dropped, it is killed.
struct Held {
    actor: Strong,
    post: Arc<Post>,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.post.close();
        order::give(&self.actor, Order::Kill);
    }
}

enum Life {
    Ended,
    Alive(Held),
    Vacant(Held, Vacancy),
}

/// See the head of this file.
pub(crate) struct Child {
    pub(crate) key: u64,
    pub(crate) plan: Plan,
    life: Life,
    /// Restarts in a row, and when the last one was.
    failures: u32,
    failed_at: Time,
    pub(crate) restarts: u64,
    /// It is to be restarted when this fires.
    retry: Option<Timer>,
}

impl Child {
    pub(crate) fn new(key: u64, plan: Plan) -> Self {
        Child { key, plan, life: Life::Ended, failures: 0, failed_at: Time::ZERO, restarts: 0, retry: None }
    }

    /// The actor, unless it has ended.
    pub(crate) fn actor(&self) -> Option<&Strong> {
        match &self.life {
            Life::Ended => None,
            Life::Alive(held) | Life::Vacant(held, _) => Some(&held.actor),
        }
    }

    pub(crate) fn info(&self) -> ChildInfo {
        ChildInfo {
            id: Arc::clone(&self.plan.id),
            actor: self.actor().map(|actor| actor.id),
            kind: self.plan.class.short_name(),
            restart: self.plan.restart,
            state: match self.life {
                Life::Ended => ChildState::Ended,
                Life::Alive(_) => ChildState::Running,
                Life::Vacant(..) => ChildState::Restarting,
            },
            restarts: self.restarts,
            is_supervisor: self.plan.ask_branches.is_some(),
        }
    }

    /// Starts it: the same actor, if there is one whose state is gone.
    ///
    /// # Errors
    /// Why that failed.
    pub(crate) fn start(&mut self, worker: &Worker, post: impl FnOnce() -> Arc<Post>) -> Result<(), String> {
        self.forget_retry();
        let (held, vacancy) = match std::mem::replace(&mut self.life, Life::Ended) {
            Life::Alive(held) => {
                self.life = Life::Alive(held);
                return Ok(());
            }
            Life::Vacant(held, vacancy) => (Some(held), Some(vacancy)),
            Life::Ended => (None, None),
        };
        let post = held.as_ref().map_or_else(post, |held| Arc::clone(&held.post));
        let (new, failure) = match (self.plan.make)(worker, &post, vacancy) {
            Ok(new) => (new, None),
            Err(Failure { why, vacancy, leaves }) => match (leaves, vacancy) {
                (Some(new), _) => (new, Some(why)),
                (None, vacancy) => {
                    if let (Some(held), Some(vacancy)) = (held, vacancy) {
                        self.life = Life::Vacant(held, vacancy);
                    }
                    return Err(why);
                }
            },
        };
        let held = new.map(|actor| Held { actor, post }).or(held).expect("an actor that began is there");
        self.life = Life::Alive(held);
        match failure {
            None => Ok(()),
            Some(why) => {
                self.wait(LAST_WAIT);
                Err(why)
            }
        }
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

    fn vacate(&mut self, vacancy: Vacancy) {
        if let Life::Alive(held) = std::mem::replace(&mut self.life, Life::Ended) {
            self.life = Life::Vacant(held, vacancy);
        }
    }

    /// Stops it, as its plan says; its mailbox stays open. One that does not end even when it is killed is given up.
    pub(crate) fn stop(&mut self) {
        self.forget_retry();
        let Life::Alive(held) = &self.life else { return };
        let (order, limit) = match self.plan.shutdown {
            Shutdown::Kill => (Order::Kill, LAST_WAIT),
            Shutdown::Within(limit) => (Order::Halt(ExitReason::Shutdown), limit),
            Shutdown::Wait => (Order::Halt(ExitReason::Shutdown), Duration::MAX),
        };
        order::give(&held.actor, order);
        if self.wait(limit) {
            return;
        }
        if let Life::Alive(held) = &self.life {
            order::give(&held.actor, Order::Kill);
            if !self.wait(LAST_WAIT) {
                self.life = Life::Ended;
            }
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

    /// It is to be restarted when that timer fires.
    pub(crate) fn retry_by(&mut self, timer: Timer) {
        self.forget_retry();
        self.retry = Some(timer);
    }

    /// Whether it waits for such a timer.
    pub(crate) fn awaits_retry(&self) -> bool {
        self.retry.is_some()
    }

    fn forget_retry(&mut self) {
        if let Some(timer) = self.retry.take() {
            timer.cancel();
        }
    }

    /// It has left and is not to be restarted: it has ended, for the reason for which it left.
    pub(crate) fn let_go(&mut self) {
        self.life = Life::Ended;
    }

    /// Counts a failure, and says how many there were in a row; those before it was `forgotten` ago do not count.
    pub(crate) fn count_failure(&mut self, now: Time, forgotten: Duration) -> u32 {
        if now.since(self.failed_at) > forgotten {
            self.failures = 0;
        }
        self.failed_at = now;
        self.failures = self.failures.saturating_add(1);
        self.failures
    }
}
