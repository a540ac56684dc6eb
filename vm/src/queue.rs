//! The queue of a process: what it has taken out of its mailbox and not received yet. The process alone touches it.
//!
//! What links and monitors tell lies here in its order, and is looked at when its turn comes: it may be void by then.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::mem;

use crate::cell::Header;
use crate::error::ExitReason;
use crate::links::Exit;
use crate::links::ExitSignal;
use crate::panics;
use crate::reader::DeadLetters;
use crate::ties::{self, Side};

/// What lies in the queue of a process.
pub(crate) enum Item<M> {
    Message(M),
    /// Made of what a link or a monitor tells. Void once the process's side of that is gone.
    Notice(Side, M),
    /// Whether it ends the process, and whether it is a message, is settled when it is looked at.
    Exit(ExitSignal),
    /// Nothing any more.
    Void,
}

/// What was found for a process that receives.
pub(crate) enum Found<M> {
    Message(M),
    /// It is to end.
    Exit(ExitReason),
}

/// Makes a message of an exit signal.
type IntoMessage<M> = fn(Exit) -> M;

/// See the head of this file.
pub(crate) struct Queue<M> {
    items: RefCell<VecDeque<Item<M>>>,
    /// How many items are no plain messages: only these may be void.
    signals: Cell<usize>,
    /// What exit signals are made messages with, if the process traps them.
    pub(crate) trap: Cell<Option<IntoMessage<M>>>,
}

impl<M> Queue<M> {
    pub(crate) fn new() -> Self {
        Queue { items: RefCell::default(), signals: Cell::new(0), trap: Cell::new(None) }
    }

    pub(crate) fn add(&self, item: Item<M>) {
        if !matches!(item, Item::Message(_)) {
            self.signals.set(self.signals.get() + 1);
        }
        self.items.borrow_mut().push_back(item);
    }

    fn remove(&self, at: usize) -> Option<Item<M>> {
        let removed = self.items.borrow_mut().remove(at)?;
        if !matches!(removed, Item::Message(_)) {
            self.signals.set(self.signals.get() - 1);
        }
        Some(removed)
    }

    /// How many items there are, but for void ones, which go.
    pub(crate) fn len(&self, process: &Header) -> usize {
        let mut at = 0;
        while self.signals.get() > 0 && at < self.items.borrow().len() {
            self.settle(process, at);
            let is_void = matches!(self.items.borrow()[at], Item::Void);
            // A user's destructor may run here, so nothing is borrowed.
            match is_void.then(|| self.remove(at)) {
                Some(void) => drop(void),
                None => at += 1,
            }
        }
        self.items.borrow().len()
    }

    /// The first item from `looked_at` on that is a message which is `wanted`, or an exit.
    pub(crate) fn find(
        &self,
        process: &Header,
        looked_at: &mut usize,
        wanted: &mut impl FnMut(&M) -> bool,
    ) -> Option<Found<M>> {
        while *looked_at < self.items.borrow().len() {
            if self.signals.get() > 0 {
                self.settle(process, *looked_at);
            }
            let is_wanted = match &self.items.borrow()[*looked_at] {
                Item::Message(message) | Item::Notice(_, message) => wanted(message),
                Item::Exit(_) | Item::Void => true,
            };
            if !is_wanted {
                *looked_at += 1;
                continue;
            }
            match self.remove(*looked_at)? {
                Item::Message(message) => return Some(Found::Message(message)),
                // It may have become void just now.
                Item::Notice(side, message) if ties::unbind(process, side) => {
                    return Some(Found::Message(message));
                }
                Item::Exit(ExitSignal::Stop(reason) | ExitSignal::Exit { reason, .. }) => {
                    return Some(Found::Exit(reason));
                }
                Item::Exit(ExitSignal::Linked { link, reason, .. })
                    if ties::unbind(process, Side::Link(link)) =>
                {
                    return Some(Found::Exit(reason));
                }
                _ => {}
            }
        }
        None
    }

    /// Decides what a signal is now: a message, an exit, or void.
    fn settle(&self, process: &Header, at: usize) {
        let mut items = self.items.borrow_mut();
        let item = &mut items[at];
        if matches!(item, Item::Message(_)) {
            return;
        }
        let settled = match mem::replace(item, Item::Void) {
            Item::Exit(ExitSignal::Exit { from, reason }) if let Some(into) = self.trap.get() => {
                self.signals.set(self.signals.get() - 1);
                Item::Message(into(Exit { from, reason }))
            }
            Item::Exit(ExitSignal::Linked { link, .. }) if !ties::is_bound(process, Side::Link(link)) => {
                Item::Void
            }
            Item::Exit(ExitSignal::Linked { from, link, reason }) => match self.trap.get() {
                Some(into) => Item::Notice(Side::Link(link), into(Exit { from: Some(from), reason })),
                None if reason == ExitReason::Normal => {
                    ties::unbind(process, Side::Link(link));
                    Item::Void
                }
                None => Item::Exit(ExitSignal::Linked { from, link, reason }),
            },
            Item::Notice(side, message) if !ties::is_bound(process, side) => {
                drop(items);
                drop(message);
                return;
            }
            other => other,
        };
        *item = settled;
    }

    /// At the process's end: drops what was never received.
    pub(crate) fn refuse_all(&self) -> DeadLetters {
        let mut dead_letters = DeadLetters::default();
        for item in self.items.take() {
            if matches!(item, Item::Message(_)) {
                dead_letters.add(std::any::type_name::<M>);
            }
            // A destructor of a message may panic; the others go all the same.
            let _ = panics::catch(|| drop(item));
        }
        dead_letters
    }
}
