//! Who talks to whom, with what, and how often.
//!
//! | file | what |
//! |---|---|
//! | `dot` | the map for Graphviz |
//! | `layout` | where its boxes and arrows stand |
//! | `places`, `curves` | the two steps of that: boxes in columns, then arrows around them |
//! | `svg` | the map as a picture |

use std::collections::{BTreeMap, HashMap};

use crate::model::{ActorIndex, MessageIndex, Trace, What};
use crate::picture::text::clip;
use crate::sentence::short_kind;

mod curves;
mod dot;
mod layout;
mod places;
mod svg;

/// With more participants than this, actors of one type share a box.
const MANY: usize = 30;

/// The actors of a run, and what they sent to each other.
///
/// ```
/// let map = greenroom_trace::Trace::default().actor_map();
/// assert!(map.to_dot().starts_with("digraph"));
/// assert!(map.to_svg().starts_with("<svg"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ActorMap {
    title: String,
    boxes: Vec<Party>,
    links: Vec<Link>,
}

/// One who talks: an actor, all actors of a type, or the threads outside.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Party {
    label: String,
    /// The type, if the label does not tell it.
    kind: Option<String>,
    node: Option<String>,
    /// How many handlers of it panicked.
    panics: u64,
    is_outside: bool,
}

/// All messages from one party to another.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Link {
    from: usize,
    to: usize,
    /// How many of each method, the most frequent first.
    methods: Vec<(String, u64)>,
    /// How many were answered with an error.
    errors: u64,
    /// How many nobody handled.
    lost: u64,
}

impl Party {
    /// What to write into its box.
    fn lines(&self) -> Vec<String> {
        let mut lines = vec![clip(&self.label, 40)];
        lines.extend(self.kind.as_ref().map(|kind| clip(kind, 40)));
        lines.extend(self.node.as_ref().map(|node| clip(&format!("on {node}"), 40)));
        match self.panics {
            0 => {}
            1 => lines.push("1 panic".to_owned()),
            panics => lines.push(format!("{panics} panics")),
        }
        lines
    }
}

impl Link {
    /// How thick its arrow is: one more for each time that there are four times as many messages.
    fn thickness(&self) -> u32 {
        (1 + self.count().max(1).ilog2() / 2).min(8)
    }

    fn count(&self) -> u64 {
        self.methods.iter().map(|(_, count)| count).sum()
    }

    fn is_troubled(&self) -> bool {
        self.errors + self.lost > 0
    }

    /// What to write on it: its methods, the frequent ones by name, and what went wrong.
    fn lines(&self) -> Vec<String> {
        let named = if self.methods.len() > 4 { 3 } else { 4 };
        let mut lines: Vec<String> = self
            .methods
            .iter()
            .take(named)
            .map(|(method, count)| format!("{} ×{count}", clip(method, 36)))
            .collect();
        let rest = &self.methods[named.min(self.methods.len())..];
        if !rest.is_empty() {
            let count: u64 = rest.iter().map(|(_, count)| count).sum();
            lines.push(format!("{} more methods ×{count}", rest.len()));
        }
        for (count, what) in [(self.errors, "error"), (self.lost, "lost")] {
            if count > 0 {
                let plural = if count > 1 && what == "error" { "s" } else { "" };
                lines.push(format!("{count} {what}{plural}"));
            }
        }
        lines
    }
}

/// What is counted of a link.
#[derive(Default)]
struct Tally<'a> {
    methods: BTreeMap<&'a str, u64>,
    errors: u64,
    lost: u64,
}

impl Tally<'_> {
    fn link(self, from: usize, to: usize) -> Link {
        let Tally { methods, errors, lost } = self;
        let mut methods: Vec<(String, u64)> =
            methods.into_iter().map(|(method, count)| (method.to_owned(), count)).collect();
        methods.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        Link { from, to, methods, errors, lost }
    }
}

impl Trace {
    /// Who talks to whom. Actors of one type are drawn as one where there are many.
    #[must_use]
    pub fn actor_map(&self) -> ActorMap {
        let talking = self.talking();
        let parties = self.parties(&talking);
        let mut map = ActorMap { title: self.title.clone(), ..ActorMap::default() };
        let mut known: HashMap<Party, usize> = HashMap::new();
        let mut place = |map: &mut ActorMap, actor: Option<ActorIndex>| {
            let party = &parties[&actor];
            *known.entry(party.clone()).or_insert_with(|| {
                map.boxes.push(party.clone());
                map.boxes.len() - 1
            })
        };
        let mut links: BTreeMap<(usize, usize), Tally<'_>> = BTreeMap::new();
        let mut sent: HashMap<MessageIndex, (usize, usize)> = HashMap::new();
        for event in &self.events {
            match &event.what {
                What::Send { message, from, to, method, .. } => {
                    let ends = (place(&mut map, *from), place(&mut map, Some(*to)));
                    sent.insert(*message, ends);
                    *links.entry(ends).or_default().methods.entry(method).or_default() += 1;
                }
                What::Reply { message, error: Some(_), .. } => {
                    if let Some(link) = sent.get(message).and_then(|ends| links.get_mut(ends)) {
                        link.errors += 1;
                    }
                }
                What::Lost { message, .. } => {
                    if let Some(link) = sent.get(message).and_then(|ends| links.get_mut(ends)) {
                        link.lost += 1;
                    }
                }
                What::Panic { actor, .. } => {
                    let at = place(&mut map, Some(*actor));
                    map.boxes[at].panics += 1;
                }
                _ => {}
            }
        }
        map.links = links.into_iter().map(|((from, to), tally)| tally.link(from, to)).collect();
        map
    }

    /// Everybody who sends, receives, or panics; none stands for the threads outside.
    fn talking(&self) -> Vec<Option<ActorIndex>> {
        let mut talking: Vec<Option<ActorIndex>> = Vec::new();
        for event in &self.events {
            match &event.what {
                What::Send { from, to, .. } => talking.extend([*from, Some(*to)]),
                What::Panic { actor, .. } => talking.push(Some(*actor)),
                _ => {}
            }
        }
        talking.sort_unstable();
        talking.dedup();
        talking
    }

    /// As whom each of them appears.
    fn parties(&self, talking: &[Option<ActorIndex>]) -> HashMap<Option<ActorIndex>, Party> {
        let merge = talking.len() > MANY;
        let actor = |index: ActorIndex| &self.actors[index.0 as usize];
        let mut alike: HashMap<(String, Option<&str>), usize> = HashMap::new();
        for index in talking.iter().flatten() {
            if actor(*index).name.is_none() {
                *alike
                    .entry((short_kind(&actor(*index).kind), actor(*index).node.as_deref()))
                    .or_default() += 1;
            }
        }
        let party = |talks: &Option<ActorIndex>| {
            let Some(index) = *talks else {
                let label = "[outside]".to_owned();
                return (None, Party { label, kind: None, node: None, panics: 0, is_outside: true });
            };
            let actor = actor(index);
            let kind = short_kind(&actor.kind);
            let count = alike.get(&(kind.clone(), actor.node.as_deref())).copied().unwrap_or(1);
            let label = if merge && actor.name.is_none() && count > 1 {
                format!("{kind} ×{count}")
            } else {
                self.label(index)
            };
            let kind = actor.name.is_some().then_some(kind).filter(|kind| !kind.is_empty());
            (Some(index), Party { label, kind, node: actor.node.clone(), panics: 0, is_outside: false })
        };
        talking.iter().map(party).collect()
    }
}
