//! Chains of calls: for whom a handler works, and until when it is wanted.
//!
//! | a handler's caller               | is known by                                    | costs                         |
//! |----------------------------------|------------------------------------------------|-------------------------------|
//! | waits in its frame below         | a [`Frame`] there                              | a store                       |
//! | waits elsewhere                  | a [`Link`] that came with the request          | an allocation, a clock read   |
//! | does not wait, or is a thread    | nothing                                        | nothing                       |
//!
//! A handler that is visited becomes one whose caller waits elsewhere when it suspends: only then does anyone need to
//! know for whom it works. So do deadlines: that of a visit counts from there, which makes it a little late and never early.

use std::fmt;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use greenroom_scheduler::Time;

use crate::cell::{Class, Header};
use crate::coroutine::Coroutine;
use crate::error::CallError;
use crate::id::ActorId;
use crate::incident::Incident;
use crate::stopwatch::Limit;

/// A handler that runs, as those read of it who are told of a deadlock.
#[derive(Clone, Copy)]
pub(crate) struct Running {
    pub(crate) actor: ActorId,
    /// Tells it from one of the same name in a machine that has ended since; not to be followed.
    pub(crate) address: usize,
    class: &'static Class,
    method: fn() -> &'static str,
    /// It has its actor's state for itself. A parallel method has not.
    pub(crate) is_exclusive: bool,
}

/// Actor and method, as in `Counter#0.7.add`.
impl fmt::Display for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}.{}", self.class.short_name(), self.actor, short((self.method)()))
    }
}

/// A message's type without path and parameters; a method's name as it is.
pub(crate) fn short(name: &'static str) -> &'static str {
    let path = name.split('<').next().unwrap_or(name);
    &path[path.rfind("::").map_or(0, |at| at + 2)..]
}

/// A handler that waits for a call that it made, and whoever waits for it in turn.
pub(crate) struct Link {
    waiting: Running,
    caller: Option<Arc<Link>>,
    /// Its call is over: it has its answer, or has given up. Whoever it called may still be at work, for nobody.
    is_over: AtomicBool,
}

impl Link {
    fn new(waiting: Running, caller: Option<Arc<Link>>) -> Arc<Self> {
        Arc::new(Link { waiting, caller, is_over: AtomicBool::new(false) })
    }
}

/// A call that its caller waits for, as long as this lives.
pub(crate) struct Awaited(Option<Arc<Link>>);

impl Awaited {
    pub(crate) fn of(context: &Context) -> Self {
        Awaited(context.caller.clone())
    }
}

impl Drop for Awaited {
    fn drop(&mut self) {
        if let Some(link) = &self.0 {
            // ORDERING: Relaxed: who reads the old value asked while the caller still waited, as far as it can know.
            link.is_over.store(true, Ordering::Relaxed);
        }
    }
}

impl Drop for Link {
    /// One after the other: a chain that is dropped by recursion needs a stack as long.
    fn drop(&mut self) {
        let mut caller = self.caller.take();
        while let Some(mut last) = caller.and_then(Arc::into_inner) {
            caller = last.caller.take();
        }
    }
}

/// A call by hand-off, in its caller's frame.
pub(crate) struct Frame<'a> {
    pub(crate) caller: &'a Coroutine,
    pub(crate) limit: Duration,
}

impl Frame<'_> {
    /// For a visitor, who looks at it only while its caller waits below.
    #[inline]
    pub(crate) fn address(&self) -> NonNull<Frame<'static>> {
        NonNull::from(self).cast()
    }
}

/// For whom a handler works, and until when.
#[derive(Clone)]
pub(crate) struct Context {
    pub(crate) caller: Option<Arc<Link>>,
    pub(crate) deadline: Time,
}

impl Context {
    /// Nobody waits, or nobody that could be waited for in turn.
    pub(crate) const NONE: Context = Context { caller: None, deadline: Time::NEVER };

    #[inline]
    pub(crate) fn is_some(&self) -> bool {
        self.caller.is_some() || self.deadline != Time::NEVER
    }

    pub(crate) fn until(deadline: Time) -> Self {
        Context { caller: None, deadline }
    }
}

impl Coroutine {
    /// The handler that runs here.
    pub(crate) fn running(&self) -> Option<Running> {
        let actor = self.actor()?;
        Some(Running {
            actor: actor.id,
            address: actor.address(),
            class: actor.class,
            method: self.method(),
            is_exclusive: !self.is_beside(),
        })
    }

