//! A laid-out sequence as SVG. It draws what the layout says, and decides nothing of where.
//!
//! Each part that belongs to a row says so (`data-r`), and each that spans rows is a `rect` or a `line`: the script of
//! the HTML page moves them when rows are hidden.

use std::fmt::Write;

use super::layout::{Anchor, Area, Frame, Head, Label, Layout, Note, Place, Stroke};
use super::measures::LOOP;
use super::tell::{arrow_class, class_of, note_class, tell_arrow};
use super::text::escape;
use crate::sequence::{ArrowKind, Mark, Role, Sequence};

pub(super) const STYLE: &str = include_str!("sequence.css");

/// Writing to a string cannot fail.
macro_rules! put {
    ($svg:expr, $($words:tt)*) => {
        write!($svg, $($words)*).expect("a string takes all that is written to it")
    };
}

/// A picture by itself, with its style.
pub(super) fn document(sequence: &Sequence, layout: &Layout) -> String {
    let mut svg = String::new();
    let (width, height) = (layout.width, layout.height);
    put!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\">\n<style>\n{STYLE}</style>\n"
    );
    draw(&mut svg, sequence, layout);
    svg.push_str("</svg>\n");
    svg
}

/// All that is in the picture; what lies above the rest comes last.
pub(super) fn draw(svg: &mut String, sequence: &Sequence, layout: &Layout) {
    put!(svg, "<rect class=\"paper\" width=\"{}\" height=\"{}\"/>\n", layout.width, layout.height);
    for (at, line) in layout.title.iter().enumerate() {
        let class = if at == 0 && !sequence.title.is_empty() { "title" } else { "remark" };
        put_label(svg, line, class);
        svg.push('\n');
    }
    for node in &layout.nodes {
        put_frame(svg, node, "node");
    }
    draw_times(svg, layout);
    draw_lifelines(svg, sequence, layout);
    for frame in &layout.frames {
        put_frame(svg, frame, "frame");
    }
    for (row, label) in &layout.bar_labels {
        put!(svg, "<g data-r=\"{row}\">");
        put_label(svg, label, "bar-label halo");
        svg.push_str("</g>\n");
    }
    for stroke in &layout.strokes {
        let Mark::Arrow(arrow) = &sequence.rows[stroke.row].mark else { continue };
        let Stroke { row, kind, from, to, from_x, to_x, y, .. } = *stroke;
        put!(svg, "<g class=\"arrow {}\" data-r=\"{row}\" data-l=\"{from} {to}\">", class_of(arrow));
        put!(svg, "<title>{}</title>", escape(&tell_arrow(sequence, sequence.rows[row].at, arrow)));
        put_stroke(svg, kind, (from_x, to_x), y, from == to);
        for label in &stroke.labels {
            put_label(svg, label, "halo");
        }
        svg.push_str("</g>\n");
    }
    for note in &layout.notes {
        put_note(svg, sequence, note);
    }
    svg.push_str("<g class=\"legend\">");
    for (area, kind, label) in &layout.legend {
        put!(svg, "<g class=\"arrow {}\">", arrow_class(*kind));
        put_stroke(svg, *kind, (area.x, area.right()), area.y, false);
        svg.push_str("</g>");
        put_label(svg, label, "");
    }
    svg.push_str("</g>\n");
}

/// All heads side by side, by themselves, as they stand at the top.
pub(super) fn draw_heads(svg: &mut String, sequence: &Sequence, layout: &Layout) {
    put!(svg, "<rect class=\"paper\" width=\"{}\" height=\"{}\"/>\n", layout.width, layout.height);
    for node in &layout.nodes {
        put_frame(svg, node, "node");
    }
    for head in layout.heads.iter().filter(|head| head.place != Place::Foot) {
        let y = layout.heads_until - 8 - head.area.height;
        put_head(svg, sequence, &Head { area: Area { y, ..head.area }, place: Place::Top, ..head.clone() });
    }
}

