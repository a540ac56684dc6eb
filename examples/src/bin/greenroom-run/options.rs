//! The flags of the main job, and the sizes that follow from them.

use greenroom_examples::flags::{self, Asked, UsageError, Words, number};

use crate::memory;
use crate::steps::{STEPS, Step};

/// More than any machine of today holds: each actor needs at least 64 bytes.
const MOST_ACTORS: u64 = 1_000_000_000;
const MOST_WORKERS: u64 = 1024;

/// In a simulated world, where everything takes its turn on one core.
const ACTORS_SIMULATED: u64 = 10_000;
/// A machine's number of cores must not change what a seed stands for.
const WORKERS_SIMULATED: usize = 4;

/// What was asked for.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) actors: u64,
    /// None stands for one on each core.
    pub(crate) workers: Option<usize>,
    pub(crate) steps: Vec<&'static Step>,
    /// Some stands for the simulated world.
    pub(crate) seed: Option<u64>,
    pub(crate) json: bool,
    /// This process runs one step for another one, which reads its result.
    pub(crate) alone: bool,
}

impl Options {
    /// Reads a command line, the program's name not in it.
    pub(crate) fn read(words: impl IntoIterator<Item = String>) -> Result<Asked<Self>, UsageError> {
        let mut words = Words::new(words);
        let (mut actors, mut workers, mut steps, mut seed) = (None, None, None, None);
        let (mut json, mut alone) = (false, false);
        while let Some((flag, attached)) = words.flag() {
            let is_switch = matches!(flag.as_str(), "--json" | "--help" | "-h");
            if let (true, Some(value)) = (is_switch, &attached) {
                return Err(UsageError::new(format_args!("{flag} takes no value; leave '={value}' out")));
            }
            match flag.as_str() {
                "--actors" => {
                    let value = words.value(&flag, attached, "a whole number")?;
                    actors = Some(number(&flag, &value, 1..=MOST_ACTORS)?);
                }
                "--workers" => {
                    let value = words.value(&flag, attached, "a whole number")?;
                    workers = Some(number(&flag, &value, 1..=MOST_WORKERS)? as usize);
                }
                "--simulate" => {
                    let value = words.value(&flag, attached, "a seed, such as 1")?;
                    seed = Some(number(&flag, &value, 0..=u64::MAX)?);
                }
                "--steps" => steps = Some(read_steps(&words.value(&flag, attached, "names of steps")?)?),
                // How the program calls itself for one step: a process of its own gives clean memory figures.
                "--alone" => {
                    alone = true;
                    steps = Some(read_steps(&words.value(&flag, attached, "the name of a step")?)?);
                }
                "--json" => json = true,
                "--help" | "-h" => return Ok(Asked::Help),
                _ => return Err(flags::unknown(&flag)),
            }
        }
        let simulated = seed.is_some();
        let options = Options {
            actors: actors.unwrap_or(if simulated { ACTORS_SIMULATED } else { 1_000_000 }),
            workers: workers.or(simulated.then_some(WORKERS_SIMULATED)),
            steps: steps.unwrap_or_else(|| STEPS.iter().collect()),
            seed,
            json,
            alone,
        };
        options.check_memory(memory::available_bytes())?;
        Ok(Asked::Run(options))
    }

    /// The command line that asks for one of these steps alone.
    pub(crate) fn words_for(&self, step: &Step) -> Vec<String> {
        let mut words = vec![format!("--actors={}", self.actors)];
        words.extend(self.workers.map(|workers| format!("--workers={workers}")));
        words.extend(self.seed.map(|seed| format!("--simulate={seed}")));
        words.extend(self.json.then(|| "--json".to_owned()));
        // Last, for it names the one step.
        words.push(format!("--alone={}", step.name));
        words
    }

    /// Messages that two actors play to each other.
    pub(crate) fn pings(&self) -> u64 {
        10 * self.actors
    }

    /// Laps that a token makes in a ring of `nodes`: about as many hops in each ring, and at least one lap.
    pub(crate) fn laps(&self, nodes: u64) -> u64 {
        (5 * self.actors.min(1_000_000) / nodes).max(1)
    }

