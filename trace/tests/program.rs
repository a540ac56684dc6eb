//! The program's command line, in processes of its own.

mod support;

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use greenroom_trace::{Limits, Trace};
use support::{a_day_at_the_bank, two_nodes};

/// Files in a folder of their own, which goes with it.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("greenroom-trace-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }

    fn save(&self, name: &str, trace: &Trace) -> String {
        let path = self.path(name);
        trace.save(&path).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn run(words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_greenroom-trace")).args(words).output().unwrap()
}

/// What a run prints that must succeed.
fn prints(words: &[&str]) -> String {
    let output = run(words);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && said.is_empty(), "{words:?}: {}\n{said}", output.status);
    String::from_utf8(output.stdout).unwrap()
}

/// What a run complains of that must fail.
fn complains(words: &[&str]) -> String {
    let output = run(words);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{words:?}: {said}");
    assert_eq!((said.lines().count(), output.stdout.len()), (1, 0), "{words:?}: {said}");
    said
}

#[test]
fn a_trace_is_converted_to_what_the_library_gives() {
    let folder = Folder::new("convert");
    let trace = a_day_at_the_bank();
    let file = folder.save("bank.trace", &trace);
    let diagram = trace.sequence(&Limits::default());
    assert_eq!(prints(&["convert", &file, "--to", "plantuml"]), diagram.to_plantuml());
    assert_eq!(prints(&["convert", "--to=mermaid", &file]), diagram.to_mermaid());
    assert_eq!(prints(&["convert", &file, "--to", "svg"]), diagram.to_svg());
    assert_eq!(prints(&["convert", &file, "--to", "html"]), trace.to_html(&Limits::default()));
    assert_eq!(prints(&["convert", &file, "--to", "timeline"]), trace.to_timeline());
    assert_eq!(prints(&["convert", &file, "--to", "map-dot"]), trace.actor_map().to_dot());
    assert_eq!(prints(&["convert", &file, "--to", "map-svg"]), trace.actor_map().to_svg());
    assert_eq!(prints(&["convert", &file, "--to", "text"]), trace.to_text());

    let out = folder.path("bank.mmd");
    assert_eq!(prints(&["convert", &file, "--to", "mermaid", "--out", &out]), "");
    assert_eq!(std::fs::read_to_string(out).unwrap(), diagram.to_mermaid());

    let small = Limits { rows: 30, lifelines: 3, fold: false };
    let words = ["convert", &file, "--to", "mermaid", "--rows", "30", "--lifelines=3", "--unfolded"];
    assert_eq!(prints(&words), trace.sequence(&small).to_mermaid());
    assert_ne!(prints(&words), diagram.to_mermaid());
}

#[test]
fn a_part_is_a_trace_that_can_be_filtered_again() {
    let folder = Folder::new("filter");
    let file = folder.save("bank.trace", &a_day_at_the_bank());
    let poor = folder.path("poor.trace");
    prints(&["filter", &file, "--name", "poor", "--until", "20us", "--out", &poor]);
    let part = Trace::load(&poor).unwrap();
    assert!(!part.events.is_empty() && part.events.iter().all(|event| event.at <= 20_000));

    let text = prints(&["filter", &poor, "--method", "deposit", "--from=10us"]);
    let part = Trace::read(text.as_bytes()).unwrap();
    assert!(part.events.iter().all(|event| event.at >= 10_000));
    assert!(part.to_text().contains("Bank#0.0 calls deposit(5) of poor"), "{}", part.to_text());
    let drawn = prints(&["convert", &poor, "--to", "text", "--type", "Bank", "--node", "*"]);
    assert_eq!(drawn.lines().count(), 1, "nobody is on a node: {drawn}");
}

#[test]
fn a_trace_may_come_from_the_standard_input() {
    let folder = Folder::new("stdin");
    let file = folder.save("nodes.trace", &two_nodes());
    let output = Command::new(env!("CARGO_BIN_EXE_greenroom-trace"))
        .args(["convert", "-", "--to", "text"])
        .stdin(std::fs::File::open(file).unwrap())
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), two_nodes().to_text());
}

#[test]
fn runs_that_differ_end_with_1_and_equal_ones_say_so() {
    let folder = Folder::new("compare");
    let mut other = a_day_at_the_bank();
    other.events[20].at += 1;
    let files = [folder.save("a.trace", &a_day_at_the_bank()), folder.save("b.trace", &other)];
    let words = ["compare", &files[0], &files[1]];

    let output = run(&words);
    let told = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.starts_with("the runs differ from event 21 on, at 0.000021000 s"), "{told}");
    assert_eq!(prints(&["compare", &files[0], &files[0]]), "the runs are equal in all of their 61 events\n");
    assert!(prints(&["compare", "--order", &files[0], &files[1]]).contains("equal"));
}

