//! `side-by-side`: Greenroom and its rivals on the same workloads, interleaved, every result verified.
//!
//! | file | part |
//! |---|---|
//! | `cli` | what may be asked |
//! | `workloads` | what is measured: sizes, runs, right results |
//! | `systems/*` | each system's own way to do each workload |
//! | `measure` | one measurement, in a process of its own |
//! | `runner` | starts those processes, system by system, round by round |
//! | `report` | JSON, tables, the chart's panels |
//!
//! mimalloc is the allocator of all systems, as it is the one that each of them gains by.

mod cli;
mod measure;
mod report;
mod runner;
mod systems;
mod workloads;

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use cli::{Command, Settings};
use greenroom_benches::machine::Machine;
use greenroom_benches::{arguments, chart};
use report::Row;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const TITLE: &str = "Greenroom and its rivals, side by side";

fn main() -> ExitCode {
    let printed = match cli::parse(arguments::of_this_process()) {
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
    match printed {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Takes all measurements, prints each workload's as soon as they are there, and writes the files.
fn compare(settings: &Settings) -> io::Result<Vec<Row>> {
    let out = &settings.out;
    // Before the minutes of measuring, not after.
    fs::create_dir_all(out).map_err(|error| at(out.display(), &error))?;
    let machine = Machine::here_and_now();
    let effort = runner::effort(settings);
    let mut rows = Vec::new();
    for &workload in &settings.workloads {
        let comparisons = runner::compare(workload, settings, effort, |round, system| {
            show(&format!("{} round {round}: {}", workload.name(), system.name()));
        });
        show("");
        let news = report::rows(&comparisons);
        if settings.json {
            news.iter().try_for_each(|row| print(&row.to_json()))?;
        } else {
            print(&report::table(workload, &news))?;
        }
        rows.extend(news);
    }
    for (name, text) in [
        ("results.json", report::results_json(&machine, &rows)),
        ("chart.svg", chart::svg(TITLE, &report::panels(&settings.workloads, &rows), &machine)),
    ] {
        let file = out.join(name);
        fs::write(&file, text).map_err(|error| at(file.display(), &error))?;
        eprintln!("wrote {}", file.display());
    }
    Ok(rows)
}

/// A line on standard output. Whoever reads it may have gone, which ends the program but is no panic.
fn print(text: &str) -> io::Result<()> {
    writeln!(io::stdout().lock(), "{}", text.trim_end_matches('\n'))
}

/// Replaces the line that says what is going on, where somebody looks.
fn show(progress: &str) {
    if io::stderr().is_terminal() {
        eprint!("\r\x1b[K{progress}");
    }
}

fn at(place: impl std::fmt::Display, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{place}: {error}"))
}
