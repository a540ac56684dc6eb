//! Names that a method cannot have, because a reference has them itself.

/// A reference's own methods and those of the traits it implements are found before what it dereferences to. Greenroom's
/// tests compare this with what `Ref` has.
pub(crate) const TAKEN: &[&str] = &[
    // What is sent, and how.
    "after",
    "ask",
    "ask_within",
    "call",
    "cast",
    "each",
    "every",
    "now_and_every",
    "request",
    "send",
    "send_after",
    "send_every",
    "send_now_and_every",
    "send_request",
    "within",
    // The actor itself.
    "downcast",
    "downgrade",
    "exit",
    "kill",
    "exit_reason",
    "id",
    "stop",
    "upcast",
    // Clone, Debug, Deref, Eq, Hash, Ord.
    "clamp",
    "clone",
    "clone_from",
    "cmp",
    "deref",
    "eq",
    "fmt",
    "ge",
    "gt",
    "hash",
    "le",
    "lt",
    "max",
    "min",
    "ne",
    "partial_cmp",
    // What every type has.
    "borrow",
    "borrow_mut",
    "clone_into",
    "into",
    "into_ref",
    "to_owned",
    "try_into",
    "type_id",
];

/// What to say of a method with such a name.
pub(crate) fn complaint(name: &str) -> Option<String> {
    TAKEN.contains(&name).then(|| {
        format!(
            "`{name}` is what every reference has itself, and a caller would get that: give the method another name, or \
             mark it `#[local]` if it is no message"
        )
    })
}

/// The one of `known` that was probably meant.
pub(crate) fn nearest<'a>(written: &str, known: &[&'a str]) -> Option<&'a str> {
    let nearest = known.iter().map(|name| (distance(written, name), *name)).min()?;
    (nearest.0 <= 2).then_some(nearest.1)
}

/// How many letters must be put in, left out or replaced to make one of the other (Levenshtein 1965).
fn distance(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in to.bytes().enumerate() {
            let replaced = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_pen_is_understood_and_another_word_is_not() {
        let known = ["stack", "priority", "more"];
        assert_eq!(nearest("stak", &known), Some("stack"));
        assert_eq!(nearest("prioritiy", &known), Some("priority"));
        assert_eq!(nearest("mailbox", &known), None);
        assert_eq!(distance("kitten", "sitting"), 3);
    }

    #[test]
    fn no_name_is_listed_twice() {
        for (at, name) in TAKEN.iter().enumerate() {
            assert!(!TAKEN[at + 1..].contains(name), "{name}");
        }
    }
}
