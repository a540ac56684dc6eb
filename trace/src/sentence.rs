//! Events as sentences, and a whole trace as a log that a person reads.

use std::collections::HashMap;
use std::fmt::{self, Write};

use crate::model::{ActorIndex, Event, MessageIndex, Trace, Way, What};

/// What a message was, looked up when its start, its reply or its loss is told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sent<'a> {
    pub(crate) from: Option<ActorIndex>,
    pub(crate) to: ActorIndex,
    pub(crate) method: &'a str,
}

/// The messages of a trace, by their numbers. Those sent before it began are not there.
pub(crate) fn messages(trace: &Trace) -> HashMap<MessageIndex, Sent<'_>> {
    trace
        .events
        .iter()
        .filter_map(|event| match &event.what {
            What::Send { message, from, to, method, .. } => {
                Some((*message, Sent { from: *from, to: *to, method }))
            }
            _ => None,
        })
        .collect()
}

impl Trace {
    /// What an actor is called: the name that it was registered under, or its type and number, as in `Bank#0.7`. An
    /// actor of no known type is an `actor#0.7`.
    ///
    /// # Panics
    /// If the actor is of another trace, which has more.
    pub fn label(&self, actor: ActorIndex) -> String {
        let actor = &self.actors[actor.0 as usize];
        match &actor.name {
            Some(name) => name.clone(),
            None if actor.kind.is_empty() => format!("actor#{}", actor.id),
            None => format!("{}#{}", short_kind(&actor.kind), actor.id),
        }
    }

    /// How to tell its events.
    ///
    /// ```
    /// use greenroom_trace::{Event, Trace, What};
    /// let event = Event { at: 1_500, worker: Some(1), what: What::Steal };
    /// let trace = Trace { events: vec![event], ..Trace::default() };
    /// assert_eq!(trace.sentences().of(&trace.events[0]), "worker 1 takes an actor from another's queue");
    /// ```
    pub fn sentences(&self) -> Sentences<'_> {
        Sentences { trace: self, messages: messages(self) }
    }

    /// All of it as a log: a line for each event, with its time in seconds, its worker, and what happened.
    pub fn to_text(&self) -> String {
        let sentences = self.sentences();
        let mut text = format!("{}: {} events\n", self.title, self.events.len());
        if self.dropped > 0 {
            let _ =
                writeln!(text, "{} earlier events are missing: there was no room to keep them", self.dropped);
        }
        for event in &self.events {
            text += &sentences.line(event);
            text.push('\n');
        }
        text
    }
}

/// Tells the events of one trace.
#[derive(Debug)]
pub struct Sentences<'a> {
    trace: &'a Trace,
    messages: HashMap<MessageIndex, Sent<'a>>,
}

