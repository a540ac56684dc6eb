//! The director: decides for one run whatever the machine asks, by its plan, and writes down what it did.
//!
//! | asked | answered by |
//! |---|---|
//! | who goes on | the schedule |
//! | what becomes of a message | partitions, and then its link, by a chance of its own that its [number](Passing) keys |
//! | after each step | the invariants, and whether any actor has panicked |

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::Receiver;
use greenroom::{Crossing, Environment, Incident, NodeId, Passage, Ready, Route};

use crate::chance::{Chance, Probability, mix, nanos};
use crate::failure::{Broken, Failure};
use crate::fault::{Allowed, Fault, Passing};
use crate::latency::Latency;
use crate::link::{Link, Network};
use crate::partition::Partition;
use crate::plan::Plan;
use crate::run::{Happened, Run};
use crate::schedule::Chooser;

/// What is checked after each step.
pub(crate) type Check = Box<dyn FnMut() -> Result<(), String>>;

/// See the head of this file.
pub(crate) struct Director {
    pub(crate) plan: Plan,
    chooser: Chooser,
    pub(crate) network: Network,
    pub(crate) partitions: Vec<Partition>,
    /// When the last thing arrives that was sent on a way.
    last_arrivals: HashMap<(NodeId, NodeId), Duration>,
    names: Vec<Arc<str>>,
    pub(crate) invariants: Vec<(String, Check)>,
    pub(crate) incidents: Option<Receiver<Incident>>,
    pub(crate) allowed_panics: Vec<String>,
    /// What ends a `run_until`.
    pub(crate) goal: Option<Box<dyn FnMut() -> bool>>,
    pub(crate) is_reached: bool,
    pub(crate) run: Run,
}

/// What the chance of a message is keyed with.
const CROSSING: u64 = 2;

impl Director {
    pub(crate) fn new(plan: Plan) -> Self {
        let any_order = plan.faults.allow(&Fault::AnyOrder);
        Director {
            chooser: Chooser::new(&plan.schedule, plan.seed, any_order),
            network: Network::default(),
            partitions: Vec::new(),
            last_arrivals: HashMap::new(),
            names: Vec::new(),
            invariants: Vec::new(),
            incidents: None,
            allowed_panics: Vec::new(),
            goal: None,
            is_reached: false,
            run: Run::default(),
            plan,
        }
    }

    pub(crate) fn add_node(&mut self, name: Arc<str>) {
        self.names.push(name);
    }

    pub(crate) fn name(&self, node: NodeId) -> &str {
        self.names.get(node.0 as usize).map_or("?", |name| name)
    }

    /// Whether a fault that chance brings may happen; if so, it has.
    pub(crate) fn admit(&mut self, fault: Fault, at: Duration, what: impl FnOnce(&Self) -> String) -> bool {
        let is_allowed = self.plan.faults.allow(&fault);
        if is_allowed {
            let what = what(self);
            self.run.happened.push(Happened { fault, at, what });
        }
        is_allowed
    }

    fn note_in_digest(&mut self, words: [u64; 3]) {
        self.run.digest = words.iter().fold(self.run.digest, |digest, word| mix(digest ^ mix(*word)));
    }

    pub(crate) fn fail(&mut self, broken: Broken, found: String, at: Duration) {
        self.run.failure.get_or_insert(Failure { broken, found, at });
    }

    /// Whether that fault of a message happens: as is drawn by its key; in an exhaustive search, both ways, one after the
    /// other; and where the plan says which faults there are, as it says.
    fn strikes(&mut self, fault: Fault, chance: &mut Chance, probability: Probability) -> bool {
        if probability.is_zero() {
            return false;
        }
        match (&mut self.chooser, &self.plan.faults) {
            (Chooser::Choices(choices), faults) => choices.next(2) == 1 && faults.allow(&fault),
            (_, Allowed::Only(these)) => these.contains(&fault),
            (_, Allowed::All) => chance.strikes(probability),
        }
    }

    fn latency(&mut self, of: &Latency, chance: &mut Chance) -> Duration {
        let drawn = of.draw(chance);
        if of.is_constant() || self.plan.faults.allow(&Fault::AnyLatency) {
            self.run.drew_latency |= !of.is_constant();
            drawn
        } else {
            of.calm()
        }
    }

    /// The actors of whom it is expected may panic.
    pub(crate) fn look_for_panics(&mut self, now: Duration) {
        while let Some(incident) = self.incidents.as_ref().and_then(|incidents| incidents.try_recv().ok()) {
            let (kind, found) = match incident {
                Incident::Panic { kind, report, .. } => (kind, report.to_string()),
                Incident::StackOverflow { kind, .. } => (kind, incident.to_string()),
                _ => continue,
            };
            if !self.allowed_panics.iter().any(|part| found.contains(part)) {
                self.fail(Broken::Actor(kind.to_owned()), found, now);
            }
        }
    }