#[test]
fn info_counts_what_there_is() {
    let folder = Folder::new("info");
    let told = prints(&["info", &folder.save("nodes.trace", &two_nodes())]);
    for line in ["two nodes", " events from 0.000001000 s", "2  send", "5  Leader#0.0", "2  append"] {
        assert!(told.contains(line), "{line} in\n{told}");
    }
}

#[test]
fn what_cannot_be_used_is_named_with_the_remedy() {
    let folder = Folder::new("usage");
    let file = folder.save("nodes.trace", &two_nodes());
    let elsewhere = folder.path("no/such/folder.svg");
    let cases: &[(&[&str], &[&str])] = &[
        (&[], &["no command is given", "give convert, filter, compare or info"]),
        (&["draw", &file], &["'draw' is no command", "give convert"]),
        (&["--fast"], &["'--fast'", "--help"]),
        (&["convert", &file], &["--to is not given", "mermaid"]),
        (&["convert", &file, "--to", "pdf"], &["--to is 'pdf'", "give one of plantuml"]),
        (&["convert", &file, "--to"], &["--to has no value", "give one of"]),
        (&["convert", &file, "--to", "text", "--rows", "many"], &["--rows is 'many'", "give a whole number"]),
        (&["convert", &file, "--to", "text", "--rows", "0"], &["--rows is '0'", "from 1"]),
        (&["convert", &file, "--to", "text", "--unfolded=yes"], &["--unfolded takes no value", "'=yes'"]),
        (
            &["convert", &file, "--to", "text", "--out", &elsewhere],
            &["--out is", "folder.svg", "give a path"],
        ),
        (&["convert", "--to", "text"], &["0 files", "give the paths of one trace"]),
        (&["filter", &file, "--from", "5"], &["--from is '5'", "with its unit"]),
        (&["filter", &file, "--until", "fast"], &["--until is 'fast'", "with its unit"]),
        (&["filter", &file, "--until", "1.2.3s"], &["--until is '1.2.3s'", "with its unit"]),
        (&["filter", &file, "--actor", ""], &["--actor has no value", "Bank#0.7"]),
        (&["filter", &file, "--to", "text"], &["'--to' is no flag of filter", "filter --help"]),
        (&["filter", &file, "-x"], &["'-x' is no flag of filter"]),
        (&["compare", &file], &["1 files are given", "give the paths of 2 traces"]),
        (&["compare", &file, &file, "--actor", "x"], &["'--actor' is no flag of compare"]),
        (&["info", &file, "more"], &["'more' is one file too many"]),
        (&["info", "no/such.trace"], &["no/such.trace: ", "give the path of a trace"]),
        (&["info", file!()], &["line 1 is not the head of a trace", "give a file"]),
    ];
    for (words, expected) in cases {
        // Beside the sources, so that this file is found as a file that is no trace.
        let said = complains_in_workspace(words);
        for part in *expected {
            assert!(said.contains(part), "{words:?}: {said}");
        }
    }
}

fn complains_in_workspace(words: &[&str]) -> String {
    let absolute = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(file!());
    let words: Vec<&str> =
        words.iter().map(|word| if *word == file!() { absolute.to_str().unwrap() } else { word }).collect();
    complains(&words)
}

#[test]
fn help_is_there_for_the_program_and_each_command() {
    assert!(prints(&["--help"]).contains("greenroom-trace COMMAND --help"));
    assert_eq!(prints(&["-h"]), prints(&["--help"]));
    for (command, flags) in [
        ("convert", &["--to", "--out", "--actor", "--until", "--rows", "--unfolded", "map-dot"][..]),
        ("filter", &["--type", "--name", "--node", "--method", "--from"]),
        ("compare", &["--order", "Exit status"]),
        ("info", &["FILE"]),
    ] {
        let told = prints(&[command, "--help"]);
        for flag in flags {
            assert!(told.contains(flag), "{command}: {flag} in\n{told}");
        }
    }
}

#[test]
fn a_reader_who_goes_away_is_no_error() {
    let folder = Folder::new("pipe");
    let mut trace = a_day_at_the_bank();
    let events = trace.events.clone();
    // More than a pipe holds, so that the writer is still at it when the reader goes.
    (0..200).for_each(|_| trace.events.extend(events.iter().cloned()));
    let file = folder.save("long.trace", &trace);
    let mut child = Command::new(env!("CARGO_BIN_EXE_greenroom-trace"))
        .args(["convert", &file, "--to", "text"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}
