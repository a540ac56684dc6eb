//! Links: actors that end together, unless they trap the exit of the other.
//!
//! | the other has ended          | one that traps exits | one that does not               |
//! |------------------------------|----------------------|---------------------------------|
//! | with [`ExitReason::Normal`]  | gets an [`Exit`]     | goes on                         |
//! | for any other reason         | gets an [`Exit`]     | ends, for the same reason       |
//! | ended before it was linked   | gets an [`Exit`]     | as above, by that one's reason  |
//!
//! In OTP's words: these are exit signals, and this is OTP's way with them, but for the last row, where OTP's reason would be
//! `noproc`. A signal comes behind what the one that ended had sent before, and is handled in its turn; what an actor's
//! resources are when it comes, see `monitor`. An unlink makes void what is under way.
//!
//! A link keeps neither actor. One that has a supervisor and is restarted ends a life: its links are told of that and go, and
//! it traps nothing until its next life says so.

use std::sync::Arc;

use crate::actor::{Actor, Handler, Message};
use crate::bonds::Key;
use crate::call;
use crate::error::ExitReason;
use crate::handle::Strong;
use crate::id::ActorId;
use crate::inbox::Inbox;
use crate::inside::current_actor;
use crate::monitor::Peer;
use crate::parcel;
use crate::refs::Ref;
use crate::ties;

/// What asks an actor to end.
pub(crate) enum ExitSignal {
    /// It ends, whatever it traps.
    Stop(ExitReason),
    /// Somebody wants it to end.
    Exit { from: Option<ActorId>, reason: ExitReason },
    /// One that it is linked to has ended. Void if the link is gone.
    Linked { from: ActorId, link: Key, reason: ExitReason },
}

/// An exit signal, as an actor gets it that [traps exits](Ref::trap_exit).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exit {
    /// The linked actor that has ended, or the one that called [`Ref::exit`]; none for a plain thread.
    pub from: Option<ActorId>,
    /// Why it has ended, or wants this one to end.
    pub reason: ExitReason,
}

impl Message for Exit {
    type Reply = ();
}

/// Sends what [`Ref::exit`] sends.
pub(crate) fn exit(to: &Strong, reason: Arc<str>) {
    call::send_exit(to, ExitSignal::Exit { from: current_actor(), reason: ExitReason::Custom(reason) });
}

impl<A: ?Sized + 'static> Ref<A> {
    /// Links the two: when one of them ends for another reason than [`ExitReason::Normal`], the other ends for the same
    /// reason, unless it [traps exits](Self::trap_exit). Between two actors there is one link at most, whoever makes it. If
    /// the other has ended already, that is told at once, with its reason.
    ///
    /// It keeps neither actor. They may be on different machines of the process. Costs two locks, and two entries in tables.
    ///
    /// ```
    /// use greenroom::{ExitReason, prelude::*};
    /// # struct Half; impl Actor for Half {}
    /// # let vm = Vm::builder().workers(1).build()?;
    /// let (left, right) = (vm.spawn(Half), vm.spawn(Half));
    /// left.link(&right);
    /// left.exit("torn");
    /// assert_eq!(right.ended().wait()?, ExitReason::Custom("torn".into()));
    /// # Ok::<(), greenroom::Error>(())
    /// ```
    pub fn link(&self, other: &impl Peer) {
        ties::link(self.header(), other.actor());
    }

    /// Takes the link off, if there is one. When this has returned it has no effect any more on either of the two, also if
    /// a signal of it is queued already.
    pub fn unlink(&self, other: &impl Peer) {
        ties::unlink(self.header(), other.actor());
    }
}

impl<A: Actor> Ref<A> {
    /// Has exit signals come to this actor as messages, or not any more: the ends of those that it is linked to, whatever
    /// the reason, and what is sent by [`exit`](Self::exit). A [`stop`](Self::stop) ends it all the same.
    ///
    /// It decides when a signal is reached, not when it is sent. In a handler, or in what runs first (`#[started]`):
    /// `me().trap_exit(true)`.
    ///
    /// ```
    /// use greenroom::{Exit, prelude::*};
    /// use std::sync::mpsc;
    ///
    /// struct Captain { log: mpsc::Sender<Exit> }
    /// #[actor]
    /// impl Captain {
    ///     #[started]
    ///     fn board(&mut self) { me::<Self>().trap_exit(true) }
    /// }
    /// impl Handler<Exit> for Captain {
    ///     fn handle(&mut self, exit: Exit) { self.log.send(exit).unwrap() }
    /// }
    /// # struct Sailor; impl Actor for Sailor {}
    /// # let vm = Vm::builder().workers(1).build()?;
    /// let (log, told) = mpsc::channel();
    /// let (captain, sailor) = (vm.spawn(Captain { log }), vm.spawn(Sailor));
    /// captain.link(&sailor);
    /// sailor.exit("overboard");
    /// assert_eq!(told.recv()?.from, Some(sailor.id()));
    /// # Ok::<(), greenroom::Error>(())
    /// ```
    pub fn trap_exit(&self, on: bool)
    where
        A: Handler<Exit>,
    {
        ties::set_trap(self.header(), on.then_some(parcel::trap::<A>));
    }
}

impl<M: Send + 'static> Inbox<M> {
    /// Links this process to another one, or to an actor. See [`Ref::link`]. An exit signal comes as
    /// [`RecvError::Exit`](crate::RecvError::Exit). While it is linked it can wait for a message though nobody refers to it.
    ///
    /// # Panics
    /// As every use of an inbox does, outside of its own process.
    pub fn link(&self, other: &impl Peer) {
        ties::link(self.me().header(), other.actor());
    }

    /// As [`Ref::unlink`]. What was queued of the link is not received any more.
    ///
    /// # Panics
    /// As for [`link`](Self::link).
    pub fn unlink(&self, other: &impl Peer) {
        ties::unlink(self.me().header(), other.actor());
    }

    /// Has exit signals come as messages made from [`Exit`], or not any more. See [`Ref::trap_exit`]. It decides when a
    /// signal is about to be received.
    ///
    /// ```
    /// use greenroom::{Exit, prelude::*};
    /// # struct Child; impl Actor for Child {}
    /// # let vm = Vm::builder().workers(1).build()?;
    /// let (sender, receiver) = std::sync::mpsc::channel();
    /// vm.process(move |inbox: Inbox<Exit>| {
    ///     inbox.trap_exit(true);
    ///     let child = spawn(Child);
    ///     inbox.link(&child);
    ///     child.exit("bedtime");
    ///     sender.send(inbox.recv().unwrap().reason.to_string()).unwrap();
    /// });
    /// assert_eq!(receiver.recv()?, "exited: bedtime");
    /// # Ok::<(), greenroom::Error>(())
    /// ```
    ///
    /// # Panics
    /// As for [`link`](Self::link).
    pub fn trap_exit(&self, on: bool)
    where
        M: From<Exit>,
    {
        self.process().queue.trap.set(on.then_some(M::from));
    }
}
