//! Monitors: who watches an actor is told when it has ended.
//!
//! | made by                  | what comes              | to whom                                       |
//! |--------------------------|-------------------------|-----------------------------------------------|
//! | [`Ref::monitor`]         | a [`Down`]              | an actor, as a message                        |
//! | [`Inbox::monitor`]       | a message made from one | a process, into its inbox                     |
//! | [`Ref::ended`]           | the reason              | whoever waits for the promise, on any thread  |
//!
//! What comes says that all is over: the actor's names are free, its mailbox is closed, what it does when it stops is done,
//! and its state has been dropped. It comes behind what the actor had sent to the watcher, and once.
//!
//! A monitor keeps neither of the two: a watcher that nobody refers to ends as any actor, and a process waits on, as long as
//! it watches somebody. An actor that has a supervisor has ended when it is not restarted any more; what it watched itself
//! goes with each of its lives.

use std::fmt;

use crate::actor::{Actor, Handler, Message};
use crate::call;
use crate::crossing;
use crate::directory::Bearer;
use crate::error::ExitReason;
use crate::handle::Weak;
use crate::id::{ActorId, MonitorId};
use crate::inbox::Inbox;
use crate::parcel::{Noticed, Reported};
use crate::process::{Process, ProcessRef};
use crate::promise::Promise;
use crate::refs::Ref;
use crate::reply::Slot;
use crate::target::WeakTo;
use crate::ties;

/// What can be watched and linked to: a [`Ref`], to an actor or to one of its interfaces, or a [`ProcessRef`].
#[allow(private_bounds, reason = "sealed: it refers to an actor's cell")]
pub trait Peer: Bearer {}

impl<R: Bearer> Peer for R {}

/// An actor that was [watched](Ref::monitor) has ended. Sent once for each monitor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Down {
    /// Who has ended.
    pub actor: ActorId,
    /// By which monitor this is told.
    pub monitor: MonitorId,
    /// Why it has ended.
    pub reason: ExitReason,
}

impl Message for Down {
    type Reply = ();
}

/// Who is told by a monitor, and how.
pub(crate) struct Watcher {
    to: Weak,
    tell: fn(Weak, Down),
}

impl Watcher {
    fn actor<A: Handler<Down>>(watcher: &Ref<A>) -> Self {
        Watcher {
            to: Weak::of(watcher.header()),
            tell: |to, down| {
                if let Some(to) = WeakTo::<A>::of(to) {
                    call::deliver_to_weak(&to, Reported::new(down));
                }
            },
        }
    }

    fn process<M: From<Down> + Send + 'static>(watcher: &ProcessRef<M>) -> Self {
        Watcher {
            to: Weak::of(watcher.header()),
            tell: |to, down| {
                if let Some(to) = WeakTo::<Process<M>>::of(to) {
                    call::deliver_to_weak(&to, Noticed { down, into: M::from });
                }
            },
        }
    }

    /// Sends it, in the midst of somebody else's work.
    pub(crate) fn tell(self, down: Down) {
        (self.tell)(self.to, down);
    }
}

/// An actor that watches another one: made by [`Ref::monitor`] or [`Inbox::monitor`].
///
/// Dropping it changes nothing: the watcher is told all the same.
pub struct Monitor {
    id: MonitorId,
    watcher: Weak,
    target: ActorId,
}

impl Monitor {
    fn new(watcher: &impl Peer, target: &impl Peer, told: Watcher) -> Self {
        let id = ties::monitor(watcher.actor(), target.actor(), told);
        Monitor { id, watcher: Weak::of(watcher.actor()), target: target.actor().id }
    }

    /// Its name, by which its [`Down`] is known.
    pub fn id(&self) -> MonitorId {
        self.id
    }

    /// Ends it: when this has returned, no [`Down`] of it begins to be handled or is received any more, also if it is
    /// queued already. (It is OTP's `demonitor` with `flush`.)
    ///
    /// Says whether that made a difference: false if its `Down` had been handled or received before, or the watcher has
    /// ended.
    pub fn demonitor(self) -> bool {
        ties::demonitor(&self.watcher, self.target, self.id)
    }
}

impl fmt::Debug for Monitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Monitor")
            .field("id", &self.id)
            .field("watcher", &self.watcher.id)
            .field("target", &self.target)
            .finish()
    }
}

