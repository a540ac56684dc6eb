//! `savina`: the thirty benchmarks of the Savina suite on Greenroom, and those that its rivals have beside them; interleaved,
//! every answer verified.
//!
//! | file | part |
//! |---|---|
//! | `cli` | what may be asked |
//! | `systems` | which systems there are, and how each is started for one measurement |
//! | `languages` | rivals that other compilers build: Erlang, Go, CAF |
//! | `rivals/*` | rivals in Rust: tokio, `may`, actix |
//! | `measure` | one measurement of a program in Rust, in a process of its own |
//! | `runner` | starts the measuring processes and judges what they say |
//! | `report` | JSON, a table a problem, the chart's panels |
//! | `summary` | the table of ratios: Greenroom against each rival |
//!
//! The problems, and Greenroom's programs, are in the crate [`greenroom_savina`]. mimalloc is the allocator of all systems in
//! Rust, as it is the one that each of them gains by.

mod cli;
mod languages;
mod measure;
mod report;
mod rivals;
mod runner;
mod summary;
mod systems;

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use cli::{Command, Settings};
use greenroom_benches::machine::Machine;
use greenroom_benches::{arguments, chart};
use report::Row;
use systems::System;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const TITLE: &str = "The Savina benchmarks: Greenroom and its rivals";

fn main() -> ExitCode {
    let printed = match cli::parse(arguments::of_this_process()) {
        Ok(Command::Help) => print(&cli::help()),
        Ok(Command::List) => print(&cli::list()),
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

/// Takes all measurements, prints each problem's as soon as they are there, and writes the files.
fn compare(settings: &Settings) -> io::Result<Vec<Row>> {
    let out = &settings.out;
    // Before the minutes of measuring, not after.
    fs::create_dir_all(out).map_err(|error| at(out.display(), &error))?;
    let machine = Machine::here_and_now();
    let systems = available(&settings.systems);
    let effort = runner::effort(settings);
    let mut rows = Vec::new();
    for parameters in &settings.problems {
        let problem = parameters.problem();
        let comparisons = runner::compare(parameters, settings.workers, &systems, effort, |round, system| {
            show(&format!("{} round {round}: {}", problem.name, system.name()));
        });
        show("");
        let news = report::rows(parameters, settings.workers, &comparisons);
        if settings.json {
            news.iter().try_for_each(|row| print(&row.to_json()))?;
        } else {
            print(&report::table(parameters, &news))?;
        }
        rows.extend(news);
    }
    if !settings.json {
        print(&summary::table(&rows))?;
    }
    for (name, text) in [
        ("results.json", report::results_json(&machine, &rows)),
        ("table.md", summary::page(TITLE, &machine, &rows)),
        ("chart.svg", chart::svg(TITLE, &report::panels(&rows), &machine)),
    ] {
        let file = out.join(name);
        fs::write(&file, text).map_err(|error| at(file.display(), &error))?;
        eprintln!("wrote {}", file.display());
    }
    Ok(rows)
}

/// Those that can be had here; of the others it is said, once, why not.
fn available(systems: &[System]) -> Vec<System> {
    let ready = |&system: &System| match system.prepare() {
        Ok(()) => true,
        Err(reason) => {
            eprintln!("without {}: {reason}", system.name());
            false
        }
    };
    systems.iter().copied().filter(ready).collect()
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
