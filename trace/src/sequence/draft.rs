//! The events of a trace as rows: no repetition folded yet, nothing left out.
//!
//! | event | rows |
//! |---|---|
//! | spawn | a `Create` arrow |
//! | send | an arrow where it was sent; those of one group in a `Par` frame |
//! | start, finish | a bar |
//! | reply | an arrow back, and a note if the error is a deadlock |
//! | lost | the arrow of the message says it |
//! | panic, restart, stop, fault | a note; the last stop destroys |
//! | what workers do, waits | nothing: the timeline shows them |

use std::collections::{HashMap, HashSet, VecDeque};

use super::ahead::Ahead;
use super::lifelines::{Lifelines, is_ordinary};
use super::wording::{deadlock, in_note, on_arrow, with_names, without_numbers};
use super::{Arrow, ArrowKind, Frame, LifelineIndex, Mark, NoteKind, Row};
use crate::model::{ActorIndex, Event, MessageIndex, Trace, Way, What};
use crate::sentence::{Sent, called};

/// A row, or a frame with what is in it.
#[derive(Clone, Debug)]
pub(super) enum Node {
    Row(Draft),
    Frame { at: u64, frame: Frame, text: String, inside: Vec<Node> },
}

/// A row with what decides about it.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub(super) row: Row,
    /// Rows that mean the same have the same, whatever they carry.
    pub(super) key: String,
    /// Its text where it stands for several that carry different things.
    pub(super) plain: String,
    /// Whether it is among what a reader looks for.
    pub(super) stands_out: bool,
}

impl Node {
    pub(super) fn at(&self) -> u64 {
        match self {
            Node::Row(draft) => draft.row.at,
            Node::Frame { at, .. } => *at,
        }
    }
}

pub(super) fn draft(trace: &Trace, lifelines: &mut Lifelines) -> Vec<Node> {
    let mut drafting = Drafting::new(trace, lifelines);
    for (place, event) in trace.events.iter().enumerate() {
        drafting.event(place, event);
    }
    drafting.finish()
}

struct Drafting<'a> {
    trace: &'a Trace,
    lifelines: &'a mut Lifelines,
    ahead: Ahead<'a>,
    panicked: Vec<bool>,
    /// Messages to each lifeline whose handlers have not begun.
    waiting: HashMap<LifelineIndex, VecDeque<MessageIndex>>,
    /// Requests between two lifelines that have no answer yet.
    unanswered: HashMap<(LifelineIndex, LifelineIndex), u64>,
    /// How many bars are open: by actor, and by lifeline.
    handling: HashMap<ActorIndex, u64>,
    bars: HashMap<LifelineIndex, u64>,
    named: Vec<bool>,
    /// The cycles that have a note.
    deadlocks: HashSet<String>,
    nodes: Vec<Node>,
}

impl<'a> Drafting<'a> {
    fn new(trace: &'a Trace, lifelines: &'a mut Lifelines) -> Self {
        let actors = trace.actors.len();
        let ahead = Ahead::new(trace, lifelines);
        Drafting {
            trace,
            named: vec![false; lifelines.lines.len()],
            lifelines,
            ahead,
            panicked: vec![false; actors],
            waiting: HashMap::new(),
            unanswered: HashMap::new(),
            handling: HashMap::new(),
            bars: HashMap::new(),
            deadlocks: HashSet::new(),
            nodes: Vec::new(),
        }
    }

    fn event(&mut self, place: usize, event: &'a Event) {
        let at = event.at;
        match &event.what {
            What::Spawn { actor, by } => self.spawn(at, *actor, *by),
            What::Send { message, group, method, .. } => match group {
                Some(first) if first != message && self.ahead.sent.contains_key(first) => {}
                _ => self.send_to_all(event, *message, method),
            },
            What::Start { actor, message, method } => self.begin(at, *actor, *message, method),
            What::Finish { actor, .. } => self.end(at, *actor),
            What::Reply { message, value, error } => {
                if let Some(sent) = self.ahead.sent.get(message).copied() {
                    self.reply(at, sent, value.as_deref(), error.as_deref());
                }
            }
            What::Lost { message, why } => {
                if !self.ahead.sent.contains_key(message) {
                    self.note(at, None, NoteKind::Remark, &format!("an earlier message is lost: {why}"));
                }
            }
            What::Panic { actor, report } => {
                self.panicked[actor.0 as usize] = true;
                self.note(at, Some(*actor), NoteKind::Panic, &format!("panicked: {report}"));
            }
            What::Restart { actor, attempt } => {
                self.panicked[actor.0 as usize] = false;
                let anew = if *attempt > 1 {
                    format!("begins anew, attempt {attempt}")
                } else {
                    "begins anew".into()
                };
                self.note(at, Some(*actor), NoteKind::Restart, &anew);
            }
            What::Stop { actor, reason } => self.stop(place, at, *actor, reason),
            What::Fault { text } => self.note(at, None, NoteKind::Fault, text),
            What::Suspend { .. }
            | What::Resume { .. }
            | What::Steal
            | What::Park
            | What::Unpark
            | What::Relief { .. } => {}
        }
    }

