//! The job as a whole: one process for each step, their results, and an orderly end when it is interrupted.

use std::io::{BufRead, BufReader, IsTerminal, Write};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use greenroom_examples::{flags, interrupt};

use crate::options::Options;
use crate::report::{self, Report};
use crate::steps::Step;

/// The standard input of the process that runs now: dropped, it asks that process to end.
type Leash = Arc<Mutex<Option<ChildStdin>>>;

/// How a step's process ended.
enum Outcome {
    Report(Report),
    /// It could not begin with these values, and has said why.
    Refused,
    Interrupted,
}

/// Runs all steps; gives the exit status.
pub(crate) fn run(options: &Options) -> std::io::Result<u8> {
    let leash = Leash::default();
    let held = Arc::clone(&leash);
    interrupt::listen(move || drop(held.lock().unwrap_or_else(PoisonError::into_inner).take()))?;

    let mut reports: Vec<Report> = Vec::new();
    for step in &options.steps {
        match run_step(options, step, &leash)? {
            Outcome::Report(report) => {
                tell(options, &report)?;
                reports.push(report);
            }
            Outcome::Refused => return Ok(flags::USAGE),
            Outcome::Interrupted => {
                finish(options, &reports)?;
                eprintln!("greenroom-run: interrupted in {}; its machine was shut down in order", step.name);
                return Ok(interrupt::status());
            }
        }
    }
    finish(options, &reports)?;
    Ok(u8::from(!reports.iter().all(Report::is_ok)))
}

fn run_step(options: &Options, step: &Step, leash: &Leash) -> std::io::Result<Outcome> {
    let mut child = Command::new(std::env::current_exe()?)
        .args(options.words_for(step))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    {
        let mut held = leash.lock().unwrap_or_else(PoisonError::into_inner);
        *held = child.stdin.take();
        // Asked before there was something to let go.
        if interrupt::is_asked() {
            *held = None;
        }
    }
    let (line, status) = read(&mut child)?;
    if let Some(report) = Report::from_line(&line) {
        return Ok(Outcome::Report(report));
    }
    if interrupt::is_asked() {
        return Ok(Outcome::Interrupted);
    }
    if status.code() == Some(flags::USAGE.into()) {
        return Ok(Outcome::Refused);
    }
    Ok(Outcome::Report(Report::of_fault(step.name, format!("its process ended without a result ({status})"))))
}

fn read(child: &mut Child) -> std::io::Result<(String, ExitStatus)> {
    let mut line = String::new();
    if let Some(stdout) = child.stdout.take() {
        BufReader::new(stdout).read_line(&mut line)?;
    }
    Ok((line, child.wait()?))
}

/// One step is done.
fn tell(options: &Options, report: &Report) -> std::io::Result<()> {
    if options.json {
        let mut stdout = std::io::stdout().lock();
        writeln!(stdout, "{}", report.to_json())?;
        return stdout.flush();
    }
    // Where there are no progress bars, lines tell how far it is.
    if !std::io::stderr().is_terminal() {
        eprintln!("{}: {:.3} s", report.step, report.seconds);
    }
    Ok(())
}

/// All steps are done that will be.
fn finish(options: &Options, reports: &[Report]) -> std::io::Result<()> {
    if options.json || reports.is_empty() {
        return Ok(());
    }
    let mut stdout = std::io::stdout().lock();
    write!(stdout, "{}", report::table(reports))?;
    stdout.flush()
}
