//! What a running handler can ask of the machine: who it is, where it runs, to end.

use std::sync::Arc;

use crossbeam_channel::Receiver;

use crate::actor::Actor;
use crate::dedicated;
use crate::error::{ExitReason, SpawnError};
use crate::id::ActorId;
use crate::inbox::Inbox;
use crate::incident::Incident;
use crate::process::{self, ProcessRef};
use crate::refs::Ref;
use crate::target::StrongTo;
use crate::trace::{Filter, Session};
use crate::worker::{self, Worker};

/// The machine's worker, for functions that make no sense outside of it.
pub(crate) fn here<'a>(what: &str) -> &'a Worker {
    match worker::current() {
        Some(worker) => worker,
        None => {
            panic!("{what} was called on a plain thread; call it in a handler, or use the Vm's own method")
        }
    }
}

/// Spawns an actor in the machine that runs the caller. One allocation; the actor has no stack and is in no queue
/// until a message comes.
///
/// # Panics
/// On a plain thread, which has no machine: use [`Vm::spawn`](crate::Vm::spawn) there.
#[inline]
pub fn spawn<A: Actor>(actor: A) -> Ref<A> {
    here("spawn").core.spawn(actor)
}

/// Spawns an actor with a thread of its own in the machine that runs the caller. See
/// [`Vm::spawn_dedicated`](crate::Vm::spawn_dedicated).
///
/// # Errors
/// If the system gives no thread; the actor comes back.
///
/// # Panics
/// On a plain thread: use [`Vm::spawn_dedicated`](crate::Vm::spawn_dedicated) there.
pub fn spawn_dedicated<A: Actor>(actor: A) -> Result<Ref<A>, SpawnError<A>> {
    dedicated::spawn(&here("spawn_dedicated").core, actor)
}

/// Spawns a process in the machine that runs the caller. See [`Inbox`].
///
/// # Panics
/// On a plain thread: use [`Vm::process`](crate::Vm::process) there.
pub fn process<M: Send + 'static>(body: impl FnOnce(Inbox<M>) + Send + 'static) -> ProcessRef<M> {
    process::spawn(&here("process").core, body)
}

/// Subscribes to what is out of the ordinary in the machine that runs the caller: see
/// [`Vm::incidents`](crate::Vm::incidents). In a handler it is read by `try_recv` or `try_iter`, for `recv` blocks the
/// thread.
///
/// # Panics
/// On a plain thread: use [`Vm::incidents`](crate::Vm::incidents) there.
pub fn incidents(capacity: usize) -> Receiver<Incident> {
    here("incidents").core.subscribers.subscribe(capacity)
}

/// Records what happens in the machine that runs the caller: see [`Vm::trace`](crate::Vm::trace).
///
/// # Panics
/// On a plain thread: use [`Vm::trace`](crate::Vm::trace) there.
pub fn trace(filter: Filter) -> Session {
    Session::begin(&here("trace").core, filter)
}

/// A reference to the running actor, to give to others.
///
/// # Panics
/// If the caller is not a handler of an `A`.
///
/// ```
/// use greenroom::prelude::*;
/// struct Parent { children: Vec<Ref<Child>> }
/// impl Actor for Parent {}
/// struct Child { parent: Ref<Parent> }
/// impl Actor for Child {}
/// struct Grow; impl Message for Grow { type Reply = usize; }
/// impl Handler<Grow> for Parent {
///     fn handle(&mut self, _: Grow) -> usize {
///         self.children.push(spawn(Child { parent: me() }));
///         self.children.len()
///     }
/// }
/// let vm = Vm::builder().workers(1).build()?;
/// assert_eq!(vm.spawn(Parent { children: vec![] }).ask(Grow)?, 1);
/// # Ok::<(), greenroom::Error>(())
/// ```
pub fn me<A: Actor>() -> Ref<A> {
    let cell =
        here("me").coroutine().and_then(|coroutine| coroutine.actor()).expect("me is called in a handler");
    StrongTo::running(cell).map(Ref::new).unwrap_or_else(|| {
        let asked = std::any::type_name::<A>();
        panic!("me::<{asked}>() was called in a handler of {}", (cell.class.type_name)())
    })
}

/// The name of the actor whose handler runs the caller, if one does.
pub fn current_actor() -> Option<ActorId> {
    Some(worker::current()?.coroutine()?.actor()?.id)
}

/// The number of the worker that runs the caller, if one does: none on a plain thread, nor on an actor's
/// [own](crate::Vm::spawn_dedicated).
pub fn current_worker() -> Option<usize> {
    worker::current().filter(|worker| !worker.is_dedicated()).map(|worker| worker.scheduler.index())
}

/// Ends the running actor after this message: what is queued goes back to its senders.
///
/// # Panics
/// On a plain thread.
pub fn stop() {
    end_with(ExitReason::Normal);
}

/// As [`stop`], with a reason that callers and observers see.
///
/// # Panics
/// On a plain thread.
pub fn exit(reason: impl Into<Arc<str>>) {
    end_with(ExitReason::Custom(reason.into()));
}

/// Ends the running actor after this message.
pub(crate) fn end_with(reason: ExitReason) {
    let coroutine = here("stop").coroutine().expect("stop is called in a handler");
    coroutine.set_exit(reason);
}

/// Runs `work` on a stack of 8 MiB, for code that needs more than a handler has: foreign code, a backtrace, a
/// deep recursion. Nothing may wait in it. On a plain thread it runs in place.
///
/// ```
/// use greenroom::{on_big_stack, prelude::*};
/// fn deep(n: u32) -> u32 { if n == 0 { 0 } else { 1 + std::hint::black_box(deep(n - 1)) } }
/// # let vm = Vm::builder().workers(1).build()?;
/// assert_eq!(vm.run(|| on_big_stack(|| deep(20_000)))?, 20_000);
/// # Ok::<(), greenroom::Error>(())
/// ```
pub fn on_big_stack<R>(work: impl FnOnce() -> R) -> R {
    match worker::current() {
        Some(worker) if worker.coroutine().is_some() => worker.big_stack().run(work),
        _ => work(),
    }
}
