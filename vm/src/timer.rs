//! Timers as their owners see them: messages that are sent later, once or again and again.
//!
//! What is due when, and who sends it, is the [`clock`]'s business. Here is what a timer shares with its messages: a
//! [`Ticket`], which each of them shows when it is reached. That is what makes a cancel final, also for a message that
//! lies in the mailbox already.
//!
//! | ticket    | when                                                             | a message that shows it |
//! |-----------|------------------------------------------------------------------|-------------------------|
//! | active    | from the start                                                   | begins                  |
//! | cancelled | [`Timer::cancel`] came first                                     | is dropped              |
//! | over      | its one message has begun, or was dropped for want of room; or the actor, or the machine, has ended | is dropped |

use std::fmt;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use crate::actor::{Actor, Handler, Message};
use crate::clock::Clock;
use crate::handle::{self, Strong};
use crate::parcel::Told;
use crate::refs::Ref;
use crate::ticks;
use crate::timetable::Key;

const ACTIVE: u8 = 0;
const CANCELLED: u8 = 1;
const OVER: u8 = 2;

/// What a timer shares with its messages. A clone costs an atomic count.
#[derive(Clone)]
pub(crate) struct Ticket(Arc<Shared>);

struct Shared {
    /// By the table in the file's head. It leaves `ACTIVE` once, and does not come back.
    state: AtomicU8,
    repeats: bool,
    /// Does not keep the actor.
    actor: handle::Weak,
    /// Where it is entered.
    clock: Weak<Clock>,
    /// None if it never was.
    key: Option<Key>,
}

impl Ticket {
    pub(crate) fn new(to: &Strong, clock: Weak<Clock>, key: Option<Key>, repeats: bool) -> Self {
        let state = AtomicU8::new(ACTIVE);
        Ticket(Arc::new(Shared { state, repeats, actor: to.downgrade(), clock, key }))
    }

    /// Of a timer that never was: its actor or its machine has ended.
    pub(crate) fn over(to: &Strong) -> Self {
        let ticket = Ticket::new(to, Weak::new(), None, false);
        ticket.end();
        ticket
    }

    pub(crate) fn actor(&self) -> &handle::Weak {
        &self.0.actor
    }

    pub(crate) fn repeats(&self) -> bool {
        self.0.repeats
    }

    /// Whether the message that shows it may begin. Asked once for each, by the actor, when it is reached.
    #[must_use]
    pub(crate) fn begin(&self) -> bool {
        if self.0.repeats { self.is_active() } else { self.leave(OVER) }
    }

    /// Nothing comes any more, for another reason than a cancel.
    pub(crate) fn end(&self) {
        self.leave(OVER);
    }

    /// Whether nothing has ended it.
    pub(crate) fn is_active(&self) -> bool {
        // ORDERING: Relaxed: the word publishes nothing but itself. Whoever has it that the cancel came first, by
        // whatever messages in between, reads what the cancel wrote.
        self.0.state.load(Ordering::Relaxed) == ACTIVE
    }

    /// Leaves `ACTIVE`. False: somebody else did before.
    fn leave(&self, state: u8) -> bool {
        // ORDERING: Relaxed, as in `is_active`: of a beginning and a cancel one comes first, and that decides.
        self.0.state.compare_exchange(ACTIVE, state, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

/// A message, or a row of messages, that an actor will be sent: made by [`Ref::send_after`] and its neighbours.
///
/// Clones stand for the same timer. Dropping it does not cancel it. It keeps no actor: it ends with its actor.
///
/// ```
/// use greenroom::prelude::*;
/// use std::time::Duration;
/// # struct Lamp; impl Actor for Lamp {}
/// # struct Off; impl Message for Off { type Reply = (); }
/// # impl Handler<Off> for Lamp { fn handle(&mut self, _: Off) {} }
/// # let vm = Vm::builder().workers(1).build()?;
/// let lamp = vm.spawn(Lamp);
/// let timer = lamp.send_after(Duration::from_secs(60), Off);
/// assert!(timer.is_active());
/// assert!(timer.cancel());
/// assert!(!timer.is_active() && !timer.cancel());
/// # Ok::<(), greenroom::Error>(())
/// ```
#[derive(Clone)]
pub struct Timer {
    ticket: Ticket,
}

impl Timer {
    pub(crate) fn new(ticket: Ticket) -> Self {
        Timer { ticket }
    }

    /// Cancels it: when this has returned, no message of it begins to be handled any more, also if it lay in the mailbox
    /// already. One that has begun goes on; a call to the actor returns after it.
    ///
    /// Says whether that made a difference: false if it was not [active](Self::is_active). Its message is dropped here,
    /// or where it lies in the mailbox. Costs the same however many timers the machine has.
    pub fn cancel(&self) -> bool {
        let was_active = self.is_active();
        if self.ticket.leave(CANCELLED)
            && let Some(key) = self.ticket.0.key
            && let Some(clock) = self.ticket.0.clock.upgrade()
        {
            clock.remove(key);
            return was_active;
        }
        false
    }

    /// Whether a message of it may still begin to be handled: it has not been cancelled, its only one has not begun nor
    /// been dropped because its actor had [no room](crate::Capacity), and its actor has not ended.
    pub fn is_active(&self) -> bool {
        self.ticket.is_active() && !self.ticket.actor().mailbox.is_closed()
    }
}

/// For whom, and whether it is active.
impl fmt::Debug for Timer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timer")
            .field("to", &format_args!("{}", self.ticket.actor().describe()))
            .field("is_active", &self.is_active())
            .finish()
    }
}

/// Timers. They fire for an actor at rest however busy or stuck the workers are, never early, and in the order of
/// their deadlines; they keep no actor, and go with it: what comes due for one that has ended is dropped, and is no
/// dead letter. An actor that lives by its timers alone keeps a reference to itself.
///
/// On an actor that has ended they give a [`Timer`] that is not active.
impl<A: Actor> Ref<A> {
    /// Sends a message once `delay` has passed. A delay that overflows the clock (584 years) never passes.
    ///
    /// # Panics
    /// If this is the machine's first timer and the system gives no thread for its clock.
    ///
    /// ```
    /// use greenroom::prelude::*;
    /// use std::time::Duration;
    /// # struct Door { open: bool } impl Actor for Door {}
    /// # struct Close; impl Message for Close { type Reply = (); }
    /// # impl Handler<Close> for Door { fn handle(&mut self, _: Close) { self.open = false; } }
    /// # struct IsOpen; impl Message for IsOpen { type Reply = bool; }
    /// # impl Handler<IsOpen> for Door { fn handle(&mut self, _: IsOpen) -> bool { self.open } }
    /// # let vm = Vm::builder().workers(1).build()?;
    /// let door = vm.spawn(Door { open: true });
    /// door.send_after(Duration::from_millis(2), Close);
    /// while door.ask(IsOpen)? {
    ///     sleep(Duration::from_millis(1))?;
    /// }
    /// # Ok::<(), greenroom::Error>(())
    /// ```
    pub fn send_after<M: Message>(&self, delay: Duration, message: M) -> Timer
    where
        A: Handler<M>,
    {
        ticks::send_once(self.to(), delay, Told::<A, M>::new(message))
    }

