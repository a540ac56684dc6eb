//! Processes that measure: started, waited for within a limit, and what they wrote.

use std::io::Read;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// Why a process gave nothing to read.
#[derive(Debug)]
pub struct Failure {
    /// A sentence.
    pub reason: String,
    /// The exit status that the process chose, if it ended by itself.
    pub status: Option<i32>,
    /// Whether it was killed because it took too long.
    pub timed_out: bool,
}

impl Failure {
    fn because(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), status: None, timed_out: false }
    }
}

/// Runs a process to its end and gives its standard output; one that takes longer than `limit` is killed.
///
/// # Errors
///
/// If it does not start, takes too long, or exits with another status than 0.
pub fn run(command: &mut Command, limit: Duration) -> Result<String, Failure> {
    let command = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().map_err(|error| {
        let program = command.get_program().to_string_lossy();
        Failure::because(format!("the measuring process {program} does not start: {error}"))
    })?;
    finish(child, limit)
}

fn finish(mut child: Child, limit: Duration) -> Result<String, Failure> {
    let output = read_aside(child.stdout.take().expect("it was piped"));
    let complaints = read_aside(child.stderr.take().expect("it was piped"));
    let waited = |error| Failure::because(format!("the measuring process cannot be waited for: {error}"));
    let Ok(output) = output.recv_timeout(limit) else {
        // It may have ended just now, which is as good.
        let _ = child.kill();
        child.wait().map_err(waited)?;
        let reason = format!("no end within {} s", limit.as_secs());
        return Err(Failure { timed_out: true, ..Failure::because(reason) });
    };
    let status = child.wait().map_err(waited)?;
    if status.success() { Ok(output) } else { Err(failed(status, &complaints.recv().unwrap_or_default())) }
}

fn failed(status: ExitStatus, complaints: &str) -> Failure {
    // A panic's place is on its first line, and what it says on the second.
    let lines: Vec<_> = complaints.lines().filter(|line| !line.trim().is_empty()).take(2).collect();
    let reason = format!("the measuring process failed ({status}): {}", lines.join(" "));
    Failure { status: status.code(), ..Failure::because(reason) }
}

/// Reads to the end on a thread of its own, so that neither pipe can fill up and the wait can be bounded.
fn read_aside(mut pipe: impl Read + Send + 'static) -> mpsc::Receiver<String> {
    let (whole, result) = mpsc::channel();
    thread::spawn(move || {
        let mut text = Vec::new();
        // What cannot be read counts as nothing; the judge says so.
        let _ = pipe.read_to_end(&mut text);
        let _ = whole.send(String::from_utf8_lossy(&text).into_owned());
    });
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, limit: Duration) -> Result<String, Failure> {
        run(Command::new("sh").args(["-c", script]), limit)
    }

    #[test]
    fn what_a_child_writes_is_read_to_its_end() {
        assert_eq!(shell("echo one; echo two", Duration::from_secs(60)).unwrap(), "one\ntwo\n");
    }

    #[test]
    fn a_child_that_fails_is_reported_with_its_first_complaint_and_its_status() {
        let failure = shell("echo broken >&2; exit 3", Duration::from_secs(60)).unwrap_err();
        assert!(failure.reason.contains("broken"), "{failure:?}");
        assert!(failure.status == Some(3) && !failure.timed_out);
    }

    #[test]
    fn a_child_that_does_not_end_is_killed() {
        let failure = shell("exec sleep 1000", Duration::from_millis(50)).unwrap_err();
        assert!(failure.reason.contains("no end") && failure.timed_out, "{failure:?}");
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let failure = run(&mut Command::new("no-such-program"), Duration::from_secs(1)).unwrap_err();
        assert!(failure.reason.contains("no-such-program"), "{failure:?}");
    }
}
