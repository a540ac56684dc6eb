//! The house rules that no compiler checks: who may import whom, where `unsafe` may stand, how long a file
//! may grow, what every atomic ordering owes its reader, and that the tree names no one machine's folders.
//!
//! Each checker is a plain function from text to complaints. One test runs it over the tree; another, its
//! canary, feeds it text that breaks the rule, so that a checker which has gone blind fails as well.

use std::fs;
use std::path::{Path, PathBuf};

/// Which of the workspace's crates each crate may import: `examples, benches -> vm -> {scheduler, stackful}`.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("greenroom-stackful", &[]),
    ("greenroom-scheduler", &[]),
    ("greenroom", &["greenroom-scheduler", "greenroom-stackful"]),
    ("greenroom-examples", &["greenroom"]),
    ("greenroom-benches", &["greenroom"]),
    // The models mount production files by path, so that no production crate knows of them.
    ("greenroom-loom-tests", &[]),
];

/// The only files that may contain `unsafe`: few, leaf, named. Paths are relative to the workspace root.
const MAY_BE_UNSAFE: &[&str] = &["vm/src/mailbox.rs", "vm/src/slot.rs"];

/// Where every atomic ordering needs its reason beside it.
const LIBRARY_SOURCES: &[&str] = &["scheduler/src/", "stackful/src/", "vm/src/"];

const MAX_LINES: usize = 400;

/// How many lines of code may stand between an ordering and the comment that gives its reason.
const ORDERING_REACH: usize = 6;

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
    let sources: Vec<_> = rust_files().into_iter().map(|file| (read(&file), file)).collect();
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

/// Imports against `may_import`, read from the lock file: there cargo has already resolved renamed, inherited,
/// development and build dependencies to package names, and a package without a source is one of the workspace.
fn import_complaints(lock: &str, may_import: &[(&str, &[&str])]) -> Vec<String> {
    let quoted =
        |line: &str| line.split('"').nth(1).and_then(|name| name.split(' ').next()).map(str::to_owned);
    let packages = lock.split("[[package]]").skip(1).filter(|package| !package.contains("\nsource = "));
    let ours: Vec<(String, Vec<String>)> = packages
        .filter_map(|package| {
            let name = package.lines().find(|line| line.starts_with("name = "))?;
            let imports = package.lines().filter(|line| line.starts_with(" \"")).filter_map(quoted).collect();
            Some((quoted(name)?, imports))
        })
        .collect();
    let is_ours = |name: &str| ours.iter().any(|(our, _)| our == name);

    let mut complaints = Vec::new();
    for (name, imports) in &ours {
        let Some((_, allowed)) = may_import.iter().find(|(row, _)| row == name) else {
            complaints.push(format!(
                "the crate {name} has no row in MAY_IMPORT: add one that says what it may import"
            ));
            continue;
        };
        for import in imports.iter().filter(|import| is_ours(import) && !allowed.contains(&import.as_str())) {
            complaints.push(format!("{name} imports {import}: imports point down only (see MAY_IMPORT)"));
        }
    }
    for (row, _) in may_import.iter().filter(|(row, _)| !is_ours(row)) {
        complaints.push(format!(
            "MAY_IMPORT has a row for {row}, which is no crate of the workspace: drop the row"
        ));
    }
    complaints
}

fn unsafe_complaints<'a>(files: impl Iterator<Item = (&'a str, &'a str)>, listed: &[&str]) -> Vec<String> {
    let with_unsafe: Vec<&str> = files
        .filter(|(_, text)| words(&code_of(text)).any(|word| word == "unsafe"))
        .map(|(file, _)| file)
        .collect();
    let off_the_list = with_unsafe.iter().filter(|file| !listed.contains(file)).map(|file| {
        format!(
            "{file} contains `unsafe`: move that step behind a safe function of a file in MAY_BE_UNSAFE, \
             or, if it is a new leaf, name it there"
        )
    });
    let needless = listed.iter().filter(|file| !with_unsafe.contains(file));
    off_the_list
        .chain(needless.map(|file| format!("{file} has no `unsafe` (any more): drop it from MAY_BE_UNSAFE")))
        .collect()
}

fn length_complaint(file: &str, text: &str) -> Option<String> {
    let lines = text.lines().count();
    (lines > MAX_LINES)
        .then(|| format!("{file} has {lines} lines, over {MAX_LINES}: part it where its subjects part"))
}

/// A comment gives its reason to the orderings on its own line and on the next few lines of code. A `mod tests`
/// at a file's end is excused: a test that counts with an atomic proves nothing by its ordering.
fn ordering_complaints(file: &str, text: &str) -> Vec<String> {
    let code = code_of(text);
    let tested = code.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let mut in_use = false;
    let mut imports_names = false;
    let mut since_reason = ORDERING_REACH;
    let mut complaints = Vec::new();
    for ((at, line), raw) in tested.lines().enumerate().zip(text.lines()) {
        in_use |= ["use ", "pub use ", "pub(crate) use ", "pub(super) use "]
            .iter()
            .any(|start| line.trim_start().starts_with(start));
        imports_names |= in_use && line.contains("Ordering::");
        if raw.contains("ORDERING:") {
            since_reason = 0;
        }
        if !in_use && since_reason >= ORDERING_REACH && names_ordering(line, imports_names) {
            complaints.push(format!(
                "{file}:{}: an ordering without `// ORDERING: …` above it: name its partner and what it carries",
                at + 1
            ));
        }
        since_reason += usize::from(!line.trim().is_empty());
        in_use &= !line.contains(';');
    }
    complaints
}

