//! The checkers: plain functions from text to complaints, and the walk over the tree that feeds them.

use std::fs;
use std::path::{Path, PathBuf};

pub(crate) const MAX_LINES: usize = 400;

/// How many lines of code may stand between an ordering and the comment that gives its reason.
pub(crate) const ORDERING_REACH: usize = 6;

/// Imports against `may_import`, read from the lock file: there cargo has already resolved renamed, inherited,
/// development and build dependencies to package names, and a package without a source is one of the workspace.
pub(crate) fn import_complaints(lock: &str, may_import: &[(&str, &[&str])]) -> Vec<String> {
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

pub(crate) fn unsafe_complaints<'a>(
    files: impl Iterator<Item = (&'a str, &'a str)>,
    listed: &[&str],
) -> Vec<String> {
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

pub(crate) fn length_complaint(file: &str, text: &str) -> Option<String> {
    let lines = text.lines().count();
    (lines > MAX_LINES)
        .then(|| format!("{file} has {lines} lines, over {MAX_LINES}: part it where its subjects part"))
}

/// A comment gives its reason to the orderings on its own line and on the next few lines of code. A `mod tests`
/// at a file's end is excused: a test that counts with an atomic proves nothing by its ordering.
pub(crate) fn ordering_complaints(file: &str, text: &str) -> Vec<String> {
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

pub(crate) fn names_ordering(line: &str, bare_names_too: bool) -> bool {
    ["Relaxed", "Acquire", "Release", "AcqRel", "SeqCst"].iter().any(|ordering| {
        line.contains(&format!("Ordering::{ordering}"))
            || bare_names_too && words(line).any(|word| word == *ordering)
    })
}

pub(crate) fn machine_complaints(file: &str, text: &str) -> Vec<String> {
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
pub(crate) fn machine_folders() -> [String; 3] {
    ["work", "home", "root"].map(|name| format!("/{name}/"))
}

// ---- Reading Rust ----

/// The source with comments and the insides of literals left out, line for line.
pub(crate) fn code_of(source: &str) -> String {
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
pub(crate) fn not_code(rest: &str) -> usize {
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

pub(crate) fn block_comment(rest: &str) -> usize {
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
pub(crate) fn escaped(rest: &str, from: usize, quote: char) -> usize {
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

pub(crate) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

pub(crate) fn words(code: &str) -> impl Iterator<Item = &str> {
    code.split(|c| !is_word(c)).filter(|word| !word.is_empty())
}

// ---- The tree ----

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

pub(crate) fn read(file: &str) -> String {
    let bytes = fs::read(root().join(file)).unwrap_or_else(|error| panic!("{file} cannot be read: {error}"));
    String::from_utf8_lossy(&bytes).into_owned()
}

pub(crate) fn rust_files() -> Vec<String> {
    all_files().into_iter().filter(|file| file.ends_with(".rs")).collect()
}

/// Every file below the root but for git's and cargo's own (cargo marks each target folder with a tag file).
pub(crate) fn all_files() -> Vec<String> {
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

pub(crate) fn assert_clean(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n  {}\n", complaints.join("\n  "));
}
