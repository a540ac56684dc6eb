//! Who has a lifeline to itself, and who shares one with others of its type.
//!
//! As long as there is room for everybody, nobody shares. Otherwise those keep a lifeline to themselves to whom something
//! happened that interests, then those of rare types; a type of which there are more than fit shares, so that a thousand
//! workers are `Worker ×1000` and not the first thirty of them.

use std::collections::HashMap;

use super::{Lifeline, LifelineIndex, Limits, Role};
use crate::model::{ActorIndex, Trace, What};
use crate::sentence::{Sent, messages, short_kind};

/// How many of one crowded type may stand out.
const MOST_OF_A_CROWD: usize = 8;

/// What `Limits` count as the least that shows anything: outside, an actor, and the rest.
const LEAST: usize = 3;

/// The lifelines of a trace, and whose they are.
pub(super) struct Lifelines {
    pub(super) lines: Vec<Lifeline>,
    /// By actor; none for one that nothing happened to.
    of: Vec<Option<LifelineIndex>>,
    outside: Option<LifelineIndex>,
}

impl Lifelines {
    pub(super) fn of(&self, actor: Option<ActorIndex>) -> LifelineIndex {
        let line = actor.map_or(self.outside, |actor| self.of[actor.0 as usize]);
        line.expect("every event was counted when lifelines were given")
    }

    pub(super) fn is_shared(&self, line: LifelineIndex) -> bool {
        matches!(self.lines[line.0].role, Role::Many(_))
    }

    pub(super) fn new(trace: &Trace, limits: &Limits) -> Self {
        let part = Part::of_all(trace);
        let shared = shares(trace, &part, limits);

        let mut lines: Vec<(Lifeline, Vec<usize>)> = Vec::new();
        let mut crowds: HashMap<Crowd, usize> = HashMap::new();
        for (at, actor) in trace.actors.iter().enumerate().filter(|(at, _)| part.acts[*at] > 0) {
            let line = Lifeline {
                label: trace.label(ActorIndex(at as u32)),
                kind: short_kind(&actor.kind),
                node: actor.node.clone(),
                role: Role::Actor,
                is_created: false,
            };
            match &shared[at] {
                None => lines.push((line, vec![at])),
                Some(crowd) => {
                    let place = *crowds.entry(crowd.clone()).or_insert(lines.len());
                    if place == lines.len() {
                        let (kind, node) = (crowd.kind.clone().unwrap_or_default(), crowd.node.clone());
                        lines.push((Lifeline { kind, node, ..line }, Vec::new()));
                    }
                    lines[place].1.push(at);
                }
            }
        }
        for (line, members) in &mut lines {
            // One who would share with nobody keeps its own label.
            if members.len() > 1 {
                let kind = if line.kind.is_empty() { "others" } else { &line.kind };
                line.label = format!("{kind} ×{}", members.len());
                line.role = Role::Many(members.len());
            }
        }
        name_apart(trace, &mut lines);

        // Those of one node side by side, nodes by whoever of them comes first.
        let mut nodes: Vec<Option<String>> = Vec::new();
        for (line, _) in &lines {
            if !nodes.contains(&line.node) {
                nodes.push(line.node.clone());
            }
        }
        lines.sort_by_key(|(line, _)| nodes.iter().position(|node| *node == line.node));
        if part.has_outside {
            let (label, kind) = ("[outside]".to_owned(), String::new());
            let outside = Lifeline { label, kind, node: None, role: Role::Outside, is_created: false };
            lines.insert(0, (outside, Vec::new()));
        }

        let mut of = vec![None; trace.actors.len()];
        for (at, (_, members)) in lines.iter().enumerate() {
            for member in members {
                of[*member] = Some(LifelineIndex(at));
            }
        }
        let outside = part.has_outside.then_some(LifelineIndex(0));
        Lifelines { lines: lines.into_iter().map(|(line, _)| line).collect(), of, outside }
    }
}

/// A name that was given to a second actor later names neither of them.
fn name_apart(trace: &Trace, lines: &mut [(Lifeline, Vec<usize>)]) {
    let mut uses: HashMap<String, usize> = HashMap::new();
    for (line, _) in lines.iter() {
        *uses.entry(line.label.clone()).or_default() += 1;
    }
    for (line, members) in lines.iter_mut().filter(|(line, _)| uses[&line.label] > 1) {
        match (line.role, &line.node) {
            (Role::Actor, _) => line.label = format!("{}#{}", line.label, trace.actors[members[0]].id),
            (_, Some(node)) => line.label = format!("{} on {node}", line.label),
            _ => {}
        }
    }
}

/// What a trace says of its actors, as far as it decides about lifelines.
struct Part {
    /// How many events name each.
    acts: Vec<u64>,
    /// Whether something befell it that interests.
    stands_out: Vec<bool>,
    has_outside: bool,
}

