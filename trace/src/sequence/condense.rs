//! Too many rows become fewer, and what was left out is told where it was.
//!
//! What is kept, the first first, until the room is used up:
//! 1. the first of each kind of thing that stands out (errors, losses, panics, ends, faults), then the last, then the others
//! 2. where the run begins and ends
//! 3. what came just before, and just after, something that stands out
//! 4. the first and the last of each kind of row
//!
//! Between what is kept stand gaps, which say how much was left out and who talked most with whom.

use std::collections::HashMap;

use super::draft::{Draft, Node};
use super::fold::key;
use super::{Arrow, ArrowKind, Frame, Lifeline, LifelineIndex, Mark, Row};

/// How many rows of the run's beginning and end are kept.
const EDGE: usize = 12;
/// How many rows before, and after, what stands out.
const BEFORE: usize = 6;
const AFTER: usize = 3;
/// How many flows a gap names.
const FLOWS: usize = 3;

/// At most about `limit` rows, and how many were left out.
pub(super) fn condense(nodes: Vec<Node>, limit: usize, lifelines: &[Lifeline]) -> (Vec<Node>, u64) {
    if nodes.iter().map(drawn).sum::<usize>() <= limit {
        return (nodes, 0);
    }
    let kept = keep(&nodes, limit);
    let mut condensing = Condensing::default();
    for (node, is_kept) in nodes.into_iter().zip(kept) {
        if is_kept { condensing.keep(node, lifelines) } else { condensing.leave_out(&node) }
    }
    condensing.close_gap(lifelines);
    (condensing.nodes, condensing.left_out)
}

/// How many rows it takes to draw it.
fn drawn(node: &Node) -> usize {
    match node {
        Node::Row(_) => 1,
        Node::Frame { inside, .. } => 2 + inside.iter().map(drawn).sum::<usize>(),
    }
}

/// How many events it stands for.
pub(super) fn told(node: &Node) -> u64 {
    match node {
        Node::Row(_) => 1,
        Node::Frame { frame, inside, .. } => {
            let times = if let Frame::Loop(times) = frame { *times } else { 1 };
            times * inside.iter().map(told).sum::<u64>()
        }
    }
}

fn stands_out(node: &Node) -> bool {
    match node {
        Node::Row(draft) => draft.stands_out,
        Node::Frame { inside, .. } => inside.iter().any(stands_out),
    }
}

/// Which nodes are kept: see the head of this file.
fn keep(nodes: &[Node], limit: usize) -> Vec<bool> {
    let mut room = Room { kept: vec![false; nodes.len()], left: limit };
    let keys: Vec<String> = nodes.iter().map(key).collect();
    let outstanding: Vec<usize> = (0..nodes.len()).filter(|at| stands_out(&nodes[*at])).collect();
    let all: Vec<usize> = (0..nodes.len()).collect();

    // Two thirds for what stands out, so that there is room for what it stands out from.
    let reserved = limit / 3;
    room.left -= reserved;
    room.take(nodes, first_of_each(&keys, outstanding.iter()));
    room.take(nodes, first_of_each(&keys, outstanding.iter().rev()));
    room.take(nodes, outstanding.iter().copied());
    room.left += reserved;

    room.take(nodes, 0..EDGE.min(nodes.len()));
    room.take(nodes, nodes.len().saturating_sub(EDGE)..nodes.len());
    // What is nearest comes first for each of them, so that the last has as much of it as the first.
    let shown: Vec<usize> = outstanding.into_iter().filter(|at| room.kept[*at]).collect();
    for distance in 1..=BEFORE {
        room.take(nodes, shown.iter().filter_map(|at| at.checked_sub(distance)));
        let after = shown.iter().map(|at| at + distance).filter(|at| distance <= AFTER && *at < nodes.len());
        room.take(nodes, after);
    }
    room.take(nodes, first_of_each(&keys, all.iter()));
    room.take(nodes, first_of_each(&keys, all.iter().rev()));

    // A gap is a row: what takes no more than one is better drawn.
    for (at, node) in nodes.iter().enumerate() {
        let is_alone = [at.checked_sub(1), Some(at + 1)]
            .iter()
            .flatten()
            .all(|next| room.kept.get(*next).copied().unwrap_or(true));
        room.kept[at] |= is_alone && drawn(node) == 1;
    }
    room.kept
}

/// What is kept so far, and how many more rows there is room for.
struct Room {
    kept: Vec<bool>,
    left: usize,
}

impl Room {
    fn take(&mut self, nodes: &[Node], places: impl IntoIterator<Item = usize>) {
        for at in places.into_iter() {
            let joins = [at.wrapping_sub(1), at + 1].iter().any(|next| self.kept.get(*next) == Some(&true));
            // A gap goes with each that stands alone.
            let cost = drawn(&nodes[at]) + usize::from(!joins);
            if !self.kept[at] && cost <= self.left {
                self.left -= cost;
                self.kept[at] = true;
            }
        }
    }
}

/// The first of `places` with each key.
fn first_of_each<'a>(keys: &[String], places: impl Iterator<Item = &'a usize>) -> Vec<usize> {
    let mut seen = std::collections::HashSet::new();
    places.copied().filter(|at| seen.insert(keys[*at].as_str())).collect()
}

