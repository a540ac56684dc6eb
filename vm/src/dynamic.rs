//! Dynamic supervisors: for very many children that are alike, which come and go.
//!
//! | what happens                     | as a `Supervisor`, but                                                       |
//! |----------------------------------|------------------------------------------------------------------------------|
//! | it begins                        | it has no children                                                           |
//! | a child leaves                   | the others are left alone; one that is not restarted is forgotten            |
//! | it ends                          | all children are told at once, and each has its time from then on            |
//!
//! So stopping a hundred thousand takes as long as the slowest of them, and they end where they run, not here: what this
//! supervisor waits for is the [`Latch`] that all their posts hold.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use greenroom_macros::actor;

use crate::actor::{Handler, Message};
use crate::child::{Child, LAST_WAIT};
use crate::child_error::ChildError;
use crate::child_spec::{ChildSpec, Supervised};
use crate::error::ExitReason;
use crate::id::ActorId;
use crate::id_map::IdMap;
use crate::inside::me;
use crate::me::Me;
use crate::restarts::{Backoff, Intensity, Policy};
use crate::supervision::{self, Asked, asked, branches};
use crate::supervisor::{next_restart, worker};
use crate::tree::{Below, ChildCounts, ChildInfo, Tree};
use crate::vacancy::{Latch, Left, Post, wait_for_all};

/// A supervisor of many children that are alike: connections, sessions, jobs. They are started one by one, have no names, and
/// are found by what [`start_child`](Self::start_child) gave. It restarts the one that fails, and stops all at the same
/// time.
///
/// A child costs about 240 bytes beyond the actor that it is, and its specification 160 more, which the
/// [clones](ChildSpec) of one share (measured). Finding a child takes as long with a million as with one.
///
/// ```
/// use greenroom::prelude::*;
/// use greenroom::{ChildSpec, DynamicSupervisor, Supervisor};
///
/// struct Session { seen: u32 }
///
/// #[actor]
/// impl Session {
///     fn see(&mut self) -> u32 { self.seen += 1; self.seen }
/// }
///
/// # let vm = Vm::builder().workers(1).build()?;
/// let sessions = ChildSpec::new("sessions", || DynamicSupervisor::new().max_children(1000));
/// let supervisor = vm.spawn(Supervisor::one_for_one().with(sessions));
/// let sessions = supervisor.find::<DynamicSupervisor>("sessions")?;
///
/// let session = ChildSpec::new("session", || Session { seen: 0 }).temporary();
/// let first = sessions.start_child(session.clone())?;
/// let second = sessions.start_child(session)?;
/// assert_eq!(first.see()?, 1);
/// assert_eq!(sessions.count_children()?.active, 2);
/// sessions.terminate_child(second.id())?;
/// assert_eq!(sessions.count_children()?.active, 1);
/// # Ok::<(), greenroom::Error>(())
/// ```
pub struct DynamicSupervisor {
    policy: Policy,
    max_children: usize,
    children: Children,
}

/// Those that live or wait to be restarted, by the actors that they are.
type Children = IdMap<ActorId, Box<Child>>;

/// With more children than this, a tree says only how many there are.
const DRAWN: usize = 20;

impl Default for DynamicSupervisor {
    fn default() -> Self {
        Self::new()
    }
}

/// How a dynamic supervisor is made.
impl DynamicSupervisor {
    /// Without children.
    pub fn new() -> Self {
        DynamicSupervisor { policy: Policy::new(), max_children: usize::MAX, children: Children::default() }
    }

    /// How many restarts there may be, of all children together, within how long a time. See
    /// [`Supervisor::intensity`](crate::Supervisor::intensity). Default: 1 in 5 s.
    pub fn intensity(mut self, restarts: u32, window: Duration) -> Self {
        self.policy.intensity = Intensity::new(restarts, window);
        self
    }

    /// How long to wait before a restart. See [`Supervisor::backoff`](crate::Supervisor::backoff). Default: no time at all.
    pub fn backoff(mut self, first: Duration, most: Duration) -> Self {
        self.policy.backoff = Backoff::new(first, most);
        self
    }

    /// How many children it may have at a time. Default: as many as memory holds.
    pub fn max_children(mut self, most: usize) -> Self {
        self.max_children = most;
        self
    }
}

#[actor]
impl DynamicSupervisor {
    #[stopping]
    fn end(&mut self, _reason: &ExitReason) {
        self.stop_all();
    }

    /// Starts one more child, and gives its reference. The name in the specification is no more than a label.
    ///
    /// # Errors
    /// [`ChildError::Full`], [`ChildError::Invalid`]; or [`ChildError::Failed`], and then the child is forgotten.
    pub fn start_child<C: Supervised>(&mut self, spec: ChildSpec<C>) -> Result<C::Reference, ChildError> {
        let plan = spec.into_plan();
        if self.children.len() >= self.max_children {
            return Err(ChildError::Full { max_children: self.max_children });
        }
        if plan.is_significant {
            let why = "it is significant, which means nothing to a dynamic supervisor";
            return Err(ChildError::Invalid { id: Arc::clone(&plan.id), why });
        }
        let mut child = Box::new(Child::new(plan));
        if let Err(why) = start(&mut child) {
            child.end(ExitReason::Shutdown);
            return Err(ChildError::Failed { id: Arc::clone(&child.plan.id), why });
        }
        let reference = supervision::reference::<C>(&child)?;
        if let Some(actor) = child.actor() {
            self.children.insert(actor.id, child);
        }
        Ok(reference)
    }

