//! A part of a trace: the events of some actors, methods, and times.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use crate::model::{ActorIndex, Event, MessageIndex, Trace, What};
use crate::numbering::Numbering;
use crate::sentence::{Sent, messages, short_kind};

/// What is asked of a trace. Of one sort, any will do: two kinds select the actors of both. Of several sorts, each must
/// hold: a kind and a node select the actors of that kind on that node.
///
/// Patterns are compared with all of a text; in them `*` stands for any text, and `?` for any one character.
///
/// ```
/// use greenroom_trace::{Selection, Trace};
/// let accounts = Selection::new().kind("*Account").method("deposit");
/// let part = Trace::default().select(&accounts);
/// assert!(part.events.is_empty());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    actors: Vec<String>,
    kinds: Vec<String>,
    names: Vec<String>,
    nodes: Vec<String>,
    methods: Vec<String>,
    from: Option<Duration>,
    until: Option<Duration>,
}

impl Selection {
    /// All of it.
    pub fn new() -> Self {
        Selection::default()
    }

    /// An actor, as its label (`Bank#0.7`) or its number (`0.7`). What others have to do with it is selected with it.
    pub fn actor(mut self, pattern: impl Into<String>) -> Self {
        self.actors.push(pattern.into());
        self
    }

    /// The actors of a type, with its path or without.
    pub fn kind(mut self, pattern: impl Into<String>) -> Self {
        self.kinds.push(pattern.into());
        self
    }

    /// The actors that were registered under a name.
    pub fn name(mut self, pattern: impl Into<String>) -> Self {
        self.names.push(pattern.into());
        self
    }

    /// The actors of a simulated node.
    pub fn node(mut self, pattern: impl Into<String>) -> Self {
        self.nodes.push(pattern.into());
        self
    }

    /// The messages of a method. What happens to actors otherwise (that they begin, panic, end) is selected as well.
    pub fn method(mut self, pattern: impl Into<String>) -> Self {
        self.methods.push(pattern.into());
        self
    }

    /// Nothing earlier.
    pub fn from(mut self, time: Duration) -> Self {
        self.from = Some(time);
        self
    }

    /// Nothing later.
    pub fn until(mut self, time: Duration) -> Self {
        self.until = Some(time);
        self
    }

    fn has_time(&self, at: u64) -> bool {
        let at = Duration::from_nanos(at);
        self.from.is_none_or(|from| at >= from) && self.until.is_none_or(|until| at <= until)
    }

    fn names_actors(&self) -> bool {
        [&self.actors, &self.kinds, &self.names, &self.nodes].iter().any(|sort| !sort.is_empty())
    }

    /// Which actors are meant.
    fn of_actors(&self, trace: &Trace) -> Vec<bool> {
        let is_meant = |(at, actor): (usize, &crate::model::Actor)| {
            let label = trace.label(ActorIndex(at as u32));
            holds(&self.actors, [label.as_str(), actor.id.as_str()])
                && holds(&self.kinds, [actor.kind.as_str(), &short_kind(&actor.kind)])
                && holds(&self.names, actor.name.as_deref())
                && holds(&self.nodes, actor.node.as_deref())
        };
        trace.actors.iter().enumerate().map(is_meant).collect()
    }
}

/// Whether any pattern matches any of the texts, or none is given.
fn holds<'a>(patterns: &[String], texts: impl IntoIterator<Item = &'a str>) -> bool {
    patterns.is_empty() || texts.into_iter().any(|text| patterns.iter().any(|pattern| matches(pattern, text)))
}

