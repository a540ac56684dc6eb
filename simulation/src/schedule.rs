//! Schedules: who goes on, of all who can.
//!
//! | schedule | finds |
//! |---|---|
//! | random | what a little disorder in many places brings out |
//! | PCT | what a few changes at the right places bring out, with a known least probability |
//! | choices | one order in particular: what an exhaustive search goes through, one after the other |

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use greenroom::{ActorId, Ready};

use crate::chance::Chance;

/// See the head of this file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Schedule {
    /// Anyone, each as likely, at every step.
    #[default]
    Random,
    /// Probabilistic concurrency testing (Burckhardt, Kothari, Musuvathi and Nagarakatti 2010): each actor has a priority by
    /// chance, who has the highest goes on, and at `depth` - 1 steps, by chance among the first `steps`, who would go on
    /// falls behind all others. A bug that takes `depth` steps in a certain order, among `n` actors and `steps` steps, is
    /// found by one seed with a probability of at least 1 / (`n` * `steps`^(`depth` - 1)).
    Pct {
        /// How many steps must come in order; 1 or more.
        depth: u32,
        /// How many choices a run has, about.
        steps: u64,
    },
    /// At each step the one at that place among all who can go on; once they are used up, the first.
    Choices(Vec<u32>),
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Schedule::Random => f.write_str("random"),
            Schedule::Pct { depth, steps } => write!(f, "pct:{depth}:{steps}"),
            Schedule::Choices(places) => {
                let places: Vec<String> = places.iter().map(ToString::to_string).collect();
                write!(f, "choices:{}", places.join("."))
            }
        }
    }
}

impl FromStr for Schedule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text} is no schedule; write random, pct:DEPTH:STEPS or choices:0.1.0");
        let parts: Vec<&str> = text.split(':').collect();
        match parts[..] {
            ["random"] => Ok(Schedule::Random),
            ["pct", depth, steps] => {
                let (depth, steps) =
                    (depth.parse().map_err(|_| wrong())?, steps.parse().map_err(|_| wrong())?);
                if depth == 0 || steps == 0 { Err(wrong()) } else { Ok(Schedule::Pct { depth, steps }) }
            }
            ["choices", places] => {
                let places = places.split('.').filter(|place| !place.is_empty());
                places.map(str::parse).collect::<Result<_, _>>().map(Schedule::Choices).map_err(|_| wrong())
            }
            _ => Err(wrong()),
        }
    }
}

/// A schedule at work.
pub(crate) enum Chooser {
    /// In turn: without any part of chance.
    Turns,
    Random(Chance),
    Pct(Priorities),
    Choices(Choices),
}

/// What PCT goes by.
pub(crate) struct Priorities {
    chance: Chance,
    /// At which steps whoever would go on falls behind, in order.
    changes: Vec<u64>,
    steps: u64,
    changed: u64,
    /// The higher the sooner: by chance from 2^32 on, and below for those who fell behind.
    of: HashMap<Option<ActorId>, u64>,
}

/// What an exhaustive search goes by, and what it learns.
pub(crate) struct Choices {
    places: Vec<u32>,
    /// What was chosen, of how many.
    pub(crate) made: Vec<(u32, u32)>,
}

impl Chooser {
    pub(crate) fn new(schedule: &Schedule, seed: u64, any_order: bool) -> Self {
        const ORDER: u64 = 1;
        let mut chance = Chance::keyed(seed, &[ORDER]);
        match schedule {
            Schedule::Choices(places) => {
                Chooser::Choices(Choices { places: places.clone(), made: Vec::new() })
            }
            _ if !any_order => Chooser::Turns,
            Schedule::Random => Chooser::Random(chance),
            Schedule::Pct { depth, steps } => {
                let mut changes: Vec<u64> = (1..*depth).map(|_| chance.below(*steps)).collect();
                changes.sort_unstable();
                Chooser::Pct(Priorities { chance, changes, steps: 0, changed: 0, of: HashMap::new() })
            }
        }
    }

    /// Whether chance has a part in it.
    pub(crate) fn draws_lots(&self) -> bool {
        matches!(self, Chooser::Random(_) | Chooser::Pct(_))
    }

    pub(crate) fn choose(&mut self, ready: &[Ready]) -> usize {
        match self {
            Chooser::Pct(priorities) => priorities.choose(ready),
            _ => self.draw(ready.len()),
        }
    }

    /// Any number below `below`.
    pub(crate) fn draw(&mut self, below: usize) -> usize {
        match self {
            // The machine gives them in the order in which they became ready.
            Chooser::Turns => 0,
            Chooser::Random(chance) => chance.below(below as u64) as usize,
            Chooser::Pct(priorities) => priorities.chance.below(below as u64) as usize,
            Chooser::Choices(choices) => choices.next(below),
        }
    }
}

impl Priorities {
    fn choose(&mut self, ready: &[Ready]) -> usize {
        let first = self.highest(ready);
        let step = self.steps;
        self.steps += 1;
        let before = self.changed;
        while self.changes.get(self.changed as usize).is_some_and(|change| *change <= step) {
            self.changed += 1;
        }
        if self.changed == before {
            return first;
        }
        let behind = self.changes.len() as u64 - self.changed;
        self.of.insert(ready[first].actor, behind);
        self.highest(ready)
    }

    fn highest(&mut self, ready: &[Ready]) -> usize {
        let mut highest = (0, 0);
        for (place, who) in ready.iter().enumerate() {
            let chance = &mut self.chance;
            let priority = *self.of.entry(who.actor).or_insert_with(|| chance.next() | 1 << 32);
            if place == 0 || priority > highest.1 {
                highest = (place, priority);
            }
        }
        highest.0
    }
}

impl Choices {
    pub(crate) fn next(&mut self, of: usize) -> usize {
        let place = self.places.get(self.made.len()).copied().unwrap_or(0);
        // Of a plan that belongs to another program there may be too few; the last is as good as any.
        let place = place.min(of as u32 - 1);
        self.made.push((place, of as u32));
        place as usize
    }

    /// The schedule behind this one, in the order of a depth-first search. None: there is none.
    pub(crate) fn following(made: &[(u32, u32)]) -> Option<Vec<u32>> {
        let last = made.iter().rposition(|(place, of)| place + 1 < *of)?;
        let mut places: Vec<u32> = made[..=last].iter().map(|(place, _)| *place).collect();
        places[last] += 1;
        Some(places)
    }
}