    fn spawn(&mut self, at: u64, actor: ActorIndex, by: Option<ActorIndex>) {
        let (from, to) = (self.lifelines.of(by), self.lifelines.of(Some(actor)));
        if !self.lifelines.is_shared(to) && !self.named[to.0] {
            self.lifelines.lines[to.0].is_created = true;
        }
        self.named[from.0] = true;
        self.named[to.0] = true;
        let arrow = Arrow { kind: ArrowKind::Create, from, to, text: "spawn".into(), arrives: None };
        self.arrow(at, arrow, "spawn", "spawn".into());
    }

    fn send_to_all(&mut self, event: &'a Event, first: MessageIndex, method: &str) {
        let further = self.ahead.groups.remove(&first).unwrap_or_default();
        if further.is_empty() {
            return self.send(event);
        }
        let outside = std::mem::take(&mut self.nodes);
        for event in [event].into_iter().chain(further.iter().copied()) {
            // All at the time of the first, so that times do not fall below the frame.
            self.send(event);
        }
        let mut inside = std::mem::replace(&mut self.nodes, outside);
        for node in &mut inside {
            if let Node::Row(draft) = node {
                draft.row.at = event.at;
            }
        }
        let text = format!("{method} to each of {}", further.len() + 1);
        self.nodes.push(Node::Frame { at: event.at, frame: Frame::Par, text, inside });
    }

    fn send(&mut self, event: &'a Event) {
        let What::Send { message, way, from, to, method, arguments, .. } = &event.what else { return };
        let receiver = self.lifelines.of(Some(*to));
        let sender = if from.is_none() && way.is_own() { receiver } else { self.lifelines.of(*from) };
        let text = called(method, arguments.as_deref());
        let plain = if arguments.is_some() { format!("{method}(…)") } else { method.clone() };
        if matches!(way, Way::Call | Way::HandOff | Way::Request) {
            *self.unanswered.entry((sender, receiver)).or_default() += 1;
        }
        let (kind, text, plain) = match self.ahead.lost.get(message) {
            Some(why) => (ArrowKind::Lost, format!("{text} – lost: {why}"), format!("{plain} – lost: {why}")),
            None => {
                self.waiting.entry(receiver).or_default().push_back(*message);
                (ArrowKind::from(*way), text, plain)
            }
        };
        let arrives = self.ahead.begun.get(message).copied();
        let key = plain.clone();
        self.arrow(event.at, Arrow { kind, from: sender, to: receiver, text, arrives }, &key, plain);
    }

    fn begin(&mut self, at: u64, actor: ActorIndex, message: Option<MessageIndex>, method: &str) {
        let who = self.lifelines.of(Some(actor));
        let waiting = self.waiting.entry(who).or_default();
        let place = message.and_then(|message| waiting.iter().position(|other| *other == message));
        let is_clear = place.is_some() && waiting.len() == 1;
        if let Some(place) = place {
            waiting.remove(place);
        }
        *self.handling.entry(actor).or_default() += 1;
        let bars = self.bars.entry(who).or_default();
        *bars += 1;
        // A crowd handles many at a time: one bar says as much.
        let is_shared = self.lifelines.is_shared(who);
        if is_shared && *bars > 1 {
            return;
        }
        self.named[who.0] = true;
        let label = (!is_clear && !is_shared).then(|| on_arrow(method));
        let key = format!("begin {} {label:?}", who.0);
        self.push(at, Mark::Begin { who, label }, key, false);
    }

    fn end(&mut self, at: u64, actor: ActorIndex) {
        let who = self.lifelines.of(Some(actor));
        // A handler that began before the trace did has no bar.
        let Some(handling) = self.handling.get_mut(&actor).filter(|handling| **handling > 0) else { return };
        *handling -= 1;
        let bars = self.bars.entry(who).or_default();
        *bars -= 1;
        if *bars == 0 || !self.lifelines.is_shared(who) {
            self.push(at, Mark::End { who }, format!("end {}", who.0), false);
        }
    }

