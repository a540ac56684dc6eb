//! Where the lifelines of a sequence stand, from left to right: as near to each other as their heads and what is written
//! between them allow.

use std::collections::BTreeMap;

use super::measures::{
    ARROW_PAD, BAR_LABEL_COLUMNS, BETWEEN_HEADS, BETWEEN_NODES, EDGE, LOOP, TEXT_COLUMNS, TEXT_LINES,
};
use super::text::{clip, on_one_line, width, wrap};
use crate::sequence::{Arrow, ArrowKind, Lifeline, Mark, Role, Sequence};

/// The head of a lifeline.
#[derive(Clone, Debug)]
pub(super) struct HeadText {
    /// The label, cut to fit.
    pub(super) label: String,
    /// The type, where the label does not say it.
    pub(super) kind: Option<String>,
    /// How wide its box is.
    pub(super) width: i32,
}

/// What is written at the head of a lifeline.
pub(super) fn head_text(lifeline: &Lifeline) -> HeadText {
    let label = clip(&lifeline.label, 30);
    let is_told = lifeline.kind.is_empty() || lifeline.label.contains(&lifeline.kind);
    let kind = (!is_told).then(|| clip(&lifeline.kind, 30));
    let widest = kind.iter().map(|kind| width(kind)).fold(width(&label), i32::max);
    let stacked = if matches!(lifeline.role, Role::Many(_)) { 4 } else { 0 };
    HeadText { label, kind, width: (widest + 20 + stacked).max(60) }
}

/// What is written on an arrow: most fits on a line.
pub(super) fn arrow_lines(arrow: &Arrow) -> Vec<String> {
    let text = if arrow.kind == ArrowKind::Create && arrow.text.is_empty() { "spawn" } else { &arrow.text };
    let mut lines = wrap(&on_one_line(text), TEXT_COLUMNS, TEXT_LINES);
    if lines.is_empty() {
        lines.push(String::new());
    }
    lines
}

/// The middle of each lifeline, the first one `left` of zero by what it needs itself.
pub(super) fn place(sequence: &Sequence, heads: &[HeadText], left: i32) -> Vec<i32> {
    let needs = needs(sequence);
    let mut middles: Vec<i32> = Vec::with_capacity(heads.len());
    for (at, head) in heads.iter().enumerate() {
        let Some(before) = at.checked_sub(1) else {
            middles.push(left + head.width / 2);
            continue;
        };
        let same_node = sequence.lifelines[before].node == sequence.lifelines[at].node;
        let apart = if same_node { BETWEEN_HEADS } else { BETWEEN_NODES };
        let beside = middles[before] + (heads[before].width + head.width) / 2 + apart;
        let wanted = needs.range((at, 0)..(at + 1, 0)).map(|((_, from), need)| middles[*from] + need);
        middles.push(wanted.fold(beside, i32::max));
    }
    middles
}

/// How far apart two lifelines must stand for what is written between them, by the right and the left one.
fn needs(sequence: &Sequence) -> BTreeMap<(usize, usize), i32> {
    let mut needs = BTreeMap::new();
    let mut need = |left: usize, right: usize, pixels: i32| {
        if right < sequence.lifelines.len() {
            let known = needs.entry((right, left)).or_insert(0);
            *known = pixels.max(*known);
        }
    };
    for row in &sequence.rows {
        match &row.mark {
            Mark::Arrow(arrow) => {
                let (from, to) = (arrow.from.0, arrow.to.0);
                let text = arrow_lines(arrow).iter().map(|line| width(line)).max().unwrap_or(0);
                if from == to {
                    need(from, from + 1, EDGE + LOOP + text + ARROW_PAD);
                } else {
                    need(from.min(to), from.max(to), text + 2 * ARROW_PAD + 2 * EDGE);
                }
            }
            Mark::Begin { who, label: Some(label) } => {
                let text = width(&clip(label, BAR_LABEL_COLUMNS));
                need(who.0, who.0 + 1, EDGE + text + ARROW_PAD);
            }
            _ => {}
        }
    }
    needs
}
