//! How a simulation is driven: from one entry of its agenda to the next, and to its end.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use greenroom::CallError;

use crate::agenda::Deed;
use crate::chance::{Chance, nanos};
use crate::failure::{Broken, Failure};
use crate::fault::Fault;
use crate::faults::Faults;
use crate::node::Node;
use crate::partition::Partition;
use crate::run::{Note, Run};
use crate::simulation::Simulation;

/// What the chance of a clock is keyed with.
const SKEW: u64 = 7;

impl Simulation {
    pub(crate) fn drive(&mut self, length: Duration) -> Result<(), Failure> {
        let seed = self.director.borrow().plan.seed;
        let end = self.now() + length;
        self.agenda.lay_out(seed, self.now(), length);
        loop {
            while let Some(deed) = self.agenda.take_due(self.now()) {
                self.do_deed(deed);
            }
            if self.now() >= end {
                return Ok(());
            }
            let stop = self.agenda.next_until(end).unwrap_or(end);
            let result = self.vm.run_for(stop - self.now());
            if self.director.borrow().is_reached {
                return Ok(());
            }
            self.settle(result)?;
        }
    }

    /// What a drive of the machine ended with.
    pub(crate) fn settle<R>(&mut self, result: Result<R, CallError>) -> Result<R, Failure> {
        let now = self.now();
        let mut director = self.director.borrow_mut();
        match (director.run.failure.clone(), result) {
            (Some(failure), _) => Err(failure),
            (None, Ok(result)) => Ok(result),
            (None, Err(error)) => {
                director.fail(Broken::Scenario, error.to_string(), now);
                Err(director.run.failure.clone().expect("it has just failed"))
            }
        }
    }

    fn do_deed(&mut self, deed: Deed) {
        let (now, director) = (self.now(), std::rc::Rc::clone(&self.director));
        let admit = |fault, what: String| director.borrow_mut().admit(fault, now, |_| what);
        match deed {
            Deed::Crash(number, node, down_for) => {
                if self.is_up(&node)
                    && admit(Fault::Crash(number), format!("{node} crashes for {down_for:?}"))
                {
                    self.crash(&node);
                    self.agenda.at(now + down_for, Deed::Restart(node));
                }
            }
            // The scenario may have done so before.
            Deed::Restart(node) if self.is_up(&node) => {}
            Deed::Restart(node) => self.restart(&node),
            Deed::Part(number, side, length) => {
                let what = format!("{} cut off for {length:?}", are(&side));
                if admit(Fault::Partition(number), what) {
                    self.partition(&side, length);
                }
            }
            Deed::Heal(side) => {
                director.borrow_mut().partitions.retain(|partition| partition.until > now);
                self.note(format!("{} reached again", are(&side)));
            }
        }
    }

    /// Writes down what is done to nodes.
    pub(crate) fn note(&mut self, what: String) {
        let at = self.now();
        self.director.borrow_mut().run.notes.push(Note { at, what });
    }

    pub(crate) fn begin_partition(&mut self, side: &[Node], until: Duration) {
        self.note(format!("{} cut off", are(side)));
        let side = side.iter().map(Node::id).collect();
        let partition = Partition { side, from: self.now(), until };
        self.director.borrow_mut().partitions.push(partition);
    }

    pub(crate) fn skew_by_chance(&mut self, faults: &Faults, nodes: &[Node]) {
        if faults.skew.is_zero() && faults.drift_ppm == 0 {
            return;
        }
        for node in nodes {
            let seed = self.director.borrow().plan.seed;
            let mut chance = Chance::keyed(seed, &[SKEW, u64::from(node.id.0)]);
            let most = nanos(faults.skew).min(i64::MAX as u64 / 2);
            let ahead = chance.within(0..=2 * most) as i64 - most as i64;
            let drift =
                chance.within(0..=2 * u64::from(faults.drift_ppm)) as i64 - i64::from(faults.drift_ppm);
            let what = format!("{node}'s clock is {ahead} ns ahead and gains {drift} ppm");
            if self.director.borrow_mut().admit(Fault::Skew(node.id), self.now(), |_| what) {
                self.skew(node, ahead, drift as i32);
            }
        }
    }

    /// Plays a scenario to its end, and checks what must hold then.
    pub(crate) fn play(
        &mut self,
        scenario: &(impl Fn(&mut Simulation) -> greenroom::Result + ?Sized),
    ) -> Run {
        let played = catch_unwind(AssertUnwindSafe(|| scenario(self)));
        let error = match played {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(error.to_string()),
            Err(payload) => Some(match (payload.downcast_ref::<&str>(), payload.downcast_ref::<String>()) {
                (Some(text), _) => format!("panicked: {text}"),
                (_, Some(text)) => format!("panicked: {text}"),
                _ => "panicked".to_owned(),
            }),
        };
        let now = self.now();
        let mut director = self.director.borrow_mut();
        director.look_for_panics(now);
        if let Some(error) = error {
            director.fail(Broken::Scenario, error, now);
        }
        for (name, check) in &mut self.finals {
            if director.run.failure.is_none()
                && let Err(found) = check()
            {
                director.fail(Broken::Invariant(name.clone()), found, now);
            }
        }
        director.run.choices = director.choices_made();
        director.run.clone()
    }
}

/// A list of names, and the verb.
fn are(nodes: &[Node]) -> String {
    let names: Vec<&str> = nodes.iter().map(Node::name).collect();
    format!("{} {}", names.join(", "), if nodes.len() == 1 { "is" } else { "are" })
}
