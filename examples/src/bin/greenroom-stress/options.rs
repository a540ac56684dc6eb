//! The flags of the stress run.

use greenroom_examples::flags::{self, Asked, UsageError, Words, number};

pub(crate) const HELP: &str = "\
greenroom-stress: random actors over all cores send, request, call, cast to groups, spawn, panic, stop, time out, start
and cancel timers, take names and give promises up; every message must be handled, come back to its sender, or be a dead
letter.

usage: greenroom-stress [--seconds N | --simulate N [--faulty]] [--seed N] [--log]

  --seconds N   how long, on real cores (default 10); every 3 seconds a new machine takes over, with the next seed
  --simulate N  in place of that, N small machines in the simulated world, with the seeds from --seed on
  --faulty      simulated machines that lose messages: to see that it is found out
  --seed N      what chance is drawn from (default 20260)
  --log         print every event of every machine: the same each time that a seed is simulated
  --help        this text

exit status: 0 every message is accounted for; 1 some are not, and it says which, and how to run that seed again; 2 the
command line is wrong; 130 interrupted, and all was accounted for
";

/// What was asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Options {
    pub(crate) seed: u64,
    pub(crate) rounds: Rounds,
    /// Whether events are recorded, and printed.
    pub(crate) records: bool,
}

/// How many rounds, and where.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Rounds {
    Real { seconds: u64 },
    Simulated { seeds: u64, is_faulty: bool },
}

impl Options {
    /// Reads a command line, the program's name not in it.
    pub(crate) fn read(words: impl IntoIterator<Item = String>) -> Result<Asked<Self>, UsageError> {
        let mut words = Words::new(words);
        let (mut seconds, mut simulated, mut is_faulty) = (10, None, false);
        let (mut seed, mut records) = (20260, false);
        while let Some((flag, attached)) = words.flag() {
            let whole = |range| number(&flag, &words.value(&flag, attached, "a whole number")?, range);
            match flag.as_str() {
                "--seconds" => seconds = whole(1..=1_000_000)?,
                "--simulate" => simulated = Some(whole(1..=1_000_000)?),
                "--faulty" => is_faulty = true,
                "--seed" => seed = whole(0..=u64::MAX)?,
                "--log" => records = true,
                "--help" | "-h" => return Ok(Asked::Help),
                _ => return Err(flags::unknown(&flag)),
            }
        }
        let rounds = match simulated {
            Some(seeds) => Rounds::Simulated { seeds, is_faulty },
            None if is_faulty => {
                return Err(UsageError::new("--faulty is for simulated machines; give --simulate as well"));
            }
            None => Rounds::Real { seconds },
        };
        Ok(Asked::Run(Options { seed, rounds, records }))
    }
}
