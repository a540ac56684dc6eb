//! The machine as its owner sees it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crossbeam_channel::Receiver;
use greenroom_scheduler::Snapshot;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::abilities;
use crate::actor::Actor;
use crate::builder::Builder;
use crate::call;
use crate::core::Core;
use crate::dedicated;
use crate::error::{CallError, ExitReason, Result, SpawnError};
use crate::inbox::Inbox;
use crate::incident::Incident;
use crate::links::ExitSignal;
use crate::process::{self, ProcessRef};
use crate::refs::Ref;
use crate::reply::{Replier, Slot};
use crate::simulated;
use crate::trace::{Filter, Session};
use crate::worker;

/// A machine: workers, their stacks, and the actors that live on them.
///
/// Several live in one process. Dropping one shuts it down: actors that [do something when they stop](Actor::STOPPING)
/// do it while the others still run, for as long as the [builder](Builder::shutdown_limit) says. Then every suspended
/// handler is unwound, every destructor runs, every thread is joined, and what was queued goes back to its senders.
///
/// ```
/// use greenroom::prelude::*;
/// let vm = Vm::builder().workers(2).build()?;
/// let answer = vm.run(|| 6 * 7)?;
/// assert_eq!(answer, 42);
/// # Ok::<(), greenroom::Error>(())
/// ```
pub struct Vm {
    pub(crate) core: Arc<Core>,
}

impl Vm {
    pub(crate) fn new(core: Arc<Core>) -> Self {
        Vm { core }
    }

    /// Says how a machine is to be built.
    pub fn builder() -> Builder {
        Builder::new()
    }

    /// Spawns an actor. One allocation; it has no stack and is in no queue until a message comes.
    pub fn spawn<A: Actor>(&self, actor: A) -> Ref<A> {
        self.core.spawn(actor)
    }

    /// Spawns an actor with a thread of its own: all its handlers and its destructor run there, and nothing else does, from
    /// its spawn to its end. They may block the thread, in foreign code or in the kernel, and hold up nobody but those
    /// who wait for this actor; and what foreign code binds to a thread stays theirs. Otherwise it is an actor as any:
    /// its handlers call, wait and spawn, and it ends as others do, and its thread with it.
    ///
    /// It costs a system thread, with two stacks and more. A message that finds it at rest wakes that thread, which takes
    /// microseconds; a call to it or from it is never handed off. Foreign code may need a larger stack than handlers
    /// have: see [`Actor::STACK`] and [`on_big_stack`](crate::on_big_stack). A handler that never comes back from foreign
    /// code keeps the machine from ending.
    ///
    /// In a simulated machine, which has one thread, it is spawned as others are.
    ///
    /// ```
    /// use greenroom::prelude::*;
    /// use std::thread::{self, ThreadId};
    ///
    /// struct Camera;
    /// impl Actor for Camera {}
    /// struct WhereAreYou;
    /// impl Message for WhereAreYou { type Reply = ThreadId; }
    /// impl Handler<WhereAreYou> for Camera {
    ///     fn handle(&mut self, _: WhereAreYou) -> ThreadId { thread::current().id() }
    /// }
    /// let vm = Vm::builder().workers(1).build()?;
    /// let camera = vm.spawn_dedicated(Camera)?;
    /// let home = camera.ask(WhereAreYou)?;
    /// assert_eq!(camera.ask(WhereAreYou)?, home);
    /// assert_ne!(vm.spawn_dedicated(Camera)?.ask(WhereAreYou)?, home);
    /// # Ok::<(), greenroom::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the system gives no thread; the actor comes back. One that gets a thread but no stack there ends at once, with
    /// that as its [reason](Ref::exit_reason).
    pub fn spawn_dedicated<A: Actor>(&self, actor: A) -> Result<Ref<A>, SpawnError<A>> {
        dedicated::spawn(&self.core, actor)
    }