    /// Sends a clone of a message every `period`, the first once a period has passed, until the timer is cancelled or
    /// the actor ends. The message is cloned by the actor, when it comes to it.
    ///
    /// It does not drift: each deadline is a period after the one before, however late that was met. When the machine is
    /// late by whole periods, the ticks it missed are left out, and the next one comes where it would have come
    /// anyway. An actor that is slower than its ticks finds them queued.
    ///
    /// # Panics
    /// If the period is zero; and as [`send_after`](Self::send_after) does.
    ///
    /// ```
    /// use greenroom::prelude::*;
    /// use std::time::Duration;
    /// # struct Hand(u32); impl Actor for Hand {}
    /// # #[derive(Clone)] struct Tick; impl Message for Tick { type Reply = (); }
    /// # impl Handler<Tick> for Hand { fn handle(&mut self, _: Tick) { self.0 += 1; } }
    /// # struct Read; impl Message for Read { type Reply = u32; }
    /// # impl Handler<Read> for Hand { fn handle(&mut self, _: Read) -> u32 { self.0 } }
    /// # let vm = Vm::builder().workers(1).build()?;
    /// let hand = vm.spawn(Hand(0));
    /// let timer = hand.send_every(Duration::from_millis(1), Tick);
    /// while hand.ask(Read)? < 3 {
    ///     sleep(Duration::from_millis(1))?;
    /// }
    /// assert!(timer.cancel());
    /// # Ok::<(), greenroom::Error>(())
    /// ```
    pub fn send_every<M: Message + Clone>(&self, period: Duration, message: M) -> Timer
    where
        A: Handler<M>,
    {
        ticks::send_repeatedly(self.to(), (period, period), message, Told::<A, M>::new)
    }

    /// As [`send_every`](Self::send_every), and once at once: that one comes from the caller itself, in order with
    /// whatever else it sends to the actor. Cancelled just before four periods have passed, it has ticked four times.
    ///
    /// # Panics
    /// As for `send_every`.
    ///
    /// ```
    /// use greenroom::prelude::*;
    /// use std::time::Duration;
    /// # struct Hand(u32); impl Actor for Hand {}
    /// # #[derive(Clone)] struct Tick; impl Message for Tick { type Reply = (); }
    /// # impl Handler<Tick> for Hand { fn handle(&mut self, _: Tick) { self.0 += 1; } }
    /// # struct Read; impl Message for Read { type Reply = u32; }
    /// # impl Handler<Read> for Hand { fn handle(&mut self, _: Read) -> u32 { self.0 } }
    /// # let vm = Vm::builder().workers(1).build()?;
    /// let hand = vm.spawn(Hand(0));
    /// let timer = hand.send_now_and_every(Duration::from_secs(60), Tick);
    /// assert_eq!(hand.ask(Read)?, 1);
    /// # Ok::<(), greenroom::Error>(())
    /// ```
    pub fn send_now_and_every<M: Message + Clone>(&self, period: Duration, message: M) -> Timer
    where
        A: Handler<M>,
    {
        ticks::send_repeatedly(self.to(), (Duration::ZERO, period), message, Told::<A, M>::new)
    }
}