impl<A: Actor> Ref<A> {
    /// Has this actor sent a [`Down`] when `target` has ended; at once, if it has ended already. In a handler:
    /// `me().monitor(&target)`.
    ///
    /// Any number of monitors may watch the same actor, and each is told. They keep neither actor. The two may be on
    /// different machines of the process. Costs two locks, and two entries in tables until the `Down` has been handled.
    ///
    /// ```
    /// use greenroom::{Down, Monitor, prelude::*};
    /// use std::sync::mpsc;
    ///
    /// struct Worker;
    /// #[actor]
    /// impl Worker {
    ///     #[cast]
    ///     fn slip(&mut self) { panic!("a banana skin") }
    /// }
    ///
    /// struct Nurse { log: mpsc::Sender<Down> }
    /// #[actor]
    /// impl Nurse {
    ///     fn look_after(&mut self, worker: Ref<Worker>) { me::<Self>().monitor(&worker); }
    /// }
    /// impl Handler<Down> for Nurse {
    ///     fn handle(&mut self, down: Down) { self.log.send(down).unwrap() }
    /// }
    ///
    /// # let vm = Vm::builder().workers(1).build()?;
    /// let (log, told) = mpsc::channel();
    /// let (nurse, worker) = (vm.spawn(Nurse { log }), vm.spawn(Worker));
    /// nurse.look_after(&worker)?;
    /// worker.slip()?;
    /// let down = told.recv()?;
    /// assert_eq!(down.actor, worker.id());
    /// assert!(down.reason.to_string().contains("a banana skin"));
    /// # Ok::<(), greenroom::Error>(())
    /// ```
    pub fn monitor(&self, target: &impl Peer) -> Monitor
    where
        A: Handler<Down>,
    {
        Monitor::new(self, target, Watcher::actor(self))
    }
}

impl<M: From<Down> + Send + 'static> Inbox<M> {
    /// Has this process get a [`Down`], as a message made from it, when `target` has ended; at once, if it has ended
    /// already. See [`Ref::monitor`]. While it watches somebody it can wait for a message though nobody refers to it.
    ///
    /// ```
    /// use greenroom::{Down, prelude::*};
    /// # struct Worker; impl Actor for Worker {}
    /// enum Told { Down(Down), Word(String) }
    /// impl From<Down> for Told { fn from(down: Down) -> Self { Told::Down(down) } }
    ///
    /// # let vm = Vm::builder().workers(1).build()?;
    /// let (sender, receiver) = std::sync::mpsc::channel();
    /// let worker = vm.spawn(Worker);
    /// let watched = worker.clone();
    /// vm.process(move |inbox: Inbox<Told>| {
    ///     let monitor = inbox.monitor(&watched);
    ///     drop(watched);
    ///     if let Ok(Told::Down(down)) = inbox.recv() {
    ///         sender.send(down.monitor == monitor.id()).unwrap();
    ///     }
    /// });
    /// worker.stop();
    /// assert!(receiver.recv()?);
    /// # Ok::<(), greenroom::Error>(())
    /// ```
    ///
    /// # Panics
    /// As every use of an inbox does, outside of its own process.
    pub fn monitor(&self, target: &impl Peer) -> Monitor {
        let me = self.me();
        Monitor::new(&me, target, Watcher::process(&me))
    }
}

fn ended(target: &impl Peer) -> Promise<ExitReason> {
    let (replier, promise) = Slot::pair();
    ties::await_end(target.actor(), crossing::awaited(target.actor().id, replier));
    promise
}

impl<A: ?Sized + 'static> Ref<A> {
    /// Promises the reason of the actor's end: for who waits on any thread, in a handler or not, awaits it, or wants a
    /// [callback](Promise::then). When it comes, the actor's state has been dropped and its names are free.
    ///
    /// ```
    /// use greenroom::{ExitReason, prelude::*};
    /// # struct Worker; impl Actor for Worker {}
    /// # let vm = Vm::builder().workers(1).build()?;
    /// let worker = vm.spawn(Worker);
    /// let ended = worker.ended();
    /// worker.exit("the day is over");
    /// assert_eq!(ended.wait()?, ExitReason::Custom("the day is over".into()));
    /// # Ok::<(), greenroom::Error>(())
    /// ```
    pub fn ended(&self) -> Promise<ExitReason> {
        ended(self)
    }
}

impl<M: Send + 'static> ProcessRef<M> {
    /// As [`Ref::ended`].
    pub fn ended(&self) -> Promise<ExitReason> {
        ended(self)
    }
}
