//! The store: what the commands do that have been chosen. It knows nothing of how they are.

use std::collections::BTreeMap;

pub(crate) type Key = String;
pub(crate) type Value = u64;

/// What a command is answered with: the value that is, or was, at its key.
pub(crate) type Answer = Option<Value>;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    /// Fills a gap in the log.
    Nothing,
    Put(Key, Value),
    Get(Key),
}

/// Whose command it is, and the how manyth of that client's.
pub(crate) type CommandId = (u64, u64);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Command {
    pub(crate) id: CommandId,
    pub(crate) operation: Operation,
}

impl Command {
    pub(crate) const NOTHING: Command = Command { id: (0, 0), operation: Operation::Nothing };
}

#[derive(Default)]
pub(crate) struct Store {
    values: BTreeMap<Key, Value>,
    /// Each client's last command, and its answer. A client that heard nothing sends its command again, so that it may be
    /// chosen twice; it is carried out once.
    answered: BTreeMap<u64, (u64, Answer)>,
}

impl Store {
    /// Carries a command out, unless that was done before. None: it is an old one, for whose answer nobody waits.
    pub(crate) fn apply(&mut self, command: &Command) -> Option<Answer> {
        let (client, number) = command.id;
        match self.answered.get(&client) {
            Some((last, answer)) if *last == number => return Some(*answer),
            Some((last, _)) if *last > number => return None,
            _ => {}
        }
        let answer = match &command.operation {
            Operation::Nothing => return None,
            Operation::Put(key, value) => self.values.insert(key.clone(), *value),
            Operation::Get(key) => self.values.get(key).copied(),
        };
        self.answered.insert(client, (number, answer));
        Some(answer)
    }
}