fn names_ordering(line: &str, bare_names_too: bool) -> bool {
    ["Relaxed", "Acquire", "Release", "AcqRel", "SeqCst"].iter().any(|ordering| {
        line.contains(&format!("Ordering::{ordering}"))
            || bare_names_too && words(line).any(|word| word == *ordering)
    })
}

fn machine_complaints(file: &str, text: &str) -> Vec<String> {
    let named = |line: &str, folder: &str| {
        let within_a_path = |at: usize| {
            line[..at].ends_with(|before: char| before.is_alphanumeric() || "._-".contains(before))
        };
        line.match_indices(folder).any(|(at, _)| !within_a_path(at))
    };
    let lines = text
        .lines()
        .enumerate()
        .filter(|(_, line)| machine_folders().iter().any(|folder| named(line, folder)));
    lines
        .map(|(at, _)| {
            format!("{file}:{}: names a folder that other machines lack: write a relative path", at + 1)
        })
        .collect()
}

/// Put together here, so that this file does not name them itself.
fn machine_folders() -> [String; 3] {
    ["work", "home", "root"].map(|name| format!("/{name}/"))
}

// ---- Reading Rust ----

/// The source with comments and the insides of literals left out, line for line.
fn code_of(source: &str) -> String {
    let mut code = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let word = rest.find(|c: char| !is_word(c)).unwrap_or(rest.len());
        let skipped = not_code(rest);
        let kept = if skipped > 0 { 0 } else { word.max(first.len_utf8()) };
        code.push_str(&rest[..kept]);
        code.extend(rest[..skipped].chars().filter(|c| *c == '\n'));
        rest = &rest[kept + skipped..];
    }
    code
}

/// The length of the comment or literal that `rest` begins with; 0 where it begins with neither.
fn not_code(rest: &str) -> usize {
    let through =
        |from: usize, end: &str| rest[from..].find(end).map_or(rest.len(), |at| from + at + end.len());
    let unprefixed = rest.trim_start_matches(['b', 'c']);
    if rest.starts_with("//") {
        rest.find('\n').unwrap_or(rest.len())
    } else if rest.starts_with("/*") {
        block_comment(rest)
    } else if rest.starts_with('"') {
        escaped(rest, 1, '"')
    } else if unprefixed.starts_with("r\"") || unprefixed.starts_with("r#") {
        let open = rest.len() - unprefixed.len() + 1;
        let hashes = rest[open..].chars().take_while(|c| *c == '#').count();
        let is_string = rest[open + hashes..].starts_with('"');
        if is_string { through(open + hashes + 1, &format!("\"{}", "#".repeat(hashes))) } else { 0 }
    } else if rest.starts_with("'\\") || rest.starts_with('\'') && rest.chars().nth(2) == Some('\'') {
        escaped(rest, 1, '\'')
    } else {
        0
    }
}

fn block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        let pair = rest.as_bytes().get(at..at + 2);
        match pair {
            Some(b"/*") => depth += 1,
            Some(b"*/") => depth -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

/// The end of a literal whose inside begins at `from`: the first `quote` that no backslash precedes.
fn escaped(rest: &str, from: usize, quote: char) -> usize {
    let mut inside = rest[from..].char_indices();
    while let Some((at, c)) = inside.next() {
        if c == quote {
            return from + at + 1;
        }
        if c == '\\' {
            inside.next();
        }
    }
    rest.len()
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn words(code: &str) -> impl Iterator<Item = &str> {
    code.split(|c| !is_word(c)).filter(|word| !word.is_empty())
}

// ---- The tree ----

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(file: &str) -> String {
    let bytes = fs::read(root().join(file)).unwrap_or_else(|error| panic!("{file} cannot be read: {error}"));
    String::from_utf8_lossy(&bytes).into_owned()
}

fn rust_files() -> Vec<String> {
    all_files().into_iter().filter(|file| file.ends_with(".rs")).collect()
}

/// Every file below the root but for git's and cargo's own (cargo marks each target folder with a tag file).
fn all_files() -> Vec<String> {
    let mut files = Vec::new();
    let mut folders = vec![String::new()];
    while let Some(folder) = folders.pop() {
        if root().join(&folder).join("CACHEDIR.TAG").exists() {
            continue;
        }
        for entry in fs::read_dir(root().join(&folder)).expect("a folder of the tree is readable") {
            let entry = entry.expect("an entry of the tree is readable");
            let path = format!("{folder}{}", entry.file_name().to_string_lossy());
            let kind = entry.file_type().expect("an entry's type is known");
            if kind.is_dir() && path != ".git" {
                folders.push(format!("{path}/"));
            } else if kind.is_file() && path != ".git" {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

fn assert_clean(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n  {}\n", complaints.join("\n  "));
}
