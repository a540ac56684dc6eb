//! Shrinking: from a run that fails to the least that fails alike.
//!
//! Delta debugging (Zeller and Hildebrandt 2002) over the faults that happened: without all of them, then by halves, quarters
//! and so on, until none can be left out. What is lost or repeated becomes something earlier on the same way, so that less
//! comes before it. Amounts go down to their least, or as near to it as still fails. In an exhaustive
//! search the places that were chosen are what is left out: without one, the first of those that are ready goes on.

use std::cell::Cell;
use std::collections::BTreeSet;

use crate::failure::Broken;
use crate::fault::{Allowed, Fault};
use crate::plan::Plan;
use crate::run::Run;
use crate::schedule::Schedule;

/// See the head of this file.
pub(crate) struct Shrinker<P> {
    play: P,
    /// How it is to fail.
    alike: Option<Broken>,
    left: u32,
    most: u32,
    is_steady: bool,
}

impl<P: Fn(&Plan) -> Run> Shrinker<P> {
    pub(crate) fn new(play: P, run: &Run, most_runs: u32) -> Self {
        let alike = run.failure.as_ref().map(|failure| failure.broken.clone());
        Shrinker { play, alike, left: most_runs, most: most_runs, is_steady: true }
    }

    pub(crate) fn runs(&self) -> u32 {
        self.most - self.left
    }

    /// Whether the same plan gave the same run.
    pub(crate) fn is_steady(&self) -> bool {
        self.is_steady
    }

    /// Whether it came to its end before its runs did.
    pub(crate) fn has_ended(&self) -> bool {
        self.left > 0
    }

    pub(crate) fn shrink(&mut self, plan: &Plan, run: &Run) -> (Plan, Run) {
        let mut least = (plan.clone(), run.clone());
        // With all that happened spelt out, it must be the very same run; otherwise nothing that is tried means anything.
        let spelt_out = spell_out(plan, run);
        match self.try_plan(&spelt_out) {
            Some(again) if again.digest == run.digest && again.failure == run.failure => {}
            _ => {
                self.is_steady = self.left == self.most;
                return least;
            }
        }
        least.0 = spelt_out;
        loop {
            let before = least.0.clone();
            self.shrink_amounts(&mut least);
            self.shrink_faults(&mut least);
            self.shift_faults(&mut least);
            self.shrink_choices(&mut least);
            if least.0 == before || self.left == 0 {
                return least;
            }
        }
    }

    /// The run by that plan, if it fails alike. None also when there are no more runs to spend.
    fn try_plan(&mut self, plan: &Plan) -> Option<Run> {
        self.left = self.left.checked_sub(1)?;
        let run = (self.play)(plan);
        let alike = run.failure.as_ref().map(|failure| &failure.broken) == self.alike.as_ref();
        alike.then_some(run)
    }

    /// Takes that plan if it fails alike.
    fn accept(&mut self, plan: Plan, least: &mut (Plan, Run)) -> bool {
        let run = self.try_plan(&plan);
        if let Some(run) = run {
            *least = (plan, run);
            return true;
        }
        false
    }

    fn shrink_amounts(&mut self, least: &mut (Plan, Run)) {
        for amount in least.1.amounts.clone() {
            let now =
                |least: &(Plan, Run)| least.0.amounts.get(&amount.name).copied().unwrap_or(amount.value);
            self.lower(least, amount.least, now, |this, less, least| {
                let mut plan = least.0.clone();
                plan.amounts.insert(amount.name.clone(), less);
                // What is sent differs now, and so what happens to it may have to.
                let afresh = Plan { faults: Allowed::All, ..plan.clone() };
                if this.accept(plan, least) {
                    return true;
                }
                let is_accepted = this.accept(afresh, least);
                if is_accepted {
                    least.0 = spell_out(&least.0, &least.1);
                }
                is_accepted
            });
        }
    }

    /// Lowers a number as far as it still fails, by halves of what is left: `try_it` tries a lesser one.
    fn lower(
        &mut self,
        least: &mut (Plan, Run),
        lowest: u64,
        now: impl Fn(&(Plan, Run)) -> u64,
        mut try_it: impl FnMut(&mut Self, u64, &mut (Plan, Run)) -> bool,
    ) {
        let mut too_low = None;
        while self.left > 0 {
            let now = now(least);
            let next = too_low.map_or(lowest, |too_low| now - (now - too_low) / 2);
            if next >= now {
                return;
            }
            if !try_it(self, next, least) {
                too_low = Some(next);
            }
        }
    }

    fn shift_faults(&mut self, least: &mut (Plan, Run)) {
        for fault in happened(&least.1) {
            let (Fault::Lost(passing) | Fault::Repeated(passing)) = fault else { continue };
            let at = Cell::new(passing.number);
            self.lower(
                least,
                0,
                |_| at.get(),
                |this, number, least| {
                    let Allowed::Only(mut faults) = least.0.faults.clone() else { return false };
                    faults.remove(&fault.at(at.get()));
                    let is_accepted = faults.insert(fault.at(number))
                        && this.accept(Plan { faults: Allowed::Only(faults), ..least.0.clone() }, least);
                    if is_accepted {
                        at.set(number);
                    }
                    is_accepted
                },
            );
        }
    }

    fn shrink_faults(&mut self, least: &mut (Plan, Run)) {
        least.0 = spell_out(&least.0, &least.1);
        let mut parts = 1;
        loop {
            let faults = happened(&least.1);
            if faults.is_empty() || parts > faults.len() || self.left == 0 {
                return;
            }
            let size = faults.len().div_ceil(parts);
            let without = |place: usize| {
                let kept = faults.iter().enumerate().filter(|(at, _)| at / size != place);
                Allowed::Only(kept.map(|(_, fault)| *fault).collect())
            };
            let count = faults.len().div_ceil(size);
            let left_out = (0..count).any(|place| {
                let plan = Plan { faults: without(place), ..least.0.clone() };
                self.accept(plan, least)
            });
            match left_out {
                // One part fewer.
                true => parts = (parts - 1).max(1),
                false if size == 1 => return,
                false => parts = (parts * 2).min(faults.len()),
            }
        }
    }

    fn shrink_choices(&mut self, least: &mut (Plan, Run)) {
        let Schedule::Choices(places) = &least.0.schedule else { return };
        for place in (0..places.len()).rev() {
            let Schedule::Choices(mut places) = least.0.schedule.clone() else { return };
            if places.get(place).is_none_or(|chosen| *chosen == 0) {
                continue;
            }
            places[place] = 0;
            places.truncate(places.iter().rposition(|chosen| *chosen != 0).map_or(0, |last| last + 1));
            self.accept(Plan { schedule: Schedule::Choices(places), ..least.0.clone() }, least);
        }
    }
}

/// The same plan, with the faults that happened as the only ones that may.
fn spell_out(plan: &Plan, run: &Run) -> Plan {
    let amounts = run.amounts.iter().map(|amount| (amount.name.clone(), amount.value)).collect();
    let faults = Allowed::Only(run.faults().collect::<BTreeSet<_>>());
    Plan { faults, amounts, ..plan.clone() }
}

/// Each fault that happened, in order of sort and place.
fn happened(run: &Run) -> Vec<Fault> {
    run.faults().collect::<BTreeSet<_>>().into_iter().collect()
}
