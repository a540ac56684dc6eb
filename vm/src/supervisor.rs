//! Supervisors: actors that start others, and start them again when they fail, as in OTP.
//!
//! | what happens                              | what the supervisor does                                            |
//! |-------------------------------------------|---------------------------------------------------------------------|
//! | it begins                                 | starts its children, left to right, each when the one before began   |
//! | a child leaves, and its plan wants it     | restarts the children that the strategy names: stops those that     |
//! |                                           | live, right to left, then starts them all, left to right            |
//! | … and its plan does not want it           | lets it end; if it is significant, perhaps ends itself              |
//! | a child does not start                    | counts that as another restart, and tries again by a message to     |
//! |                                           | itself: so whoever wants to stop it comes in between                |
//! | there are too many restarts in a while    | ends itself, and its own supervisor sees it                         |
//! | it ends                                   | stops its children, right to left, each within its time             |
//!
//! It hears that a child has left by [`Left`], which carries nothing but where to look: see `vacancy`. What a handler here
//! waits for, it waits for in a straight line: the supervisor does one thing at a time.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use crate::actor::{Actor, Handler, Message};
use crate::child::Child;
use crate::child_error::ChildError;
use crate::child_spec::{ChildSpec, Plan, Restart, Supervised};
use crate::error::ExitReason;
use crate::incident::Incident;
use crate::inside::{end_with, here, me};
use crate::restarts::{Backoff, Intensity, Policy};
use crate::vacancy::{Left, Post};
use crate::worker::Worker;

/// Which children are restarted when one fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Strategy {
    OneForOne,
    OneForAll,
    RestForOne,
}

impl Strategy {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Strategy::OneForOne => "one-for-one",
            Strategy::OneForAll => "one-for-all",
            Strategy::RestForOne => "rest-for-one",
        }
    }
}

/// When a supervisor ends itself because [significant](ChildSpec::significant) children have ended by themselves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum AutoShutdown {
    /// Never.
    #[default]
    Never,
    /// As soon as one of them has.
    AnySignificant,
    /// When all of them have.
    AllSignificant,
}

/// An actor that starts other actors, its children, and restarts them when they fail.
///
/// It is spawned like any actor, alone or as the child of another supervisor, and is spoken to through its reference. A
/// child that is restarted stays the same actor: every reference to it is good, its mailbox is kept, and what is sent
/// to it meanwhile waits. The message that it failed on fails to its caller and is not run again. A restart ends what
/// belonged to the life before: names, timers, links, what it watched, and parallel methods, if it was killed. Who watches
/// the actor is told when it has ended for good.
///
/// For very many children that are alike there is [`DynamicSupervisor`](crate::DynamicSupervisor).
///
/// ```
/// use greenroom::prelude::*;
/// use greenroom::Supervisor;
///
/// #[derive(Default)]
/// struct Divider { done: u32 }
///
/// #[actor]
/// impl Divider {
///     fn divide(&mut self, a: u32, b: u32) -> u32 { self.done += 1; a / b }
///     fn done(&self) -> u32 { self.done }
/// }
///
/// # std::panic::set_hook(Box::new(|_| {}));
/// # let vm = Vm::builder().workers(1).build()?;
/// let supervisor = vm.spawn(Supervisor::one_for_one().intensity(3, 5 * SECOND).child("divider", Divider::default));
/// let divider = supervisor.find::<Divider>("divider")?;
/// assert_eq!(divider.divide(6, 3)?, 2);
/// assert!(matches!(divider.divide(1, 0), Err(CallError::Panicked(_))));
/// assert_eq!(divider.done()?, 0);                          // the same actor, with a new state
/// assert_eq!(supervisor.which_children()?[0].restarts, 1);
/// # Ok::<(), greenroom::Error>(())
/// ```
pub struct Supervisor {
    pub(crate) strategy: Strategy,
    policy: Policy,
    auto_shutdown: AutoShutdown,
    /// Left to right.
    pub(crate) children: Vec<Child>,
}

/// How a supervisor is made.
impl Supervisor {
    fn new(strategy: Strategy) -> Self {
        Supervisor {
            strategy,
            policy: Policy::new(),
            auto_shutdown: AutoShutdown::Never,
            children: Vec::new(),
        }
    }

    /// When a child fails, it is restarted.
    pub fn one_for_one() -> Self {
        Self::new(Strategy::OneForOne)
    }