    pub(crate) fn choices_made(&self) -> Vec<(u32, u32)> {
        match &self.chooser {
            Chooser::Choices(choices) => choices.made.clone(),
            _ => Vec::new(),
        }
    }
}

impl Environment for Director {
    fn choose(&mut self, now: Duration, ready: &[Ready]) -> usize {
        let chosen = self.chooser.choose(ready);
        self.run.drew_order |= self.chooser.draws_lots();
        self.note_in_digest([nanos(now), ready.len() as u64, chosen as u64]);
        chosen
    }

    fn draw(&mut self, below: usize) -> usize {
        let drawn = self.chooser.draw(below);
        self.run.drew_order |= self.chooser.draws_lots();
        self.note_in_digest([0, below as u64, drawn as u64]);
        drawn
    }

    fn route(&mut self, now: Duration, crossing: &Crossing<'_>) -> Route {
        let Crossing { from, to, passage, number, .. } = *crossing;
        let passing = Passing { from, to, number };
        self.note_in_digest([nanos(now), u64::from(from.0) << 32 | u64::from(to.0), number]);
        let link = self.network.link(from, to).clone();
        let key = [CROSSING, u64::from(from.0), u64::from(to.0), number];
        let mut chance = Chance::keyed(self.plan.seed, &key);
        // Each has its place in the stream, whatever comes of the others.
        let latency = self.latency(&link.latency, &mut chance.split());
        let (mut of_loss, mut of_repetition, mut again) = (chance.split(), chance.split(), chance.split());

        let parting = self.partitions.iter().filter(|partition| partition.parts(now, from, to));
        if let Some(healed) = parting.map(|partition| partition.until).max() {
            return match passage {
                Passage::Signal => Route::Arrives(healed - now + latency),
                _ => Route::Lost,
            };
        }
        if passage != Passage::Signal
            && self.strikes(Fault::Lost(passing), &mut of_loss, link.loss)
            && self.admit(Fault::Lost(passing), now, |this| format!("{} is lost", this.tell(crossing)))
        {
            return Route::Lost;
        }
        let arrival = self.arrival(now, latency, &link, crossing);
        if passage == (Passage::Message { can_repeat: true })
            && self.strikes(Fault::Repeated(passing), &mut of_repetition, link.duplication)
            && self
                .admit(Fault::Repeated(passing), now, |this| format!("{} arrives twice", this.tell(crossing)))
        {
            let second = arrival + self.latency(&link.latency, &mut again);
            return Route::ArrivesEach(vec![arrival - now, second - now]);
        }
        Route::Arrives(arrival - now)
    }

    fn stepped(&mut self, now: Duration) -> ControlFlow<()> {
        self.run.steps += 1;
        self.run.ended_at = now;
        self.look_for_panics(now);
        if self.run.failure.is_none() {
            let broken = self.invariants.iter_mut().find_map(|(name, check)| {
                let found = check().err()?;
                Some((name.clone(), found))
            });
            if let Some((name, found)) = broken {
                self.fail(Broken::Invariant(name), found, now);
            }
        }
        self.is_reached = self.goal.as_mut().is_some_and(|goal| goal());
        if self.run.failure.is_some() || self.is_reached {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }
}

impl Director {
    /// When it arrives: not before what was sent before it on the same way, unless it may overtake that.
    fn arrival(
        &mut self,
        now: Duration,
        latency: Duration,
        link: &Link,
        crossing: &Crossing<'_>,
    ) -> Duration {
        let Crossing { from, to, number, .. } = *crossing;
        let last = self.last_arrivals.get(&(from, to)).copied();
        let mut arrival = now + latency;
        if let Some(last) = last.filter(|last| arrival <= *last) {
            let fault = Fault::Overtaking(Passing { from, to, number });
            let what = |this: &Self| format!("{} overtakes what was sent before", this.tell(crossing));
            let overtakes = link.reorders && arrival < last && self.admit(fault, now, what);
            if !overtakes {
                arrival = last + Duration::from_nanos(1);
            }
        }
        self.last_arrivals.insert((from, to), last.map_or(arrival, |last| last.max(arrival)));
        arrival
    }

    fn tell(&self, crossing: &Crossing<'_>) -> String {
        let Crossing { from, to, passage, method, .. } = *crossing;
        let of = if passage == Passage::Reply { "the reply to " } else { "" };
        format!("{of}{method} from {} to {}", self.name(from), self.name(to))
    }
}
