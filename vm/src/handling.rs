//! What runs on a coroutine, and for whom: the actor, the method, the caller, and what is to become of the actor.
//!
//! It is a record: whoever begins or ends a handler writes it, and whoever is called by the handler reads it.

use std::cell::Cell;
use std::ptr::NonNull;
use std::sync::Arc;

use greenroom_scheduler::Time;

use crate::cell::Header;
use crate::chain::{Context, Frame, Link};
use crate::error::ExitReason;
use crate::lease::Granted;
use crate::me::Right;
use crate::reply::{Replier, Unanswered};

/// See the head of this file. Touched by its coroutine's thread alone.
pub(crate) struct Handling {
    /// None between activations.
    actor: Cell<Option<NonNull<Header>>>,
    unanswered: Cell<Option<Unanswered>>,
    exit: Cell<Option<ExitReason>>,
    /// There is an exit, or a lease to grant.
    has_exit: Cell<bool>,
    lease: Cell<Option<Replier<Granted>>>,
    method: Cell<fn() -> &'static str>,
    /// It runs a parallel method, and has this right, or none.
    is_beside: Cell<bool>,
    right: Cell<Option<Right>>,

    /// The call by hand-off that it answers, below, until it suspends.
    frame: Cell<Option<NonNull<Frame<'static>>>>,
    caller: Cell<Option<Arc<Link>>>,
    deadline: Cell<Time>,
    /// The slot that a caller by hand-off has turned to, because this coroutine suspended.
    promoted: Cell<Option<Unanswered>>,
}

/// See [`Handling::set_aside`].
pub(crate) struct Aside {
    actor: Option<NonNull<Header>>,
    is_beside: bool,
    method: fn() -> &'static str,
    frame: Option<NonNull<Frame<'static>>>,
    context: Context,
}

impl Handling {
    pub(crate) fn new() -> Self {
        Handling {
            actor: Cell::new(None),
            unanswered: Cell::new(None),
            exit: Cell::new(None),
            has_exit: Cell::new(false),
            lease: Cell::new(None),
            method: Cell::new(|| "a handler"),
            is_beside: Cell::new(false),
            right: Cell::new(None),
            frame: Cell::new(None),
            caller: Cell::new(None),
            deadline: Cell::new(Time::NEVER),
            promoted: Cell::new(None),
        }
    }

    /// The actor whose handler runs on it.
    #[inline]
    pub(crate) fn actor(&self) -> Option<&Header> {
        // SAFETY: set while the right to run it is held on this stack, which keeps it alive.
        self.actor.get().map(|header| unsafe { header.as_ref() })
    }

    /// A handler of this actor begins to run on it.
    #[inline]
    pub(crate) fn enter(&self, actor: NonNull<Header>) {
        self.actor.set(Some(actor));
    }

    /// A parallel method of this actor begins to run on it.
    pub(crate) fn enter_beside(&self, actor: NonNull<Header>) {
        self.actor.set(Some(actor));
        self.is_beside.set(true);
    }

    /// Whether a parallel method runs on it.
    pub(crate) fn is_beside(&self) -> bool {
        self.is_beside.get()
    }

    /// What its handler handles.
    #[inline]
    pub(crate) fn begin(&self, method: fn() -> &'static str) {
        self.method.set(method);
    }

