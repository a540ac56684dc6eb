//! A search: one scenario, run for many seeds, until one fails.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::thread;

use greenroom_trace::Trace;

use crate::keep;
use crate::plan::Plan;
use crate::report::{Found, Report};
use crate::run::Run;
use crate::schedule::{Choices, Schedule};
use crate::shrink::Shrinker;
use crate::simulation::Simulation;

/// One scenario, to be run for many seeds. See the [crate's head](crate).
#[must_use = "a search does nothing until it is run"]
pub struct Search<S> {
    name: String,
    scenario: S,
    seeds: Range<u64>,
    threads: usize,
    schedule: Schedule,
    /// How many orders to try of each seed, if all are to be tried.
    exhaustive: Option<u64>,
    shrink_runs: u32,
    folder: Option<PathBuf>,
}

/// What a search looks for in the environment.
const REPLAY: &str = "GREENROOM_REPLAY";

impl<S: Fn(&mut Simulation) -> greenroom::Result + Sync> Search<S> {
    /// A search of that name. The scenario is run once for each seed.
    ///
    /// # Panics
    /// If there is a space in the name, which stands in what replays a run.
    pub fn new(name: &str, scenario: S) -> Self {
        assert!(!name.contains(char::is_whitespace), "{name:?} has a space in it; use a name of one word");
        Search {
            name: name.to_owned(),
            scenario,
            seeds: 0..1000,
            threads: thread::available_parallelism().map_or(1, Into::into),
            schedule: Schedule::Random,
            exhaustive: None,
            shrink_runs: 500,
            folder: Some(std::env::temp_dir().join("greenroom-failures")),
        }
    }

    /// Which seeds. Default: the first thousand.
    pub fn seeds(mut self, seeds: Range<u64>) -> Self {
        self.seeds = seeds;
        self
    }

