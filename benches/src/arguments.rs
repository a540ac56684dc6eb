//! What every command line here does with its arguments: a clear answer to what may not be asked.
//!
//! Each error is a sentence that names the value and what would be right.

use std::collections::HashSet;
use std::env;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// The arguments of this process, without the program's name.
pub fn of_this_process() -> impl Iterator<Item = String> {
    env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned())
}

/// The next value.
///
/// # Errors
///
/// If there is none, or it is no text.
pub fn text(parser: &mut lexopt::Parser) -> Result<String, String> {
    let value = parser.value().map_err(|error| error.to_string())?;
    value.into_string().map_err(|value| format!("{value:?} is not UTF-8; give plain text"))
}

/// A whole number.
///
/// # Errors
///
/// If it is none, or outside of what is allowed.
pub fn number<T>(option: &str, text: &str, allowed: RangeInclusive<T>) -> Result<T, String>
where
    T: FromStr + PartialOrd + Display,
{
    let (least, most) = (allowed.start(), allowed.end());
    match text.parse() {
        Ok(value) if allowed.contains(&value) => Ok(value),
        _ => Err(format!("{option} cannot be '{text}'; give a whole number from {least} to {most}")),
    }
}

/// A list with commas; a name given twice counts once.
///
/// # Errors
///
/// What `find` complains of, after the option's name.
pub fn names<T>(
    option: &str,
    text: &str,
    find: impl Fn(&str) -> Result<T, String>,
) -> Result<Vec<T>, String> {
    let mut known = HashSet::new();
    let mut found = Vec::new();
    for name in text.split(',').map(str::trim) {
        let item = find(name).map_err(|error| format!("{option}: {error}"))?;
        if known.insert(name) {
            found.push(item);
        }
    }
    Ok(found)
}

/// The one of this name among `items`; `what` says what they are, in the singular.
///
/// # Errors
///
/// If there is none.
pub fn one_of<T: Copy>(
    what: &str,
    items: &[T],
    name_of: impl Fn(T) -> &'static str,
    name: &str,
) -> Result<T, String> {
    let found = items.iter().copied().find(|&item| name_of(item) == name);
    found.ok_or_else(|| format!("no {what} is called '{name}'; choose from {}", listed(items, name_of)))
}

/// Their names, with commas.
pub fn listed<T: Copy>(items: &[T], name_of: impl Fn(T) -> &'static str) -> String {
    items.iter().map(|&item| name_of(item)).collect::<Vec<_>>().join(",")
}
