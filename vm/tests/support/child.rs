//! Child processes: a test whose body runs in a process of its own, which may die, be limited, or hang.
//!
//! The parent waits for it a while and no longer: a child that hangs is killed, and the test says so.

use std::io::Read;
use std::process::{Command, ExitStatus, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// What tells a test that it runs as its own child: its name.
const CHILD: &str = "GREENROOM_TEST_CHILD";

/// With what a child ends whose body came to its end. Not zero, which a misspelt name would give.
const FINISHED: i32 = 42;

/// Longer than any child takes on the most loaded machine.
const KILLED_AFTER: Duration = Duration::from_secs(120);

/// The name of the test that is written around it, as the test program knows it. Outside of closures.
#[allow(unused_macros, reason = "not every test program has children of its own making")]
macro_rules! own_name {
    () => {{
        fn here() {}
        let path = std::any::type_name_of_val(&here);
        let path = path.strip_suffix("::here").expect("a function within the test");
        path.split_once("::").expect("within the crate").1
    }};
}
#[allow(unused_imports, reason = "as above")]
pub(crate) use own_name;

/// Whether this process was started by [`run_as_child`].
pub(crate) fn is_child() -> bool {
    std::env::var_os(CHILD).is_some()
}

/// Runs the test `name` of this test program in a process of its own, where [`is_child`] holds.
pub(crate) fn run_as_child(name: &str) -> Output {
    run(again(name))
}

/// As [`run_as_child`], with so many KiB of address space.
pub(crate) fn run_as_child_within(kib: usize, name: &str) -> Output {
    let program = again(name);
    let mut limited = Command::new("sh");
    limited.arg("-c").arg(format!("ulimit -v {kib} && exec \"$0\" \"$@\""));
    limited.arg(program.get_program()).args(program.get_args());
    limited.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
    run(limited)
}

/// Runs `body` in a process of its own, with these variables set; `name` is the calling test's [`own_name`].
pub(crate) fn in_child(name: &str, variables: &[(&str, &str)], body: impl FnOnce()) -> Ended {
    if std::env::var(CHILD).is_ok_and(|child| child == name) {
        body();
        std::process::exit(FINISHED);
    }
    let mut program = again(name);
    program.envs(variables.iter().copied());
    let Output { status, stdout, stderr } = run(program);
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ended { status, printed: text(stdout), complained: text(stderr) }
}

/// How a child ended.
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) printed: String,
    pub(crate) complained: String,
}

impl Ended {
    /// Its body came to its end.
    #[track_caller]
    pub(crate) fn finished(&self) -> &Self {
        assert_eq!(self.status.code(), Some(FINISHED), "{:?}\n{}", self.status, self.complained);
        self
    }

    /// It was aborted, and said all of this before.
    #[track_caller]
    pub(crate) fn aborted_with(&self, parts: &[&str]) {
        use std::os::unix::process::ExitStatusExt;
        assert_eq!(self.status.signal(), Some(libc::SIGABRT), "{:?}\n{}", self.status, self.complained);
        for part in parts {
            assert!(self.complained.contains(part), "{part:?} is not in {}", self.complained);
        }
    }
}

/// This program, to run the test `name` alone.
fn again(name: &str) -> Command {
    let mut program = Command::new(std::env::current_exe().unwrap());
    program.args([name, "--exact", "--nocapture", "--test-threads=1"]).env(CHILD, name);
    // What a backtrace loads stays: 60 MB of symbols would look like a leak.
    program.env("RUST_BACKTRACE", "0");
    program
}

/// As [`Command::output`], for a while and no longer.
fn run(mut program: Command) -> Output {
    let mut child =
        program.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (stdout, stderr) = (all(child.stdout.take().unwrap()), all(child.stderr.take().unwrap()));
    let begin = Instant::now();
    let (status, killed) = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break (status, false);
        }
        if begin.elapsed() > KILLED_AFTER {
            child.kill().unwrap();
            break (child.wait().unwrap(), true);
        }
        thread::sleep(Duration::from_millis(2));
    };
    let output = Output { status, stdout: stdout.join().unwrap(), stderr: stderr.join().unwrap() };
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!killed, "the child was killed after {KILLED_AFTER:?}: it hangs\n{said}");
    output
}

/// Reads to the end beside whoever waits.
fn all(mut from: impl Read + Send + 'static) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = from.read_to_end(&mut bytes);
        bytes
    })
}