    /// On how many threads. Default: as many as there are cores.
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = threads.max(1);
        self
    }

    /// Who goes on. Default: anyone, by chance.
    pub fn schedule(mut self, schedule: Schedule) -> Self {
        self.schedule = schedule;
        self
    }

    /// Tries all that can be chosen, for each seed: who goes on, whether a call goes by hand-off, and whether a message is
    /// lost or delivered twice where its link may do that. Latencies, crashes and partitions stay as the seed draws them.
    /// Gives up after so many runs of a seed, and the [report](Report::is_complete) says so. For small programs.
    pub fn exhaustive(mut self, most_runs: u64) -> Self {
        self.exhaustive = Some(most_runs);
        self
    }

    /// How many runs may be spent on shrinking a failure. Default: 500.
    pub fn shrink_runs(mut self, runs: u32) -> Self {
        self.shrink_runs = runs;
        self
    }

    /// Where a failure is saved. Default: `greenroom-failures`, where the system keeps what is temporary.
    pub fn folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = Some(folder.into());
        self
    }

    /// Saves nothing.
    pub fn without_files(mut self) -> Self {
        self.folder = None;
        self
    }

    /// Runs the scenario for all seeds, or until one fails: then that is the least that does, however many threads there
    /// are, and it is shrunk and saved. If `GREENROOM_REPLAY` in the environment begins with this search's name, it replays
    /// that instead.
    ///
    /// # Panics
    /// If what that holds is no plan.
    pub fn run(self) -> Report {
        let asked = std::env::var(REPLAY).ok();
        if let Some((name, plan)) = asked.as_deref().and_then(|asked| asked.split_once(' '))
            && name == self.name
        {
            return self.replay(&plan.parse().unwrap_or_else(|error| panic!("{REPLAY}: {error}")));
        }
        let progress = Mutex::new(Progress { next: self.seeds.start, ..Progress::default() });
        thread::scope(|scope| {
            for _ in 0..self.threads.min(usize::try_from(self.seeds.end - self.seeds.start).unwrap_or(1)) {
                scope.spawn(|| self.work(&progress));
            }
        });
        let progress = progress.into_inner().unwrap_or_else(PoisonError::into_inner);
        let found = progress.found.map(|(plan, run)| self.examine(plan, run));
        let seeds = match &found {
            Some(found) => found.plan.seed - self.seeds.start + 1,
            None => self.seeds.end - self.seeds.start,
        };
        Report { name: self.name, seeds, runs: progress.runs, cut_short: progress.cut_short, found }
    }

    /// Runs the scenario by that plan, and saves it if it fails.
    pub fn replay(self, plan: &Plan) -> Report {
        let run = self.once(plan);
        let found = run
            .failure
            .is_some()
            .then(|| Found::new(&self.name, plan.clone(), run.clone(), plan.clone(), run));
        let found = found.map(|found| self.save(found));
        Report { name: self.name, seeds: 1, runs: 1, cut_short: 0, found }
    }

    /// What comes of one run by that plan.
    pub fn once(&self, plan: &Plan) -> Run {
        Simulation::by(plan.clone()).play(&self.scenario)
    }

    fn work(&self, progress: &Mutex<Progress>) {
        loop {
            let seed = {
                let mut progress = progress.lock().unwrap_or_else(PoisonError::into_inner);
                if progress.next >= self.seeds.end || progress.found.is_some() {
                    return;
                }
                progress.next += 1;
                progress.next - 1
            };
            let (found, runs, was_cut_short) = self.try_seed(seed);
            let mut progress = progress.lock().unwrap_or_else(PoisonError::into_inner);
            progress.runs += runs;
            progress.cut_short += u64::from(was_cut_short);
            if let Some(found) = found
                && progress.found.as_ref().is_none_or(|(plan, _)| seed < plan.seed)
            {
                progress.found = Some(found);
            }
        }
    }

    /// How a seed fails, if it does, how many runs that took, and whether there would have been more.
    fn try_seed(&self, seed: u64) -> (Option<(Plan, Run)>, u64, bool) {
        let mut plan = Plan { schedule: self.schedule.clone(), ..Plan::new(seed) };
        let Some(most_runs) = self.exhaustive else {
            let run = self.once(&plan);
            return (run.failure.is_some().then_some((plan, run)), 1, false);
        };
        let mut next = Some(Vec::new());
        for runs in 1..=most_runs {
            let Some(places) = next else { return (None, runs - 1, false) };
            plan.schedule = Schedule::Choices(places);
            let run = self.once(&plan);
            next = Choices::following(&run.choices);
            if run.failure.is_some() {
                return (Some((plan, run)), runs, false);
            }
        }
        (None, most_runs, next.is_some())
    }

    /// Shrinks what was found, and saves it.
    fn examine(&self, plan: Plan, run: Run) -> Found {
        let mut shrinker = Shrinker::new(|plan| self.once(plan), &run, self.shrink_runs);
        let (least, least_run) = shrinker.shrink(&plan, &run);
        let mut found = Found::new(&self.name, plan, run, least, least_run);
        found.shrink_runs = shrinker.runs();
        found.is_steady = shrinker.is_steady();
        found.is_least = shrinker.has_ended();
        self.save(found)
    }

    /// What comes of a run by that plan, and all that happened in it.
    pub fn trace(&self, plan: &Plan) -> (Run, Trace) {
        let mut sim = Simulation::by(plan.clone());
        sim.record();
        let run = sim.play(&self.scenario);
        let trace = sim.trace(format!("{} {plan}", self.name));
        (run, trace)
    }

    fn save(&self, mut found: Found) -> Found {
        if let Some(folder) = &self.folder {
            let (_, trace) = self.trace(&found.least);
            found.saved = keep::save(folder, &self.name, &found, &trace).map_err(|error| error.to_string());
        }
        found
    }
}

/// What all threads of a search share.
#[derive(Default)]
struct Progress {
    next: u64,
    found: Option<(Plan, Run)>,
    runs: u64,
    /// How many seeds have more orders than were to be tried.
    cut_short: u64,
}
