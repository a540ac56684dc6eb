//! New numbers for actors and messages, in the order in which a trace first names them.
//!
//! What names them otherwise, a machine or a larger trace, is the caller's matter: any key will do.

use std::collections::HashMap;
use std::hash::Hash;

use crate::model::{ActorIndex, MessageIndex, What};

/// The numbers given so far.
pub(crate) struct Numbering<A, M> {
    actors: HashMap<A, ActorIndex>,
    messages: HashMap<M, MessageIndex>,
}

impl<A: Copy + Eq + Hash, M: Copy + Eq + Hash> Numbering<A, M> {
    pub(crate) fn new() -> Self {
        Numbering { actors: HashMap::new(), messages: HashMap::new() }
    }

    /// The number of an actor, and whether it is new.
    pub(crate) fn actor(&mut self, key: A) -> (ActorIndex, bool) {
        let next = ActorIndex(self.actors.len() as u32);
        let number = *self.actors.entry(key).or_insert(next);
        (number, number == next)
    }

    pub(crate) fn message(&mut self, key: M) -> MessageIndex {
        let next = MessageIndex(self.messages.len() as u64);
        *self.messages.entry(key).or_insert(next)
    }
}

impl What {
    /// The actors that it names, in the order of its sentence.
    pub(crate) fn actors_mut(&mut self) -> impl Iterator<Item = &mut ActorIndex> {
        let named: [Option<&mut ActorIndex>; 2] = match self {
            What::Spawn { actor, by } => [by.as_mut(), Some(actor)],
            What::Send { from, to, .. } => [from.as_mut(), Some(to)],
            What::Start { actor, .. }
            | What::Suspend { actor }
            | What::Resume { actor }
            | What::Finish { actor, .. }
            | What::Panic { actor, .. }
            | What::Restart { actor, .. }
            | What::Stop { actor, .. } => [Some(actor), None],
            What::Reply { .. }
            | What::Lost { .. }
            | What::Steal
            | What::Park
            | What::Unpark
            | What::Relief { .. }
            | What::Fault { .. } => [None, None],
        };
        named.into_iter().flatten()
    }

    /// The messages that it names.
    pub(crate) fn messages_mut(&mut self) -> impl Iterator<Item = &mut MessageIndex> {
        let named: [Option<&mut MessageIndex>; 2] = match self {
            What::Send { message, group, .. } => [group.as_mut(), Some(message)],
            What::Reply { message, .. } | What::Lost { message, .. } => [Some(message), None],
            What::Start { message, .. } | What::Finish { message, .. } => [message.as_mut(), None],
            _ => [None, None],
        };
        named.into_iter().flatten()
    }
}
