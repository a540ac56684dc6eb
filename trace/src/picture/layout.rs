//! Where everything in a sequence diagram stands: numbers and words, no picture yet.
//!
//! One pass over the rows, from the top, moves a pen down. What spans rows (stems, bars, frames) is opened where it
//! begins and gets its end when the pen comes there. Equal sequences give equal numbers on every machine: they are whole.

use super::clock::{self, Scale};
use super::columns::{HeadText, head_text, place};
use super::measures::{FRAME_PAD, MARGIN};
use super::pen::Pen;
use super::text::width;
use crate::sequence::{ArrowKind, Mark, NoteKind, Role, Sequence};

/// Words, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Label {
    /// Where they begin, have their middle, or end: see `anchor`.
    pub(super) x: i32,
    /// The line on which the letters stand.
    pub(super) y: i32,
    pub(super) anchor: Anchor,
    pub(super) text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// A rectangle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Area {
    pub(crate) x: i32,
    pub(crate) y: i32,
    pub(crate) width: i32,
    pub(crate) height: i32,
}

impl Area {
    pub(crate) fn right(&self) -> i32 {
        self.x + self.width
    }

    pub(crate) fn bottom(&self) -> i32 {
        self.y + self.height
    }
}

/// The head of a lifeline: at the top, where it is created, or at the foot.
#[derive(Clone, Debug)]
pub(super) struct Head {
    pub(super) who: usize,
    pub(super) role: Role,
    pub(super) area: Area,
    pub(super) label: String,
    pub(super) kind: Option<String>,
    pub(super) place: Place,
}

/// Where a head stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Top,
    /// In the row that creates its actor.
    Row(usize),
    /// Below all, for those who have scrolled down.
    Foot,
}

/// The dashed line below a head.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stem {
    pub(super) who: usize,
    pub(super) x: i32,
    pub(super) top: i32,
    pub(super) bottom: i32,
    /// The row in which the actor ends, which is where the cross is.
    pub(super) destroyed: Option<usize>,
}

/// A handler at work.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bar {
    pub(super) who: usize,
    pub(super) area: Area,
}

/// An arrow from one lifeline to another, or in a loop to itself.
#[derive(Clone, Debug)]
pub(super) struct Stroke {
    pub(super) row: usize,
    pub(super) kind: ArrowKind,
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) from_x: i32,
    pub(super) to_x: i32,
    pub(super) y: i32,
    pub(super) labels: Vec<Label>,
}

/// Words in a box.
#[derive(Clone, Debug)]
pub(super) struct Note {
    pub(super) row: usize,
    /// None for the box around rows that were left out.
    pub(super) kind: Option<NoteKind>,
    pub(super) area: Area,
    pub(super) lines: Vec<Label>,
}

/// A box around rows, or around the lifelines of a node.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    /// The rows that open and close it; those of a node's box are none.
    pub(super) rows: Option<(usize, usize)>,
    pub(super) area: Area,
    /// How wide the field for its kind is.
    pub(super) tab: i32,
    pub(super) kind: Label,
    pub(super) text: Label,
}

/// A point of time at the left.
#[derive(Clone, Debug)]
pub(super) struct Tick {
    pub(super) row: usize,
    pub(super) label: Label,
    /// Whether it tells a pause, and not a time.
    pub(super) is_leap: bool,
}

/// Where everything stands.
#[derive(Debug, Default)]
pub(super) struct Layout {
    pub(super) width: i32,
    pub(super) height: i32,
    /// The title, and what the reader must know of what is not drawn.
    pub(super) title: Vec<Label>,
    /// The line on which the times stand.
    pub(super) axis: Area,
    pub(super) heads: Vec<Head>,
    pub(super) stems: Vec<Stem>,
    pub(super) bars: Vec<Bar>,
    pub(super) bar_labels: Vec<(usize, Label)>,
    pub(super) strokes: Vec<Stroke>,
    pub(super) notes: Vec<Note>,
    pub(super) frames: Vec<Frame>,
    pub(super) nodes: Vec<Frame>,
    pub(super) ticks: Vec<Tick>,
    /// The top and the bottom of each row.
    pub(super) rows: Vec<(i32, i32)>,
    /// The kinds of arrows that are drawn, which the legend explains.
    pub(super) legend: Vec<(Area, ArrowKind, Label)>,
    /// Where the heads at the top begin and end.
    pub(super) heads_from: i32,
    pub(super) heads_until: i32,
}

impl Label {
    pub(super) fn new(x: i32, y: i32, anchor: Anchor, text: impl Into<String>) -> Label {
        Label { x, y, anchor, text: text.into() }
    }

    /// What it covers.
    pub(super) fn area(&self) -> Area {
        let width = width(&self.text);
        let x = match self.anchor {
            Anchor::Start => self.x,
            Anchor::Middle => self.x - width / 2,
            Anchor::End => self.x - width,
        };
        Area { x, y: self.y - 10, width, height: 13 }
    }
}

/// Where everything stands in the picture of a sequence.
pub(super) fn lay_out(sequence: &Sequence) -> Layout {
    let times: Vec<u64> = sequence.rows.iter().map(|row| row.at).collect();
    let scale = Scale::of(&times);
    let widest = times.iter().map(|at| width(&scale.write(*at))).max().unwrap_or(0);
    let axis = MARGIN + widest.max(70) + 8;

    let heads: Vec<HeadText> = sequence.lifelines.iter().map(head_text).collect();
    let left = axis + 24 + FRAME_PAD * deepest_frame(sequence);
    let middles = place(sequence, &heads, left);

    let mut pen = Pen::new(sequence, &heads, &middles, axis);
    pen.write_title();
    pen.stand_heads();
    let leap = clock::leap(&times);
    for (at, row) in sequence.rows.iter().enumerate() {
        let before = at.checked_sub(1).map(|before| times[before]);
        pen.tell_time(at, row.at, before, leap, &scale);
        pen.draw(at, &row.mark);
    }
    pen.finish()
}

/// How many frames lie within each other, at most.
fn deepest_frame(sequence: &Sequence) -> i32 {
    let mut depth = 0;
    let mut deepest = 0;
    for row in &sequence.rows {
        match row.mark {
            Mark::Open { .. } => depth += 1,
            Mark::Close => depth -= 1,
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}
