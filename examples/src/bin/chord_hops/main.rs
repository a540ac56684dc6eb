//! How far a lookup goes in rings of Chord, of ten nodes and more: in fine weather, and while nodes come, leave and crash.
//!
//! A search halves its distance with each hop at least, so that it takes a logarithm of the nodes; on average half of the
//! binary one (Stoica and others 2003, section VI-B). `survey` lets a simulated ring grow, checks that all nodes know what they
//! should, counts the hops, and does so again in a storm; `chart` draws it.
//!
//! `chord_hops --most 10000 --plot FILE.svg` goes up to ten thousand nodes; `--seed N` does all by another seed.
//!
//! Prints:
//! ```text
//! 10 nodes, ring ideal: 2.20 hops, half the logarithm 1.66; in a storm 2.81, 75.7 % right; ideal again 25 periods later
//! 30 nodes, ring ideal: 3.23 hops, half the logarithm 2.45; in a storm 4.49, 80.2 % right; ideal again 23 periods later
//! 100 nodes, ring ideal: 4.25 hops, half the logarithm 3.32; in a storm 4.86, 97.0 % right; ideal again 24 periods later
//! ```

mod chart;
mod survey;

use std::path::PathBuf;
use std::process::ExitCode;

use greenroom_examples::flags::{Asked, UsageError, Words, number, unknown};

const HELP: &str = "\
chord_hops: how far a lookup goes in rings of Chord

  --most N        up to so many nodes, 10 to 100000 (default 100)
  --seed N        all chance comes from this (default 1)
  --plot FILE     draws it, as SVG
";

/// So many nodes each time, as long as that is not too many.
const SIZES: [u64; 9] = [10, 30, 100, 300, 1000, 3000, 10_000, 30_000, 100_000];

struct Options {
    most: u64,
    seed: u64,
    plot: Option<PathBuf>,
}

fn main() -> ExitCode {
    let options = match Asked::options(read(std::env::args().skip(1)), "chord_hops", HELP) {
        Ok(options) => options,
        Err(status) => return status,
    };
    match run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("chord_hops: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> greenroom::Result {
    let mut rings = Vec::new();
    for size in SIZES.into_iter().filter(|size| *size <= options.most) {
        let ring = survey::survey(size, options.seed)?;
        println!("{ring}");
        rings.push(ring);
    }
    if let Some(file) = &options.plot {
        chart::draw(&rings, file)?;
    }
    Ok(())
}

fn read(words: impl Iterator<Item = String>) -> Result<Asked<Options>, UsageError> {
    let mut options = Options { most: 100, seed: 1, plot: None };
    let mut words = Words::new(words);
    while let Some((flag, attached)) = words.flag() {
        let mut value = |expected| words.value(&flag, attached.clone(), expected);
        match flag.as_str() {
            "--most" => options.most = number(&flag, &value("a whole number")?, 10..=100_000)?,
            "--seed" => options.seed = number(&flag, &value("a whole number")?, 0..=u64::MAX)?,
            "--plot" => options.plot = Some(value("the name of a file")?.into()),
            "--help" => return Ok(Asked::Help),
            _ => return Err(unknown(&flag)),
        }
    }
    Ok(Asked::Run(options))
}
