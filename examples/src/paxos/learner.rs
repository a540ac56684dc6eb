//! A learner: hears what acceptors accept, and knows a value to be chosen when most of them have accepted it in one ballot.

use std::collections::{HashMap, HashSet};

use greenroom::prelude::*;

use super::{Ballot, Value};

/// See the head of this file.
#[derive(Default)]
pub struct Learner {
    /// How many acceptors are most of them.
    majority: usize,
    /// Who has accepted, by ballot. A ballot has one value.
    heard: HashMap<Ballot, (Value, HashSet<usize>)>,
    chosen: Option<Value>,
    /// Who wants to know.
    curious: Vec<Reply<Value>>,
}

#[actor]
impl Learner {
    /// A learner among acceptors of whom so many are most of them.
    pub fn new(majority: usize) -> Self {
        Learner { majority, ..Learner::default() }
    }

    /// Hears of what one acceptor has accepted.
    #[cast]
    pub fn hear(&mut self, acceptor: usize, ballot: Ballot, value: Value) {
        let (same, acceptors) = self.heard.entry(ballot).or_insert_with(|| (value, HashSet::new()));
        assert_eq!(*same, value, "{ballot:?} has one value");
        acceptors.insert(acceptor);
        if acceptors.len() < self.majority {
            return;
        }
        let chosen = *self.chosen.get_or_insert(value);
        assert_eq!(chosen, value, "a second value was chosen, by {ballot:?}");
        for reply in self.curious.drain(..) {
            reply.send(chosen);
        }
    }

    /// The value that is chosen: answered as soon as this learner knows it.
    pub fn learned(&mut self, #[reply] reply: Reply<Value>) {
        match self.chosen {
            Some(value) => reply.send(value),
            None => self.curious.push(reply),
        }
    }
}
