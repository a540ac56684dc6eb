//! Counting: the program starts itself anew under callgrind, and reads what that has written.
//!
//! Callgrind writes a profile of the thread whenever it reaches [`lap`], and begins again at nothing. So what is read is
//! that of the worker between two laps: other threads, such as the machine's monitor, are in profiles of their own. Each path
//! is run three times: first to fill pools and caches of memory, then few times, then many. The difference of the two
//! has neither the beginning nor the end of a run in it.

use std::env;
use std::error::Error;
use std::fs;
use std::hint;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use greenroom::prelude::*;

use crate::paths;

/// What the program is started with under callgrind.
pub(crate) const FLAG: &str = "--under-callgrind";

/// How often each path is run: multiples of the paths' own batches.
const FEW: u64 = 4_000;
const MANY: u64 = 20_000;
const LAPS: [u64; 3] = [FEW, FEW, MANY];

/// How many instructions one operation of a path takes.
pub(crate) struct Counted {
    pub(crate) name: &'static str,
    pub(crate) instructions: f64,
    /// Where callgrind's profile of it lies.
    pub(crate) profile: PathBuf,
}

/// The paths, one after the other, each in a machine of its own: what runs under callgrind.
pub(crate) fn execute() {
    for path in paths::ALL {
        // Nobody else may take over what the one worker is to do, and no deadline may pass, however slow this is.
        let vm = Vm::builder().workers(1).relief(0).call_deadline(3_600 * SECOND);
        let vm = vm.build().expect("the machine starts");
        let run = path.run;
        vm.run(move || {
            lap();
            LAPS.into_iter().for_each(|times| {
                run(times);
                lap();
            });
        })
        .expect("the path is right");
    }
}

/// Here callgrind writes what it has counted. Its name is given on the command line.
#[inline(never)]
fn lap() {
    hint::black_box(());
}

/// Counts the instructions of every path.
pub(crate) fn count_all() -> Result<Vec<Counted>, Box<dyn Error>> {
    let program = env::current_exe()?;
    let folder = program.with_file_name("instructions-profiles");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder)?;
    run_under_callgrind(&program, &folder)?;

    let profiles = profiles_of_laps(&folder)?;
    let expected = paths::ALL.len() * (1 + LAPS.len());
    if profiles.len() != expected {
        return Err(
            format!("callgrind has written {} profiles in place of {expected}", profiles.len()).into()
        );
    }
    let counted = |(path, profiles): (&paths::Path, &[Profile])| {
        // The first is that of the worker's beginning, the second that of filling the pools.
        let [_, _, few, many] = profiles else { unreachable!("in chunks of as many as there are laps") };
        let instructions = (many.instructions - few.instructions) as f64 / (MANY - FEW) as f64;
        Counted { name: path.name, instructions, profile: many.file.clone() }
    };
    Ok(paths::ALL.iter().zip(profiles.chunks(1 + LAPS.len())).map(counted).collect())
}

fn run_under_callgrind(program: &Path, folder: &Path) -> Result<(), Box<dyn Error>> {
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=callgrind", "--quiet", "--separate-threads=yes", "--dump-before=*counting::lap*"]);
    valgrind.arg(format!("--callgrind-out-file={}", folder.join("profile").display()));
    let output = valgrind.arg(program).arg(FLAG).output().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => {
            "valgrind is missing (Debian, Ubuntu: apt-get install valgrind)".to_owned()
        }
        _ => format!("valgrind cannot be started: {error}"),
    })?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("under valgrind: {}\n{said}", output.status).into())
}

/// What callgrind wrote at one lap.
struct Profile {
    /// Profiles are numbered in the order in which they were written.
    number: u64,
    instructions: u64,
    file: PathBuf,
}

/// What was written at laps, in order. There are others: of all threads, at the end.
fn profiles_of_laps(folder: &Path) -> io::Result<Vec<Profile>> {
    let mut profiles = Vec::new();
    for entry in fs::read_dir(folder)? {
        let file = entry?.path();
        let text = fs::read_to_string(&file)?;
        let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        let number = |name: &str| field(name)?.parse().ok();
        if field("desc: Trigger:").is_some_and(|trigger| trigger.contains("dump-before"))
            && let (Some(part), Some(instructions)) = (number("part:"), number("totals:"))
        {
            profiles.push(Profile { number: part, instructions, file });
        }
    }
    profiles.sort_by_key(|profile| profile.number);
    Ok(profiles)
}
