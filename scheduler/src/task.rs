//! What the system says of a worker's thread: whether it waits in the kernel, and how long it has computed.
//!
//! The monitor asks before it calls a worker stuck. On a machine with more to do than cores a worker may not turn for
//! many milliseconds because the system does not let it: more threads would only make that worse.
//!
//! Read from Linux's `/proc` (proc(5)); where that is not mounted nothing is known.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

/// A thread, as the system lists it.
#[derive(Debug)]
pub(crate) struct Task {
    folder: PathBuf,
}

/// What a thread does, and has used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TaskState {
    /// It runs, or would if it had a core; otherwise it waits for something in the kernel.
    pub(crate) is_runnable: bool,
    /// Time on a core so far.
    pub(crate) computed: Duration,
}

impl Task {
    /// The thread that asks.
    pub(crate) fn current() -> Option<Self> {
        let own = fs::read_link("/proc/thread-self").ok()?;
        Some(Task { folder: PathBuf::from("/proc").join(own) })
    }

    /// What it does now. Two small reads, some microseconds each.
    pub(crate) fn state(&self) -> Option<TaskState> {
        let stat = fs::read_to_string(self.folder.join("stat")).ok()?;
        let schedstat = fs::read_to_string(self.folder.join("schedstat")).ok()?;
        parse(&stat, &schedstat)
    }
}

/// `stat` is "number (name) state …", where the name may contain anything; `schedstat` begins with nanoseconds.
fn parse(stat: &str, schedstat: &str) -> Option<TaskState> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let computed = schedstat.split_ascii_whitespace().next()?.parse().ok()?;
    let is_runnable = after_name.split_ascii_whitespace().next()? == "R";
    Some(TaskState { is_runnable, computed: Duration::from_nanos(computed) })
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread;

    use super::*;

    #[test]
    fn a_name_with_brackets_and_spaces_does_not_confuse_the_state() {
        let state = parse("7 (a) R (b) S 1 7 7", "1500 20 3\n").unwrap();
        assert_eq!(state, TaskState { is_runnable: false, computed: Duration::from_nanos(1500) });
        assert!(parse("7 (x) R 1", "9 0 1").unwrap().is_runnable);
        assert_eq!(parse("7 (x", "9 0 1"), None);
        assert_eq!(parse("7 (x) R 1", ""), None);
    }

    #[test]
    fn a_thread_that_blocks_is_not_runnable_and_one_that_computes_uses_time() {
        let (tell, task) = mpsc::channel();
        let (gate, closed) = mpsc::channel::<()>();
        let blocked = thread::spawn(move || {
            tell.send(Task::current().unwrap()).unwrap();
            let _ = closed.recv();
        });
        let task = task.recv().unwrap();
        while task.state().unwrap().is_runnable {
            thread::yield_now();
        }
        drop(gate);
        blocked.join().unwrap();

        let own = Task::current().unwrap();
        let before = own.state().unwrap();
        assert!(before.is_runnable);
        while own.state().unwrap().computed < before.computed + Duration::from_millis(5) {}
    }
}
