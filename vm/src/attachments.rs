//! What is attached to actors, and must go when they end: a table beside them, so that those with nothing attached
//! stay as small as they are.
//!
//! It knows neither locks nor what becomes of an attachment: the registry keeps a table in each shard, under the
//! shard's lock, and the machine lets go of what comes out at an actor's end.

use std::sync::Arc;

use crate::id::ActorId;
use crate::id_map::{self, IdMap};
use crate::order::Order;
use crate::vacancy::Post;

/// Something that must go when its actor ends.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Attachment {
    /// The actor is registered under this name.
    Name(Arc<str>),
    /// There are timers for the actor, or were.
    Timers,
    /// Parallel methods of the actor wait, or did; and the number of the last order that killed one of its lives.
    Beside { killed: Option<u32> },
    /// It has a supervisor, which meets it here.
    Supervised(Arc<Post>),
    /// What the actor is to do before anything else. At most one.
    Order(Order),
}

impl Attachment {
    /// Whether the actor has it for one of its lives; the rest it keeps as long as it has a supervisor.
    fn is_of_a_life(&self) -> bool {
        matches!(self, Attachment::Name(_) | Attachment::Timers | Attachment::Order(_))
    }

    /// Whether it goes before the actor does anything else at its end.
    fn is_a_tie(&self) -> bool {
        matches!(self, Attachment::Name(_) | Attachment::Timers)
    }

    /// Whether one of its kind says it all, and there is one.
    fn is_a_mark_in(&self, list: &[Attachment]) -> bool {
        match self {
            Attachment::Timers => list.contains(self),
            Attachment::Beside { .. } => list.iter().any(|it| matches!(it, Attachment::Beside { .. })),
            _ => false,
        }
    }
}

/// The actor has been removed from the registry: nothing can be attached to it any more.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ended;

/// See the head of this file. No actor has an empty list.
#[derive(Default)]
pub(crate) struct Attachments {
    by_actor: IdMap<ActorId, Vec<Attachment>>,
}

impl Attachments {
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.by_actor.is_empty()
    }

    pub(crate) fn add(&mut self, actor: ActorId, attachment: Attachment) {
        // Most actors have one thing attached, and some have very many children: a list begins with room for one.
        let list = self.by_actor.entry(actor).or_insert_with(|| Vec::with_capacity(1));
        if !attachment.is_a_mark_in(list) {
            list.push(attachment);
        }
    }

    /// The first of an actor's attachments that `is_it`, to be changed in place.
    pub(crate) fn find(
        &mut self,
        actor: ActorId,
        is_it: impl FnMut(&&mut Attachment) -> bool,
    ) -> Option<&mut Attachment> {
        self.by_actor.get_mut(&actor)?.iter_mut().find(is_it)
    }

    /// Takes off the first of an actor's attachments that `is_it`, if there is one.
    pub(crate) fn take_one(
        &mut self,
        actor: ActorId,
        is_it: impl FnMut(&Attachment) -> bool,
    ) -> Option<Attachment> {
        let list = self.by_actor.get_mut(&actor)?;
        let place = list.iter().position(is_it)?;
        let taken = list.remove(place);
        if list.is_empty() {
            self.take(actor);
        }
        Some(taken)
    }

    /// Takes off what goes before the actor does anything else.
    pub(crate) fn take_ties(&mut self, actor: ActorId) -> Vec<Attachment> {
        self.take_all(actor, Attachment::is_a_tie)
    }

    /// If the actor has a supervisor: takes off what goes with one of its lives, and says where they meet.
    pub(crate) fn end_life(&mut self, actor: ActorId) -> Option<(Vec<Attachment>, Arc<Post>)> {
        let post = self.post_of(actor)?;
        Some((self.take_all(actor, Attachment::is_of_a_life), post))
    }

    pub(crate) fn is_supervised(&self, actor: ActorId) -> bool {
        self.post_of(actor).is_some()
    }

    fn post_of(&self, actor: ActorId) -> Option<Arc<Post>> {
        self.by_actor.get(&actor)?.iter().find_map(|it| match it {
            Attachment::Supervised(post) => Some(Arc::clone(post)),
            _ => None,
        })
    }

    fn take_all(&mut self, actor: ActorId, is_it: impl Fn(&Attachment) -> bool) -> Vec<Attachment> {
        let Some(list) = self.by_actor.get_mut(&actor) else { return Vec::new() };
        let taken = list.extract_if(.., |it| is_it(it)).collect();
        if list.is_empty() {
            self.take(actor);
        }
        taken
    }

    /// Takes off all that is attached to an actor. No more than a look if nothing is attached to anyone.
    #[inline]
    pub(crate) fn take(&mut self, actor: ActorId) -> Vec<Attachment> {
        if self.by_actor.is_empty() { Vec::new() } else { self.take_from_table(actor) }
    }

    #[cold]
    fn take_from_table(&mut self, actor: ActorId) -> Vec<Attachment> {
        let taken = self.by_actor.remove(&actor).unwrap_or_default();
        id_map::give_room_back(&mut self.by_actor);
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Home;
    use crate::id_map::KEPT;

    fn name(text: &str) -> Attachment {
        Attachment::Name(text.into())
    }

    #[test]
    fn what_is_attached_comes_off_once_one_by_one_or_all_together() {
        let (one, other) = (ActorId::new(Home::shared(0), 1, 1), ActorId::new(Home::shared(0), 1, 2));
        let mut table = Attachments::default();
        for (actor, text) in [(one, "a"), (one, "b"), (one, "c"), (other, "d")] {
            table.add(actor, name(text));
        }
        assert_eq!(table.take_one(one, |it| *it == name("b")), Some(name("b")));
        assert_eq!(table.take_one(one, |it| *it == name("b")), None);
        assert_eq!(table.take(one), [name("a"), name("c")]);
        assert_eq!(table.take(one), []);
        assert_eq!(table.take_one(other, |_| true), Some(name("d")));
        assert!(table.by_actor.is_empty(), "an actor whose last attachment is taken off has no list");
    }

    #[test]
    fn a_table_that_was_large_gives_its_memory_back_when_it_is_empty() {
        let mut table = Attachments::default();
        let actors = (0..10 * KEPT as u64).map(|number| ActorId::new(Home::shared(0), 1, number));
        actors.clone().for_each(|actor| table.add(actor, name("")));
        assert!(table.by_actor.capacity() > KEPT);
        actors.for_each(|actor| assert_eq!(table.take(actor).len(), 1));
        assert_eq!(table.by_actor.capacity(), 0);
    }
}
