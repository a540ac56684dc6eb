//! A parallel method's hold on its actor: no borrow of the state, but the way to one.
//!
//! A parallel method runs on a coroutine of its own. What it may do with its actor's state depends on the right to run
//! the actor, as for everyone else:
//!
//! | right             | whose                                                     | until                            |
//! |-------------------|-----------------------------------------------------------|----------------------------------|
//! | [`Right::Below`]  | of the batch that began the method, whose stack lies below | the method first waits           |
//! | [`Right::Own`]    | the method's: its caller found the actor at rest           | the method first waits, or ends  |
//! | none              | somebody else's, or nobody's                               | `with` claims it, or [leases](crate::lease) it |
//!
//! So a method that does not wait costs no more than any other, and one that waits leaves its actor to the others.

use std::ptr::{self, NonNull};

use crate::activation;
use crate::actor::Actor;
use crate::coroutine::Coroutine;
use crate::ending;
use crate::error::CallError;
use crate::handle::Runnable;
use crate::lease;
use crate::panics::{self, Caught};
use crate::reader::Reader;
use crate::refs::Ref;
use crate::worker::{self, Worker};

/// The actor that a `#[parallel]` method runs for.
///
/// The method holds no borrow of the state, so while it waits the actor handles other messages, and the state may have
/// changed when it goes on. [`with`](Self::with) gives it the state for as long as a closure runs.
///
/// ```
/// use greenroom::{prelude::*, sleep};
/// use std::time::Duration;
///
/// #[derive(Default)]
/// struct Web { hits: u32 }
///
/// #[actor]
/// impl Web {
///     fn hits(&self) -> u32 { self.hits }
///     #[parallel]
///     fn download(me: &Me<Self>) -> u32 {
///         me.with(|web| web.hits += 1);
///         let _ = sleep(Duration::from_millis(20));     // the web answers others meanwhile
///         me.with(|web| web.hits)
///     }
/// }
///
/// let vm = Vm::builder().workers(1).build()?;
/// let web = vm.spawn(Web::default());
/// let downloads = [web.request().download(), web.request().download()];
/// assert_eq!(web.hits()?, 2);                           // both have begun, and neither is done
/// for download in downloads { assert_eq!(download.wait()?, 2) }
/// # Ok::<(), greenroom::Error>(())
/// ```
pub struct Me<T> {
    actor: Ref<T>,
    /// The one that it belongs to, and so to one thread; only compared. Another could see it through a thread-local.
    home: *const Coroutine,
}

/// See the head of this file.
pub(crate) enum Right {
    Below(NonNull<Coroutine>),
    Own(Runnable),
}

impl<T: Actor> Me<T> {
    pub(crate) fn new(actor: Ref<T>, home: &Coroutine) -> Self {
        Me { actor, home }
    }

    /// A reference to the actor, to give to others.
    pub fn to_ref(&self) -> Ref<T> {
        self.actor.clone()
    }

    /// Runs `work` with the state. If the actor is busy, waits for its turn first, behind what was sent before.
    ///
    /// Nothing may wait in `work`: a call there fails with [`CallError::MayNotWait`].
    ///
    /// # Panics
    /// With `work`, whose panic ends the actor, for it may have left the state broken. If the actor has ended, or waits
    /// for this very method, the method is unwound, and its caller gets the error that [`try_with`](Self::try_with) gives.
    /// A destructor is better off with `try_with`: what unwinds while something else does ends the process.
    pub fn with<R>(&self, work: impl FnOnce(&mut T) -> R) -> R {
        self.try_with(work).unwrap_or_else(|error| panics::raise(Caught::Failed(error)))
    }

    /// As [`with`](Self::with), for a method that goes on without the state.
    ///
    /// # Errors
    /// [`CallError::Stopped`] if the actor has ended, [`CallError::Deadlock`] if it waits for this very method,
    /// [`CallError::MayNotWait`] inside another `with`, and where nothing may wait.
    ///
    /// # Panics
    /// With `work`.
    pub fn try_with<R>(&self, work: impl FnOnce(&mut T) -> R) -> Result<R, CallError> {
        let worker = worker::current().expect("a parallel method runs on a worker");
        let coroutine = worker.coroutine().expect("a parallel method runs on a coroutine");
        if !ptr::eq(coroutine, self.home) {
            // Its rights, if it has any, are to another actor.
            return Err(CallError::MayNotWait { why: "`Me` is for the method alone that was given it" });
        }
        worker.check_stack();
        if coroutine.refusals.are_any() {
            return Err(coroutine.refusals.error());
        }
        let (right, is_kept) = match coroutine.take_right() {
            Some(right) => (right, true),
            None => (Right::Own(self.acquire()?), false),
        };
        let state = self.actor.to().target().state();
        let forbidden =
            coroutine.refusals.forbid("the closure of `with` has the state of the actor for itself");
        // SAFETY: the right to run the actor is at hand: ours, or that of the batch below, which goes on after us.
        let result = panics::catch(|| work(unsafe { &mut *state }));
        drop(forbidden);
        match result {
            Ok(value) => {
                match right {
                    Right::Own(runnable) if !is_kept => activation::end_visit(worker, None, runnable),
                    kept => coroutine.set_right(kept),
                }
                Ok(value)
            }
            Err(caught) => {
                right.end_by_panic(worker, &caught);
                panics::raise(caught)
            }
        }
    }

    /// The right to run the actor, now or when its turn comes.
    fn acquire(&self) -> Result<Runnable, CallError> {
        match self.actor.to().raw().claim() {
            Some(runnable) => Ok(runnable),
            None => lease::wait(&self.actor),
        }
    }
}

impl Right {
    /// The method waits, or is done: the actor is free for others.
    pub(crate) fn let_go(self, worker: &Worker) {
        match self {
            Right::Below(_) => {}
            Right::Own(runnable) => activation::end_visit(worker, None, runnable),
        }
    }

    /// The state may be broken.
    #[cold]
    fn end_by_panic(self, worker: &Worker, caught: &Caught) {
        match self {
            Right::Own(runnable) => ending::end_at_once(worker, Reader::begin(runnable), caught.reason()),
            Right::Below(batch) => {
                // SAFETY: we have not waited, so the batch that began us still waits for us below.
                let batch = unsafe { batch.as_ref() };
                if let Some(actor) = batch.actor() {
                    // Before our caller is told.
                    worker.core.untie(actor);
                }
                batch.set_exit(caught.reason());
                batch.note_state_broken();
            }
        }
    }
}

impl<T> std::fmt::Debug for Me<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Me({:?})", self.actor)
    }
}