    /// Spawns a process: a function with an inbox. See [`Inbox`].
    pub fn process<M: Send + 'static>(&self, body: impl FnOnce(Inbox<M>) + Send + 'static) -> ProcessRef<M> {
        process::spawn(&self.core, body)
    }

    /// Runs `main` as a process of the machine and waits for its result. A simulated machine is driven by this.
    ///
    /// # Errors
    /// If `main` panicked, or was unwound because the machine was shut down.
    pub fn run<R: Send + 'static>(&self, main: impl FnOnce() -> R + Send + 'static) -> Result<R, CallError> {
        let (replier, promise) = Slot::<R>::pair();
        drop(process::spawn(&self.core, move |_: Inbox<()>| answer(replier, main)));
        promise.wait()
    }

    /// How many workers it has, relief workers not counted.
    pub fn workers(&self) -> usize {
        self.core.options.workers
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.core.options.name
    }

    /// How many actors live. One that ends counts no more as soon as its names are free: its destructor may be still
    /// to run.
    pub fn actors(&self) -> usize {
        self.core.registry.living()
    }

    /// How many sides of links, monitors and the like are entered in the machine's tables.
    #[doc(hidden)]
    pub fn bonds(&self) -> usize {
        self.core.registry.bonds()
    }

    /// What each worker has counted so far; and if actors were ever given a [thread of their own](Self::spawn_dedicated),
    /// at the end what all those threads together have. Workers take no lock for it.
    pub fn counters(&self) -> Vec<Snapshot> {
        self.core.counters()
    }

    /// Records what happens from now on, until the session is dropped: see [`trace`](mod@crate::trace).
    ///
    /// While no session is open in the process, this costs a load and a branch a message. While one is, each machine that
    /// has none pays little more; and in the one that is traced, each event costs a clock read and some locks.
    pub fn trace(&self, filter: Filter) -> Session {
        Session::begin(&self.core, filter)
    }

    /// Subscribes to what is out of the ordinary from now on: dead letters, panics, deadlocks, handlers that do not end,
    /// and what else [`Incident`] names. Any number may subscribe, each is told of everything, and who drops the receiver
    /// unsubscribes.
    ///
    /// Nobody waits for a subscriber: what finds `capacity` incidents unread is [missed](Self::missed_incidents). A capacity
    /// of 0 is taken for 1. While nobody subscribes, an incident costs a load and a branch; a subscriber costs each
    /// what it takes to make it, to send it into a channel, and to wake who waits there.
    ///
    /// The receiver outlives the machine: what was reported until its end is still there, and then it is disconnected.
    ///
    /// ```
    /// use greenroom::{Incident, prelude::*};
    ///
    /// struct Bank;
    /// #[actor]
    /// impl Bank {
    ///     fn open(&mut self, name: String) -> u64 { panic!("no account for {name}") }
    /// }
    ///
    /// let vm = Vm::builder().workers(1).build()?;
    /// let incidents = vm.incidents(100);
    /// let _ = vm.spawn(Bank).open("Ada".to_owned());
    /// let report = incidents.iter().find_map(|incident| match incident {
    ///     Incident::Panic { kind: "Bank", report, .. } => Some(report),
    ///     _ => None,
    /// });
    /// assert_eq!(report.unwrap().message(), "no account for Ada");
    /// # Ok::<(), greenroom::Error>(())
    /// ```
    pub fn incidents(&self, capacity: usize) -> Receiver<Incident> {
        self.core.subscribers.subscribe(capacity)
    }

    /// How often a subscriber to [`incidents`](Self::incidents) had no room for one.
    pub fn missed_incidents(&self) -> u64 {
        self.core.subscribers.missed()
    }

    /// Shuts down, as dropping does.
    pub fn shutdown(self) {}
}

/// Runs `main` in the process that was made for it, and answers for it.
pub(crate) fn answer<R: Send + 'static>(replier: Replier<R>, main: impl FnOnce() -> R) {
    let coroutine = worker::current().and_then(worker::Worker::coroutine).expect("a process has a coroutine");
    // A reply that comes too late is dropped: its caller's thread has gone on.
    let _ = coroutine.answer(replier, abilities::nothing, main);
}

