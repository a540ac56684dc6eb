//! What a supervisor is asked: for its children, for more of them, for fewer, and how they are.

use std::any::TypeId;
use std::sync::Arc;

use greenroom_macros::actor;

use crate::actor::Actor;
use crate::child::Child;
use crate::child_error::ChildError;
use crate::child_spec::{ChildSpec, Restart, Supervised};
use crate::dynamic::DynamicSupervisor;
use crate::error::{CallError, ExitReason};
use crate::handle::Strong;
use crate::inbox::Inbox;
use crate::me::Me;
use crate::process::ProcessRef;
use crate::refs::Ref;
use crate::supervisor::Supervisor;
use crate::target::StrongTo;
use crate::tree::{Below, Branch, ChildCounts, ChildInfo, Tree};
use crate::wait::SECOND;

#[actor]
impl Supervisor {
    #[started]
    fn begin(&mut self) {
        self.started();
    }

    #[stopping]
    fn end(&mut self, reason: &ExitReason) {
        self.stopping(reason);
    }

    /// See [`Ref::find`], which is easier to write.
    #[doc(hidden)]
    pub fn find_child<C: Supervised>(&self, id: Arc<str>) -> Result<C::Reference, ChildError> {
        self.child_at::<C>(self.place(&id)?)
    }

    /// Starts one more child, behind the others, and gives its reference.
    ///
    /// # Errors
    /// [`ChildError::Taken`], [`ChildError::Invalid`]; or [`ChildError::Failed`], and then the child is forgotten.
    pub fn start_child<C: Supervised>(&mut self, spec: ChildSpec<C>) -> Result<C::Reference, ChildError> {
        let plan = spec.into_plan();
        self.check_plan(&plan, &self.children)?;
        let id = Arc::clone(&plan.id);
        self.children.push(Child::new(plan));
        let place = self.children.len() - 1;
        if let Err(why) = self.start(place) {
            self.children.remove(place).end(ExitReason::Shutdown);
            return Err(ChildError::Failed { id, why });
        }
        self.child_at::<C>(place)
    }

    /// Stops a child, within its time, and does not restart it; what is queued for it goes back. A temporary one is
    /// forgotten, another can be [started again](Self::restart_child).
    ///
    /// # Errors
    /// [`ChildError::Unknown`]. And take care that the call has time enough, for the child has: see
    /// [`within`](Ref::within).
    pub fn terminate_child(&mut self, id: impl Into<Arc<str>> + Send + 'static) -> Result<(), ChildError> {
        let place = self.place(&id.into())?;
        self.terminate(place);
        Ok(())
    }

    /// Starts a child that has ended. It is a new actor.
    ///
    /// # Errors
    /// [`ChildError::Unknown`], [`ChildError::Alive`], or [`ChildError::Failed`].
    pub fn restart_child(&mut self, id: impl Into<Arc<str>> + Send + 'static) -> Result<(), ChildError> {
        let place = self.ended_place(&id.into())?;
        let started = self.start(place);
        started.map_err(|why| {
            self.children[place].end(ExitReason::Shutdown);
            ChildError::Failed { id: Arc::clone(&self.children[place].plan.id), why }
        })
    }

    /// Forgets a child that has ended.
    ///
    /// # Errors
    /// [`ChildError::Unknown`], or [`ChildError::Alive`].
    pub fn delete_child(&mut self, id: impl Into<Arc<str>> + Send + 'static) -> Result<(), ChildError> {
        let place = self.ended_place(&id.into())?;
        self.children.remove(place);
        Ok(())
    }

    /// All children, left to right.
    pub fn which_children(&self) -> Vec<ChildInfo> {
        self.children.iter().map(Child::info).collect()
    }

    /// How many children there are.
    pub fn count_children(&self) -> ChildCounts {
        ChildCounts::of(&self.children)
    }

    /// This supervisor and all below it, to be printed.
    #[parallel]
    pub fn tree(me: &Me<Self>) -> Tree {
        let root = format!("{:?} {}", me.to_ref(), me.with(|supervisor| supervisor.strategy.name()));
        let children: Vec<Asked> = me.with(|supervisor| supervisor.children.iter().map(asked).collect());
        Tree { root, below: Below::Each(branches(children)) }
    }
}

