//! `latency`: how long a request takes while the machine does a share of what it can, and what happens when more is asked.
//!
//! | file | part |
//! |---|---|
//! | `cli` | what may be asked |
//! | `load` | who asks for what and when, and what became of each request |
//! | `systems/*` | each system's own way to serve it |
//! | `measure` | one measurement, in a process of its own: capacity first, then the load |
//! | `report`, `curves` | JSON and tables; the SVG |
//!
//! The workload is `mixed_latency` of the peers: 5,000 fronts, each of which asks one of 5,000 backs, which works for 20
//! microseconds. mimalloc is the allocator of all systems.

mod cli;
mod curves;
mod load;
mod measure;
mod report;
mod systems;

use std::env;
use std::fs;
use std::io::{self, IsTerminal, Write};
use std::process::{Command as Process, ExitCode};
use std::time::Duration;

use cli::{Command, Settings};
use greenroom_benches::effort::Effort;
use greenroom_benches::machine::Machine;
use greenroom_benches::{arguments, child};
use measure::{Job, Measurement};
use report::Row;
use systems::SystemName;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What one measurement may take; a system in trouble at twice its capacity is still served within that.
const LONGEST_RUN: Duration = Duration::from_secs(180);

fn main() -> ExitCode {
    let done = match cli::parse(arguments::of_this_process()) {
        Ok(Command::Help) => print(&cli::help()),
        Ok(Command::Measure(job)) => {
            print(&serde_json::to_string(&job.measure()).expect("a measurement is plain data"))
        }
        Ok(Command::Compare(settings)) => match compare(&settings) {
            Ok(rows) if rows.iter().any(Row::failed) => return ExitCode::FAILURE,
            Ok(_) => Ok(()),
            Err(error) => Err(error),
        },
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// All measurements of one system at one load.
struct Place {
    job: Job,
    /// The runs so far, or why there are none.
    runs: Result<Vec<Measurement>, String>,
}

/// Takes all measurements, prints those of each load as soon as they are there, and writes the files.
fn compare(settings: &Settings) -> io::Result<Vec<Row>> {
    fs::create_dir_all(&settings.out)?;
    let machine = Machine::here_and_now();
    let mut rows = Vec::new();
    for &load in &settings.loads {
        let mut places: Vec<_> = settings.jobs(load).map(|job| Place { job, runs: Ok(Vec::new()) }).collect();
        Effort::exactly(settings.runs).interleave(&mut places, |round, place| {
            show(&format!("{load} %, round {round}: {}", place.job.system.name()));
            run(round, place)
        });
        show("");
        let news: Vec<_> = places.iter().map(|place| report::row(place.job, &place.runs)).collect();
        match settings.json {
            true => news.iter().try_for_each(|row| print(&row.to_json()))?,
            false => print(&report::table(load, &news))?,
        }
        rows.extend(news);
    }
    let json = settings.out.join("latency.json");
    fs::write(&json, report::results_json(&machine, settings, &rows))?;
    let svg = settings.out.join("latency.svg");
    curves::draw(&machine, &rows, &svg).map_err(|error| io::Error::other(error.to_string()))?;
    eprintln!("wrote {} and {}", json.display(), svg.display());
    Ok(rows)
}

/// One measurement more, unless one has failed. Each round has a seed of its own, the same for all systems.
fn run(round: u32, place: &mut Place) -> bool {
    let Ok(runs) = &mut place.runs else { return false };
    let job = Job { seed: place.job.seed + u64::from(round), ..place.job };
    match measure_in_child(job) {
        Ok(measurement) => runs.push(measurement),
        Err(reason) => place.runs = Err(reason),
    }
    true
}

/// Starts this program again for one measurement and judges what comes back.
fn measure_in_child(job: Job) -> Result<Measurement, String> {
    let program = env::current_exe().map_err(|error| format!("this program's file is not known: {error}"))?;
    let output = child::run(Process::new(program).args(job.to_arguments()), LONGEST_RUN)
        .map_err(|failure| failure.reason)?;
    let measurement: Measurement = serde_json::from_str(&output)
        .map_err(|error| format!("unreadable measurement {output:?}: {error}"))?;
    match measurement.complaint(job.system == SystemName::GreenroomBounded) {
        Some(complaint) => Err(complaint),
        None => Ok(measurement),
    }
}

/// A text on standard output. Whoever reads it may have gone, which ends the program but is no panic.
fn print(text: &str) -> io::Result<()> {
    writeln!(io::stdout().lock(), "{}", text.trim_end_matches('\n'))
}

/// Replaces the line that says what is going on, where somebody looks.
fn show(progress: &str) {
    if io::stderr().is_terminal() {
        eprint!("\r\x1b[K{progress}");
    }
}
