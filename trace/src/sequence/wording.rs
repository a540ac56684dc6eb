//! Texts as a diagram has them: cut and broken so that they fit, and actors by their names. It is for reading; the log has
//! the whole.

use crate::model::Trace;
use crate::sentence::short_kind;

/// Longer texts on an arrow are cut.
const ARROW_TEXT: usize = 60;
/// Longer lines of a note are broken, and notes of more lines cut.
const NOTE_LINE: usize = 60;
const NOTE_LINES: usize = 8;

/// On one line, and cut.
pub(super) fn on_arrow(text: &str) -> String {
    shorten(text, ARROW_TEXT)
}

fn shorten(text: &str, most: usize) -> String {
    let line = text.replace('\n', " ");
    if line.chars().count() <= most {
        return line;
    }
    line.chars().take(most - 1).chain(['…']).collect()
}

/// Broken between words, or in a word that is too long by itself.
pub(super) fn in_note(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            let word = shorten(word, 2 * NOTE_LINE);
            if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > NOTE_LINE {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line += &word;
        }
        lines.push(line);
    }
    if lines.len() > NOTE_LINES {
        lines.truncate(NOTE_LINES - 1);
        lines.push("…".into());
    }
    lines.join("\n")
}

/// With the names of actors that have one in place of type and number: `bob` for `Account#1.1`.
pub(super) fn with_names(trace: &Trace, text: &str) -> String {
    let mut told = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('#') {
        let (before, behind) = (&rest[..at], &rest[at + 1..]);
        let end = end_of_id(behind);
        let actor = trace.actors.iter().find(|actor| !behind[..end].is_empty() && actor.id == behind[..end]);
        let named = actor.and_then(|actor| {
            let kind = short_kind(&actor.kind);
            Some((before.strip_suffix(kind.as_str())?, actor.name.as_deref()?))
        });
        match named {
            Some((before, name)) => {
                told += before;
                told += name;
            }
            None => told += &rest[..at + 1 + end],
        }
        rest = &behind[end..];
    }
    told + rest
}

/// Where the number of an actor, as in `1.17`, ends at the beginning of this text; 0 if none stands there.
fn end_of_id(text: &str) -> usize {
    let digits = |text: &str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let shard = digits(text);
    match text[shard..].strip_prefix('.') {
        Some(sequence) if shard > 0 && digits(sequence) > 0 => shard + 1 + digits(sequence),
        _ => 0,
    }
}

/// The cycle of an error that says that a call waits for itself: told by it, or shown by its `Debug`.
pub(super) fn deadlock(trace: &Trace, error: &str) -> Option<String> {
    let path: Vec<&str> =
        match (error.split_once("waits for itself: "), error.split_once("Deadlock { path: [")) {
            (Some((_, path)), _) => path.split(" -> ").collect(),
            (None, Some((_, path))) => {
                path.split(']').next()?.split(", ").map(|step| step.trim_matches('"')).collect()
            }
            (None, None) => return None,
        };
    Some(with_names(trace, &path.join(" → ")))
}

/// With every number left open: so that two errors are alike that differ in nothing else.
pub(super) fn without_numbers(text: &str) -> String {
    let mut told = String::new();
    for c in text.chars() {
        match c {
            c if !c.is_ascii_digit() => told.push(c),
            _ if told.ends_with('…') => {}
            _ => told.push('…'),
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Actor;

    fn trace() -> Trace {
        let actor = |id: &str, kind: &str, name: Option<&str>| Actor {
            id: id.into(),
            kind: kind.into(),
            name: name.map(str::to_owned),
            node: None,
        };
        let actors = vec![actor("1.1", "a::Account", Some("bob")), actor("1.17", "a::Account", None)];
        Trace { actors, ..Trace::default() }
    }

    #[test]
    fn actors_are_told_by_their_names_where_they_have_one() {
        let told = |text| with_names(&trace(), text);
        assert_eq!(told("pay(Account#1.1, 5) of Account#1.17"), "pay(bob, 5) of Account#1.17");
        assert_eq!(told("Account#1.1.pay, Vault#1.1, #1.1, #, 1#1.x"), "bob.pay, Vault#1.1, #1.1, #, 1#1.x");
    }

    #[test]
    fn a_deadlock_is_known_by_its_text_and_by_its_debug() {
        let path = ["Account#1.1.pay", "Account#1.17.pay"].map(str::to_owned).to_vec();
        let error = greenroom::CallError::Deadlock { path, started: false };
        let expected = Some("bob.pay → Account#1.17.pay".to_owned());
        assert_eq!(deadlock(&trace(), &error.to_string()), expected);
        assert_eq!(deadlock(&trace(), &format!("Err(Bank({error:?}))")), expected);
        assert_eq!(deadlock(&trace(), "no money"), None);
    }

    #[test]
    fn errors_that_differ_in_numbers_are_alike() {
        assert_eq!(without_numbers("no more than 17 of 203 cents"), "no more than … of … cents");
    }
}
