//! From what a machine records to a trace.

use std::sync::Arc;

use greenroom::ActorId;
use greenroom::trace as machine;

use crate::model::{Actor, ActorIndex, Event, MessageIndex, Trace, Way, What};
use crate::numbering::Numbering;

impl Trace {
    /// A trace of what a machine recorded. Equal runs give equal traces, byte for byte: actors and messages are numbered
    /// by their first appearance, whatever numbers the machine gave them.
    ///
    /// `dropped` says how many records the recorder had no room for.
    ///
    /// ```
    /// use greenroom_trace::Trace;
    /// let trace = Trace::from_records("nothing happened", [], 0);
    /// assert!(trace.events.is_empty());
    /// ```
    pub fn from_records(
        title: impl Into<String>,
        records: impl IntoIterator<Item = machine::Record>,
        dropped: u64,
    ) -> Trace {
        let mut records: Vec<_> = records.into_iter().collect();
        // Workers record each for itself; at one time, what was given first came first.
        records.sort_by_key(|record| record.at);

        let mut reader = Reader { numbering: Numbering::new(), actors: Vec::new() };
        let mut events = Vec::with_capacity(records.len());
        for record in records {
            let at = u64::try_from(record.at.as_nanos()).unwrap_or(u64::MAX);
            if let Some(what) = reader.read(record.what) {
                events.push(Event { at, worker: record.worker, what });
            }
        }
        Trace { title: title.into(), actors: reader.actors, events, dropped }
    }
}

struct Reader {
    numbering: Numbering<ActorId, u64>,
    actors: Vec<Actor>,
}

impl Reader {
    fn actor(&mut self, id: ActorId) -> ActorIndex {
        let (actor, is_new) = self.numbering.actor(id);
        if is_new {
            self.actors.push(Actor { id: id.to_string(), kind: String::new(), name: None, node: None });
        }
        actor
    }

    fn message(&mut self, number: u64) -> MessageIndex {
        self.numbering.message(number)
    }

    /// As an event; none for what tells something of an actor rather than of the run, or is of a later machine's kind.
    fn read(&mut self, what: machine::What) -> Option<What> {
        Some(match what {
            machine::What::Spawn { actor, kind, by, node } => {
                let by = by.map(|by| self.actor(by));
                let actor = self.actor(actor);
                let told = &mut self.actors[actor.0 as usize];
                kind.clone_into(&mut told.kind);
                told.node = node.map(owned);
                What::Spawn { actor, by }
            }
            machine::What::Name { actor, name } => {
                let actor = self.actor(actor);
                self.actors[actor.0 as usize].name = Some(owned(name));
                return None;
            }
            machine::What::Send { message, way, from, to, method, arguments, group } => {
                let (from, to) = (from.map(|from| self.actor(from)), self.actor(to));
                let group = group.map(|group| self.message(group));
                let message = self.message(message);
                let (way, method, arguments) = (way.into(), method.to_owned(), arguments.map(owned));
                What::Send { message, way, from, to, method, arguments, group }
            }
            machine::What::Start { actor, message, method } => What::Start {
                actor: self.actor(actor),
                message: message.map(|number| self.message(number)),
                method: method.to_owned(),
            },
            machine::What::Suspend { actor, message } => What::Suspend {
                actor: self.actor(actor),
                message: message.map(|number| self.message(number)),
            },
            machine::What::Resume { actor, message } => {
                What::Resume { actor: self.actor(actor), message: message.map(|number| self.message(number)) }
            }
            machine::What::Finish { actor, message } => {
                What::Finish { actor: self.actor(actor), message: message.map(|number| self.message(number)) }
            }
            machine::What::Reply { message, outcome } => {
                let message = self.message(message);
                match outcome {
                    Ok(value) => What::Reply { message, value: value.map(owned), error: None },
                    Err(error) => What::Reply { message, value: None, error: Some(owned(error)) },
                }
            }
            machine::What::Lost { message, why } => {
                What::Lost { message: self.message(message), why: owned(why) }
            }
            machine::What::Panic { actor, report } => {
                What::Panic { actor: self.actor(actor), report: owned(report) }
            }
            machine::What::Restart { actor, attempt } => What::Restart { actor: self.actor(actor), attempt },
            machine::What::Stop { actor, reason } => {
                What::Stop { actor: self.actor(actor), reason: reason.to_string() }
            }
            machine::What::Steal => What::Steal,
            machine::What::Park => What::Park,
            machine::What::Unpark => What::Unpark,
            machine::What::Relief { begins } => What::Relief { begins },
            machine::What::Fault { text } => What::Fault { text: owned(text) },
            _ => return None,
        })
    }
}

fn owned(text: Arc<str>) -> String {
    text.as_ref().to_owned()
}

impl From<machine::Way> for Way {
    fn from(way: machine::Way) -> Self {
        match way {
            machine::Way::Cast => Way::Cast,
            machine::Way::Request => Way::Request,
            machine::Way::Call => Way::Call,
            machine::Way::HandOff => Way::HandOff,
            machine::Way::Timer => Way::Timer,
            machine::Way::Signal => Way::Signal,
        }
    }
}