    /// Until when the handler that runs here is wanted.
    pub(crate) fn deadline(&self, now: Time) -> Time {
        let (mut at, mut deadline) = (self, Time::NEVER);
        while let Some(frame) = at.frame() {
            deadline = deadline.min(now.after(frame.limit));
            at = frame.caller;
        }
        deadline.min(at.context_deadline())
    }

    /// The handler that runs here as a link, for a call that it waits for.
    fn link(&self) -> Option<Arc<Link>> {
        let waiting = self.running()?;
        Some(Link::new(waiting, self.caller_link()))
    }

    /// Whoever waits for the handler that runs here. Made once, for all who ask. Chains may be long, so no function here
    /// follows one by calling itself.
    fn caller_link(&self) -> Option<Arc<Link>> {
        let mut unlinked = vec![];
        let mut at = self;
        let mut link = loop {
            match (at.context_caller(), at.frame()) {
                (None, Some(frame)) => {
                    unlinked.push(at);
                    at = frame.caller;
                }
                (known, _) => break known,
            }
        };
        while let Some(callee) = unlinked.pop() {
            let waiting = callee.frame()?.caller.running()?;
            link = Some(Link::new(waiting, link));
            callee.set_context_caller(link.clone());
        }
        link
    }

    /// What a call by the handler that runs here takes along, and how long it may take: `limit`, or less if someone up
    /// the chain waits for less.
    ///
    /// # Errors
    /// If no time is left.
    pub(crate) fn context_for_call(&self, limit: Duration) -> Result<(Context, Limit), CallError> {
        let now = self.worker().scheduler.now();
        let deadline = self.deadline(now).min(now.after(limit));
        let left = if deadline == Time::NEVER { Duration::MAX } else { deadline.since(now) };
        if left.is_zero() {
            return Err(CallError::Timeout { limit: left, elapsed: Duration::ZERO, started: false });
        }
        Ok((Context { caller: self.link(), deadline }, Limit::since(now, left)))
    }

    /// As [`context_for_call`](Self::context_for_call), for a visitor that has suspended: what the call takes along now.
    pub(crate) fn context_for_visitor(&self, visitor: &Coroutine, limit: Duration) -> (Context, Limit) {
        let Ok((mut context, left)) = self.context_for_call(limit) else {
            return (Context::until(self.worker().scheduler.now()), Limit::of(Duration::ZERO));
        };
        if let Some(known) = visitor.context_caller() {
            // One handler that waits is one link, so that all who know it learn when it waits no more.
            context.caller = Some(known);
        }
        (context, left)
    }

    /// If the handler that runs here, or one that waits for it, has that actor's state for itself, a call to the actor
    /// would wait for ever.
    ///
    /// # Errors
    /// Then, with the way from there to here.
    pub(crate) fn check_cycle(&self, to: &Header, method: fn() -> &'static str) -> Result<(), CallError> {
        let holds = |running: Running| {
            running.is_exclusive && running.actor == to.id && running.address == to.address()
        };
        // One that stops, or is dropped, has ended: it refuses whom it would not come to.
        if !self.find(&mut |running| holds(running)) || to.mailbox.is_closed() {
            return Ok(());
        }
        let mut path = vec![format!("{}.{}", to.describe(), short(method()))];
        self.find(&mut |running| {
            path.push(running.to_string());
            holds(running)
        });
        path.reverse();
        Err(CallError::Deadlock { path, started: false })
    }

    /// As `check_cycle`, for a call that cannot be made then, which is an incident.
    pub(crate) fn refuse_cycle(&self, to: &Header, method: fn() -> &'static str) -> Result<(), CallError> {
        let cycle = self.check_cycle(to, method);
        if let Err(CallError::Deadlock { path, .. }) = &cycle {
            self.worker().core.report(|| Incident::Deadlock { path: path.clone() });
        }
        cycle
    }

    /// Whether one of the chain is what `is_it` looks for, from here outwards.
    fn find(&self, is_it: &mut dyn FnMut(Running) -> bool) -> bool {
        let mut at = self;
        loop {
            if at.running().is_some_and(&mut *is_it) {
                return true;
            }
            match at.frame() {
                Some(frame) => at = frame.caller,
                None => break,
            }
        }
        let mut link = at.context_caller();
        while let Some(at) = link {
            // ORDERING: Relaxed, as where it is stored.
            if at.is_over.load(Ordering::Relaxed) {
                break;
            }
            if is_it(at.waiting) {
                return true;
            }
            link = at.caller.clone();
        }
        false
    }
}
