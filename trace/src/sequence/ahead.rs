//! What a row has to know of events that come later.

use std::collections::HashMap;

use super::lifelines::Lifelines;
use crate::model::{ActorIndex, Event, MessageIndex, Trace, What};
use crate::sentence::{Sent, messages};

/// See the head of this file.
pub(super) struct Ahead<'a> {
    pub(super) sent: HashMap<MessageIndex, Sent<'a>>,
    /// When the handler of each message began.
    pub(super) begun: HashMap<MessageIndex, u64>,
    pub(super) lost: HashMap<MessageIndex, &'a str>,
    /// Those of each group beyond the first, by the first of them: they are drawn with it.
    pub(super) groups: HashMap<MessageIndex, Vec<&'a Event>>,
    /// By lifeline, the place of the last event that names it.
    pub(super) last: Vec<usize>,
    /// By actor, the place of the last event that begins it anew.
    pub(super) last_restart: Vec<usize>,
}

impl<'a> Ahead<'a> {
    pub(super) fn new(trace: &'a Trace, lifelines: &Lifelines) -> Self {
        let sent = messages(trace);
        let (mut begun, mut lost, mut groups) = (HashMap::new(), HashMap::new(), HashMap::new());
        let (mut last, mut last_restart) = (vec![0; lifelines.lines.len()], vec![0; trace.actors.len()]);
        for (place, event) in trace.events.iter().enumerate() {
            let mut ends: [Option<Option<ActorIndex>>; 2] = [None, None];
            match &event.what {
                What::Send { from, to, way, message, group, .. } => {
                    ends = [(from.is_some() || !way.is_own()).then_some(*from), Some(Some(*to))];
                    if let Some(group) = group.filter(|group| group != message) {
                        groups.entry(group).or_insert_with(Vec::new).push(event);
                    }
                }
                What::Start { message: Some(message), .. } => {
                    begun.entry(*message).or_insert(event.at);
                }
                What::Reply { message, .. } => {
                    if let Some(sent) = sent.get(message) {
                        ends = [Some(sent.from), Some(Some(sent.to))];
                    }
                }
                What::Lost { message, why } => {
                    lost.insert(*message, why.as_str());
                }
                What::Spawn { by, .. } => ends = [Some(*by), None],
                What::Restart { actor, .. } => last_restart[actor.0 as usize] = place,
                What::Start { actor, message: None, .. } => ends = [Some(Some(*actor)), None],
                _ => {}
            }
            for end in ends.into_iter().flatten() {
                last[lifelines.of(end).0] = place;
            }
        }
        Ahead { sent, begun, lost, groups, last, last_restart }
    }
}
