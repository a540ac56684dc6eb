//! Repetitions become loops: the same rows, in the same order, time after time, are drawn once with how often they happened.
//!
//! Rows are the same if their keys are: who sends what to whom counts, what is carried does not. From each row on, every
//! period up to `LONGEST` is tried, and the one that saves most rows is taken; loops are sought within it in turn. A
//! period in which a bar begins that does not end there, or ends that did not begin there, is none: so bars and frames
//! never cross.

use std::collections::HashMap;

use super::draft::{Draft, Node};
use super::{Frame, LifelineIndex, Mark};

/// The longest period that is sought, in rows: forty calls, each with its bar and its reply, one after the other.
const LONGEST: usize = 160;
/// A loop that saves fewer rows than this is harder to read than what it stands for.
const WORTHWHILE: usize = 5;
/// So are two in a row, unless they are long.
const LONG: usize = 12;

pub(super) fn fold(nodes: Vec<Node>) -> Vec<Node> {
    let mut keys = Keys::default();
    keys.fold(nodes)
}

/// Numbers for keys, so that rows are compared by number.
#[derive(Default)]
struct Keys(HashMap<String, u32>);

impl Keys {
    fn number(&mut self, key: &str) -> u32 {
        let next = self.0.len() as u32;
        match self.0.get(key) {
            Some(number) => *number,
            None => *self.0.entry(key.to_owned()).or_insert(next),
        }
    }

    fn of(&mut self, node: &Node) -> u32 {
        match node {
            Node::Row(draft) => self.number(&draft.key),
            Node::Frame { .. } => {
                let key = key(node);
                self.number(&key)
            }
        }
    }

    fn fold(&mut self, nodes: Vec<Node>) -> Vec<Node> {
        // A message to each of a crowd: its own rows are alike.
        let nodes: Vec<Node> = nodes
            .into_iter()
            .map(|node| match node {
                Node::Frame { at, frame, text, inside } => {
                    Node::Frame { at, frame, text, inside: self.fold(inside) }
                }
                row => row,
            })
            .collect();
        let keys: Vec<u32> = nodes.iter().map(|node| self.of(node)).collect();
        let mut folded = Vec::new();
        let mut rest = nodes.into_iter();
        let mut at = 0;
        while at < keys.len() {
            match best(&keys[at..], rest.as_slice()) {
                None => {
                    folded.extend(rest.next());
                    at += 1;
                }
                Some((period, times)) => {
                    let begins = rest.as_slice()[0].at();
                    let mut inside: Vec<Node> = rest.by_ref().take(period).collect();
                    for _ in 1..times {
                        for (one, other) in inside.iter_mut().zip(rest.by_ref().take(period)) {
                            generalise(one, &other);
                        }
                    }
                    let text = String::new();
                    let inside = self.fold(inside);
                    folded.push(Node::Frame { at: begins, frame: Frame::Loop(times as u64), text, inside });
                    at += period * times;
                }
            }
        }
        folded
    }
}

/// The period that saves most from the first row on, and how often it comes.
fn best(keys: &[u32], nodes: &[Node]) -> Option<(usize, usize)> {
    let mut best: Option<(usize, usize)> = None;
    for period in 1..=LONGEST.min(keys.len() / 2) {
        if keys[0] != keys[period]
            || keys[..period] != keys[period..2 * period]
            || !is_closed(&nodes[..period])
        {
            continue;
        }
        let alike = keys.iter().zip(&keys[period..]).take_while(|(one, other)| one == other).count();
        let times = alike / period + 1;
        let saved = (times - 1) * period;
        let is_worthwhile = saved >= WORTHWHILE && (times > 2 || period >= LONG);
        if is_worthwhile && best.is_none_or(|(period, times)| saved > (times - 1) * period) {
            best = Some((period, times));
        }
    }
    best
}

/// Whether each bar that begins in these rows ends in them, and the other way round.
fn is_closed(nodes: &[Node]) -> bool {
    let mut open: HashMap<LifelineIndex, u64> = HashMap::new();
    for node in nodes {
        let Node::Row(draft) = node else { continue };
        match &draft.row.mark {
            Mark::Begin { who, .. } => *open.entry(*who).or_default() += 1,
            Mark::End { who } => match open.get_mut(who) {
                Some(bars) if *bars > 0 => *bars -= 1,
                _ => return false,
            },
            _ => {}
        }
    }
    open.values().all(|bars| *bars == 0)
}

/// Makes `one`, which has the key of `other`, stand for both.
fn generalise(one: &mut Node, other: &Node) {
    match (one, other) {
        (Node::Row(one), Node::Row(other)) => {
            let Draft { row, plain, .. } = one;
            if let (Mark::Arrow(one), Mark::Arrow(other)) = (&mut row.mark, &other.row.mark)
                && one.text != other.text
            {
                one.text.clone_from(plain);
            }
        }
        (Node::Frame { inside, .. }, Node::Frame { inside: others, .. }) => {
            for (one, other) in inside.iter_mut().zip(others) {
                generalise(one, other);
            }
        }
        _ => {}
    }
}

/// Rows and frames that mean the same have the same.
pub(super) fn key(node: &Node) -> String {
    match node {
        Node::Row(draft) => draft.key.clone(),
        Node::Frame { frame, text, inside, .. } => {
            let inside: Vec<_> = inside.iter().map(key).collect();
            format!("{frame:?} {text} [{}]", inside.join("; "))
        }
    }
}
