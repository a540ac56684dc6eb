//! The flags of the stress run.

use greenroom_examples::flags::{self, UsageError, Words, number};

pub(crate) const HELP: &str = "\
greenroom-stress: random actors over all cores send, request, call, spawn, panic, stop, time out and give promises up;
every message must be handled, come back to its sender, or be a dead letter.

usage: greenroom-stress [--seconds N] [--seed N] [--simulate N]

  --seconds N   how long (default 10); every 3 seconds a new machine takes over
  --seed N      what chance is drawn from (default 20260)
  --simulate N  in place of --seconds: N machines in the simulated world, with the seeds from --seed on
  --help        this text

exit status: 0 every message is accounted for; 1 some are not, and it says which; 2 the command line is wrong;
130 interrupted, and all was accounted for
";

/// What was asked for.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) seconds: u64,
    pub(crate) seed: u64,
    /// So many seeds in the simulated world.
    pub(crate) simulated: Option<u64>,
}

/// What a command line asks for.
#[derive(Debug)]
pub(crate) enum Asked {
    Run(Options),
    Help,
}

impl Options {
    /// Reads a command line, the program's name not in it.
    pub(crate) fn read(words: impl IntoIterator<Item = String>) -> Result<Asked, UsageError> {
        let mut words = Words::new(words);
        let mut options = Options { seconds: 10, seed: 20260, simulated: None };
        while let Some((flag, attached)) = words.flag() {
            let whole = |range| number(&flag, &words.value(&flag, attached, "a whole number")?, range);
            match flag.as_str() {
                "--seconds" => options.seconds = whole(1..=1_000_000)?,
                "--seed" => options.seed = whole(0..=u64::MAX)?,
                "--simulate" => options.simulated = Some(whole(1..=1_000_000)?),
                "--help" | "-h" => return Ok(Asked::Help),
                _ => return Err(flags::unknown(&flag)),
            }
        }
        Ok(Asked::Run(options))
    }
}
