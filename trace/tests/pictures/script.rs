//! Sequences written by hand: one line of a test is one row of the picture.

use greenroom_trace::{
    Arrow, ArrowKind, Frame, Lifeline, LifelineIndex, Mark, NoteKind, Role, Row, Sequence,
};

/// Builds a sequence; each row comes so many nanoseconds after the one before.
pub(super) struct Script {
    sequence: Sequence,
    now: u64,
    step: u64,
}

impl Script {
    pub(super) fn new(title: &str, names: &[&str]) -> Self {
        let lifelines = names.iter().map(|name| lifeline(name)).collect();
        let sequence = Sequence { title: title.to_owned(), lifelines, ..Sequence::default() };
        Script { sequence, now: 12_000, step: 1_700 }
    }

    /// All further lifelines' places are those given to `new`; these live on a node.
    pub(super) fn on_node(mut self, node: &str, places: std::ops::Range<usize>) -> Self {
        for lifeline in &mut self.sequence.lifelines[places] {
            lifeline.node = Some(node.to_owned());
        }
        self
    }

    pub(super) fn created(mut self, place: usize) -> Self {
        self.sequence.lifelines[place].is_created = true;
        self
    }

    pub(super) fn remark(mut self, text: &str) -> Self {
        self.sequence.remarks.push(text.to_owned());
        self
    }

    pub(super) fn later(&mut self, nanos: u64) -> &mut Self {
        self.now += nanos;
        self
    }

    pub(super) fn row(&mut self, mark: Mark) -> &mut Self {
        self.sequence.rows.push(Row { at: self.now, mark });
        self.now += self.step;
        self
    }

    pub(super) fn arrow(&mut self, kind: ArrowKind, from: usize, to: usize, text: &str) -> &mut Self {
        let (from, to) = (LifelineIndex(from), LifelineIndex(to));
        let arrives = (kind == ArrowKind::Cast).then_some(self.now + 900);
        self.row(Mark::Arrow(Arrow { kind, from, to, text: text.to_owned(), arrives }))
    }

    /// An arrow whose handler begins with it.
    pub(super) fn into(&mut self, kind: ArrowKind, from: usize, to: usize, text: &str) -> &mut Self {
        self.arrow(kind, from, to, text);
        self.row(Mark::Begin { who: LifelineIndex(to), label: None })
    }

    /// A call that is handled at once.
    pub(super) fn call(&mut self, from: usize, to: usize, text: &str) -> &mut Self {
        self.into(ArrowKind::Call, from, to, text)
    }

    /// The reply to it, with which its handler ends.
    pub(super) fn reply(&mut self, from: usize, to: usize, text: &str) -> &mut Self {
        self.arrow(ArrowKind::Reply, from, to, text).end(from)
    }

    pub(super) fn error(&mut self, from: usize, to: usize, text: &str) -> &mut Self {
        self.arrow(ArrowKind::Error, from, to, text).end(from)
    }

    pub(super) fn begin(&mut self, who: usize, label: &str) -> &mut Self {
        self.row(Mark::Begin { who: LifelineIndex(who), label: Some(label.to_owned()) })
    }

    pub(super) fn end(&mut self, who: usize) -> &mut Self {
        self.row(Mark::End { who: LifelineIndex(who) })
    }

    pub(super) fn destroy(&mut self, who: usize) -> &mut Self {
        self.row(Mark::Destroy { who: LifelineIndex(who) })
    }

    pub(super) fn note(&mut self, over: usize, kind: NoteKind, text: &str) -> &mut Self {
        self.row(Mark::Note { over: Some(LifelineIndex(over)), kind, text: text.to_owned() })
    }

    pub(super) fn fault(&mut self, text: &str) -> &mut Self {
        self.row(Mark::Note { over: None, kind: NoteKind::Fault, text: text.to_owned() })
    }

    pub(super) fn open(&mut self, frame: Frame, text: &str) -> &mut Self {
        self.row(Mark::Open { frame, text: text.to_owned() })
    }

    pub(super) fn close(&mut self) -> &mut Self {
        self.row(Mark::Close)
    }

    pub(super) fn gap(&mut self, rows: u64, text: &str) -> &mut Self {
        let until = self.now + rows * 300;
        self.row(Mark::Gap { rows, until, text: text.to_owned() });
        self.now = until;
        self
    }

    pub(super) fn done(&mut self) -> Sequence {
        std::mem::take(&mut self.sequence)
    }
}

fn lifeline(name: &str) -> Lifeline {
    let role = match name.split_once('×') {
        Some((_, count)) => Role::Many(count.parse().expect("a count behind ×")),
        None if name == "[outside]" => Role::Outside,
        None => Role::Actor,
    };
    let kind = name.split(['#', ' ']).next().unwrap_or_default();
    let kind = if role == Role::Outside || name.starts_with('[') { "" } else { kind };
    Lifeline { label: name.to_owned(), kind: kind.to_owned(), node: None, role, is_created: false }
}
