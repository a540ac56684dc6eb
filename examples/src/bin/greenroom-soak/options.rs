//! The flags of the soak.

use std::time::Duration;

use greenroom_examples::flags::{self, Asked, UsageError, Words, number};

use crate::leak::Leak;

pub(crate) const HELP: &str = "\
greenroom-soak: a house of actors who come and go without end, by every way that there is; and the process holds no more
memory, threads, mappings, descriptors and actors at its end than when all had come.

usage: greenroom-soak [--minutes N | --seconds N] [--population N] [--seed N] [--leak WHAT]

  --minutes N     how long (default 3); the first third is for warming up, and is not looked at
  --seconds N     the same, for a short one
  --population N  how many actors there are at any time (default 100_000)
  --seed N        what chance is drawn from (default 20260)
  --leak WHAT     memory, threads, descriptors or actors: leaks them on purpose, to see that it is found
  --help          this text

exit status: 0 nothing is leaked; 1 something is, and it says what; 2 the command line is wrong; 130 interrupted
";

/// What was asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Options {
    pub(crate) length: Duration,
    pub(crate) population: u64,
    pub(crate) seed: u64,
    pub(crate) leak: Option<Leak>,
}

impl Options {
    /// Reads a command line, the program's name not in it.
    pub(crate) fn read(words: impl IntoIterator<Item = String>) -> Result<Asked<Self>, UsageError> {
        let mut words = Words::new(words);
        let mut options =
            Options { length: Duration::from_secs(180), population: 100_000, seed: 20260, leak: None };
        while let Some((flag, attached)) = words.flag() {
            let mut value = |expected| words.value(&flag, attached.clone(), expected);
            let mut whole = |range| number(&flag, &value("a whole number")?, range);
            match flag.as_str() {
                "--minutes" => options.length = Duration::from_secs(60 * whole(1..=100_000)?),
                "--seconds" => options.length = Duration::from_secs(whole(2..=1_000_000)?),
                "--population" => options.population = whole(100..=10_000_000)?,
                "--seed" => options.seed = whole(0..=u64::MAX)?,
                "--leak" => {
                    options.leak = Some(Leak::read(&value("one of memory, threads, descriptors, actors")?)?);
                }
                "--help" | "-h" => return Ok(Asked::Help),
                _ => return Err(flags::unknown(&flag)),
            }
        }
        Ok(Asked::Run(options))
    }
}
