//! Filters: what a session records.

use crate::cell::Header;
use crate::id::ActorId;

/// What a [session](crate::trace::Session) records.
///
/// It begins with everything, or with nothing but those actors that are added; what matches any of them is recorded.
/// A message is recorded if its sender or its receiver matches, and so is what its handler does.
///
/// ```
/// use greenroom::trace::Filter;
///
/// let all = Filter::everything().with_arguments();
/// let some = Filter::only().kind("Bank").name("account-*").capacity(10_000);
/// # let _ = (all, some);
/// ```
#[derive(Clone, Debug)]
#[must_use = "a filter is given to `Vm::trace`"]
pub struct Filter {
    everything: bool,
    actors: Vec<ActorId>,
    kinds: Vec<String>,
    names: Vec<String>,
    pub(crate) arguments: bool,
    pub(crate) schedulers: bool,
    pub(crate) capacity: usize,
}

/// How many events of each worker are kept, unless it is said otherwise.
const CAPACITY: usize = 65_536;

impl Filter {
    /// All that actors do.
    pub fn everything() -> Self {
        Filter { everything: true, ..Filter::only() }
    }

    /// Nothing of any actor, until some are added.
    pub fn only() -> Self {
        Filter {
            everything: false,
            actors: vec![],
            kinds: vec![],
            names: vec![],
            arguments: false,
            schedulers: false,
            capacity: CAPACITY,
        }
    }

    /// Also this actor.
    pub fn actor(mut self, id: ActorId) -> Self {
        self.actors.push(id);
        self
    }

    /// Also the actors of a type, by its name without path and parameters: `Bank`. A `*` stands for any characters.
    pub fn kind(mut self, pattern: impl Into<String>) -> Self {
        self.kinds.push(pattern.into());
        self
    }

    /// Also the actors that are registered, now or later, under a name that is like this. A `*` stands for any characters.
    /// Who was matched once is matched for good.
    pub fn name(mut self, pattern: impl Into<String>) -> Self {
        self.names.push(pattern.into());
        self
    }

    /// What messages and replies carry is recorded too. Of the methods of an `#[actor]` that is whatever has `Debug`, and `…`
    /// for the rest; of types that are parameters, whatever is bound to have it. Of a message of your own it is what its
    /// [`describe`](crate::Message::describe) says. Each text ends after some hundred characters. What timers send is not
    /// shown: it is made where it is handled.
    pub fn with_arguments(mut self) -> Self {
        self.arguments = true;
        self
    }

    /// What the workers do is recorded too: steals, parks, relief.
    pub fn with_schedulers(mut self) -> Self {
        self.schedulers = true;
        self
    }

    /// How many events are kept of each worker, and of all other threads together, between two calls of
    /// [`take`](crate::trace::Session::take): then the oldest are dropped, and counted. Default: 65,536. A capacity of 0 is
    /// taken for 1.
    pub fn capacity(mut self, events: usize) -> Self {
        self.capacity = events.max(1);
        self
    }

    pub(crate) fn has_name(&self, name: &str) -> bool {
        self.names.iter().any(|pattern| is_like(pattern, name))
    }

    /// Whether it needs to know nothing but this of the actor.
    pub(crate) fn has_actor(&self, actor: &Header) -> bool {
        self.everything
            || self.actors.contains(&actor.id)
            || self.kinds.iter().any(|pattern| is_like(pattern, actor.class.short_name()))
    }

    pub(crate) fn has_names(&self) -> bool {
        !self.names.is_empty()
    }
}

/// Whether a text is like a pattern, in which `*` stands for any characters.
fn is_like(pattern: &str, text: &str) -> bool {
    let Some((begin, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(begin) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let end = parts.pop().unwrap_or_default();
    // The first place for each is the best: it leaves the most for the others.
    for part in parts {
        let Some(at) = text.find(part) else { return false };
        text = &text[at + part.len()..];
    }
    text.ends_with(end)
}

#[cfg(test)]
mod tests {
    use super::is_like;

    #[test]
    fn a_star_stands_for_any_characters() {
        for (pattern, text) in
            [("", ""), ("*", ""), ("a", "a"), ("a*", "ab"), ("*b", "ab"), ("a*c*e", "abcde"), ("a*a", "aa")]
        {
            assert!(is_like(pattern, text), "{pattern:?} {text:?}");
        }
        for (pattern, text) in
            [("", "a"), ("a", "ab"), ("a*", "ba"), ("*b", "ba"), ("a*a", "a"), ("a*c*b", "abc")]
        {
            assert!(!is_like(pattern, text), "{pattern:?} {text:?}");
        }
    }
}