    /// When a child fails, all are restarted.
    pub fn one_for_all() -> Self {
        Self::new(Strategy::OneForAll)
    }

    /// When a child fails, it is restarted with those that were started after it.
    pub fn rest_for_one() -> Self {
        Self::new(Strategy::RestForOne)
    }

    /// How many restarts there may be within how long a time; one more, and the supervisor ends with all its children.
    /// Default: 1 in 5 s, as in OTP.
    pub fn intensity(mut self, restarts: u32, window: Duration) -> Self {
        self.policy.intensity = Intensity::new(restarts, window);
        self
    }

    /// How long to wait before a restart: about `first`, and twice as long for each further one in a row, up to `most`.
    /// Half of each wait is left to chance. Default: no time at all.
    pub fn backoff(mut self, first: Duration, most: Duration) -> Self {
        self.policy.backoff = Backoff::new(first, most);
        self
    }

    /// When it ends itself. Default: never.
    pub fn auto_shutdown(mut self, when: AutoShutdown) -> Self {
        self.auto_shutdown = when;
        self
    }

    /// One more child, to be started after those before: permanent, and stopped within 5 s. See [`with`](Self::with).
    pub fn child<A: Actor>(
        self,
        id: impl Into<Arc<str>>,
        factory: impl Fn() -> A + Send + Sync + 'static,
    ) -> Self {
        self.with(ChildSpec::new(id, factory))
    }

    /// One more child, to be started after those before.
    ///
    /// What cannot be, such as a second child of one name, or a significant one that is permanent, ends the supervisor when it
    /// begins, with a reason that says so; and so does a child that does not start.
    pub fn with<C: Supervised>(mut self, spec: ChildSpec<C>) -> Self {
        self.children.push(Child::new(spec.into_plan()));
        self
    }
}

/// What a supervisor does of itself.
impl Supervisor {
    pub(crate) fn started(&mut self) {
        if let Err(error) = self.check() {
            crate::exit(error.to_string());
            return;
        }
        for place in 0..self.children.len() {
            if let Err(why) = self.start(place) {
                let error = ChildError::Failed { id: Arc::clone(&self.children[place].plan.id), why };
                crate::exit(error.to_string());
                return;
            }
        }
    }

    /// # Errors
    /// Which child cannot be as it is.
    fn check(&self) -> Result<(), ChildError> {
        for (place, child) in self.children.iter().enumerate() {
            self.check_plan(&child.plan, &self.children[..place])?;
        }
        Ok(())
    }

    pub(crate) fn check_plan(&self, plan: &Plan, before: &[Child]) -> Result<(), ChildError> {
        let id = || Arc::clone(&plan.id);
        if before.iter().any(|other| other.plan.id == plan.id) {
            return Err(ChildError::Taken { id: id() });
        }
        if plan.is_significant && plan.restart == Restart::Permanent {
            let why = "it is significant, and so must be transient or temporary: a permanent one never ends by itself";
            return Err(ChildError::Invalid { id: id(), why });
        }
        if plan.is_significant && self.auto_shutdown == AutoShutdown::Never {
            let why = "it is significant, which means something only with an auto_shutdown";
            return Err(ChildError::Invalid { id: id(), why });
        }
        Ok(())
    }

    pub(crate) fn stopping(&mut self, _reason: &ExitReason) {
        for child in self.children.iter_mut().rev() {
            child.end(ExitReason::Shutdown);
        }
    }

    pub(crate) fn start(&mut self, place: usize) -> Result<(), String> {
        let post = || Post::new::<Supervisor>(me::<Supervisor>().to().raw().downgrade());
        self.children[place].start(worker(), post)
    }

    /// The child there has left by itself.
    fn lost(&mut self, place: usize, reason: &ExitReason) {
        let child = &mut self.children[place];
        if child.plan.restart.wants(reason) && !worker().core.farewells.is_closing() {
            self.fail(place, reason.clone());
            return;
        }
        child.let_go();
        let is_significant = child.plan.is_significant;
        if child.plan.restart == Restart::Temporary {
            self.children.remove(place);
        }
        let ends = match self.auto_shutdown {
            AutoShutdown::Never => false,
            AutoShutdown::AnySignificant => is_significant,
            AutoShutdown::AllSignificant => {
                is_significant
                    && !self.children.iter().any(|child| child.plan.is_significant && child.actor().is_some())
            }
        };
        if ends {
            end_with(ExitReason::Shutdown);
        }
    }

