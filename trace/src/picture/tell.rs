//! What a picture says in words: the class of each part, and what is told when one points at it.

use super::clock::Scale;
use crate::sequence::{Arrow, ArrowKind, NoteKind, Sequence};

/// The name of a sort of arrow, in the style sheet as in words.
pub(super) fn arrow_class(kind: ArrowKind) -> &'static str {
    match kind {
        ArrowKind::Create => "create",
        ArrowKind::Cast => "cast",
        ArrowKind::Call => "call",
        ArrowKind::Request => "request",
        ArrowKind::Timer => "timer",
        ArrowKind::Signal => "signal",
        ArrowKind::Reply => "reply",
        ArrowKind::Error => "error",
        ArrowKind::Lost => "lost",
    }
}

/// The class of one arrow. A method's own error is a reply like any other, and yet a reader looks for it.
pub(super) fn class_of(arrow: &Arrow) -> &'static str {
    if arrow.kind == ArrowKind::Reply && arrow.text.starts_with("Err(") {
        return "reply refused";
    }
    arrow_class(arrow.kind)
}

/// The name of a sort of note.
pub(super) fn note_class(kind: NoteKind) -> &'static str {
    match kind {
        NoteKind::Panic => "panic",
        NoteKind::Deadlock => "deadlock",
        NoteKind::Stop => "stop",
        NoteKind::Restart => "restart",
        NoteKind::Fault => "fault",
        NoteKind::Remark => "remark-note",
    }
}

/// All that is known of an arrow: its sort, both ends, its whole text, and its times to the nanosecond.
pub(super) fn tell_arrow(sequence: &Sequence, at: u64, arrow: &Arrow) -> String {
    let name = |who: usize| sequence.lifelines[who].label.as_str();
    let mut told = format!(
        "{} {} → {}\n{}\nat {}",
        arrow_class(arrow.kind),
        name(arrow.from.0),
        name(arrow.to.0),
        arrow.text,
        Scale::exact(at)
    );
    if let Some(arrives) = arrow.arrives {
        let waited = super::clock::duration(arrives.saturating_sub(at));
        told += &format!(", handled at {} ({waited} later)", Scale::exact(arrives));
    }
    told
}
