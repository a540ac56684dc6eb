//! What runs on a coroutine, and for whom: the actor, the method, the caller, and what is to become of the actor.
//!
//! It is a record: whoever begins or ends a handler writes it, and whoever is called by the handler reads it.

use std::cell::Cell;
use std::ptr::{self, NonNull};
use std::sync::Arc;

use greenroom_scheduler::Time;

use crate::abilities::Show;
use crate::board::Plate;
use crate::cell::Header;
use crate::chain::{Context, Frame, Link};
use crate::error::{CallError, ExitReason};
use crate::lease::Granted;
use crate::me::Right;
use crate::notes::{BESIDE, BROKEN, CANCELLED, CONTEXT, EXIT, HAS_WAITED, Notes, PROMOTED, QUARANTINED};
use crate::order;
use crate::reply::{Replier, Unanswered};
use crate::token::Reply;

/// See the head of this file. Touched by its coroutine's thread alone.
pub(crate) struct Handling {
    /// None between activations.
    actor: Cell<Option<NonNull<Header>>>,
    /// Who it is, and what it handles, for other threads to read.
    plate: Arc<Plate>,
    /// What else there is. Most handlers begin and end without any of it, and ask no more than this.
    notes: Notes,
    unanswered: Cell<Option<Unanswered>>,
    /// The slot of the token that its method was given.
    token: Cell<Option<usize>>,
    exit: Cell<Option<ExitReason>>,
    lease: Cell<Option<Replier<Granted>>>,
    /// That of a parallel method which has it.
    right: Cell<Option<Right>>,

