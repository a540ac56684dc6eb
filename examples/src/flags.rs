//! Flags of a command line: read in order, with errors that name the value and the remedy.

use std::fmt;
use std::ops::RangeInclusive;
use std::process::ExitCode;

/// The exit status for values that cannot be used.
pub const USAGE: u8 = 2;

/// A command line that cannot be used: what is wrong, and what to write in its place.
#[derive(Debug, PartialEq, Eq)]
pub struct UsageError(String);

impl UsageError {
    /// An error with this text.
    pub fn new(text: impl fmt::Display) -> Self {
        UsageError(text.to_string())
    }
}

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for UsageError {}

/// What a command line asks for: to run with these options, or what can be asked for.
#[derive(Debug)]
pub enum Asked<O> {
    /// To run.
    Run(O),
    /// `--help`.
    Help,
}

impl<O> Asked<O> {
    /// The options, if it asks to run and can be used. Otherwise prints the help, or what is wrong with it.
    ///
    /// # Errors
    /// The status to exit with, when there is nothing to run.
    pub fn options(asked: Result<Self, UsageError>, program: &str, help: &str) -> Result<O, ExitCode> {
        match asked {
            Ok(Asked::Run(options)) => Ok(options),
            Ok(Asked::Help) => {
                print!("{help}");
                Err(ExitCode::SUCCESS)
            }
            Err(error) => {
                eprintln!("{program}: {error}");
                Err(ExitCode::from(USAGE))
            }
        }
    }
}

/// The words of a command line, read one after the other.
#[derive(Debug)]
pub struct Words<I> {
    words: I,
}

impl<I: Iterator<Item = String>> Words<I> {
    /// Reads `words`, the program's own name not among them.
    pub fn new(words: impl IntoIterator<IntoIter = I>) -> Self {
        Words { words: words.into_iter() }
    }

    /// The next flag, and what stands behind its `=` if it has one.
    pub fn flag(&mut self) -> Option<(String, Option<String>)> {
        let word = self.words.next()?;
        Some(match word.split_once('=') {
            Some((flag, value)) => (flag.to_owned(), Some(value.to_owned())),
            None => (word, None),
        })
    }

    /// The value of `flag`: what stood behind its `=`, or else the next word.
    ///
    /// # Errors
    /// If there is none; `expected` says what should be there.
    pub fn value(
        &mut self,
        flag: &str,
        attached: Option<String>,
        expected: &str,
    ) -> Result<String, UsageError> {
        let value = attached.or_else(|| self.words.next());
        value
            .filter(|value| !value.is_empty())
            .ok_or_else(|| UsageError::new(format_args!("{flag} has no value; give {expected}")))
    }
}

/// A whole number, such as `1000000` or `1_000_000`, within `range`.
///
/// # Errors
/// If it is no number or out of range: names flag and value, and says what can be given.
///
/// ```
/// use greenroom_examples::flags::number;
/// assert_eq!(number("--actors", "10_000", 1..=1_000_000), Ok(10_000));
/// let error = number("--actors", "many", 1..=1_000_000).unwrap_err();
/// assert_eq!(error.to_string(), "--actors is 'many'; give a whole number from 1 to 1000000");
/// ```
pub fn number(flag: &str, value: &str, range: RangeInclusive<u64>) -> Result<u64, UsageError> {
    let digits = value.replace('_', "");
    let plain = digits.starts_with(|first: char| first.is_ascii_digit());
    match digits.parse() {
        Ok(number) if plain && range.contains(&number) => Ok(number),
        _ => Err(UsageError::new(format_args!(
            "{flag} is '{value}'; give a whole number from {} to {}",
            range.start(),
            range.end()
        ))),
    }
}

/// The error for a word that is no flag of this program.
pub fn unknown(word: &str) -> UsageError {
    UsageError::new(format_args!("'{word}' is no flag of this program; --help lists them"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_may_stand_behind_an_equals_sign_or_alone() {
        let mut words = Words::new(["--a=1", "--b", "2", "--c"].map(str::to_owned));
        for expected in ["1", "2"] {
            let (flag, attached) = words.flag().unwrap();
            assert_eq!(words.value(&flag, attached, "a number").unwrap(), expected);
        }
        let (flag, attached) = words.flag().unwrap();
        let error = words.value(&flag, attached, "a number").unwrap_err();
        assert_eq!(error.to_string(), "--c has no value; give a number");
        assert_eq!(words.flag(), None);
    }

    #[test]
    fn a_number_out_of_range_or_with_a_sign_is_refused_by_name() {
        for value in ["0", "11", "-1", "+5", "1e3", "_", "99999999999999999999"] {
            let error = number("--n", value, 1..=10).unwrap_err();
            assert!(error.to_string().contains(&format!("'{value}'")), "{error}");
        }
        assert_eq!(number("--n", "1_0", 1..=10), Ok(10));
    }
}