fn draw_times(svg: &mut String, layout: &Layout) {
    let Area { x, y, height, .. } = layout.axis;
    put!(svg, "<line class=\"axis\" x1=\"{x}\" x2=\"{x}\" y1=\"{y}\" y2=\"{}\"/>\n", y + height);
    for tick in &layout.ticks {
        let class = if tick.is_leap { "tick leap" } else { "tick" };
        put!(svg, "<g class=\"{class}\" data-r=\"{}\">", tick.row);
        let y = tick.label.y - 4;
        if tick.is_leap {
            put!(svg, "<path class=\"axis leap\" d=\"M{x} {} V{}\"/>", y - 12, y + 10);
        } else {
            put!(svg, "<path class=\"axis\" d=\"M{} {y} h5\"/>", x - 5);
        }
        put_label(svg, &tick.label, "");
        svg.push_str("</g>\n");
    }
}

fn draw_lifelines(svg: &mut String, sequence: &Sequence, layout: &Layout) {
    for stem in &layout.stems {
        let (who, x) = (stem.who, stem.x);
        put!(
            svg,
            "<line class=\"stem\" data-w=\"{who}\" x1=\"{x}\" x2=\"{x}\" y1=\"{}\" y2=\"{}\"/>\n",
            stem.top,
            stem.bottom
        );
    }
    for bar in &layout.bars {
        let Area { x, y, width, height } = bar.area;
        put!(
            svg,
            "<rect class=\"bar\" data-w=\"{}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"/>\n",
            bar.who
        );
    }
    for stem in &layout.stems {
        let Some(row) = stem.destroyed else { continue };
        put!(
            svg,
            "<path class=\"cross\" data-r=\"{row}\" d=\"M{} {} l14 14 m0 -14 l-14 14\"/>\n",
            stem.x - 7,
            stem.bottom - 7
        );
    }
    for head in &layout.heads {
        put_head(svg, sequence, head);
    }
}

fn put_head(svg: &mut String, sequence: &Sequence, head: &Head) {
    let outside = if head.role == Role::Outside { " outside" } else { "" };
    let foot = if head.place == Place::Foot { " foot" } else { "" };
    put!(svg, "<g class=\"head{outside}{foot}\" data-w=\"{}\"", head.who);
    if let Place::Row(row) = head.place {
        put!(svg, " data-r=\"{row}\"");
    }
    let lifeline = &sequence.lifelines[head.who];
    put!(svg, "><title>{}", escape(&lifeline.label));
    if !lifeline.kind.is_empty() {
        put!(svg, "\n{}", escape(&lifeline.kind));
    }
    if let Some(node) = &lifeline.node {
        put!(svg, "\non {}", escape(node));
    }
    svg.push_str("</title>");
    let Area { x, y, width, height } = head.area;
    if let Role::Many(_) = head.role {
        put!(svg, "<rect x=\"{}\" y=\"{}\" width=\"{width}\" height=\"{height}\" rx=\"3\"/>", x + 3, y - 3);
    }
    put!(svg, "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"3\"/>");
    let middle = x + width / 2;
    let lines = 1 + i32::from(head.kind.is_some());
    let first = y + height / 2 + 4 - 8 * (lines - 1);
    put_label(svg, &Label::new(middle, first, Anchor::Middle, head.label.as_str()), "");
    if let Some(kind) = &head.kind {
        put_label(svg, &Label::new(middle, first + 16, Anchor::Middle, kind.as_str()), "kind");
    }
    svg.push_str("</g>\n");
}

fn put_frame(svg: &mut String, frame: &Frame, class: &str) {
    let Area { x, y, width, height } = frame.area;
    put!(svg, "<g class=\"{class}\"");
    if let Some((open, close)) = frame.rows {
        put!(svg, " data-o=\"{open}\" data-c=\"{close}\"");
    }
    put!(svg, "><rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"2\"/>");
    if frame.tab > 0 {
        let tab = frame.tab;
        put!(svg, "<path d=\"M{x} {y} h{tab} v12 l-6 6 H{x} z\"/>");
        put_label(svg, &frame.kind, "kind");
    }
    put_label(svg, &frame.text, "halo");
    svg.push_str("</g>\n");
}