    fn reply(&mut self, at: u64, sent: Sent<'a>, value: Option<&str>, error: Option<&str>) {
        let (from, to) = (self.lifelines.of(Some(sent.to)), self.lifelines.of(sent.from));
        let unanswered = self.unanswered.entry((to, from)).or_default();
        let is_clear = *unanswered <= 1;
        *unanswered = unanswered.saturating_sub(1);
        // A method of its own error type answers with a value that is one.
        let error = error.or(value.filter(|value| value.starts_with("Err(")));
        let cycle = error.and_then(|error| deadlock(self.trace, error));

        let named = if is_clear { String::new() } else { format!("{} done", sent.method) };
        let (kind, text, plain) = match (&cycle, error, value) {
            (Some(_), ..) => (ArrowKind::Error, "deadlock".to_owned(), "deadlock".to_owned()),
            (None, Some(error), _) => (ArrowKind::Error, error.to_owned(), without_numbers(error)),
            (None, None, Some(value)) => (ArrowKind::Reply, value.to_owned(), "…".to_owned()),
            (None, None, None) => (ArrowKind::Reply, named.clone(), named),
        };
        let key = if kind == ArrowKind::Error { plain.clone() } else { sent.method.to_owned() };
        // A handler that has just returned answers: its bar ends with the arrow, not before it.
        let bar = match self.nodes.last() {
            Some(Node::Row(Draft { row: Row { mark: Mark::End { who }, .. }, .. })) if *who == from => {
                self.nodes.pop()
            }
            _ => None,
        };
        self.arrow(at, Arrow { kind, from, to, text, arrives: None }, &key, plain);
        if let Some(Node::Row(mut draft)) = bar {
            draft.row.at = at;
            self.nodes.push(Node::Row(draft));
        }
        // It goes up the whole chain of callers; once is enough.
        if let Some(cycle) = cycle
            && self.deadlocks.insert(cycle.clone())
        {
            self.note(at, None, NoteKind::Deadlock, &format!("deadlock: {cycle}"));
        }
    }

    fn stop(&mut self, place: usize, at: u64, actor: ActorIndex, reason: &str) {
        while self.handling.get(&actor).is_some_and(|handling| *handling > 0) {
            self.end(at, actor);
        }
        let who = self.lifelines.of(Some(actor));
        let is_last = self.ahead.last[who.0] <= place && self.ahead.last_restart[actor.0 as usize] <= place;
        let is_destroyed = is_last && !self.lifelines.is_shared(who);
        // The note of the panic has said why.
        if !self.panicked[actor.0 as usize]
            && !(is_ordinary(reason) && (is_destroyed || self.lifelines.is_shared(who)))
        {
            self.note(at, Some(actor), NoteKind::Stop, &format!("has ended: {reason}"));
        }
        if is_destroyed {
            self.named[who.0] = true;
            self.push(at, Mark::Destroy { who }, format!("destroy {}", who.0), false);
        }
    }

    fn note(&mut self, at: u64, of: Option<ActorIndex>, kind: NoteKind, text: &str) {
        let over = of.map(|actor| self.lifelines.of(Some(actor)));
        // In a crowd, the note says of whom it speaks.
        let text = match (of, over) {
            (Some(actor), Some(line)) if self.lifelines.is_shared(line) => {
                format!("{} {text}", self.trace.label(actor))
            }
            _ => text.to_owned(),
        };
        let text = in_note(&with_names(self.trace, &text));
        let key = format!("note {over:?} {text}");
        self.push(at, Mark::Note { over, kind, text }, key, kind != NoteKind::Remark);
    }

    fn arrow(&mut self, at: u64, mut arrow: Arrow, key: &str, plain: String) {
        arrow.text = on_arrow(&with_names(self.trace, &arrow.text));
        self.named[arrow.from.0] = true;
        self.named[arrow.to.0] = true;
        let key = format!("{:?} {} {} {key}", arrow.kind, arrow.from.0, arrow.to.0);
        let stands_out = matches!(arrow.kind, ArrowKind::Error | ArrowKind::Lost);
        let plain = on_arrow(&plain);
        self.nodes.push(Node::Row(Draft {
            row: Row { at, mark: Mark::Arrow(arrow) },
            key,
            plain,
            stands_out,
        }));
    }

    fn push(&mut self, at: u64, mark: Mark, key: String, stands_out: bool) {
        let draft = Draft { row: Row { at, mark }, key, plain: String::new(), stands_out };
        self.nodes.push(Node::Row(draft));
    }

    /// Handlers that the trace saw no end of end with it.
    fn finish(mut self) -> Vec<Node> {
        let at = self.trace.events.last().map_or(0, |event| event.at);
        let mut open: Vec<_> =
            self.bars.iter().filter(|(_, bars)| **bars > 0).map(|(who, bars)| (*who, *bars)).collect();
        open.sort();
        for (who, bars) in open {
            let shown = if self.lifelines.is_shared(who) { 1 } else { bars };
            for _ in 0..shown {
                self.push(at, Mark::End { who }, format!("end {}", who.0), false);
            }
        }
        self.nodes
    }
}

impl Way {
    /// Whether nobody need be named as the sender: an actor's own timer.
    pub(super) fn is_own(self) -> bool {
        matches!(self, Way::Timer)
    }
}

impl From<Way> for ArrowKind {
    fn from(way: Way) -> Self {
        match way {
            Way::Cast => ArrowKind::Cast,
            Way::Request => ArrowKind::Request,
            Way::Call | Way::HandOff => ArrowKind::Call,
            Way::Timer => ArrowKind::Timer,
            Way::Signal => ArrowKind::Signal,
        }
    }
}
