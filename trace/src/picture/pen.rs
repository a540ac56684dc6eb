//! The pen that goes down a sequence diagram: how much room each row takes, and what it opens and ends.

use super::clock::{Scale, duration};
use super::columns::{HeadText, arrow_lines};
use super::layout::{Anchor, Area, Bar, Frame, Label, Layout, Note, Place, Stroke, Tick};
use super::measures::*;
use super::text::{LINE, clip, width, wrap};
use crate::sequence::{self, Arrow, ArrowKind, Mark, NoteKind, Sequence};

/// See the head of this file.
pub(super) struct Pen<'a> {
    pub(super) sequence: &'a Sequence,
    pub(super) heads: &'a [HeadText],
    pub(super) middles: &'a [i32],
    /// How far down it is: nothing drawn yet reaches below.
    pub(super) y: i32,
    /// How far to the right anything reaches.
    pub(super) right: i32,
    /// The open bars of each lifeline, as places in the layout, the innermost last.
    pub(super) open_bars: Vec<Vec<usize>>,
    /// The frames that are open, the innermost last.
    pub(super) open_frames: Vec<OpenFrame>,
    /// The time that no row has told yet, and the last that one did.
    pub(super) untold: Option<(usize, String)>,
    pub(super) told: String,
    pub(super) told_at: i32,
    pub(super) layout: Layout,
}

pub(super) struct OpenFrame {
    row: usize,
    top: i32,
    kind: String,
    text: String,
    /// What it must reach around.
    pub(super) left: i32,
    pub(super) right: i32,
}

impl<'a> Pen<'a> {
    pub(super) fn new(sequence: &'a Sequence, heads: &'a [HeadText], middles: &'a [i32], axis: i32) -> Self {
        let last = middles.last().zip(heads.last()).map_or(axis, |(middle, head)| middle + head.width / 2);
        let layout = Layout { axis: Area { x: axis, ..Area::default() }, ..Layout::default() };
        Pen {
            sequence,
            heads,
            middles,
            y: MARGIN,
            right: last.max(axis + 300),
            open_bars: vec![Vec::new(); heads.len()],
            open_frames: Vec::new(),
            untold: None,
            told: String::new(),
            told_at: i32::MIN,
            layout,
        }
    }

    /// The title, and the remarks below it.
    pub(super) fn write_title(&mut self) {
        let columns = ((self.right - MARGIN) / width("m")).max(60) as usize;
        let titles = wrap(&self.sequence.title, columns, 3);
        let remarks = self.sequence.remarks.iter().flat_map(|remark| wrap(remark, columns, 4));
        for line in titles.into_iter().filter(|line| !line.is_empty()).chain(remarks) {
            self.y += LINE;
            let label = Label::new(MARGIN, self.y - 4, Anchor::Start, line);
            self.right = self.right.max(label.area().right());
            self.layout.title.push(label);
        }
        self.y += 12;
    }

    /// The heads of all that are there from the beginning.
    pub(super) fn stand_heads(&mut self) {
        self.layout.heads_from = self.y;
        if self.sequence.lifelines.iter().any(|lifeline| lifeline.node.is_some()) {
            self.y += TAB + 6;
        }
        for who in 0..self.heads.len() {
            if !self.sequence.lifelines[who].is_created {
                self.put_head(who, self.y, Place::Top);
            }
        }
        self.y += self.head_height() + 8;
        self.layout.heads_until = self.y;
        self.layout.axis.y = self.y;
    }

    /// Opens the room of a row, and tells when it happened if that differs from the row before.
    pub(super) fn tell_time(&mut self, row: usize, at: u64, before: Option<u64>, leap: u64, scale: &Scale) {
        let top = self.y;
        self.layout.rows.push((top, top));
        let passed = at - before.unwrap_or(at);
        if passed >= leap {
            self.y += 34;
            let text = format!("+{}", duration(passed));
            let label = Label::new(self.layout.axis.x - 8, self.y - 12, Anchor::End, text);
            self.layout.ticks.push(Tick { row, label, is_leap: true });
        }
        let time = scale.write(at);
        if time != self.told {
            self.untold = Some((row, time));
        }
    }

    pub(super) fn draw(&mut self, row: usize, mark: &Mark) {
        match mark {
            Mark::Arrow(arrow) if arrow.kind == ArrowKind::Create && self.is_created(arrow.to) => {
                self.create(row, arrow);
            }
            Mark::Arrow(arrow) => self.draw_arrow(row, arrow),
            Mark::Begin { who, label } => self.begin(row, who.0, label.as_deref()),
            Mark::End { who } => self.end(row, who.0),
            Mark::Destroy { who } => self.destroy(row, who.0),
            Mark::Note { over, kind, text } => match over {
                Some(who) => self.note(row, who.0, *kind, text),
                None => self.banner(row, Some(*kind), text),
            },
            Mark::Open { frame, text } => self.open(row, *frame, text),
            Mark::Close => self.close(row),
            Mark::Gap { text, .. } => self.banner(row, None, text),
        }
        self.layout.rows[row].1 = self.y;
    }