/// Goes through the rows once, and closes what it has cut open.
#[derive(Default)]
struct Condensing {
    nodes: Vec<Node>,
    /// Of each lifeline's open bars, from the outermost, whether it is drawn.
    bars: HashMap<LifelineIndex, Vec<bool>>,
    gap: Option<Gap>,
    left_out: u64,
}

#[derive(Default)]
struct Gap {
    begins: u64,
    until: u64,
    rows: u64,
    flows: HashMap<(ArrowKind, LifelineIndex, LifelineIndex), u64>,
    /// Bars that are drawn and end in the gap.
    ended: Vec<Node>,
}

impl Condensing {
    fn keep(&mut self, node: Node, lifelines: &[Lifeline]) {
        match bar(&node) {
            // The beginning of this bar was left out.
            Some((who, false)) if self.bars.entry(who).or_default().last() != Some(&true) => {
                return self.leave_out(&node);
            }
            Some((who, false)) => drop(self.bars.entry(who).or_default().pop()),
            Some((who, true)) => self.bars.entry(who).or_default().push(true),
            None => {}
        }
        self.close_gap(lifelines);
        self.nodes.push(node);
    }

    fn leave_out(&mut self, node: &Node) {
        let gap = self.gap.get_or_insert_with(|| Gap { begins: node.at(), ..Gap::default() });
        gap.until = gap.until.max(node.at());
        if let Some((who, begins)) = bar(node) {
            let bars = self.bars.entry(who).or_default();
            if begins {
                bars.push(false);
            } else if bars.pop() == Some(true) {
                gap.ended.push(node.clone());
                return;
            }
        }
        gap.rows += told(node);
        count(node, 1, &mut gap.flows);
    }

    fn close_gap(&mut self, lifelines: &[Lifeline]) {
        let Some(gap) = self.gap.take() else { return };
        self.left_out += gap.rows;
        if gap.rows > 0 {
            let mark = Mark::Gap { rows: gap.rows, until: gap.until, text: gap.text(lifelines) };
            let row = Row { at: gap.begins, mark };
            self.nodes.push(Node::Row(Draft {
                row,
                key: "gap".into(),
                plain: String::new(),
                stands_out: false,
            }));
        }
        for mut ended in gap.ended {
            if let Node::Row(draft) = &mut ended {
                draft.row.at = gap.until;
            }
            self.nodes.push(ended);
        }
    }
}

/// Whose bar begins here, or ends.
fn bar(node: &Node) -> Option<(LifelineIndex, bool)> {
    match node {
        Node::Row(Draft { row: Row { mark: Mark::Begin { who, .. }, .. }, .. }) => Some((*who, true)),
        Node::Row(Draft { row: Row { mark: Mark::End { who }, .. }, .. }) => Some((*who, false)),
        _ => None,
    }
}

fn count(node: &Node, times: u64, flows: &mut HashMap<(ArrowKind, LifelineIndex, LifelineIndex), u64>) {
    match node {
        Node::Row(Draft { row: Row { mark: Mark::Arrow(Arrow { kind, from, to, .. }), .. }, .. }) => {
            if *kind != ArrowKind::Reply {
                *flows.entry((*kind, *from, *to)).or_default() += times;
            }
        }
        Node::Row(_) => {}
        Node::Frame { frame, inside, .. } => {
            let repeated = if let Frame::Loop(times) = frame { *times } else { 1 };
            inside.iter().for_each(|node| count(node, times * repeated, flows));
        }
    }
}

impl Gap {
    fn text(&self, lifelines: &[Lifeline]) -> String {
        let mut flows: Vec<_> = self.flows.iter().collect();
        flows.sort_by_key(|((kind, from, to), times)| (u64::MAX - **times, *from, *to, *kind as u8));
        let told = flows.iter().take(FLOWS).map(|((kind, from, to), times)| {
            let kind = counted(*kind, **times);
            format!("{} {kind} {} → {}", grouped(**times), lifelines[from.0].label, lifelines[to.0].label)
        });
        let mut told: Vec<String> = told.collect();
        let others: u64 = flows.iter().skip(FLOWS).map(|(_, times)| **times).sum();
        if others > 0 {
            told.push(format!("{} more messages", grouped(others)));
        }
        let events = if self.rows == 1 { "event" } else { "events" };
        let told = told.join(", ");
        let colon = if told.is_empty() { "" } else { ": " };
        format!("{} {events}{colon}{told}", grouped(self.rows))
    }
}

fn counted(kind: ArrowKind, times: u64) -> &'static str {
    let (one, many) = match kind {
        ArrowKind::Create => ("spawn", "spawns"),
        ArrowKind::Cast => ("cast", "casts"),
        ArrowKind::Call => ("call", "calls"),
        ArrowKind::Request => ("request", "requests"),
        ArrowKind::Timer => ("timer", "timers"),
        ArrowKind::Signal => ("signal", "signals"),
        ArrowKind::Reply => ("reply", "replies"),
        ArrowKind::Error => ("error", "errors"),
        ArrowKind::Lost => ("lost message", "lost messages"),
    };
    if times == 1 { one } else { many }
}

/// With commas between thousands: `98,112`.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}