    /// Better a word now than a process that the kernel kills in the middle of a step.
    fn check_memory(&self, available: Option<u64>) -> Result<(), UsageError> {
        let Some(available) = available else { return Ok(()) };
        for step in &self.steps {
            let needed = (step.bytes)(self.actors);
            if needed > available {
                let gib = |bytes: u64| bytes as f64 / (1u64 << 30) as f64;
                let remedy = if (step.bytes)(1) < needed {
                    format!("give --actors at most {}", self.actors / (needed / available + 1))
                } else {
                    "leave it out of --steps".to_owned()
                };
                return Err(UsageError::new(format_args!(
                    "the step {} with --actors {} needs at least {:.1} GiB of memory, and {:.1} GiB can be had; {remedy}",
                    step.name,
                    self.actors,
                    gib(needed),
                    gib(available),
                )));
            }
        }
        Ok(())
    }
}

fn read_steps(value: &str) -> Result<Vec<&'static Step>, UsageError> {
    value
        .split(',')
        .map(str::trim)
        .map(|name| {
            STEPS.iter().find(|step| step.name == name).ok_or_else(|| {
                let names: Vec<_> = STEPS.iter().map(|step| step.name).collect();
                UsageError::new(format_args!(
                    "--steps names '{name}', which is no step; give some of {}",
                    names.join(",")
                ))
            })
        })
        .collect()
}

/// What `--help` prints.
pub(crate) fn help() -> String {
    let mut text = String::from(
        "\
greenroom-run: the main job. Every step runs in a process and a machine of its own, and verifies its result.

usage: greenroom-run [--actors N] [--workers N] [--steps a,b,c] [--simulate SEED] [--json]

  --actors N       how many actors (default 1000000; in the simulated world 10000)
  --workers N      how many workers (default one on each core; in the simulated world 4)
  --steps a,b,c    which steps, in this order (default all)
  --simulate SEED  in the simulated world: one thread, all chance drawn by SEED
  --json           one object a line on stdout for each step, in place of table and progress bars
  --help           this text

steps, and what is timed:
",
    );
    for step in &STEPS {
        text.push_str(&format!("  {:16} {}\n", step.name, step.about.replace('\n', "\n                   ")));
    }
    text.push_str(
        "
ns/op is the timed part through the number of operations, on the wall clock. bytes/actor is resident memory, all
in, divided by actors: what the process grew by since its machine was built. Steals and wakes are the
machine's own counts over the whole step. JSON: \"parts\" has the seconds of each part, timed or not.

exit status: 0 all results are right; 1 one is wrong; 2 the command line is; 130 interrupted (143 terminated), after
an orderly end: a second Ctrl-C ends at once.
",
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Asked<Options>, UsageError> {
        Options::read(line.split_whitespace().map(str::to_owned))
    }

    fn options(line: &str) -> Options {
        match read(line) {
            Ok(Asked::Run(options)) => options,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn the_words_for_a_step_ask_for_the_same() {
        let asked = options("--actors 1_000 --workers 3 --steps spawn,skynet --simulate 7 --json");
        let alone = options(&asked.words_for(asked.steps[1]).join(" "));
        assert_eq!((alone.actors, alone.workers, alone.seed, alone.json), (1000, Some(3), Some(7), true));
        assert!(alone.alone && alone.steps.len() == 1 && alone.steps[0].name == "skynet");
    }

    #[test]
    fn the_simulated_world_has_smaller_sizes_unless_they_are_given() {
        assert_eq!(options("--simulate 1 --steps spawn").actors, ACTORS_SIMULATED);
        assert_eq!(options("--simulate 1 --steps spawn --actors 20000").actors, 20_000);
        let laps = |flags: &str| [1_000, 100_000, 1_000_000].map(|nodes| options(flags).laps(nodes));
        assert_eq!(laps("--steps spawn"), [5_000, 50, 5]);
        assert_eq!(laps("--steps spawn --simulate 1"), [50, 1, 1]);
    }

    #[test]
    fn too_many_actors_for_the_memory_are_refused_with_a_number_that_fits() {
        let mut options = options("--actors 1000000 --steps spawn");
        let error = options.check_memory(Some(1 << 20)).unwrap_err().to_string();
        assert!(error.contains("1000000") && error.contains("give --actors at most"), "{error}");
        let fits = error.rsplit(' ').next().unwrap().parse().unwrap();
        options.actors = fits;
        assert_eq!(options.check_memory(Some(1 << 20)), Ok(()));
    }
}