    /// Ends all stems, puts boxes around nodes, explains the arrows, and measures the whole.
    pub(super) fn finish(mut self) -> Layout {
        self.y += 16;
        self.layout.axis.height = self.y - self.layout.axis.y;
        let again = self.y > LONG;
        for at in 0..self.layout.stems.len() {
            let stem = self.layout.stems[at];
            if stem.destroyed.is_some() {
                continue;
            }
            self.layout.stems[at].bottom = self.y;
            if again {
                self.put_foot(stem.who);
            }
        }
        self.y += if again { self.head_height() + 8 } else { 8 };
        self.box_nodes();
        self.y += MARGIN;
        self.explain();
        self.layout.width = self.right + MARGIN;
        self.layout.height = self.y;
        self.layout
    }

    // ---- Rows ----

    fn draw_arrow(&mut self, row: usize, arrow: &Arrow) {
        let (from, to) = (arrow.from.0, arrow.to.0);
        self.y += if from == to { ARROW_ROW + 6 } else { ARROW_ROW };
        let begins_bar = self
            .sequence
            .rows
            .get(row + 1)
            .is_some_and(|next| matches!(&next.mark, Mark::Begin { who, label: None } if who.0 == to));
        let leaves = self.edge(from, self.open_bars[from].len(), to < from);
        let depth = self.open_bars[to].len() + usize::from(begins_bar);
        let arrives = self.edge(to, depth, from < to);
        let lines = arrow_lines(arrow);
        self.y += TEXT_LINE * (lines.len() as i32 - 1);
        let (x, low, anchor) = if from == to {
            let beside = leaves.max(arrives) + LOOP - EDGE;
            (beside, if arrow.kind == ArrowKind::Timer { -4 } else { 5 }, Anchor::Start)
        } else if (leaves - arrives).abs() <= 480 {
            ((leaves + arrives) / 2, 6, Anchor::Middle)
        } else if leaves < arrives {
            (leaves + ARROW_PAD, 6, Anchor::Start)
        } else {
            (leaves - ARROW_PAD, 6, Anchor::End)
        };
        let last = self.y - low;
        let above = |at: usize| last - TEXT_LINE * (lines.len() - 1 - at) as i32;
        let labels: Vec<Label> = lines
            .iter()
            .enumerate()
            .map(|(at, line)| Label::new(x, above(at), anchor, line.as_str()))
            .collect();
        let right = labels.iter().map(|label| label.area().right()).fold(leaves.max(arrives), i32::max);
        self.reach(leaves.min(arrives) - 2 * EDGE, right + 2 * EDGE);
        self.put_stroke(row, arrow, (leaves, arrives), labels);
    }

    fn create(&mut self, row: usize, arrow: &Arrow) {
        let (from, to) = (arrow.from.0, arrow.to.0);
        let height = self.head_height();
        self.y += ARROW_ROW / 2 + 4;
        let head = self.put_head(to, self.y, Place::Row(row));
        self.y += height / 2;
        let leaves = self.edge(from, self.open_bars[from].len(), to < from);
        let arrives = if from < to { head.x } else { head.right() };
        let text = arrow_lines(arrow).swap_remove(0);
        let label = Label::new((leaves + arrives) / 2, self.y - 6, Anchor::Middle, text);
        self.reach(leaves.min(head.x) - EDGE, leaves.max(head.right()) + EDGE);
        self.put_stroke(row, arrow, (leaves, arrives), vec![label]);
        self.y += height - height / 2 + 4;
    }

    fn put_stroke(&mut self, row: usize, arrow: &Arrow, (from_x, to_x): (i32, i32), labels: Vec<Label>) {
        self.stamp(self.y);
        let (from, to) = (arrow.from.0, arrow.to.0);
        self.layout.strokes.push(Stroke { row, kind: arrow.kind, from, to, from_x, to_x, y: self.y, labels });
    }

