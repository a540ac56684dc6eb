//! Whom an event names, and what it is called.

use crate::model::{ActorIndex, MessageIndex, What};

impl What {
    /// What a file calls it.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            What::Spawn { .. } => "spawn",
            What::Send { .. } => "send",
            What::Start { .. } => "start",
            What::Suspend { .. } => "suspend",
            What::Resume { .. } => "resume",
            What::Finish { .. } => "finish",
            What::Reply { .. } => "reply",
            What::Lost { .. } => "lost",
            What::Panic { .. } => "panic",
            What::Restart { .. } => "restart",
            What::Stop { .. } => "stop",
            What::Steal => "steal",
            What::Park => "park",
            What::Unpark => "unpark",
            What::Relief { .. } => "relief",
            What::Fault { .. } => "fault",
        }
    }

    /// The actors that it names, in the order of its sentence.
    pub(crate) fn actors(&self) -> impl Iterator<Item = ActorIndex> {
        let named = match self {
            What::Spawn { actor, by } => [*by, Some(*actor)],
            What::Send { from, to, .. } => [*from, Some(*to)],
            What::Start { actor, .. }
            | What::Suspend { actor, .. }
            | What::Resume { actor, .. }
            | What::Finish { actor, .. }
            | What::Panic { actor, .. }
            | What::Restart { actor, .. }
            | What::Stop { actor, .. } => [Some(*actor), None],
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

    /// The same, to be numbered otherwise.
    pub(crate) fn actors_mut(&mut self) -> impl Iterator<Item = &mut ActorIndex> {
        let named: [Option<&mut ActorIndex>; 2] = match self {
            What::Spawn { actor, by } => [by.as_mut(), Some(actor)],
            What::Send { from, to, .. } => [from.as_mut(), Some(to)],
            What::Start { actor, .. }
            | What::Suspend { actor, .. }
            | What::Resume { actor, .. }
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
            What::Start { message, .. }
            | What::Suspend { message, .. }
            | What::Resume { message, .. }
            | What::Finish { message, .. } => [message.as_mut(), None],
            _ => [None, None],
        };
        named.into_iter().flatten()
    }
}
