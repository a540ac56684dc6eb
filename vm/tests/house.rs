//! The house rules that no compiler checks: who may import whom, where `unsafe` may stand, how long a file
//! may grow, what every atomic ordering owes its reader, and that the tree names no one machine's folders.
//!
//! Each checker is a plain function from text to complaints. One test runs it over the tree; another, its
//! canary, feeds it text that breaks the rule, so that a checker which has gone blind fails as well.

#[path = "house/checks.rs"]
mod checks;

use checks::*;

/// Which of the workspace's crates each crate may import: `examples, benches -> vm -> {scheduler, stackful}`.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("greenroom-stackful", &[]),
    ("greenroom-scheduler", &[]),
    ("greenroom-macros", &[]),
    ("greenroom", &["greenroom-macros", "greenroom-scheduler", "greenroom-stackful"]),
    ("greenroom-trace", &["greenroom"]),
    ("greenroom-simulation", &["greenroom", "greenroom-trace"]),
    ("greenroom-examples", &["greenroom", "greenroom-simulation", "greenroom-trace"]),
    ("greenroom-savina", &["greenroom"]),
    // The micro-benches time a bare switch, too.
    ("greenroom-benches", &["greenroom", "greenroom-savina", "greenroom-stackful"]),
    ("greenroom-instructions", &["greenroom"]),
    // The models mount production files by path, so that no production crate knows of them.
    ("greenroom-loom-tests", &[]),
];

/// The only files that may contain `unsafe`, each for the one thing that it makes safe to use. Paths are relative to
/// the workspace root.
const MAY_BE_UNSAFE: &[&str] = &[
    // Address space, signals and stack switches.
    "stackful/src/arch/aarch64.rs",
    "stackful/src/arch/x86_64.rs",
    "stackful/src/big_stack.rs",
    "stackful/src/coroutine.rs",
    "stackful/src/guard.rs",
    "stackful/src/memory.rs",
    "stackful/src/overflow/alternate.rs",
    "stackful/src/overflow/chain.rs",
    "stackful/src/overflow/handler.rs",
    "stackful/src/overflow/registry.rs",
    "stackful/src/overflow/report.rs",
    "stackful/src/pool.rs",
    "stackful/src/slab.rs",
    "stackful/src/stack.rs",
    // What is written in the user's name.
    "vm/macros/src/claims.rs",
    // Intrusive lists of what the layer above owns.
    "scheduler/src/job.rs",
    "scheduler/src/resume_list.rs",
    // What an actor is: its cell, what may be held of it, and memory for both.
    "vm/src/cell.rs",
    "vm/src/handle.rs",
    "vm/src/memory.rs",
    "vm/src/registry.rs",
    "vm/src/target.rs",
    "vm/src/ticks.rs",
    // What a message is, from its sender to its handler and back: types are forgotten and found again.
    "vm/src/afloat.rs",
    "vm/src/call.rs",
    "vm/src/callback.rs",
    "vm/src/control.rs",
    "vm/src/crossing.rs",
    "vm/src/envelope.rs",
    "vm/src/lifecycle.rs",
    "vm/src/line.rs",
    "vm/src/mailbox.rs",
    "vm/src/nodes.rs",
    "vm/src/interface.rs",
    "vm/src/method.rs",
    "vm/src/parcel.rs",
    "vm/src/promise.rs",
    "vm/src/reader.rs",
    "vm/src/reply.rs",
    "vm/src/request.rs",
    "vm/src/room.rs",
    "vm/src/shared.rs",
    // A slot's waiter is a function that takes its own address; the type is declared here.
    "vm/src/bundle.rs",
    "vm/src/slot.rs",
    "vm/src/waiters.rs",
    // Coroutines: their blocks lie on their own stacks, and who runs on them is read from another.
    "vm/src/board.rs",
    "vm/src/coroutine.rs",
    "vm/src/errand.rs",
    "vm/src/here.rs",
    "vm/src/deadlock.rs",
    "vm/src/handling.rs",
    "vm/src/inbox.rs",
    "vm/src/lease.rs",
    "vm/src/me.rs",
    "vm/src/pool.rs",
    "vm/src/process.rs",
    "vm/src/turns.rs",
    "vm/src/visit.rs",
    "vm/src/worker.rs",
];

/// Where tests, models and benches stand, which may play the part of an unsafe caller or of an allocator.
const TESTING: &[&str] = &["/tests/", "/benches/", "loom-tests/"];

/// Where every atomic ordering needs its reason beside it.
const LIBRARY_SOURCES: &[&str] = &["scheduler/src/", "stackful/src/", "vm/src/"];

#[test]
fn crates_import_only_downwards() {
    assert_clean(&import_complaints(&read("Cargo.lock"), MAY_IMPORT));
}

#[test]
fn an_upward_import_or_an_unknown_crate_is_found() {
    let upward = "[[package]]\nname = \"low\"\nversion = \"0.1.0\"\n\
                  dependencies = [\n \"libc 0.2.1\",\n \"high\",\n]\n\n\
                  [[package]]\nname = \"high\"\nversion = \"0.1.0\"\n";
    let known: &[(&str, &[&str])] = &[("low", &[]), ("high", &["low"])];
    assert_eq!(import_complaints(upward, known).len(), 1);

    let stranger = "[[package]]\nname = \"stranger\"\nversion = \"0.1.0\"\n";
    assert_eq!(import_complaints(stranger, known).len(), 3, "one stranger, and two rows without a crate");
}