impl Part {
    fn of_all(trace: &Trace) -> Self {
        let sent = messages(trace);
        let actors = trace.actors.len();
        let mut part = Part { acts: vec![0; actors], stands_out: vec![false; actors], has_outside: false };
        for event in &trace.events {
            let (named, stands_out): ([Option<ActorIndex>; 2], bool) = match &event.what {
                What::Spawn { actor, by } => {
                    part.has_outside |= by.is_none();
                    ([Some(*actor), *by], false)
                }
                What::Send { from, to, way, .. } => {
                    part.has_outside |= from.is_none() && !way.is_own();
                    ([*from, Some(*to)], false)
                }
                What::Reply { message, error, .. } => match sent.get(message) {
                    Some(Sent { from, to, .. }) => ([*from, Some(*to)], error.is_some()),
                    None => ([None, None], false),
                },
                What::Start { actor, .. } | What::Finish { actor, .. } => ([Some(*actor), None], false),
                What::Panic { actor, .. } | What::Restart { actor, .. } => ([Some(*actor), None], true),
                What::Stop { actor, reason } => ([Some(*actor), None], !is_ordinary(reason)),
                _ => ([None, None], false),
            };
            for actor in named.into_iter().flatten() {
                part.acts[actor.0 as usize] += 1;
                part.stands_out[actor.0 as usize] |= stands_out;
            }
        }
        part
    }
}

/// Whether an actor that ends so is no news.
pub(super) fn is_ordinary(reason: &str) -> bool {
    ["stopped", "shut down"].contains(&reason)
}

/// Who shares a lifeline: those of a type on a node, of a type, or whoever is left.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Crowd {
    kind: Option<String>,
    node: Option<String>,
}

/// With whom each actor shares a lifeline; none if it has one to itself.
fn shares(trace: &Trace, part: &Part, limits: &Limits) -> Vec<Option<Crowd>> {
    let active: Vec<usize> = (0..trace.actors.len()).filter(|at| part.acts[*at] > 0).collect();
    let room = limits.lifelines.max(LEAST) - usize::from(part.has_outside);
    let mut shared = vec![None; trace.actors.len()];
    if active.len() <= room {
        return shared;
    }

    let crowds = crowds(trace, &active, room / 2);
    let mut sizes: HashMap<&Crowd, usize> = HashMap::new();
    for at in &active {
        *sizes.entry(&crowds[at]).or_default() += 1;
    }
    let own = room - sizes.len();

    // Who may have a lifeline to itself, the first first.
    let mut ranked = active.clone();
    ranked.sort_by_key(|at| {
        let (size, named) = (sizes[&crowds[at]], trace.actors[*at].name.is_some());
        (!part.stands_out[*at], size, !named, u64::MAX - part.acts[*at])
    });
    let mut given = 0;
    let mut given_in: HashMap<&Crowd, usize> = HashMap::new();
    for at in ranked {
        let crowd = &crowds[&at];
        let in_crowd = given_in.entry(crowd).or_default();
        let is_crowded = sizes[crowd] > own;
        let may = if is_crowded { part.stands_out[at] && *in_crowd < MOST_OF_A_CROWD } else { true };
        if may && given < own {
            given += 1;
            *in_crowd += 1;
        } else {
            shared[at] = Some(crowd.clone());
        }
    }
    shared
}

/// Crowds for all actors, at most so many: by type and node, or else by type, the rarest types together.
fn crowds(trace: &Trace, active: &[usize], most: usize) -> HashMap<usize, Crowd> {
    let most = most.max(1);
    let kind = |at: usize| Some(short_kind(&trace.actors[at].kind));
    let finest: HashMap<usize, Crowd> = active
        .iter()
        .map(|at| (*at, Crowd { kind: kind(*at), node: trace.actors[*at].node.clone() }))
        .collect();
    let mut sizes: HashMap<&Crowd, usize> = HashMap::new();
    for crowd in finest.values() {
        *sizes.entry(crowd).or_default() += 1;
    }
    if sizes.len() <= most {
        return finest;
    }

    let mut kinds: HashMap<Option<String>, usize> = HashMap::new();
    for at in active {
        *kinds.entry(kind(*at)).or_default() += 1;
    }
    let mut kinds: Vec<_> = kinds.into_iter().collect();
    kinds.sort_by(|(a, in_a), (b, in_b)| in_b.cmp(in_a).then_with(|| a.cmp(b)));
    if kinds.len() > most {
        kinds.truncate(most - 1);
    }
    let of_kind = |at: usize| {
        let kind = kind(at).filter(|kind| kinds.iter().any(|(kept, _)| kept.as_ref() == Some(kind)));
        Crowd { kind, node: None }
    };
    active.iter().map(|at| (*at, of_kind(*at))).collect()
}
