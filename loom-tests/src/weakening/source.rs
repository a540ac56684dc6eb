//! The orderings as they stand in the text of the mounted files.
//!
//! It knows no model: it finds the tokens, so that the weakening run can name them by their own line,
//! and can tell which of them no model passes.

use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

/// One `Ordering::…` in a mounted file, lines and columns counted from 1.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Token {
    /// The file's name, of which all mounted ones are different.
    pub(super) file: String,
    pub(super) line: u32,
    column: u32,
    /// The whole line, trimmed.
    pub(super) text: String,
    name: &'static str,
}

impl Token {
    pub(super) fn is_relaxed(&self) -> bool {
        self.name == "Relaxed"
    }

    pub(super) fn is(&self, order: Ordering) -> bool {
        format!("{order:?}") == self.name
    }
}

/// Every file that `lib.rs` mounts by its path.
pub(super) fn mounted() -> Vec<PathBuf> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let text = std::fs::read_to_string(src.join("lib.rs")).expect("the crate's own source is there");
    let paths = text.lines().filter_map(|line| line.strip_prefix("#[path = \"")?.strip_suffix("\"]"));
    paths.map(|path| src.join(path)).collect()
}

/// The file's name, without its folder.
pub(super) fn name_of(path: &Path) -> String {
    path.file_name().expect("a file").to_string_lossy().into_owned()
}

/// The orderings of one file, in the order of the text, without those in comments.
pub(super) fn tokens(path: &Path) -> Vec<Token> {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let code = text.lines().map(|line| line.split("//").next().unwrap_or_default());
    let found = code.zip(1..).flat_map(|(code, line)| {
        code.match_indices("Ordering::").filter_map(move |(at, prefix)| {
            let rest = &code[at + prefix.len()..];
            let name = ["Relaxed", "Acquire", "Release", "AcqRel", "SeqCst"];
            let name = name.into_iter().find(|name| rest.starts_with(name))?;
            Some((line, at as u32 + 1, code.trim().to_owned(), name))
        })
    });
    let file = name_of(path);
    found.map(|(line, column, text, name)| Token { file: file.clone(), line, column, text, name }).collect()
}

/// The `argument`-th ordering that is written from the call at `line` and `column` on.
pub(super) fn token_of(tokens: &[Token], line: u32, column: u32, argument: u8) -> Option<&Token> {
    tokens.iter().filter(|token| (token.line, token.column) >= (line, column)).nth(argument.into())
}
