//! What is told of a search.

use std::fmt;
use std::path::PathBuf;

use crate::plan::Plan;
use crate::run::Run;

/// What came of a search. It prints as what a person wants to know.
#[derive(Clone, Debug)]
pub struct Report {
    pub(crate) name: String,
    pub(crate) seeds: u64,
    pub(crate) runs: u64,
    pub(crate) cut_short: u64,
    pub(crate) found: Option<Found>,
}

/// A seed that fails, and the least that does.
#[derive(Clone, Debug)]
pub struct Found {
    name: String,
    /// How it was found.
    pub plan: Plan,
    /// What came of that.
    pub run: Run,
    /// What is left of it when all is left out that the failure does not need.
    pub least: Plan,
    /// What comes of that.
    pub least_run: Run,
    /// How many runs it took to get there.
    pub shrink_runs: u32,
    /// Whether there was nothing more to leave out. If not, the runs to spend were used up.
    pub is_least: bool,
    /// Whether the same plan gave the same run. If not, the program draws chance or time from elsewhere, as a `HashMap` does
    /// for its order, and nothing was left out.
    pub is_steady: bool,
    /// Where the least run is saved: a diagram, a log, and the trace; or why it is not.
    pub saved: Result<Vec<PathBuf>, String>,
}

impl Report {
    /// What failed, if anything did.
    pub fn found(&self) -> Option<&Found> {
        self.found.as_ref()
    }

    /// How many runs were made before a failure was shrunk. With several threads some of them are of seeds behind that one.
    pub fn runs(&self) -> u64 {
        self.runs
    }

    /// Whether an exhaustive search has tried everything. (Others try a seed once, and that is everything then.)
    pub fn is_complete(&self) -> bool {
        self.cut_short == 0 && self.found.is_none()
    }

    /// # Panics
    /// If a seed failed, with all that is to be told of it.
    #[track_caller]
    pub fn assert_clean(&self) {
        assert!(self.found.is_none(), "{self}");
    }
}

impl Found {
    pub(crate) fn new(name: &str, plan: Plan, run: Run, least: Plan, least_run: Run) -> Self {
        Found {
            name: name.to_owned(),
            plan,
            run,
            least,
            least_run,
            shrink_runs: 0,
            is_least: true,
            is_steady: true,
            saved: Ok(Vec::new()),
        }
    }

    /// What stands in `GREENROOM_REPLAY` to replay the least run.
    pub fn replay(&self) -> String {
        format!("{} {}", self.name, self.least)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { name, seeds, runs, cut_short, .. } = self;
        match &self.found {
            Some(found) => write!(f, "{found}"),
            None if *cut_short > 0 => {
                write!(
                    f,
                    "{name}: no failure in {runs} runs; {cut_short} of {seeds} seeds have more orders than that"
                )
            }
            None => write!(f, "{name}: no failure in {seeds} seeds, {runs} runs"),
        }
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let failure = |run: &Run| run.failure.as_ref().map_or(String::new(), ToString::to_string);
        writeln!(f, "{}: seed {}: {}", self.name, self.plan.seed, failure(&self.run))?;
        if !self.is_steady {
            writeln!(
                f,
                "  not shrunk: the same plan gave another run; does the program draw chance or time from elsewhere?"
            )?;
        } else if self.shrink_runs > 0 {
            writeln!(f, "  with no more than that: {}", failure(&self.least_run))?;
            let (all, left) = (self.run.happened.len(), self.least_run.happened.len());
            writeln!(
                f,
                "  {left} of {all} faults are left, after {} runs{}",
                self.shrink_runs,
                self.unfinished()
            )?;
        }
        for amount in &self.least_run.amounts {
            writeln!(f, "    {} is {}", amount.name, amount.value)?;
        }
        for happened in &self.least_run.happened {
            writeln!(f, "    {happened}")?;
        }
        match &self.saved {
            Ok(files) => files.iter().try_for_each(|file| writeln!(f, "  saved: {}", file.display()))?,
            Err(error) => writeln!(f, "  not saved: {error}")?,
        }
        write!(f, "  replay: GREENROOM_REPLAY='{}'", self.replay())
    }
}

impl Found {
    fn unfinished(&self) -> &'static str {
        if self.is_least { "" } else { ", and more might go: there were no more runs to spend" }
    }
}