    /// Stops a child, within its time, and forgets it; what is queued for it goes back. Nothing else is done for the
    /// children meanwhile.
    ///
    /// # Errors
    /// [`ChildError::Stranger`], also if the child has ended. And take care that the call has time enough, for the child has:
    /// see [`within`](crate::Ref::within).
    pub fn terminate_child(&mut self, actor: ActorId) -> Result<(), ChildError> {
        let mut child = self.children.remove(&actor).ok_or(ChildError::Stranger { actor })?;
        child.end(ExitReason::Shutdown);
        Ok(())
    }

    /// All children, by the number of their actors. It takes a look at each.
    pub fn which_children(&self) -> Vec<ChildInfo> {
        self.in_order().into_iter().map(Child::info).collect()
    }

    /// How many children there are. It takes a look at each.
    pub fn count_children(&self) -> ChildCounts {
        ChildCounts::of(self.children.values().map(Box::as_ref))
    }

    /// This supervisor and all below it, to be printed; of more than 20 children no more than their number.
    #[parallel]
    pub fn tree(me: &Me<Self>) -> Tree {
        let root = format!("{:?} one-for-one", me.to_ref());
        let children: Result<Vec<Asked>, ChildCounts> = me.with(|supervisor| {
            let few = supervisor.children.len() <= DRAWN;
            let counts = || supervisor.count_children();
            if few { Ok(supervisor.in_order().into_iter().map(asked).collect()) } else { Err(counts()) }
        });
        Tree { root, below: children.map_or_else(Below::Many, |few| Below::Each(branches(few))) }
    }
}

impl DynamicSupervisor {
    fn in_order(&self) -> Vec<&Child> {
        let mut children: Vec<_> = self.children.iter().collect();
        children.sort_unstable_by_key(|(actor, _)| actor.as_u64());
        children.into_iter().map(|(_, child)| child.as_ref()).collect()
    }

    /// A child has left by itself.
    fn lost(&mut self, actor: ActorId, reason: &ExitReason) {
        let Some(child) = self.children.get_mut(&actor) else { return };
        if child.plan.restart.wants(reason) && !worker().core.farewells.is_closing() {
            self.fail(actor, reason.clone());
        } else {
            self.children.remove(&actor);
        }
    }

    /// A child is to be restarted, now or later, unless that was too often.
    fn fail(&mut self, actor: ActorId, reason: ExitReason) {
        let Some(child) = self.children.get_mut(&actor) else { return };
        let Some(delay) = next_restart(&mut self.policy, child, reason) else { return };
        if delay.is_zero() {
            self.restart(actor);
        } else {
            child.retry_by(me::<Self>().send_after(delay, Again { actor, failure: None }));
        }
    }

    fn restart(&mut self, actor: ActorId) {
        let Some(child) = self.children.get_mut(&actor) else { return };
        // One that did not begin may not have left yet.
        child.stop();
        if child.actor().is_none() {
            self.children.remove(&actor);
        } else if let Err(why) = start(child) {
            // Counted as one that did not last; but whoever has sent something meanwhile comes first.
            let again = Again { actor, failure: Some(why.into()) };
            child.retry_by(me::<Self>().send_after(Duration::ZERO, again));
        }
    }

    fn stop_all(&mut self) {
        let begin = worker().scheduler.now();
        let (latch, mut all_ended) = Latch::new();
        for child in self.children.values_mut() {
            child.dismiss(latch.clone());
        }
        drop(latch);
        let limits: BTreeSet<Duration> =
            self.children.values().map(|child| child.plan.shutdown.limit()).collect();
        for limit in limits {
            let left = match limit {
                Duration::MAX => Duration::MAX,
                _ => limit.saturating_sub(worker().scheduler.now().since(begin)),
            };
            if wait_for_all(&mut all_ended, left) {
                return;
            }
            self.children
                .values()
                .filter(|child| child.plan.shutdown.limit() == limit)
                .for_each(|it| it.kill());
        }
        wait_for_all(&mut all_ended, LAST_WAIT);
    }
}

fn start(child: &mut Child) -> Result<(), String> {
    let post = || Post::new::<DynamicSupervisor>(me::<DynamicSupervisor>().to().raw().downgrade());
    child.start(worker(), post)
}

impl Handler<Left> for DynamicSupervisor {
    fn handle(&mut self, Left(actor): Left) {
        if let Some(reason) = self.children.get_mut(&actor).and_then(|child| child.notice().cloned()) {
            self.lost(actor, &reason);
        }
    }
}

/// A child is to be restarted now.
struct Again {
    actor: ActorId,
    /// Why it has not even started, which has not been counted.
    failure: Option<Arc<str>>,
}

impl Message for Again {
    type Reply = ();
}

impl Handler<Again> for DynamicSupervisor {
    fn handle(&mut self, Again { actor, failure }: Again) {
        let awaits = self.children.get(&actor).is_some_and(|child| child.awaits_retry());
        if !awaits || worker().core.farewells.is_closing() {
            return;
        }
        match failure {
            Some(why) => self.fail(actor, ExitReason::Custom(why)),
            None => self.restart(actor),
        }
    }
}
