//! A lease: the right to run an actor, asked for as a message and lent to whoever waits for it.
//!
//! It queues with the other messages, so it is fair to them. When its turn comes the batch that reads it stops, and the
//! right goes to the coroutine that asked, on whatever thread that is; it comes back through the run queue.

use std::marker::PhantomData;

use greenroom_scheduler::Lane;

use crate::actor::Actor;
use crate::call;
use crate::core;
use crate::coroutine::Coroutine;
use crate::error::CallError;
use crate::handle::Runnable;
use crate::parcel::Parcel;
use crate::refs::Ref;
use crate::reply::Replier;
use crate::visit::Visit;
use crate::worker;

/// The parcel that asks.
struct Lease<T>(PhantomData<fn(T)>);

/// The right, on its way. One that arrives at nobody goes back into the run queue.
pub(crate) struct Granted(Option<Runnable>);

/// Waits for the right to run the actor.
pub(crate) fn wait<T: Actor>(actor: &Ref<T>) -> Result<Runnable, CallError> {
    let worker = worker::current().expect("a parallel method runs on a worker");
    let coroutine = worker.may_wait(1)?;
    coroutine.refuse_cycle(&actor.to().raw(), Lease::<T>::name).map_err(CallError::once_started)?;
    // Its caller may not wait so long; but what the method does goes on.
    let granted = call::request(actor.to(), Lease(PhantomData)).wait();
    let mut granted = granted.map_err(CallError::once_started)?;
    Ok(granted.0.take().expect("a lease is granted with the right"))
}

/// Lends the right to the coroutine that the running batch has read the lease of.
pub(crate) fn grant(replier: Replier<Granted>, runnable: Runnable) {
    // One whose asker has gone meanwhile goes back by its destructor.
    let _ = replier.complete(Ok(Granted(Some(runnable))));
}

impl Drop for Granted {
    fn drop(&mut self) {
        let Some(runnable) = self.0.take() else { return };
        match core::worker_of(runnable.id.machine()) {
            Some(worker) => worker.schedule(runnable, Lane::Back),
            None => core::inject(runnable),
        }
    }
}

impl<T: Actor> Parcel for Lease<T> {
    type Receiver = T;
    type Reply = Granted;
    const MAY_VISIT: bool = false;
    /// Whoever waits for it works for the actor already.
    const MUST_PASS: bool = true;

    fn name() -> &'static str {
        "with"
    }

    unsafe fn serve(self, _state: *mut (), coroutine: &Coroutine, owed: Option<Replier<Granted>>) {
        coroutine.lend_to(owed.expect("a lease is asked for by someone"));
    }

    fn visit(_visit: Visit<'_, Self, Granted>) {
        unreachable!("a lease is never visited");
    }
}
