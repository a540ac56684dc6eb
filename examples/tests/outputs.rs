//! Every small example is run, and prints exactly what its head promises.

use std::fs;
use std::path::Path;
use std::process::Command;

/// Name and program of each.
const EXAMPLES: &[(&str, &str)] = &[
    ("hello", env!("CARGO_BIN_EXE_hello")),
    ("ring", env!("CARGO_BIN_EXE_ring")),
    ("pingpong", env!("CARGO_BIN_EXE_pingpong")),
    ("process", env!("CARGO_BIN_EXE_process")),
    ("blocking", env!("CARGO_BIN_EXE_blocking")),
    ("simulated", env!("CARGO_BIN_EXE_simulated")),
];

#[test]
fn every_example_prints_what_its_head_promises() {
    for (name, program) in EXAMPLES {
        let output = Command::new(program).output().unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        let complaints = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{name}: {}\n{complaints}", output.status);
        assert_eq!(printed, promise(&source(name)), "{name}");
        assert_eq!(complaints, "", "{name}");
    }
}

#[test]
fn every_example_is_in_the_list() {
    let files = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/bin")).unwrap();
    let mut names: Vec<_> = files
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .filter_map(|name| Some(name.strip_suffix(".rs")?.to_owned()))
        .collect();
    names.sort();
    let mut listed: Vec<_> = EXAMPLES.iter().map(|(name, _)| *name).collect();
    listed.sort();
    assert_eq!(names, listed);
}

#[test]
fn a_promise_is_the_text_block_of_the_head_and_nothing_else() {
    let source = "//! Head.\n//!\n//! Prints:\n//! ```text\n//! a\n//!\n//! b\n//! ```\n\nfn main() {}\n";
    assert_eq!(promise(source), "a\n\nb\n");
}

fn source(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("src/bin/{name}.rs"));
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What a head says that its program prints.
fn promise(source: &str) -> String {
    let head = source.lines().take_while(|line| line.starts_with("//!"));
    let text = head.map(|line| line.trim_start_matches("//!").strip_prefix(' ').unwrap_or_default());
    let block = text.skip_while(|line| *line != "```text").skip(1).take_while(|line| *line != "```");
    block.map(|line| format!("{line}\n")).collect()
}