impl Drop for Vm {
    /// Shuts the machine down. A handler that never returns nor waits keeps this from returning.
    ///
    /// On a thread of the machine itself, as when one of its actors holds the last of it, this returns at once, and
    /// the machine ends as soon as that thread has.
    ///
    /// # Panics
    /// If the machine is simulated: on another thread than the one that built it, and in one of its own handlers.
    fn drop(&mut self) {
        await_farewells(&self.core);
        self.core.clock.stop();
        self.core.scheduler().begin_stop();
        self.core.dedicated.begin_stop();
        if self.core.is_simulated() {
            simulated::stop(&self.core);
        } else if self.core.owns_current_thread() {
            let core = Arc::clone(&self.core);
            let end = move || {
                core.scheduler().unpin_thread();
                join(&core);
                finish(&core);
            };
            let name = format!("{}-end", self.name());
            // Without a thread to wait on, the workers end all the same; their actors stay as they are.
            let _ = std::thread::Builder::new().name(name).spawn(end);
            return;
        } else {
            join(&self.core);
        }
        finish(&self.core);
        if self.core.is_simulated() {
            simulated::forget(&self.core);
        }
    }
}

/// Waits for all threads that run handlers.
fn join(core: &Core) {
    core.scheduler().join();
    // Behind the workers, whose handlers may have started more of these until now.
    core.dedicated.join();
}

/// Stops whoever has something to do then, supervisors before their children, and waits until that is done, or has taken too long. On one of the machine's
/// own threads, which could not wait for the rest of the machine, nothing of this is done.
fn await_farewells(core: &Arc<Core>) {
    let limit = core.options.shutdown_limit;
    if limit.is_zero() || core.owns_current_thread() || !core.farewells.close() {
        return;
    }
    for actor in core.registry.select_unsupervised(|actor| actor.class.stopping.is_some()) {
        call::deliver_exit(&actor, ExitSignal::Stop(ExitReason::Shutdown));
    }
    if core.is_simulated() {
        // Where nobody drives it, there is nothing to wait for.
        let _ = simulated::drive_until(&|| core.farewells.are_said(), limit);
    } else {
        core.farewells.wait(limit);
    }
}

/// When no worker runs any more.
fn finish(core: &Core) {
    // Before blocking work and the clock are waited for: they may wait for an actor's reply, the clock in the destructor
    // of a message that came too late.
    core.end_all_actors();
    core.blocking.join();
    core.clock.join();
    core.leave();
}

impl std::fmt::Debug for Vm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vm")
            .field("name", &self.name())
            .field("workers", &self.workers())
            .finish_non_exhaustive()
    }
}

/// Runs `main` in a machine of its own, with a worker on every core, and shuts it down in order when it returns.
///
/// ```
/// use greenroom::prelude::*;
/// fn main() -> greenroom::Result {
///     greenroom::launch(|| {
///         println!("hello from worker {:?}", current_worker());
///         Ok(())
///     })
/// }
/// ```
///
/// # Errors
/// What `main` returns, its panic, or that no machine could be built.
pub fn launch<R: Send + 'static>(main: impl FnOnce() -> Result<R> + Send + 'static) -> Result<R> {
    let vm = Vm::builder().build()?;
    vm.run(main)?
}

/// Runs `main` in a machine of its own, and then keeps the machine until the process gets SIGINT or SIGTERM; then
/// shuts down in order. A second signal ends the process at once.
///
/// # Errors
/// As for [`launch`], and if the signals cannot be listened to.
pub fn serve_forever(main: impl FnOnce() -> Result + Send + 'static) -> Result {
    let vm = Vm::builder().build()?;
    vm.serve(main)
}

impl Vm {
    /// Runs `main`, then waits for SIGINT or SIGTERM, then shuts down. See [`serve_forever`].
    ///
    /// # Errors
    /// What `main` returns, its panic, or that the signals cannot be listened to.
    pub fn serve(self, main: impl FnOnce() -> Result + Send + 'static) -> Result {
        let second = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            signal_hook::flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&second))?;
        }
        let mut signals = Signals::new([SIGINT, SIGTERM])?;
        self.run(main)??;
        signals.forever().next();
        // ORDERING: SeqCst: once, and the signal handler that reads it is not worth a thought about less.
        second.store(true, Ordering::SeqCst);
        Ok(())
    }
}
