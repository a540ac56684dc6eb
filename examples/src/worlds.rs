//! A program in many simulated machines, each with chance of its own.
//!
//! A program that holds for every seed asserts what must hold, and panics where it does not. The seed is named then, and
//! `PROGRAM --seed N` runs that one again, message for message.

use greenroom::{Vm, World};

use crate::chance::Chance;

/// How many seeds a program is tried with.
const SEEDS: u64 = 200;

/// Runs `program` in a simulated machine with three workers for each seed: 0 to 199, or the one that the command line
/// asks for. Gives back what the runs came to, in the order of the seeds.
///
/// # Errors
/// The first run that panicked, by its seed.
pub fn simulate<R: Send + 'static>(program: fn(Chance) -> R) -> greenroom::Result<Vec<R>> {
    let seeds = match asked_seed()? {
        Some(seed) => seed..seed + 1,
        None => 0..SEEDS,
    };
    let run = |seed| {
        let vm = Vm::builder().workers(3).world(World::Simulated { seed }).build()?;
        let result = vm.run(move || program(Chance::new(seed)));
        Ok(result.map_err(|error| format!("seed {seed}: {error}"))?)
    };
    seeds.map(run).collect()
}

/// The N of `--seed N`.
fn asked_seed() -> greenroom::Result<Option<u64>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => Ok(None),
        ["--seed", seed] => match seed.parse() {
            Ok(seed) => Ok(Some(seed)),
            Err(error) => Err(format!("--seed {seed}: {error}; give a whole number").into()),
        },
        _ => Err(format!("{}: give nothing, or --seed and a whole number", words.join(" ")).into()),
    }
}
