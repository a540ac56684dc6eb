//! How much of what is in a trace.

use std::collections::BTreeMap;
use std::fmt;

use crate::model::{Trace, What};
use crate::sentence::{seconds, short_kind};

/// How many rows of a table are told.
const MOST: usize = 20;

/// Counts, the largest first. Its `Display` is a page of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    /// Of what run.
    pub title: String,
    /// From when until when, in nanoseconds.
    pub span: (u64, u64),
    /// How many events are missing.
    pub dropped: u64,
    /// Events by what happened.
    pub by_event: Vec<(String, u64)>,
    /// Events by the types of the actors that they name.
    pub by_kind: Vec<(String, u64)>,
    /// Events by the actors that they name.
    pub by_actor: Vec<(String, u64)>,
    /// Messages by method.
    pub by_method: Vec<(String, u64)>,
}

impl Trace {
    /// How much of what is in it.
    ///
    /// ```
    /// use greenroom_trace::{Event, Trace, What};
    /// let event = Event { at: 0, worker: None, what: What::Steal };
    /// let trace = Trace { events: vec![event], ..Trace::default() };
    /// assert_eq!(trace.tally().by_event, [("steal".to_owned(), 1)]);
    /// ```
    pub fn tally(&self) -> Tally {
        let (mut events, mut kinds, mut actors, mut methods) =
            (Counts::default(), Counts::default(), Counts::default(), Counts::default());
        let sentences = self.sentences();
        for event in &self.events {
            events.add(event.what.name().to_owned());
            let mut concerned = sentences.concerned(event);
            concerned.dedup();
            concerned.iter().for_each(|actor| actors.add(self.label(*actor)));
            let mut kinds_of: Vec<_> =
                concerned.iter().map(|actor| short_kind(&self.actors[actor.0 as usize].kind)).collect();
            kinds_of.dedup();
            kinds_of.into_iter().for_each(|kind| kinds.add(kind));
            if let What::Send { method, .. } = &event.what {
                methods.add(method.clone());
            }
        }
        let time = |event: Option<&crate::model::Event>| event.map_or(0, |event| event.at);
        Tally {
            title: self.title.clone(),
            span: (time(self.events.first()), time(self.events.last())),
            dropped: self.dropped,
            by_event: events.ranked(),
            by_kind: kinds.ranked(),
            by_actor: actors.ranked(),
            by_method: methods.ranked(),
        }
    }
}

#[derive(Default)]
struct Counts(BTreeMap<String, u64>);

impl Counts {
    fn add(&mut self, what: String) {
        *self.0.entry(what).or_default() += 1;
    }

    /// The largest first, equal ones by the alphabet.
    fn ranked(self) -> Vec<(String, u64)> {
        let mut ranked: Vec<_> = self.0.into_iter().collect();
        ranked.sort_by_key(|(_, count)| u64::MAX - count);
        ranked
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let events: u64 = self.by_event.iter().map(|(_, count)| count).sum();
        writeln!(f, "{}", self.title)?;
        writeln!(f, "{events} events from {} s to {} s", seconds(self.span.0), seconds(self.span.1))?;
        if self.dropped > 0 {
            writeln!(f, "{} earlier events are missing: there was no room to keep them", self.dropped)?;
        }
        let tables = [
            ("events", &self.by_event),
            ("events by type of actor", &self.by_kind),
            ("events by actor", &self.by_actor),
            ("messages by method", &self.by_method),
        ];
        for (head, table) in tables.into_iter().filter(|(_, table)| !table.is_empty()) {
            writeln!(f, "\n{head}:")?;
            for (what, count) in table.iter().take(MOST) {
                writeln!(f, "{count:>12}  {}", if what.is_empty() { "(not known)" } else { what })?;
            }
            if table.len() > MOST {
                let rest: u64 = table[MOST..].iter().map(|(_, count)| count).sum();
                writeln!(f, "{rest:>12}  of {} others", table.len() - MOST)?;
            }
        }
        Ok(())
    }
}
