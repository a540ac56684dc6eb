//! Panics of handlers: caught at the edge of an activation, told to callers, and never more than one actor's end.
//!
//! Three things unwind a handler: a panic of its own, a stack that ran into its yellow zone (the next call into the
//! machine panics with [`Overflow`]), and a kill or the machine's end ([`unwind`], which runs no hook).
//!
//! A panic begins on the small stack of a coroutine. The hook that prints it may want a backtrace, which needs
//! three times as much as a message, so a hook of ours runs the one that was there on the worker's big stack.

use std::any::Any;
use std::cell::RefCell;
use std::panic::{
    AssertUnwindSafe, PanicHookInfo, catch_unwind, panic_any, resume_unwind, set_hook, take_hook,
};
use std::sync::Once;

use crate::describe::Culprit;
use crate::error::{CallError, ExitReason, PanicReport};
use crate::worker;

thread_local! {
    /// Where the last panic of this thread began.
    static LOCATION: RefCell<String> = const { RefCell::new(String::new()) };
}

/// The payload of a panic that ends a handler whose stack is used up.
struct Overflow;

/// The payload that unwinds a handler whose actor is killed, or whose machine ends.
struct Cancelled(ExitReason);

/// What ended a handler.
pub(crate) enum Caught {
    Panic(PanicReport),
    Overflow,
    Cancelled(ExitReason),
    /// A parallel method cannot go on without its actor's state.
    Failed(CallError),
}

/// The payload of one that was caught on its way, and goes on.
struct Raised(Caught);

impl Caught {
    fn new(payload: Box<dyn Any + Send>) -> Self {
        let payload = match payload.downcast::<Raised>() {
            Ok(raised) => return raised.0,
            Err(payload) => payload,
        };
        let payload = match payload.downcast::<Cancelled>() {
            Ok(cancelled) => return Caught::Cancelled(cancelled.0),
            Err(payload) => payload,
        };
        if payload.is::<Overflow>() {
            return Caught::Overflow;
        }
        let message = match (payload.downcast_ref::<&str>(), payload.downcast_ref::<String>()) {
            (Some(text), _) => (*text).to_owned(),
            (_, Some(text)) => text.clone(),
            _ => "a value that is not a text".to_owned(),
        };
        let report = PanicReport::new(message, LOCATION.with_borrow_mut(std::mem::take));
        // The payload's own destructor may panic; it has been reported as far as it can be. What it panics with may
        // do the same, and so on without end: that is forgotten.
        let mut left = Some(payload);
        for _ in 0..8 {
            left = left.and_then(|payload| catch_unwind(AssertUnwindSafe(|| drop(payload))).err());
        }
        std::mem::forget(left);
        Caught::Panic(report)
    }

    pub(crate) fn is_panic(&self) -> bool {
        !matches!(self, Caught::Cancelled(_) | Caught::Failed(_))
    }

    /// Why the actor ends.
    pub(crate) fn reason(&self) -> ExitReason {
        match self {
            Caught::Panic(report) => ExitReason::Panicked(report.clone()),
            Caught::Overflow => ExitReason::StackOverflow,
            Caught::Cancelled(reason) => reason.clone(),
            Caught::Failed(error) => ExitReason::Custom(error.to_string().into()),
        }
    }

    /// What its caller gets.
    pub(crate) fn call_error(&self) -> CallError {
        match self {
            Caught::Panic(report) => CallError::Panicked(report.clone()),
            Caught::Failed(error) => error.clone(),
            _ => CallError::Stopped { reason: self.reason(), started: true },
        }
    }
}

/// Runs `body`, and returns what ended it if it does not return.
#[inline]
pub(crate) fn catch<R>(body: impl FnOnce() -> R) -> Result<R, Caught> {
    // The actor's state may be broken afterwards, and is never used again: only its destructor runs.
    catch_unwind(AssertUnwindSafe(body)).map_err(Caught::new)
}

/// Goes on with an unwinding that was caught on its way, or begins one that runs no hook.
#[cold]
pub(crate) fn raise(caught: Caught) -> ! {
    resume_unwind(Box::new(Raised(caught)))
}

/// Ends the running handler, whose stack is used up.
#[cold]
pub(crate) fn overflow() -> ! {
    panic_any(Overflow)
}

/// Unwinds the running handler without a word.
#[cold]
pub(crate) fn unwind(reason: ExitReason) -> ! {
    resume_unwind(Box::new(Cancelled(reason)))
}

/// Puts our hook before the one that is there, once a process.
pub(crate) fn install_hook() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = take_hook();
        set_hook(Box::new(move |info| run_hook(info, &before)));
    });
}

fn run_hook(info: &PanicHookInfo<'_>, before: &dyn Fn(&PanicHookInfo<'_>)) {
    let Some((worker, coroutine)) = worker::current().and_then(|worker| Some((worker, worker.coroutine()?)))
    else {
        before(info);
        return;
    };
    let location = info.location().map(ToString::to_string).unwrap_or_default();
    LOCATION.with_borrow_mut(|last| *last = location);
    worker.big_stack().run(|| {
        if info.payload().is::<Overflow>() {
            let culprit = Culprit(coroutine);
            let kib = coroutine.size.bytes() / 1024;
            eprintln!("{culprit} used up its stack of {kib} KiB and ends; {}", culprit.remedy());
        } else {
            before(info);
        }
    });
}
