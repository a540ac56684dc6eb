//! New numbers for actors and messages, in the order in which a trace first names them.
//!
//! What names them otherwise, a machine or a larger trace, is the caller's matter: any key will do.

use std::collections::HashMap;
use std::hash::Hash;

use crate::model::{ActorIndex, MessageIndex};

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
