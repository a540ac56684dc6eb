//! `greenroom-stress`: random actors over all cores do to one another whatever actors can do, by seed; and every message is
//! accounted for, to the last one. The scenario is `conservation`, in the library of this crate.

mod options;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use greenroom_examples::conservation::{self, Plan, Setting, Totals};
use greenroom_examples::flags::{self, Asked};
use greenroom_examples::interrupt;
use mimalloc::MiMalloc;

use crate::options::{Options, Rounds};

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// How long a machine lives in the real world before the next one is built.
const ROUND: Duration = Duration::from_secs(3);

fn main() -> ExitCode {
    let asked = Options::read(std::env::args().skip(1));
    let options = match Asked::options(asked, "greenroom-stress", options::HELP) {
        Ok(options) => options,
        Err(status) => return status,
    };
    if let Err(error) = interrupt::listen(|| {}) {
        eprintln!("greenroom-stress: {error}");
        return ExitCode::FAILURE;
    }
    conservation::keep_planned_panics_silent();
    let mut totals = Totals::default();
    let mut missing = Vec::new();
    for plan in plans(&options) {
        match conservation::run(&plan) {
            Ok(report) => {
                totals.add(&report.totals);
                report.events.iter().for_each(|event| println!("{event}"));
                missing.extend(report.complaints.into_iter().map(|text| format!("{plan}: {text}")));
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

/// Round after round, every one with a seed of its own.
fn plans(options: &Options) -> impl Iterator<Item = Plan> {
    let begun = Instant::now();
    let Options { seed, rounds, records } = *options;
    (0..).map_while(move |number| {
        let setting = match rounds {
            Rounds::Simulated { seeds, is_faulty } => (number < seeds).then_some(match is_faulty {
                false => Setting::Simulated,
                true => Setting::Faulty,
            }),
            Rounds::Real { seconds } => {
                let left = Duration::from_secs(seconds).saturating_sub(begun.elapsed());
                (!left.is_zero()).then_some(Setting::Real(left.min(ROUND)))
            }
        };
        setting.map(|setting| Plan { seed: seed.wrapping_add(number), setting, records })
    })
}
