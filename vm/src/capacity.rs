//! How many messages may wait in an actor's mailbox, and what becomes of one more.
//!
//! What is decided here is carried out by `ring`, where the messages of such an actor lie, and `room`, where its senders
//! wait.

use std::fmt;

/// How many messages may lie in an actor's mailbox, and what happens when there is no room: an
/// [actor's](crate::Actor::CAPACITY) choice.
///
/// The message that is being handled does not count, nor do stops, exits and what the machine itself sends: those always
/// pass. An actor without a bound pays nothing for there being bounds; one with a bound has a lock in its mailbox.
///
/// ```
/// use greenroom::prelude::*;
/// use std::sync::mpsc;
///
/// struct Log { shown: mpsc::Receiver<()>, lines: Vec<&'static str> }
///
/// #[actor(capacity = Capacity::of(2).when_full(WhenFull::DropOldest))]
/// impl Log {
///     fn show(&mut self) { self.shown.recv().unwrap() }      // keeps the actor while the others come
///     #[cast]
///     fn note(&mut self, line: &'static str) { self.lines.push(line) }
///     fn lines(&self) -> Vec<&'static str> { self.lines.clone() }
/// }
///
/// let vm = Vm::builder().workers(1).build()?;
/// let (go_on, shown) = mpsc::channel();
/// let log = vm.spawn(Log { shown, lines: vec![] });
/// log.cast().show()?;
/// while vm.counters()[0].messages == 0 {}                    // it has begun to show
/// for line in ["one", "two", "three"] {
///     log.note(line)?;
/// }
/// go_on.send(())?;
/// while vm.counters()[0].messages < 3 {}
/// assert_eq!(log.lines()?, ["two", "three"]);
/// # Ok::<(), greenroom::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capacity {
    limit: usize,
    when_full: WhenFull,
    watermark: usize,
}

impl Capacity {
    /// As many as memory holds.
    pub const UNBOUNDED: Capacity =
        Capacity { limit: usize::MAX, when_full: WhenFull::Wait, watermark: usize::MAX };

    /// So many at most. Senders [wait](WhenFull::Wait) when it is full, unless it is told otherwise.
    ///
    /// # Panics
    /// If that is none: in a constant, the compiler says so.
    #[must_use]
    pub const fn of(messages: usize) -> Self {
        assert!(
            messages > 0,
            "an actor without room for 1 message gets none: give it a capacity of 1 or more"
        );
        Capacity { limit: messages, ..Capacity::UNBOUNDED }
    }

    /// What happens when it is full.
    #[must_use]
    pub const fn when_full(self, when_full: WhenFull) -> Self {
        Capacity { when_full, ..self }
    }

    /// Has it told, and counted, when so many messages lie in the mailbox; and once more only after they have been half as
    /// many. Unbounded mailboxes may have one, too.
    ///
    /// # Panics
    /// If that is none, or more than there is room for.
    #[must_use]
    pub const fn watermark(self, messages: usize) -> Self {
        assert!(messages > 0, "a watermark is reached by 1 message or more");
        assert!(messages <= self.limit, "a watermark above the capacity is never reached");
        Capacity { watermark: messages, ..self }
    }

    /// Whether anybody has to count.
    #[inline]
    pub(crate) const fn is_counted(&self) -> bool {
        self.limit != usize::MAX || self.watermark != usize::MAX
    }

    pub(crate) const fn policy(&self) -> WhenFull {
        self.when_full
    }

    pub(crate) fn has_room_beside(&self, messages: usize) -> bool {
        messages < self.limit
    }

    /// Whether the watermark is reached with this message, and nobody was told yet.
    pub(crate) fn rises_to(&self, messages: usize) -> bool {
        messages == self.watermark
    }

    /// Whether a rise to the watermark is to be told again.
    pub(crate) fn has_fallen(&self, messages: usize) -> bool {
        messages <= self.watermark / 2
    }

    pub(crate) fn limit(&self) -> QueueLimit {
        QueueLimit::Messages(self.limit)
    }
}

/// What happens to a message when its receiver's mailbox is full.
///
/// | | one-way: `cast`, `send` | a call | a request, and what a group gathers | a timer's message |
/// |---|---|---|---|---|
/// | `Wait` | the sender waits | waits | fails with `Overloaded` | is dropped |
/// | `Fail` | fails with `Overloaded` | fails so | fails so | is dropped |
/// | `DropNewest` | is dropped | fails so | fails so | is dropped |
/// | `DropOldest` | takes the place of the oldest | the same | the same | the same |
///
/// `Overloaded` is [`CallError::Overloaded`](crate::CallError::Overloaded); [`send`](crate::Ref::send) gives the message
/// back with it. What is dropped is counted as such in the machine's [counters](crate::Vm::counters), and not as a dead
/// letter; whoever waits for the reply of a request that is dropped is told `Overloaded`. Callbacks of
/// [promises](crate::Promise::then) and what a parallel method asks for with [`Me::with`](crate::Me::with) always pass.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WhenFull {
    /// The sender waits until there is room, in the order in which they came: a handler is suspended, a plain thread is
    /// blocked. It waits no longer than a call may, and gets its message back if it gives up, if the actor ends, or if it
    /// would wait for itself ([`CallError::Deadlock`](crate::CallError::Deadlock)). A request is for who would rather not
    /// wait.
    #[default]
    Wait,
    /// The sender is told.
    Fail,
    /// The message that came last is dropped.
    DropNewest,
    /// The message that has waited longest is dropped.
    DropOldest,
}

/// A limit that a message would have gone over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum QueueLimit {
    /// The [capacity](Capacity) of the receiver.
    Messages(usize),
    /// The machine's [memory for queued messages](crate::Builder::queue_memory).
    Bytes(usize),
}

impl fmt::Display for QueueLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            QueueLimit::Messages(limit) => write!(
                f,
                "its mailbox is full with {limit} messages: send less, try again later, or raise its capacity"
            ),
            QueueLimit::Bytes(limit) => write!(
                f,
                "the messages queued in its machine take {limit} bytes: send less, try again later, or raise the \
                 builder's queue_memory"
            ),
        }
    }
}

/// What happened at a mailbox that is full, or filling up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Overload {
    /// The [watermark](Capacity::watermark) was reached.
    Watermark {
        /// How many messages lie in the mailbox.
        queued: usize,
    },
    /// A sender waits for room.
    Waits,
    /// A sender got its message back, or a request failed.
    Refused,
    /// A message was dropped because it came last.
    DroppedNewest,
    /// A message was dropped because it had waited longest.
    DroppedOldest,
}

impl fmt::Display for Overload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Overload::Watermark { queued } => write!(f, "filled up to its watermark, {queued} messages"),
            Overload::Waits => f.write_str("a sender waits for room"),
            Overload::Refused => f.write_str("no room, and a message went back"),
            Overload::DroppedNewest => f.write_str("no room, and the message that came was dropped"),
            Overload::DroppedOldest => f.write_str("no room, and the oldest message was dropped"),
        }
    }
}
