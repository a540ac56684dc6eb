//! The first difference of two runs.
//!
//! Numbers of actors and messages mean the same in both as long as nothing has differed, because they are given by first
//! appearance; so events are compared one by one, each with who its actors are.

use std::fmt;

use crate::model::{Event, Trace};
use crate::sentence::seconds;

/// How many events before the difference are told.
const COMMON: usize = 5;

/// What has to be equal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum By {
    /// Everything: so runs of one seed are compared.
    #[default]
    Times,
    /// What happened, in which order; neither when nor on which worker.
    Order,
}

/// Where two runs part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The how-manieth event, from 1.
    pub event: usize,
    /// When, in nanoseconds: the earlier of the two times.
    pub at: u64,
    /// What happened in both just before, the last at the end: a line for each event.
    pub before: Vec<String>,
    /// What happened in the first; none if it has ended.
    pub first: Option<String>,
    /// What happened in the second; none if it has ended.
    pub second: Option<String>,
    /// Whom it concerns in either, by their labels.
    pub whom: Vec<String>,
    /// What of the two events is not the same.
    pub in_what: Vec<&'static str>,
}

/// Where two runs begin to differ; none if they do not.
///
/// ```
/// use greenroom_trace::{By, Event, Trace, What, compare};
/// let quiet = Trace::default();
/// let busy = Trace { events: vec![Event { at: 7, worker: Some(0), what: What::Park }], ..Trace::default() };
/// assert_eq!(compare(&quiet, &quiet, By::Times), None);
/// let difference = compare(&quiet, &busy, By::Times).unwrap();
/// assert_eq!((difference.event, difference.first), (1, None));
/// ```
pub fn compare(first: &Trace, second: &Trace, by: By) -> Option<Difference> {
    let most = first.events.len().max(second.events.len());
    let place = (0..most).find(|at| {
        !differences(first, second, first.events.get(*at), second.events.get(*at), by).is_empty()
    })?;
    let (one, other) = (first.events.get(place), second.events.get(place));

    let sentences = (first.sentences(), second.sentences());
    let mut whom: Vec<String> = Vec::new();
    for (trace, sentences, event) in [(first, &sentences.0, one), (second, &sentences.1, other)] {
        let concerned = event.map_or(Vec::new(), |event| sentences.concerned(event));
        for label in concerned.into_iter().map(|actor| trace.label(actor)) {
            if !whom.contains(&label) {
                whom.push(label);
            }
        }
    }
    Some(Difference {
        event: place + 1,
        at: [one, other].into_iter().flatten().map(|event| event.at).min().unwrap_or_default(),
        before: first.events[place.saturating_sub(COMMON)..place]
            .iter()
            .map(|event| sentences.0.line(event))
            .collect(),
        first: one.map(|event| sentences.0.line(event)),
        second: other.map(|event| sentences.1.line(event)),
        whom,
        in_what: differences(first, second, one, other, by),
    })
}

/// In what two events differ; in nothing if they are equal.
fn differences(
    first: &Trace,
    second: &Trace,
    one: Option<&Event>,
    other: Option<&Event>,
    by: By,
) -> Vec<&'static str> {
    let (Some(one), Some(other)) = (one, other) else {
        return if one.is_none() && other.is_none() { Vec::new() } else { vec!["the length of the runs"] };
    };
    let mut in_what = Vec::new();
    if one.what != other.what {
        in_what.push("what happens");
    }
    // Who is numbered alike need not be alike.
    let names = |trace: &Trace, event: &Event| -> Vec<_> {
        event.what.actors().map(|actor| trace.actors[actor.0 as usize].clone()).collect()
    };
    if one.what == other.what && names(first, one) != names(second, other) {
        in_what.push("who it is");
    }
    if by == By::Times && one.at != other.at {
        in_what.push("the time");
    }
    if by == By::Times && one.worker != other.worker {
        in_what.push("the worker");
    }
    in_what
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the runs differ from event {} on, at {} s", self.event, seconds(self.at))?;
        if !self.whom.is_empty() {
            write!(f, ", for {}", self.whom.join(" and "))?;
        }
        writeln!(f, ", in {}", self.in_what.join(" and "))?;
        if self.before.is_empty() {
            writeln!(f, "before, in both: nothing")?;
        } else {
            writeln!(f, "before, in both:")?;
        }
        for line in &self.before {
            writeln!(f, "  {line}")?;
        }
        for (run, line) in [("first", &self.first), ("second", &self.second)] {
            match line {
                Some(line) => writeln!(f, "in the {run}:\n  {line}")?,
                None => writeln!(f, "in the {run}: nothing more, it has ended")?,
            }
        }
        Ok(())
    }
}