impl Ref<Supervisor> {
    /// The child of that name. The reference stays good when the child is restarted.
    ///
    /// # Errors
    /// [`ChildError::Unknown`], [`ChildError::OtherType`], or [`ChildError::Ended`].
    pub fn find<A: Actor>(&self, id: &str) -> Result<Ref<A>, ChildError> {
        self.find_child::<A>(id.into())
    }

    /// As [`find`](Self::find), for a [process](ChildSpec::process).
    ///
    /// # Errors
    /// As for `find`.
    pub fn find_process<M: Send + 'static>(&self, id: &str) -> Result<ProcessRef<M>, ChildError> {
        self.find_child::<Inbox<M>>(id.into())
    }
}

impl Supervisor {
    fn place(&self, id: &Arc<str>) -> Result<usize, ChildError> {
        let place = self.children.iter().position(|child| child.plan.id == *id);
        place.ok_or_else(|| ChildError::Unknown { id: Arc::clone(id) })
    }

    fn ended_place(&self, id: &Arc<str>) -> Result<usize, ChildError> {
        let place = self.place(id)?;
        match self.children[place].actor() {
            None => Ok(place),
            Some(_) => Err(ChildError::Alive { id: Arc::clone(id) }),
        }
    }

    fn child_at<C: Supervised>(&self, place: usize) -> Result<C::Reference, ChildError> {
        reference::<C>(&self.children[place])
    }

    fn terminate(&mut self, place: usize) {
        let child = &mut self.children[place];
        child.end(ExitReason::Shutdown);
        if child.plan.restart == Restart::Temporary {
            self.children.remove(place);
        }
    }
}

/// The reference to a child.
///
/// # Errors
/// [`ChildError::Ended`], or [`ChildError::OtherType`].
pub(crate) fn reference<C: Supervised>(child: &Child) -> Result<C::Reference, ChildError> {
    let id = || Arc::clone(&child.plan.id);
    let actor = child.actor().ok_or_else(|| ChildError::Ended { id: id() })?;
    C::refer(actor.clone()).ok_or_else(|| ChildError::OtherType {
        id: id(),
        is: child.plan.class.short_name(),
        asked: C::CLASS.short_name(),
    })
}

/// A child and, if it is a supervisor, how to ask it for its own.
pub(crate) type Asked = (ChildInfo, Option<(Strong, AskTree)>);

pub(crate) fn asked(child: &Child) -> Asked {
    (child.info(), child.actor().cloned().zip(child.plan.ask_tree))
}

/// Asks one supervisor after the other.
pub(crate) fn branches(children: Vec<Asked>) -> Vec<Branch> {
    let branch = |(child, supervisor): Asked| Branch {
        child,
        below: match supervisor {
            None => Below::Each(Vec::new()),
            Some((actor, ask)) => ask(&actor).map_or(Below::Untold, |tree| tree.below),
        },
    };
    children.into_iter().map(branch).collect()
}

/// How a child that is a supervisor is asked for what is below it.
pub(crate) type AskTree = fn(&Strong) -> Result<Tree, CallError>;

/// How to ask an `A`, if that is a supervisor.
pub(crate) fn ask_tree_of<A: Actor>() -> Option<AskTree> {
    fn typed<S: 'static>(actor: &Strong) -> Ref<S> {
        Ref::new(StrongTo::of(actor.clone()).expect("its class says that it is such a supervisor"))
    }
    let asks: [(TypeId, AskTree); 2] = [
        (TypeId::of::<Supervisor>(), |actor| typed::<Supervisor>(actor).within(SECOND).tree()),
        (TypeId::of::<DynamicSupervisor>(), |actor| typed::<DynamicSupervisor>(actor).within(SECOND).tree()),
    ];
    asks.into_iter().find_map(|(type_id, ask)| (type_id == TypeId::of::<A>()).then_some(ask))
}