/// The line of an arrow, what is at its beginning, and what is at its end.
fn put_stroke(svg: &mut String, kind: ArrowKind, (from_x, to_x): (i32, i32), y: i32, to_itself: bool) {
    // Where the line comes from, as a step towards its end.
    let step = if to_itself || to_x < from_x { -1 } else { 1 };
    let end = if kind == ArrowKind::Lost { to_x - 22 * step } else { to_x };
    if kind == ArrowKind::Timer {
        let clock = if to_itself { to_x + LOOP - 14 } else { from_x + 9 * step };
        put!(svg, "<path class=\"clock\" d=\"M{} {y} a7 7 0 1 1 14 0 a7 7 0 1 1 -14 0", clock - 7);
        put!(svg, " M{clock} {} V{y} h4\"/>", y - 4);
        put!(svg, "<path class=\"line\" d=\"M{} {y} H{end}\"/>", clock + 7 * step);
    } else if to_itself {
        let out = to_x.max(from_x) + LOOP - 14;
        put!(svg, "<path class=\"line\" d=\"M{from_x} {} H{out} V{y} H{end}\"/>", y - 12);
    } else {
        put!(svg, "<path class=\"line\" d=\"M{from_x} {y} H{end}\"/>");
    }
    let back = -9 * step;
    match kind {
        ArrowKind::Call => put!(svg, "<path class=\"tip\" d=\"M{end} {y} l{back} -4 v8 z\"/>"),
        ArrowKind::Request => put!(svg, "<path class=\"hollow\" d=\"M{end} {y} l{back} -4 v8 z\"/>"),
        ArrowKind::Lost => {
            put!(svg, "<path d=\"M{} {} l10 10 m0 -10 l-10 10\"/>", end - 5, y - 5);
        }
        _ => put!(svg, "<path d=\"M{} {} L{end} {y} l{back} 4\"/>", end + back, y - 4),
    }
}

fn put_note(svg: &mut String, sequence: &Sequence, note: &Note) {
    let class = note.kind.map_or("gap", note_class);
    put!(svg, "<g class=\"note {class}\" data-r=\"{}\"", note.row);
    if let Mark::Note { over: Some(who), .. } = &sequence.rows[note.row].mark {
        put!(svg, " data-l=\"{}\"", who.0);
    }
    svg.push_str("><title>");
    match &sequence.rows[note.row].mark {
        Mark::Note { text, .. } | Mark::Gap { text, .. } => svg.push_str(&escape(text)),
        _ => {}
    }
    let Area { x, y, width, height } = note.area;
    svg.push_str("</title>");
    if note.kind.is_some() {
        // The upper right corner is folded over.
        let straight = width - 8;
        put!(svg, "<path d=\"M{x} {y} h{straight} l8 8 V{} H{x} z", y + height);
        put!(svg, " M{} {y} v8 h8\"/>", x + straight);
    } else {
        put!(svg, "<path d=\"M{x} {y} h{width} v{height} H{x} z\"/>");
    }
    for line in &note.lines {
        put_label(svg, line, "");
    }
    svg.push_str("</g>\n");
}

fn put_label(svg: &mut String, label: &Label, class: &str) {
    if label.text.is_empty() {
        return;
    }
    put!(svg, "<text x=\"{}\" y=\"{}\"", label.x, label.y);
    match label.anchor {
        Anchor::Start => {}
        Anchor::Middle => svg.push_str(" text-anchor=\"middle\""),
        Anchor::End => svg.push_str(" text-anchor=\"end\""),
    }
    if !class.is_empty() {
        put!(svg, " class=\"{class}\"");
    }
    put!(svg, ">{}</text>", escape(&label.text));
}