    fn begin(&mut self, row: usize, who: usize, label: Option<&str>) {
        let arrow = self.arrow_before(row).is_some_and(|arrow| arrow.to.0 == who);
        if !arrow || label.is_some() {
            self.y += 8;
        }
        let depth = self.open_bars[who].len() as i32;
        let area =
            Area { x: self.middles[who] - EDGE + NESTED * depth, y: self.y, width: 2 * EDGE, height: 0 };
        self.open_bars[who].push(self.layout.bars.len());
        self.layout.bars.push(Bar { who, area });
        self.reach(area.x - EDGE, area.right() + EDGE);
        if let Some(label) = label {
            let label =
                Label::new(area.right() + 5, self.y + 10, Anchor::Start, clip(label, BAR_LABEL_COLUMNS));
            self.stamp(self.y + 4);
            self.reach(area.x, label.area().right() + EDGE);
            self.layout.bar_labels.push((row, label));
            self.y += 14;
        }
    }

    fn end(&mut self, row: usize, who: usize) {
        let Some(bar) = self.open_bars[who].pop() else { return };
        let answers = self.arrow_before(row).is_some_and(|arrow| arrow.from.0 == who);
        if !answers {
            self.y += 8;
        }
        let area = &mut self.layout.bars[bar].area;
        self.y = self.y.max(area.y + 10);
        area.height = self.y - area.y;
    }

    fn destroy(&mut self, row: usize, who: usize) {
        self.y += 16;
        if let Some(stem) = self.layout.stems.iter_mut().rfind(|stem| stem.who == who) {
            stem.bottom = self.y;
            stem.destroyed = Some(row);
        }
        self.stamp(self.y);
        self.reach(self.middles[who] - 2 * EDGE, self.middles[who] + 2 * EDGE);
        self.y += 10;
    }

    fn note(&mut self, row: usize, who: usize, kind: NoteKind, text: &str) {
        let lines = wrap(text, NOTE_COLUMNS, NOTE_LINES);
        let left = self.edge(who, self.open_bars[who].len(), false) + 8;
        self.put_note(row, Some(kind), lines, left, None);
    }

    fn banner(&mut self, row: usize, kind: Option<NoteKind>, text: &str) {
        let (Some(first), Some(last)) = (self.middles.first(), self.middles.last()) else { return };
        let left = first - self.heads[0].width / 2;
        let right = last + self.heads[self.heads.len() - 1].width / 2;
        let columns = ((right - left - 20) / width("m")).clamp(NOTE_COLUMNS as i32, 140) as usize;
        self.y += 4;
        self.put_note(row, kind, wrap(text, columns, NOTE_LINES), left, Some(right));
        self.y += 6;
    }

    fn put_note(
        &mut self,
        row: usize,
        kind: Option<NoteKind>,
        lines: Vec<String>,
        x: i32,
        right: Option<i32>,
    ) {
        self.y += 8;
        let widest = lines.iter().map(|line| width(line)).max().unwrap_or(0) + 22;
        let area = Area {
            x,
            y: self.y,
            width: right.map_or(widest, |right| widest.max(right - x)),
            height: lines.len() as i32 * LINE + 8,
        };
        let label = |(at, line)| Label::new(x + 9, area.y + LINE * (at as i32 + 1), Anchor::Start, line);
        let lines = lines.into_iter().enumerate().map(label).collect();
        self.stamp(area.y + LINE);
        self.reach(area.x - EDGE, area.right() + EDGE);
        self.layout.notes.push(Note { row, kind, area, lines });
        self.y += area.height + 4;
    }

    fn open(&mut self, row: usize, frame: sequence::Frame, text: &str) {
        self.y += 12;
        let (kind, text) = match frame {
            sequence::Frame::Par => ("par".to_owned(), text.to_owned()),
            sequence::Frame::Loop(times) => ("loop".to_owned(), format!("×{times} {text}")),
        };
        let text = clip(text.trim(), 80);
        self.open_frames.push(OpenFrame { row, top: self.y, kind, text, left: i32::MAX, right: i32::MIN });
        self.stamp(self.y + 14);
        self.y += TAB;
    }

    fn close(&mut self, row: usize) {
        let Some(frame) = self.open_frames.pop() else { return };
        self.y += FRAME_PAD + 2;
        let nothing = frame.left > frame.right;
        let left = if nothing { self.middles[0] } else { frame.left } - FRAME_PAD;
        let tab = width(&frame.kind) + 20;
        let title = left + tab + 8 + width(&frame.text) + 8;
        let right = title.max(if nothing { left } else { frame.right } + FRAME_PAD);
        let baseline = frame.top + 14;
        self.layout.frames.push(Frame {
            rows: Some((frame.row, row)),
            area: Area { x: left, y: frame.top, width: right - left, height: self.y - frame.top },
            tab,
            kind: Label::new(left + 8, baseline, Anchor::Start, frame.kind),
            text: Label::new(left + tab + 8, baseline, Anchor::Start, frame.text),
        });
        self.reach(left, right);
        self.y += 6;
    }
}