    /// The call by hand-off that it answers, below, until it suspends.
    frame: Cell<Option<NonNull<Frame<'static>>>>,
    caller: Cell<Option<Arc<Link>>>,
    deadline: Cell<Time>,
    /// How many orders had been given when the parallel method began.
    began: Cell<u32>,
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
            plate: Arc::new(Plate::new()),
            notes: Notes::default(),
            unanswered: Cell::new(None),
            token: Cell::new(None),
            exit: Cell::new(None),
            lease: Cell::new(None),
            right: Cell::new(None),
            frame: Cell::new(None),
            caller: Cell::new(None),
            deadline: Cell::new(Time::NEVER),
            began: Cell::new(0),
            promoted: Cell::new(None),
        }
    }

    /// The actor whose handler runs on it.
    #[inline]
    pub(crate) fn actor(&self) -> Option<&Header> {
        // SAFETY: set while the right to run it is held on this stack, which keeps it alive.
        self.actor.get().map(|header| unsafe { header.as_ref() })
    }

    /// Whether a handler of this actor runs on it.
    pub(crate) fn runs(&self, actor: &Header) -> bool {
        self.actor.get().is_some_and(|running| ptr::eq(running.as_ptr(), actor))
    }

    /// A handler of this actor begins to run on it.
    #[inline]
    pub(crate) fn enter(&self, actor: NonNull<Header>) {
        self.set_actor(Some(actor));
    }

    #[inline]
    fn set_actor(&self, actor: Option<NonNull<Header>>) {
        self.actor.set(actor);
        if let Some(actor) = self.actor() {
            self.plate.show(actor);
        }
    }

    /// A parallel method of this actor begins to run on it.
    pub(crate) fn enter_beside(&self, actor: NonNull<Header>, orders: u32) {
        self.enter(actor);
        self.began.set(orders);
        self.notes.add(BESIDE);
    }

    /// How many orders had been given when the parallel method that runs on it began.
    pub(crate) fn began(&self) -> u32 {
        self.began.get()
    }

    /// Whether a parallel method runs on it that began before that order was given.
    pub(crate) fn began_beside_before(&self, number: u32) -> bool {
        self.is_beside() && order::began_before(self.began(), number)
    }

    /// Whether a parallel method runs on it.
    pub(crate) fn is_beside(&self) -> bool {
        self.notes.has(BESIDE)
    }

    /// What its handler handles.
    #[inline]
    pub(crate) fn begin(&self, method: fn() -> &'static str) {
        self.plate.show_method(method);
    }

    pub(crate) fn method(&self) -> fn() -> &'static str {
        self.plate.method()
    }

    pub(crate) fn plate(&self) -> Arc<Plate> {
        Arc::clone(&self.plate)
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
        self.notes.add(EXIT);
    }

    pub(crate) fn take_lease(&self) -> Option<Replier<Granted>> {
        let lease = self.lease.take();
        if lease.is_some() {
            self.notes.strike(EXIT);
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

    /// An actor ends here, which is a thing of its own. If it is the one whose handler ran here, that is over, and so is
    /// its work for others; otherwise what runs, and for whom, is set aside.
    #[inline]
    pub(crate) fn set_aside(&self, actor: NonNull<Header>) -> Option<Aside> {
        if self.actor.get() == Some(actor) && !self.is_beside() {
            self.begin(|| "stopping");
            self.frame.set(None);
            self.take_context();
            return None;
        }
        let (before, is_beside, method) = (self.actor.get(), self.is_beside(), self.method());
        self.enter(actor);
        self.begin(|| "stopping");
        self.notes.strike(BESIDE);
        Some(Aside {
            actor: before,
            is_beside,
            method,
            frame: self.frame.take(),
            context: self.take_context(),
        })
    }

    #[cold]
    pub(crate) fn take_up(&self, aside: Aside) {
        self.set_actor(aside.actor);
        if aside.is_beside {
            self.notes.add(BESIDE);
        }
        self.begin(aside.method);
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
    #[inline]
    pub(crate) fn set_context(&self, context: Context) {
        self.frame.set(None);
        if self.notes.has(CONTEXT) || context.is_some() {
            self.caller.set(context.caller);
            self.deadline.set(context.deadline);
            self.notes.add(CONTEXT);
        }
    }

    #[inline]
    pub(crate) fn take_context(&self) -> Context {
        if !self.notes.has(CONTEXT) {
            return Context::NONE;
        }
        self.notes.strike(CONTEXT);
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
        self.notes.add(CONTEXT);
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

    /// Its handler has caught the unwinding. True: for the first time.
    pub(crate) fn note_quarantined(&self) -> bool {
        self.notes.add_first(QUARANTINED)
    }

    /// A parallel method has panicked with the state in hand.
    pub(crate) fn note_state_broken(&self) {
        self.notes.add(BROKEN);
    }

    pub(crate) fn is_state_broken(&self) -> bool {
        self.notes.has(BROKEN)
    }

    /// Its handler is to be unwound.
    pub(crate) fn note_cancelled(&self) {
        self.notes.add(CANCELLED);
    }

    pub(crate) fn strike_cancelled(&self) {
        self.notes.strike(CANCELLED | QUARANTINED);
    }

    /// The actor rests, or has ended. What its last destructors asked for is over with it. True: it was cancelled.
    #[inline]
    pub(crate) fn leave(&self) -> bool {
        self.actor.set(None);
        self.frame.set(None);
        self.notes.are_any() && self.clear()
    }

    #[cold]
    fn clear(&self) -> bool {
        let was_cancelled = self.notes.has(CANCELLED);
        self.take_context();
        self.take_exit();
        self.notes.strike(BESIDE | HAS_WAITED | CANCELLED | QUARANTINED | BROKEN);
        was_cancelled
    }

    /// Does the work and answers with its result. Meanwhile the call is under way here: what ends the work ends the
    /// call. True: the answer came too late.
    #[inline]
    pub(crate) fn answer<R>(&self, replier: Replier<R>, show: Show<R>, work: impl FnOnce() -> R) -> bool {
        self.unanswered.set(Some(Unanswered::new(replier)));
        let reply = work();
        let unanswered = self.unanswered.take().expect("only the end of the work takes the call away");
        // SAFETY: made above from a `Replier<R>`.
        unsafe { unanswered.into_replier::<R>() }.answer(Ok(reply), show)
    }

    /// Does the work of a method that is given the token of its reply.
    pub(crate) fn answer_by_token<R>(
        &self,
        owed: Option<Replier<R>>,
        show: Show<R>,
        work: impl FnOnce(Reply<R>),
    ) {
        /// Another slot may come to lie there when the method is over, however it ends.
        struct Until<'a>(&'a Cell<Option<usize>>);
        impl Drop for Until<'_> {
            fn drop(&mut self) {
                self.0.set(None);
            }
        }
        self.token.set(owed.as_ref().map(Replier::address));
        let until = Until(&self.token);
        work(Reply::new(owed, show));
        drop(until);
        if let Some(dropped) = self.take_unanswered() {
            // By an unwinding that the method has caught itself.
            dropped.fail(CallError::Stopped { reason: ExitReason::Normal, started: true });
        }
    }

    /// A token is dropped while this unwinds. If it is that of the running method, the call is under way here: what ends
    /// the method ends the call. Any other fails its caller.
    pub(crate) fn keep_token<R>(&self, owed: Replier<R>) {
        if self.token.get() == Some(owed.address()) {
            self.unanswered.set(Some(Unanswered::new(owed)));
        }
    }

    /// The call under way here, if the work that was to answer it has ended without.
    pub(crate) fn take_unanswered(&self) -> Option<Unanswered> {
        self.unanswered.take()
    }

    /// Its caller by hand-off waits at a slot from now on.
    pub(crate) fn promote(&self, slot: Unanswered) {
        self.promoted.set(Some(slot));
        self.notes.add(PROMOTED);
    }

    #[inline]
    pub(crate) fn take_promoted(&self) -> Option<Unanswered> {
        if !self.notes.has(PROMOTED) {
            return None;
        }
        self.notes.strike(PROMOTED);
        self.promoted.take()
    }

    /// Has the running actor end after this message. The first reason stays.
    pub(crate) fn set_exit(&self, reason: ExitReason) {
        let first = if self.notes.has(EXIT) { self.exit.take() } else { None };
        self.exit.set(Some(first.unwrap_or(reason)));
        self.notes.add(EXIT);
    }

    #[inline]
    pub(crate) fn has_exit(&self) -> bool {
        self.notes.has(EXIT)
    }

    /// There is an order for the actor: to be looked for after this message.
    pub(crate) fn note_order(&self) {
        self.notes.add(EXIT);
    }

    /// A parallel method is about to wait. True: for the first time.
    pub(crate) fn note_waits_beside(&self) -> bool {
        self.notes.add_first(HAS_WAITED)
    }

    /// What the running actor is to end with after this message, if it is to.
    pub(crate) fn exit_asked_for(&self) -> Option<ExitReason> {
        let exit = self.exit.take();
        self.exit.set(exit.clone());
        exit
    }

    pub(crate) fn take_exit(&self) -> Option<ExitReason> {
        self.notes.strike(EXIT);
        self.exit.take()
    }
}
