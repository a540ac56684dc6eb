//! `scale`: what one more costs when there are many already: actors, workers, timers, messages that wait, members, machines.
//!
//! | file | part |
//! |---|---|
//! | `cli` | what may be asked |
//! | `sweeps/*` | a question each: its sizes, and what is measured at one size, in a process of its own |
//! | `report`, `plots` | JSON and tables; the SVG |
//!
//! A cost that does not depend on the size is a level line. Every measurement checks that what it timed was done.

mod cli;
mod plots;
mod report;
mod sweeps;

use std::env;
use std::fs;
use std::io::{self, IsTerminal, Write};
use std::process::{Command as Process, ExitCode};
use std::time::Duration;

use cli::{Command, Settings};
use greenroom_benches::effort::Effort;
use greenroom_benches::machine::Machine;
use greenroom_benches::{arguments, child};
use report::Row;
use sweeps::Job;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What one measurement may take: that of ten million actors takes half a minute.
const LONGEST_RUN: Duration = Duration::from_secs(300);

fn main() -> ExitCode {
    let done = match cli::parse(arguments::of_this_process()) {
        Ok(Command::Help) => print(&cli::help()),
        Ok(Command::Measure(job)) => {
            print(&serde_json::to_string(&job.measure()).expect("figures are plain data"))
        }
        Ok(Command::Sweep(settings)) => match sweep(&settings) {
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

/// All measurements of one question at one size.
struct Place {
    job: Job,
    /// The figures of the runs so far, or why there are none.
    runs: Result<Vec<Vec<f64>>, String>,
}

/// Takes all measurements, prints those of each question as soon as they are there, and writes the files.
fn sweep(settings: &Settings) -> io::Result<Vec<Row>> {
    fs::create_dir_all(&settings.out)?;
    let machine = Machine::here_and_now();
    let mut rows = Vec::new();
    for &sweep in &settings.sweeps {
        let jobs = settings.sizes(sweep).map(|size| Job { sweep, size, workers: settings.workers });
        let mut places: Vec<_> = jobs.map(|job| Place { job, runs: Ok(Vec::new()) }).collect();
        Effort::exactly(settings.runs).interleave(&mut places, |round, place| {
            show(&format!("{}, round {round}: {}", sweep.name, place.job.size));
            run(place)
        });
        show("");
        let news: Vec<_> = places.iter().map(|place| report::row(place.job, &place.runs)).collect();
        match settings.json {
            true => news.iter().try_for_each(|row| print(&row.to_json()))?,
            false => print(&report::table(sweep, &news))?,
        }
        rows.extend(news);
    }
    let json = settings.out.join("scale.json");
    fs::write(&json, report::results_json(&machine, settings, &rows))?;
    let svg = settings.out.join("scale.svg");
    plots::draw(&machine, settings, &rows, &svg).map_err(|error| io::Error::other(error.to_string()))?;
    eprintln!("wrote {} and {}", json.display(), svg.display());
    Ok(rows)
}

/// One measurement more, unless one has failed.
fn run(place: &mut Place) -> bool {
    let Ok(runs) = &mut place.runs else { return false };
    match measure_in_child(place.job) {
        Ok(figures) => runs.push(figures),
        Err(reason) => place.runs = Err(reason),
    }
    true
}

/// Starts this program again for one measurement: memory can be told only in a process that has done nothing else.
fn measure_in_child(job: Job) -> Result<Vec<f64>, String> {
    let program = env::current_exe().map_err(|error| format!("this program's file is not known: {error}"))?;
    let output = child::run(Process::new(program).args(job.to_arguments()), LONGEST_RUN)
        .map_err(|failure| failure.reason)?;
    serde_json::from_str(&output).map_err(|error| format!("unreadable measurement {output:?}: {error}"))
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