    /// The child there is to be restarted, now or later, unless that was too often.
    fn fail(&mut self, place: usize, reason: ExitReason) {
        let Some(delay) = next_restart(&mut self.policy, &mut self.children[place], reason) else { return };
        if delay.is_zero() {
            self.restart(place);
        } else {
            self.stop_set(place);
            self.retry(place, delay, None);
        }
    }

    /// Those that are restarted with the one there.
    fn set(&self, place: usize) -> Range<usize> {
        match self.strategy {
            Strategy::OneForOne => place..place + 1,
            Strategy::OneForAll => 0..self.children.len(),
            Strategy::RestForOne => place..self.children.len(),
        }
    }

    fn stop_set(&mut self, place: usize) {
        let set = self.set(place);
        for child in self.children[set].iter_mut().rev() {
            child.stop();
        }
    }

    fn restart(&mut self, place: usize) {
        self.stop_set(place);
        let mut at = self.set(place).start;
        let mut end = self.set(place).end;
        while at < end {
            if self.children[at].plan.restart == Restart::Temporary {
                // It was stopped with the others, and nobody restarts it.
                self.children.remove(at).end(ExitReason::Shutdown);
                end -= 1;
                continue;
            }
            if let Err(why) = self.start(at) {
                self.try_again(at, why.into());
                return;
            }
            at += 1;
        }
    }

    /// The child there did not start, which counts like one that did not last; but whoever has sent something meanwhile
    /// comes first.
    fn try_again(&mut self, place: usize, why: Arc<str>) {
        self.retry(place, Duration::ZERO, Some(why));
    }

    fn retry(&mut self, place: usize, delay: Duration, failure: Option<Arc<str>>) {
        let child = &mut self.children[place];
        let again = Again { id: Arc::clone(&child.plan.id), failure };
        child.retry_by(me::<Supervisor>().send_after(delay, again));
    }
}

impl Handler<Left> for Supervisor {
    fn handle(&mut self, Left(actor): Left) {
        let is_it = |child: &Child| child.actor().is_some_and(|it| it.id == actor);
        if let Some(place) = self.children.iter().position(is_it)
            && let Some(reason) = self.children[place].notice().cloned()
        {
            self.lost(place, &reason);
        }
    }
}

/// A child is to be restarted now.
struct Again {
    id: Arc<str>,
    /// Why it has not even started, which has not been counted.
    failure: Option<Arc<str>>,
}

impl Message for Again {
    type Reply = ();
}

impl Handler<Again> for Supervisor {
    fn handle(&mut self, Again { id, failure }: Again) {
        let Some(place) = self.children.iter().position(|child| child.plan.id == id) else { return };
        if !self.children[place].awaits_retry() || worker().core.farewells.is_closing() {
            return;
        }
        match failure {
            Some(why) => self.fail(place, ExitReason::Custom(why)),
            None => self.restart(place),
        }
    }
}

/// Where a supervisor's handlers run.
pub(crate) fn worker<'a>() -> &'a Worker {
    here("a supervisor")
}

/// Counts a restart of a child, tells of it, and gives how long to wait before. None: it was one too many, and the running
/// supervisor ends.
pub(crate) fn next_restart(policy: &mut Policy, child: &mut Child, reason: ExitReason) -> Option<Duration> {
    let worker = worker();
    let now = worker.scheduler.now();
    if !policy.allow(now) {
        give_up(policy, reason);
        return None;
    }
    let failures = child.count_restart();
    let delay = policy.delay(failures, now, |below| worker.draw(below));
    let attempt = failures.in_a_row;
    child.report_restart(worker, attempt, reason);
    Some(delay)
}

/// The running supervisor ends: there were too many restarts, the last one because of this.
fn give_up(policy: &Policy, reason: ExitReason) {
    let worker = worker();
    if let Some(supervisor) = worker.coroutine().and_then(|coroutine| coroutine.actor()) {
        worker.core.report(|| Incident::RestartsExceeded {
            actor: supervisor.id,
            kind: supervisor.class.short_name(),
            restarts: policy.intensity.most,
            within: policy.intensity.window,
            reason,
        });
    }
    end_with(ExitReason::Shutdown);
}