impl Sentences<'_> {
    /// What happened, in a sentence.
    pub fn of(&self, event: &Event) -> String {
        let mut sentence = String::new();
        // Nothing fails to write into a string.
        let _ = self.tell(event, &mut sentence);
        sentence.replace('\n', " | ")
    }

    /// Whom it concerns: the actors that it names, or those between whom the message went that it names.
    pub(crate) fn concerned(&self, event: &Event) -> Vec<ActorIndex> {
        let of_message = match &event.what {
            What::Reply { message, .. } | What::Lost { message, .. } => self.messages.get(message),
            _ => None,
        };
        let ends = of_message.map_or([None, None], |sent| [Some(sent.to), sent.from]);
        event.what.actors().chain(ends.into_iter().flatten()).collect()
    }

    /// When, where, and what happened.
    pub fn line(&self, event: &Event) -> String {
        let worker = event.worker.map_or(String::new(), |worker| format!("w{worker}"));
        format!("{:>14} {worker:>3}  {}", seconds(event.at), self.of(event))
    }

    fn tell(&self, event: &Event, to: &mut String) -> fmt::Result {
        let name = |actor: ActorIndex| self.trace.label(actor);
        let who = |actor: Option<ActorIndex>| actor.map_or("[outside]".to_owned(), name);
        let worker =
            || event.worker.map_or("a thread outside".to_owned(), |worker| format!("worker {worker}"));
        match &event.what {
            What::Spawn { actor, by } => write!(to, "{} spawns {}", who(*by), name(*actor)),
            What::Send { way, from, to: receiver, method, arguments, group, .. } => {
                let (from, receiver) = (who(*from), name(*receiver));
                let called = called(method, arguments.as_deref());
                match way {
                    Way::Cast => write!(to, "{from} casts {called} to {receiver}"),
                    Way::Request => write!(to, "{from} requests {called} of {receiver}"),
                    Way::Call => write!(to, "{from} calls {called} of {receiver}"),
                    Way::HandOff => write!(to, "{from} calls {called} of {receiver} at once"),
                    Way::Timer => write!(to, "a timer of {from} sends {called} to {receiver}"),
                    Way::Signal => write!(to, "{from} signals {called} to {receiver}"),
                }?;
                if group.is_some() { to.write_str(", one of a group") } else { Ok(()) }
            }
            What::Start { actor, method, message } => {
                write!(to, "{} begins {method}", name(*actor))?;
                match message.and_then(|message| self.messages.get(&message)) {
                    Some(sent) => write!(to, " for {}", who(sent.from)),
                    None => Ok(()),
                }
            }
            What::Suspend { actor, .. } => write!(to, "{} waits", name(*actor)),
            What::Resume { actor, .. } => write!(to, "{} goes on", name(*actor)),
            What::Finish { actor, message } => {
                match message.and_then(|message| self.messages.get(&message)) {
                    Some(sent) => write!(to, "{} has finished {}", name(*actor), sent.method),
                    None => write!(to, "{} has finished", name(*actor)),
                }
            }
            What::Reply { message, value, error } => {
                let (replier, asked) = match self.messages.get(message) {
                    Some(sent) => (name(sent.to), format!("{} of {}", sent.method, who(sent.from))),
                    None => ("somebody".to_owned(), "an earlier message".to_owned()),
                };
                match (error, value) {
                    (Some(error), _) => write!(to, "{replier} answers {asked} with an error: {error}"),
                    (None, Some(value)) => write!(to, "{replier} answers {asked}: {value}"),
                    (None, None) => write!(to, "{replier} answers {asked}"),
                }
            }
            What::Lost { message, why } => match self.messages.get(message) {
                Some(sent) => {
                    write!(to, "{} from {} to {} is lost: {why}", sent.method, who(sent.from), name(sent.to))
                }
                None => write!(to, "an earlier message is lost: {why}"),
            },
            What::Panic { actor, report } => write!(to, "{} panicked: {report}", name(*actor)),
            What::Restart { actor, attempt } => write!(to, "{} begins anew, attempt {attempt}", name(*actor)),
            What::Stop { actor, reason } => write!(to, "{} has ended: {reason}", name(*actor)),
            What::Steal => write!(to, "{} takes an actor from another's queue", worker()),
            What::Park => write!(to, "{} sleeps", worker()),
            What::Unpark => write!(to, "{} wakes", worker()),
            What::Relief { begins: true } => write!(to, "{} begins to relieve another", worker()),
            What::Relief { begins: false } => write!(to, "{} leaves off relieving", worker()),
            What::Fault { text } => to.write_str(text),
        }
    }
}

/// A method with its arguments, which may be given with parentheses around them or without.
pub(crate) fn called(method: &str, arguments: Option<&str>) -> String {
    match arguments {
        None => method.to_owned(),
        Some(arguments) if arguments.starts_with('(') && arguments.ends_with(')') => {
            format!("{method}{arguments}")
        }
        Some(arguments) => format!("{method}({arguments})"),
    }
}

/// A time as seconds with all nine places, so that times stand under each other.
pub(crate) fn seconds(nanoseconds: u64) -> String {
    format!("{}.{:09}", nanoseconds / 1_000_000_000, nanoseconds % 1_000_000_000)
}

/// A type without the paths of its modules: `bank::Till<alloc::string::String>` is a `Till<String>`.
pub(crate) fn short_kind(kind: &str) -> String {
    let mut short = String::new();
    let mut word = 0;
    for c in kind.chars() {
        if c == ':' {
            short.truncate(word);
            continue;
        }
        short.push(c);
        if !(c.is_alphanumeric() || c == '_') {
            word = short.len();
        }
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_told_without_its_paths() {
        let told = ["Bank", "bank::Bank", "a::B<c::d::E, &dyn f::G>", "(a::B, c::D)", ""].map(short_kind);
        assert_eq!(told, ["Bank", "Bank", "B<E, &dyn G>", "(B, D)", ""]);
    }
}
