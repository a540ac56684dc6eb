//! `greenroom-stress`: random actors over all cores send, request, call, spawn, panic, stop, time out and give promises
//! up, by seed; and every message is accounted for, to the last one.
//!
//! | file | what |
//! |---|---|
//! | `options` | the command line |
//! | `round` | one machine under load, how it ends, and what must be true then |
//! | `town` | the actors and what they do at random |
//! | `ledger` | every message's fate, counted where it happens |

mod ledger;
mod options;
mod round;
mod town;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use greenroom_examples::{flags, interrupt};
use mimalloc::MiMalloc;

use crate::ledger::Totals;
use crate::options::{Asked, Options};
use crate::round::{Ending, Plan};

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// How long a machine lives in the real world before the next one is built.
const ROUND: Duration = Duration::from_secs(3);

fn main() -> ExitCode {
    let options = match Options::read(std::env::args().skip(1)) {
        Ok(Asked::Run(options)) => options,
        Ok(Asked::Help) => {
            print!("{}", options::HELP);
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("greenroom-stress: {error}");
            return ExitCode::from(flags::USAGE);
        }
    };
    if let Err(error) = interrupt::listen(|| {}) {
        eprintln!("greenroom-stress: {error}");
        return ExitCode::FAILURE;
    }
    town::keep_planned_panics_silent();
    let mut totals = Totals::default();
    let mut missing = Vec::new();
    for (number, plan) in plans(&options) {
        match round::run(&plan) {
            Ok((counted, complaints)) => {
                totals.add(&counted);
                missing.extend(complaints.into_iter().map(|text| format!("round {number}, {plan}: {text}")));
            }
            Err(error) => {
                eprintln!("greenroom-stress: {error}");
                return ExitCode::from(flags::USAGE);
            }
        }
        if interrupt::is_asked() {
            break;
        }
    }
    println!("seed {}", options.seed);
    print!("{totals}");
    for text in &missing {
        println!("MISSING: {text}");
    }
    if !missing.is_empty() {
        return ExitCode::FAILURE;
    }
    println!("every message is accounted for");
    if interrupt::is_asked() {
        eprintln!("greenroom-stress: interrupted; the machine was shut down in order");
        return ExitCode::from(interrupt::status());
    }
    ExitCode::SUCCESS
}

/// Round after round, every one with a seed of its own; every other one ends in the middle of its load.
fn plans(options: &Options) -> impl Iterator<Item = (u64, Plan)> {
    let begun = Instant::now();
    let whole = Duration::from_secs(options.seconds);
    let (first, simulated) = (options.seed, options.simulated);
    (0..).map_while(move |number| {
        let left = whole.saturating_sub(begun.elapsed());
        let goes_on = match simulated {
            Some(seeds) => number < seeds,
            None => !left.is_zero(),
        };
        goes_on.then(|| {
            let ending = if number % 2 == 0 { Ending::Quiet } else { Ending::Sudden };
            let length = left.min(ROUND);
            let seed = first.wrapping_add(number);
            (number, Plan { seed, is_simulated: simulated.is_some(), length, ending })
        })
    })
}
