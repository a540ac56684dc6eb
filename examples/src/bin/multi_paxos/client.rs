//! A client: finds out who leads, and asks again until it is answered.

use std::time::Duration;

use greenroom::prelude::*;

use crate::replica::{Refused, Replica};
use crate::store::{Answer, Command, Key, Operation, Value};

/// How long a leader may take to answer, before the client looks for another one.
const LIMIT: Duration = Duration::from_millis(500);

/// How long it waits before it asks again.
const PAUSE: Duration = Duration::from_millis(5);

/// See the head of this file. Its commands are carried out in the order in which it sends them, each once.
pub(crate) struct Client {
    number: u64,
    replicas: Group<Replica>,
    leader: Option<Ref<Replica>>,
    commands: u64,
}

#[actor]
impl Client {
    pub(crate) fn new(number: u64, replicas: Group<Replica>) -> Self {
        Client { number, replicas, leader: None, commands: 0 }
    }

    /// Returns the value that was there before.
    pub(crate) fn put(&mut self, key: Key, value: Value) -> Answer {
        self.command(Operation::Put(key, value))
    }

    pub(crate) fn get(&mut self, key: Key) -> Answer {
        self.command(Operation::Get(key))
    }

    /// Who has answered last.
    pub(crate) fn leader(&self) -> Option<Ref<Replica>> {
        self.leader.clone()
    }

    /// Counts under a key of its own, and looks each time whether what was acknowledged is there.
    pub(crate) fn count_to(&mut self, last: Value) {
        let key = format!("count of {}", self.number);
        for value in 1..=last {
            let before = (value > 1).then_some(value - 1);
            assert_eq!(self.put(key.clone(), value), before, "what {key} was before");
            assert_eq!(self.get(key.clone()), Some(value), "{key}");
        }
    }

    #[local]
    fn command(&mut self, operation: Operation) -> Answer {
        self.commands += 1;
        let command = Command { id: (self.number, self.commands), operation };
        loop {
            if let Some(leader) = self.leader.take().or_else(|| self.anyone()) {
                match leader.within(LIMIT).execute(command.clone()) {
                    Ok(answer) => {
                        self.leader = Some(leader);
                        return answer;
                    }
                    Err(Refused::NotLeader(other)) => self.leader = other,
                    Err(_) => {}
                }
            }
            sleep(PAUSE).expect("a handler may sleep");
        }
    }

    #[local]
    fn anyone(&self) -> Option<Ref<Replica>> {
        self.replicas.members().into_iter().next()
    }
}