#[test]
fn unsafe_stands_only_in_the_files_named_for_it() {
    let library = |file: &String| !TESTING.iter().any(|folder| format!("/{file}").contains(folder));
    let sources: Vec<_> = rust_files().into_iter().filter(library).map(|file| (read(&file), file)).collect();
    let complaints =
        unsafe_complaints(sources.iter().map(|(text, file)| (file.as_str(), text.as_str())), MAY_BE_UNSAFE);
    assert_clean(&complaints);
}

#[test]
fn unsafe_off_the_list_and_a_listed_file_without_it_are_found() {
    let bare = "fn f() {\n    unsafe { g() }\n}\n";
    let tame = "// unsafe\n/* unsafe /* nested */ unsafe */\n\
                const A: &str = \"\\\" unsafe\";\nconst B: &str = r#\"\" unsafe\"#;\n\
                const C: char = '\"';\nconst D: &str = \"unsafe\";\n#![deny(unsafe_op_in_unsafe_fn)]\n";
    let after_a_quote =
        "fn f<'a>(c: char) -> bool {\n    c == '\\'' || c == '\"' || unsafe { g::<'a>() }\n}\n";

    let complaints = |text, listed| unsafe_complaints([("a.rs", text)].into_iter(), listed).len();
    assert_eq!(complaints(bare, &[]), 1);
    assert_eq!(complaints(bare, &["a.rs"]), 0);
    assert_eq!(complaints(after_a_quote, &[]), 1);
    assert_eq!(complaints(tame, &[]), 0);
    assert_eq!(complaints(tame, &["a.rs"]), 1, "listed, yet without unsafe");
    assert_eq!(complaints(bare, &["a.rs", "gone.rs"]), 1, "listed, yet not there");
}

#[test]
fn no_source_file_is_longer_than_a_reader_holds() {
    let complaints: Vec<_> =
        rust_files().iter().flat_map(|file| length_complaint(file, &read(file))).collect();
    assert_clean(&complaints);
}

#[test]
fn a_file_one_line_too_long_is_found() {
    assert_eq!(length_complaint("a.rs", &"x\n".repeat(MAX_LINES)), None);
    assert!(length_complaint("a.rs", &"x\n".repeat(MAX_LINES + 1)).is_some());
}

#[test]
fn every_atomic_ordering_gives_its_reason() {
    let complaints: Vec<_> = rust_files()
        .iter()
        .filter(|file| !TESTING.iter().any(|folder| file.contains(folder)))
        .filter(|file| LIBRARY_SOURCES.iter().any(|folder| file.starts_with(folder)))
        .flat_map(|file| ordering_complaints(file, &read(file)))
        .collect();
    assert_clean(&complaints);
}

#[test]
fn an_ordering_without_a_reason_is_found() {
    let complaints = |text: &str| ordering_complaints("a.rs", text).len();
    assert_eq!(complaints("a.load(Ordering::Acquire);\n"), 1);
    assert_eq!(complaints("use std::sync::atomic::Ordering::{self, Acquire};\nb();\na.load(Acquire);\n"), 1);
    assert_eq!(
        complaints(
            "// ORDERING: Acquire pairs with the Release in `push`:\n// the link.\na.load(Ordering::Acquire);\n"
        ),
        0
    );
    assert_eq!(
        complaints(&format!(
            "// ORDERING: too far.\n{}a.load(Ordering::Acquire);\n",
            "b();\n".repeat(ORDERING_REACH)
        )),
        1
    );
    assert_eq!(complaints("// a.load(Ordering::Acquire)\na.cmp(b) == Ordering::Less;\n"), 0);
    assert_eq!(complaints("a();\n#[cfg(test)]\nmod tests {\n    a.load(Ordering::Relaxed);\n}\n"), 0);
}

#[test]
fn no_file_names_a_folder_of_one_machine() {
    let complaints: Vec<_> =
        all_files().iter().flat_map(|file| machine_complaints(file, &read(file))).collect();
    assert_clean(&complaints);
}

#[test]
fn a_folder_of_one_machine_is_found() {
    for folder in machine_folders() {
        assert_eq!(machine_complaints("a.md", &format!("see\n`{folder}notes.md`\n")).len(), 1);
        assert_eq!(machine_complaints("a.md", &format!("a relative src{folder}notes.md is fine\n")).len(), 0);
    }
}

#[test]
fn the_walk_sees_this_very_file_and_the_other_crates() {
    let files = all_files();
    for expected in
        ["vm/tests/house.rs", "stackful/src/lib.rs", "scheduler/src/lib.rs", "Makefile", ".ci/run"]
    {
        assert!(files.iter().any(|file| file == expected), "the walk did not see {expected}");
    }
    assert!(!files.iter().any(|file| file.starts_with(".git/") || file.contains("/debug/deps/")));
}

// ---- Checkers ----
