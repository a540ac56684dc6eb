//! The walk-through in `docs/tracing.md` shows what the program does that it walks through.

use std::path::Path;
use std::process::Command;

use greenroom_trace::{Limits, Selection, Trace};

/// The blocks of a language in a page.
fn blocks<'a>(page: &'a str, language: &str) -> Vec<&'a str> {
    let fence = format!("\n```{language}\n");
    let after = page.split(&fence).skip(1);
    after.map(|rest| rest.split_once("\n```").map_or(rest, |(block, _)| block)).collect()
}

#[test]
fn the_walk_through_shows_what_the_program_prints_and_what_its_trace_is_drawn_as() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let read = |path: &str| std::fs::read_to_string(root.join(path)).unwrap();
    let (page, source) = (read("docs/tracing.md"), read("examples/src/bin/deadlock.rs"));

    let file = std::env::temp_dir().join(format!("greenroom-deadlock-{}.trace", std::process::id()));
    let output = Command::new(env!("CARGO_BIN_EXE_deadlock")).arg(&file).output().unwrap();
    let trace = Trace::load(&file).unwrap();
    std::fs::remove_file(&file).unwrap();

    let printed = String::from_utf8(output.stdout).unwrap();
    assert_eq!(blocks(&page, "text").join("\n"), printed.trim_end());

    let drawn = trace.select(&Selection::new().kind("Account")).sequence(&Limits::default()).to_mermaid();
    assert_eq!(blocks(&page, "mermaid"), [drawn.trim_end()]);

    // The code of the page stands in the program, but for the file's name.
    let code = source.replace("trace.save(path)", "trace.save(\"deadlock.trace\")");
    for line in blocks(&page, "rust").iter().flat_map(|block| block.lines()) {
        assert!(code.contains(line.trim()), "the program has no `{}`", line.trim());
    }
}