    pub(crate) fn method(&self) -> fn() -> &'static str {
        self.method.get()
    }

    /// The right to run its actor, for a parallel method.
    pub(crate) fn set_right(&self, right: Right) {
        self.right.set(Some(right));
    }

    pub(crate) fn take_right(&self) -> Option<Right> {
        self.right.take()
    }

    /// Has the right to run the actor lent after this message.
    pub(crate) fn lend_to(&self, replier: Replier<Granted>) {
        self.lease.set(Some(replier));
        self.has_exit.set(true);
    }

    pub(crate) fn is_to_lend(&self) -> bool {
        let lease = self.lease.take();
        let is_there = lease.is_some();
        self.lease.set(lease);
        is_there
    }

    pub(crate) fn take_lease(&self) -> Option<Replier<Granted>> {
        let lease = self.lease.take();
        if lease.is_some() {
            self.has_exit.set(false);
        }
        lease
    }

    /// It answers a call by hand-off whose frame is below.
    #[inline]
    pub(crate) fn set_frame(&self, frame: NonNull<Frame<'static>>) {
        self.frame.set(Some(frame));
    }

    /// The call by hand-off that it answers, while it has not suspended.
    pub(crate) fn frame(&self) -> Option<&Frame<'_>> {
        // SAFETY: the frame is its caller's, which waits below; taken away when this suspends or finishes.
        self.frame.get().map(|frame| unsafe { frame.as_ref() })
    }

    /// An actor ends here, which is a thing of its own: what ran, and for whom, is set aside.
    pub(crate) fn set_aside(&self, actor: NonNull<Header>) -> Aside {
        Aside {
            actor: self.actor.replace(Some(actor)),
            is_beside: self.is_beside.replace(false),
            method: self.method.replace(|| "stopping"),
            frame: self.frame.take(),
            context: self.take_context(),
        }
    }

    pub(crate) fn take_up(&self, aside: Aside) {
        self.actor.set(aside.actor);
        self.is_beside.set(aside.is_beside);
        self.method.set(aside.method);
        let promoted = self.promoted.take();
        let has_left_its_frame = aside.frame.is_some() && promoted.is_some();
        self.promoted.set(promoted);
        // If it has suspended meanwhile, the frame below is gone, and the context that stands here is newer.
        if !has_left_its_frame {
            self.set_context(aside.context);
            self.frame.set(aside.frame);
        }
    }

    /// For whom its handler works, when that one waits elsewhere.
    pub(crate) fn set_context(&self, context: Context) {
        self.frame.set(None);
        self.caller.set(context.caller);
        self.deadline.set(context.deadline);
    }

    pub(crate) fn take_context(&self) -> Context {
        Context { caller: self.caller.take(), deadline: self.deadline.replace(Time::NEVER) }
    }

    pub(crate) fn context_deadline(&self) -> Time {
        self.deadline.get()
    }

    pub(crate) fn context_caller(&self) -> Option<Arc<Link>> {
        let caller = self.caller.take();
        self.caller.set(caller.clone());
        caller
    }

    pub(crate) fn set_context_caller(&self, caller: Option<Arc<Link>>) {
        self.caller.set(caller);
    }

    /// The slot that its handler is to answer, if it is to.
    pub(crate) fn answers(&self) -> Option<usize> {
        let address_in = |cell: &Cell<Option<Unanswered>>| {
            let unanswered = cell.take();
            let address = unanswered.as_ref().map(Unanswered::address);
            cell.set(unanswered);
            address
        };
        address_in(&self.promoted).or_else(|| address_in(&self.unanswered))
    }

    /// The actor rests, or has ended. What its last destructors asked for is over with it.
    #[inline]
    pub(crate) fn leave(&self) {
        self.actor.set(None);
        self.is_beside.set(false);
        self.frame.set(None);
        self.take_context();
        if self.has_exit() {
            self.take_exit();
        }
    }

    /// Does the work and answers with its result. Meanwhile the call is under way here: what ends the work ends the
    /// call. True: the answer came too late.
    #[inline]
    pub(crate) fn answer<R>(&self, replier: Replier<R>, work: impl FnOnce() -> R) -> bool {
        self.unanswered.set(Some(Unanswered::new(replier)));
        let reply = work();
        let unanswered = self.unanswered.take().expect("only the end of the work takes the call away");
        // SAFETY: made above from a `Replier<R>`.
        unsafe { unanswered.into_replier::<R>() }.complete(Ok(reply))
    }

    /// The call under way here, if the work that was to answer it has ended without.
    pub(crate) fn take_unanswered(&self) -> Option<Unanswered> {
        self.unanswered.take()
    }

    /// Its caller by hand-off waits at a slot from now on.
    pub(crate) fn promote(&self, slot: Unanswered) {
        self.promoted.set(Some(slot));
    }

    pub(crate) fn take_promoted(&self) -> Option<Unanswered> {
        self.promoted.take()
    }

    /// Has the running actor end after this message. The first reason stays.
    pub(crate) fn set_exit(&self, reason: ExitReason) {
        if !self.has_exit.replace(true) {
            self.exit.set(Some(reason));
        }
    }

    #[inline]
    pub(crate) fn has_exit(&self) -> bool {
        self.has_exit.get()
    }

    pub(crate) fn take_exit(&self) -> Option<ExitReason> {
        self.has_exit.set(false);
        self.exit.take()
    }
}
