//! Abilities: what can be done with the arguments and the reply of a method, beyond sending them.
//!
//! Nobody has to be able to print or to copy what is sent. Who can is found out where the types are written: what
//! `#[actor]` writes asks a [`Probe`] of each, whose own methods, which have bounds, go before those of the trait
//! [`Unable`], which have none. Where a type is a parameter, only its bounds
//! are known.

use std::fmt;

/// Writes a value.
pub(crate) type Show<T> = fn(&T, &mut fmt::Formatter<'_>) -> fmt::Result;

/// What can be done with arguments `A` and a reply `R`.
pub struct Abilities<A, R> {
    /// As a tuple, with `…` for each that cannot be shown.
    pub arguments: fn(&A, &mut fmt::Formatter<'_>) -> fmt::Result,
    /// Copies all of them, if all can be.
    pub duplicate: fn(&A) -> Option<A>,
    /// Or `…`.
    pub reply: fn(&R, &mut fmt::Formatter<'_>) -> fmt::Result,
}

/// Asks what can be done with a value.
pub struct Probe<'a, T>(pub &'a T);

impl<'a, T: fmt::Debug> Probe<'a, T> {
    /// The value, as one that can be shown.
    pub fn shown(&self) -> Option<&'a dyn fmt::Debug> {
        Some(self.0)
    }
}

impl<T: Clone> Probe<'_, T> {
    /// A copy of the value.
    pub fn duplicated(&self) -> Option<T> {
        Some(self.0.clone())
    }
}

/// What is left for a value of which nothing else is known.
pub trait Unable<T> {
    /// It cannot be shown.
    fn shown(&self) -> Option<&'static dyn fmt::Debug> {
        None
    }

    /// It cannot be copied.
    fn duplicated(&self) -> Option<T> {
        None
    }
}

impl<T> Unable<T> for Probe<'_, T> {}

/// Writes a value, if it can be shown.
pub fn show(f: &mut fmt::Formatter<'_>, value: Option<&dyn fmt::Debug>) -> fmt::Result {
    match value {
        Some(value) => value.fmt(f),
        None => f.write_str("…"),
    }
}

/// Writes values as the arguments of a call.
pub fn show_all(f: &mut fmt::Formatter<'_>, values: &[Option<&dyn fmt::Debug>]) -> fmt::Result {
    f.write_str("(")?;
    for (at, &value) in values.iter().enumerate() {
        if at > 0 {
            f.write_str(", ")?;
        }
        show(f, value)?;
    }
    f.write_str(")")
}

/// Writes nothing: what is not known to be able to be shown.
pub(crate) fn nothing<T>(_: &T, _: &mut fmt::Formatter<'_>) -> fmt::Result {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Opaque;

    #[test]
    fn what_has_the_trait_is_shown_and_copied_and_the_rest_is_not() {
        assert_eq!(format!("{:?}", Probe(&7).shown().unwrap()), "7");
        assert_eq!(Probe(&7).duplicated(), Some(7));
        assert!(Probe(&Opaque).shown().is_none());
        assert!(Probe(&Opaque).duplicated().is_none());
    }

    #[test]
    fn nobody_knows_what_a_parameter_is_able_to() {
        fn is_shown<T>(value: &T) -> bool {
            Probe(value).shown().is_some()
        }
        assert!(!is_shown(&7));
    }

    #[test]
    fn arguments_are_written_as_those_of_a_call() {
        struct Call;
        impl fmt::Display for Call {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                show_all(f, &[Probe(&7).shown(), Probe(&Opaque).shown(), Probe(&"x").shown()])
            }
        }
        assert_eq!(Call.to_string(), "(7, …, \"x\")");
    }
}
