//! Every small example is run, and prints exactly what its head promises.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Name and program of each in `src/bin`.
const EXAMPLES: &[(&str, &str)] = &[
    ("bank", env!("CARGO_BIN_EXE_bank")),
    ("blocking", env!("CARGO_BIN_EXE_blocking")),
    ("chat", env!("CARGO_BIN_EXE_chat")),
    ("chord", env!("CARGO_BIN_EXE_chord")),
    ("chord_hops", env!("CARGO_BIN_EXE_chord_hops")),
    ("circuit_breaker", env!("CARGO_BIN_EXE_circuit_breaker")),
    ("deadlock", env!("CARGO_BIN_EXE_deadlock")),
    ("echo", env!("CARGO_BIN_EXE_echo")),
    ("futures_stress", env!("CARGO_BIN_EXE_futures_stress")),
    ("hello", env!("CARGO_BIN_EXE_hello")),
    ("keepalive", env!("CARGO_BIN_EXE_keepalive")),
    ("messages", env!("CARGO_BIN_EXE_messages")),
    ("multi_paxos", env!("CARGO_BIN_EXE_multi_paxos")),
    ("paxos", env!("CARGO_BIN_EXE_paxos")),
    ("pingpong", env!("CARGO_BIN_EXE_pingpong")),
    ("pipeline", env!("CARGO_BIN_EXE_pipeline")),
    ("process", env!("CARGO_BIN_EXE_process")),
    ("registry", env!("CARGO_BIN_EXE_registry")),
    ("ring", env!("CARGO_BIN_EXE_ring")),
    ("scribe", env!("CARGO_BIN_EXE_scribe")),
    ("simulated", env!("CARGO_BIN_EXE_simulated")),
    ("slow_member", env!("CARGO_BIN_EXE_slow_member")),
    ("timers", env!("CARGO_BIN_EXE_timers")),
    ("two_phase_commit", env!("CARGO_BIN_EXE_two_phase_commit")),
    ("workload", env!("CARGO_BIN_EXE_workload")),
];

/// Those in `examples`, which need more than Greenroom.
const FURTHER: &[&str] = &["tokio_client"];

#[test]
fn every_example_prints_what_its_head_promises() {
    for (name, program) in EXAMPLES {
        check(name, &source("src/bin", name), Path::new(program));
    }
}

#[test]
fn every_further_example_prints_what_its_head_promises() {
    for name in FURTHER {
        check(name, &source("examples", name), &further(name));
    }
}

#[test]
fn every_example_is_in_a_list() {
    let listed: Vec<_> = EXAMPLES.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(programs("src/bin"), listed);
    assert_eq!(programs("examples"), FURTHER);
}

#[test]
fn a_promise_is_the_text_block_of_the_head_and_nothing_else() {
    let source = "//! Head.\n//!\n//! Prints:\n//! ```text\n//! a\n//!\n//! b\n//! ```\n\nfn main() {}\n";
    assert_eq!(promise(source), "a\n\nb\n");
}

fn check(name: &str, source: &str, program: &Path) {
    let output =
        Command::new(program).output().unwrap_or_else(|error| panic!("{}: {error}", program.display()));
    let printed = String::from_utf8(output.stdout).unwrap();
    let complaints = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{name}: {}\n{complaints}", output.status);
    assert_eq!(printed, promise(source), "{name}");
    assert_eq!(complaints, "", "{name}");
}

/// The names of the examples in a folder of this package, in order: each is a file, or a folder with a `main.rs`.
fn programs(folder: &str) -> Vec<String> {
    let files = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).unwrap();
    let mut names: Vec<_> = files
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "rs") || path.join("main.rs").exists())
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        // These are no examples, and have tests of their own.
        .filter(|name| !name.starts_with("greenroom-"))
        .collect();
    names.sort();
    names
}

/// The program of one in `examples`, of which cargo tells no test. `cargo test` builds it first, as long as it is not
/// told to build this test alone (`--test outputs`); then `--examples` has to be said, too.
fn further(name: &str) -> PathBuf {
    let beside = Path::new(env!("CARGO_BIN_EXE_hello")).parent().expect("a program lies in a folder");
    beside.join("examples").join(name)
}

fn source(folder: &str, name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let (file, main) = (folder.join(format!("{name}.rs")), folder.join(name).join("main.rs"));
    fs::read_to_string(&file)
        .or_else(|_| fs::read_to_string(main))
        .unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// What a head says that its program prints.
fn promise(source: &str) -> String {
    let head = source.lines().take_while(|line| line.starts_with("//!"));
    let text = head.map(|line| line.trim_start_matches("//!").strip_prefix(' ').unwrap_or_default());
    let block = text.skip_while(|line| *line != "```text").skip(1).take_while(|line| *line != "```");
    block.map(|line| format!("{line}\n")).collect()
}