/// Whether a pattern with `*` and `?` matches all of a text.
fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    // Where to go on if what follows the last star does not fit: with that star standing for one character more.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(c) if *c == '?' || *c == text[t] => (p, t) = (p + 1, t + 1),
            _ => match star {
                Some((at, taken)) => {
                    star = Some((at, taken + 1));
                    (p, t) = (at + 1, taken + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

impl Trace {
    /// The part of it that is selected, as a trace of its own: with other numbers for actors and messages.
    pub fn select(&self, selection: &Selection) -> Trace {
        let mut selecting = Selecting {
            selection,
            meant: selection.names_actors().then(|| selection.of_actors(self)),
            sent: messages(self),
            running: HashMap::new(),
        };
        let mut numbering: Numbering<ActorIndex, MessageIndex> = Numbering::new();
        let mut part = Trace { title: self.title.clone(), dropped: self.dropped, ..Trace::default() };
        for event in self.events.iter().filter(|event| selecting.takes(event)) {
            let mut event = event.clone();
            for actor in event.what.actors_mut() {
                let (number, is_new) = numbering.actor(*actor);
                if is_new {
                    part.actors.push(self.actors[actor.0 as usize].clone());
                }
                *actor = number;
            }
            event.what.messages_mut().for_each(|message| *message = numbering.message(*message));
            part.events.push(event);
        }
        part
    }
}

struct Selecting<'a> {
    selection: &'a Selection,
    /// By actor; none if all are.
    meant: Option<Vec<bool>>,
    sent: HashMap<MessageIndex, Sent<'a>>,
    /// The handlers of selected methods that run, by actor: their waits are selected with them.
    running: HashMap<ActorIndex, HashSet<Option<MessageIndex>>>,
}

impl Selecting<'_> {
    fn takes(&mut self, event: &Event) -> bool {
        let is_meant = self.is_meant(&event.what);
        is_meant && self.selection.has_time(event.at)
    }

    fn is_meant(&mut self, what: &What) -> bool {
        match what {
            What::Send { from, to, method, .. } => {
                self.concerns([*from, Some(*to)]) && self.is_method(method)
            }
            What::Reply { message, .. } | What::Lost { message, .. } => match self.sent.get(message) {
                Some(sent) => self.concerns([sent.from, Some(sent.to)]) && self.is_method(sent.method),
                None => self.meant.is_none() && self.selection.methods.is_empty(),
            },
            What::Start { actor, message, method } => {
                let is_meant = self.is_method(method) && self.handles(*actor, *message);
                if is_meant {
                    self.running.entry(*actor).or_default().insert(*message);
                }
                is_meant
            }
            What::Finish { actor, message } => {
                let ran = self.running.get_mut(actor).is_some_and(|running| running.remove(message));
                ran || self.selection.methods.is_empty() && self.handles(*actor, *message)
            }
            What::Suspend { actor, message } | What::Resume { actor, message } => {
                let runs = self.running.get(actor).is_some_and(|running| running.contains(message));
                runs || self.selection.methods.is_empty() && self.handles(*actor, *message)
            }
            What::Spawn { actor, by } => self.concerns([Some(*actor), *by]),
            What::Panic { actor, .. } | What::Restart { actor, .. } | What::Stop { actor, .. } => {
                self.concerns([Some(*actor), None])
            }
            // What workers do is of no actor.
            What::Steal | What::Park | What::Unpark | What::Relief { .. } => {
                self.meant.is_none() && self.selection.methods.is_empty()
            }
            // Whoever is looked at, a fault may be why.
            What::Fault { .. } => true,
        }
    }

    fn concerns(&self, actors: [Option<ActorIndex>; 2]) -> bool {
        self.meant.as_ref().is_none_or(|meant| actors.iter().flatten().any(|actor| meant[actor.0 as usize]))
    }

    /// Whether a handler runs in an actor that is meant, or for one.
    fn handles(&self, actor: ActorIndex, message: Option<MessageIndex>) -> bool {
        let sent = message.and_then(|message| self.sent.get(&message));
        self.concerns([Some(actor), sent.and_then(|sent| sent.from)])
    }

    fn is_method(&self, method: &str) -> bool {
        holds(&self.selection.methods, [method])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_any_text_and_a_question_mark_any_character() {
        let cases = [("*", "", true), ("a*c", "abbc", true), ("a*c", "abcb", false), ("a?c", "abc", true)];
        let more =
            [("a?c", "ac", false), ("*a*b", "xxaxxab", true), ("Bank", "Banks", false), ("", "a", false)];
        for (pattern, text, expected) in cases.into_iter().chain(more) {
            assert_eq!(matches(pattern, text), expected, "{pattern} on {text}");
        }
    }
}
