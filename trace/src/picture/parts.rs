//! The parts that a [`Pen`] puts down: heads, boxes around nodes, times, and the legend.

use super::columns::HeadText;
use super::layout::{Anchor, Area, Frame, Head, Label, Place, Stem, Tick};
use super::measures::{EDGE, FRAME_PAD, MARGIN, NESTED};
use super::pen::Pen;
use super::text::{LINE, clip, width};
use crate::sequence::{Arrow, ArrowKind, LifelineIndex, Mark};

impl<'a> Pen<'a> {
    pub(super) fn head_height(&self) -> i32 {
        if self.heads.iter().any(|head| head.kind.is_some()) { 42 } else { 28 }
    }

    pub(super) fn put_head(&mut self, who: usize, y: i32, place: Place) -> Area {
        let HeadText { label, kind, width } = self.heads[who].clone();
        let area = Area { x: self.middles[who] - width / 2, y, width, height: self.head_height() };
        let role = self.sequence.lifelines[who].role;
        self.layout.heads.push(Head { who, role, area, label, kind, place });
        let x = self.middles[who];
        self.layout.stems.push(Stem { who, x, top: area.bottom(), bottom: area.bottom(), destroyed: None });
        area
    }

    pub(super) fn put_foot(&mut self, who: usize) {
        let above = self.layout.heads.iter().find(|head| head.who == who).cloned();
        self.layout.heads.extend(above.map(|head| Head {
            area: Area { y: self.y, ..head.area },
            place: Place::Foot,
            ..head
        }));
    }

    pub(super) fn is_created(&self, who: LifelineIndex) -> bool {
        self.sequence.lifelines[who.0].is_created
    }

    /// The side of a lifeline on which an arrow begins or ends, with so many bars upon it.
    pub(super) fn edge(&self, who: usize, bars: usize, left: bool) -> i32 {
        let middle = self.middles[who];
        match bars as i32 {
            0 => middle,
            bars if left => middle - EDGE + NESTED * (bars - 1),
            bars => middle + EDGE + NESTED * (bars - 1),
        }
    }

    pub(super) fn arrow_before(&self, row: usize) -> Option<&'a Arrow> {
        match &self.sequence.rows[row.checked_sub(1)?].mark {
            Mark::Arrow(arrow) => Some(arrow),
            _ => None,
        }
    }

    /// Something is drawn from `left` to `right`, which the innermost frame must be around.
    pub(super) fn reach(&mut self, left: i32, right: i32) {
        self.right = self.right.max(right);
        if let Some(frame) = self.open_frames.last_mut() {
            frame.left = frame.left.min(left);
            frame.right = frame.right.max(right);
        }
    }

    /// Tells the time at this height, if it is new and there is room.
    pub(super) fn stamp(&mut self, y: i32) {
        let Some((row, time)) = self.untold.take_if(|_| y - LINE >= self.told_at) else { return };
        let label = Label::new(self.layout.axis.x - 8, y + 4, Anchor::End, time.clone());
        self.layout.ticks.push(Tick { row, label, is_leap: false });
        self.told = time;
        self.told_at = y;
    }

    pub(super) fn box_nodes(&mut self) {
        let lifelines = &self.sequence.lifelines;
        let mut from = 0;
        for group in lifelines.chunk_by(|a, b| a.node == b.node) {
            let last = from + group.len() - 1;
            let (first, next) = (from, last + 1);
            from = next;
            let Some(node) = &group[0].node else { continue };
            let x = self.middles[first] - self.heads[first].width / 2 - FRAME_PAD;
            let right = self.middles[last] + self.heads[last].width / 2 + FRAME_PAD;
            let text = clip(node, ((right - x - 16) / width("m")).max(6) as usize);
            let y = self.layout.heads_from - 4;
            self.layout.nodes.push(Frame {
                rows: None,
                area: Area { x, y, width: right - x, height: self.y - y },
                tab: 0,
                kind: Label::new(x + 8, y + 16, Anchor::Start, ""),
                text: Label::new(x + 8, y + 16, Anchor::Start, text),
            });
            self.right = self.right.max(right);
        }
    }

    /// One sample of each kind of arrow that is drawn, and what it means.
    pub(super) fn explain(&mut self) {
        let drawn = |kind: ArrowKind| self.layout.strokes.iter().any(|stroke| stroke.kind == kind);
        let meanings = MEANINGS.iter().filter(|(kind, _)| drawn(*kind));
        let mut x = MARGIN;
        let mut entries = Vec::new();
        for (kind, meaning) in meanings {
            let wide = 56 + width(meaning);
            if x + wide > self.right && x > MARGIN {
                x = MARGIN;
                self.y += LINE + 4;
            }
            let label = Label::new(x + 46, self.y + 4, Anchor::Start, *meaning);
            entries.push((Area { x, y: self.y, width: 40, height: 0 }, *kind, label));
            x += wide + 12;
        }
        if !entries.is_empty() {
            self.y += LINE;
        }
        self.layout.legend = entries;
    }
}

const MEANINGS: [(ArrowKind, &str); 9] = [
    (ArrowKind::Create, "spawn"),
    (ArrowKind::Call, "call"),
    (ArrowKind::Request, "request"),
    (ArrowKind::Cast, "cast"),
    (ArrowKind::Timer, "timer"),
    (ArrowKind::Signal, "signal"),
    (ArrowKind::Reply, "reply"),
    (ArrowKind::Error, "error"),
    (ArrowKind::Lost, "lost"),
];
