//! What a benchmark asks, apart from any system that answers it.

use std::fmt;
use std::ops::{Index, RangeInclusive};

/// One of the thirty.
#[derive(Debug)]
pub struct Problem {
    /// Its number in the suite's table.
    pub number: u8,
    /// The name on the command line and in results.
    pub name: &'static str,
    /// Its name in the literature.
    pub title: &'static str,
    /// Its class.
    pub kind: Kind,
    /// What the time is divided by, in the singular: `message`, `transaction`.
    pub operation: &'static str,
    /// What can be chosen.
    pub parameters: &'static [Parameter],
    /// Says why these values do not go together, though each is in its range.
    pub refusal: fn(&Parameters) -> Option<String>,
    /// How many operations a run of this size has.
    pub operations: fn(&Parameters) -> u64,
    /// The right answer, computed without actors.
    pub expected: fn(&Parameters) -> Expected,
}

/// The suite's classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One mechanism of the runtime.
    Micro,
    /// A classical problem of concurrency.
    Concurrency,
    /// Computation that is to be spread over the cores.
    Parallel,
}

/// A number that can be chosen.
#[derive(Debug)]
pub struct Parameter {
    /// The key in `key=value`.
    pub name: &'static str,
    /// What it counts.
    pub meaning: &'static str,
    /// The suite's default.
    pub suite: u64,
    /// For tests: done in a tenth of a second, without optimisation.
    pub small: u64,
    /// For measurements: long enough to be timed well, a second or less.
    pub long: u64,
    /// What makes sense.
    pub allowed: RangeInclusive<u64>,
}

/// Which value of each parameter is meant when none is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// [`Parameter::small`].
    Small,
    /// [`Parameter::suite`].
    Suite,
    /// [`Parameter::long`].
    Long,
}

/// A value for each parameter of a problem: `parameters["accounts"]`.
#[derive(Debug, Clone)]
pub struct Parameters {
    problem: &'static Problem,
    values: Vec<u64>,
}

/// What a run found out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Answer {
    /// A count, or a sum in whole numbers.
    Whole(u64),
    /// The result of a computation in floating point.
    Real(f64),
}

/// What a run has to find out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Expected {
    /// This and nothing else.
    Whole(u64),
    /// This, give or take `tolerance`.
    Near {
        /// The middle.
        value: f64,
        /// The greatest difference that is right.
        tolerance: f64,
    },
}

impl Problem {
    /// The right answer.
    pub fn expected(&self, parameters: &Parameters) -> Expected {
        (self.expected)(parameters)
    }

    /// How many operations a run of this size has.
    pub fn operations(&self, parameters: &Parameters) -> u64 {
        (self.operations)(parameters)
    }
}

impl Parameters {
    /// The values of this size.
    pub fn new(problem: &'static Problem, size: Size) -> Self {
        let value = |parameter: &Parameter| match size {
            Size::Small => parameter.small,
            Size::Suite => parameter.suite,
            Size::Long => parameter.long,
        };
        Self { problem, values: problem.parameters.iter().map(value).collect() }
    }

    /// Whose they are.
    pub fn problem(&self) -> &'static Problem {
        self.problem
    }

    /// Chooses the value of one of them. Whether all go together is for [`check`](Self::check) to say.
    ///
    /// # Errors
    ///
    /// A sentence that names the value and what would be right.
    pub fn set(&mut self, name: &str, text: &str) -> Result<(), String> {
        let problem = self.problem.name;
        let Some(place) = self.problem.parameters.iter().position(|parameter| parameter.name == name) else {
            let names: Vec<_> = self.problem.parameters.iter().map(|parameter| parameter.name).collect();
            return Err(format!("{problem} has no parameter '{name}'; it has {}", names.join(", ")));
        };
        let allowed = &self.problem.parameters[place].allowed;
        match text.parse() {
            Ok(value) if allowed.contains(&value) => self.values[place] = value,
            _ => {
                let (least, most) = (allowed.start(), allowed.end());
                return Err(format!(
                    "{name} of {problem} cannot be '{text}'; give a whole number from {least} to {most}"
                ));
            }
        }
        Ok(())
    }

    /// Whether the values go together.
    ///
    /// # Errors
    ///
    /// A sentence that names the values and what would be right.
    pub fn check(&self) -> Result<(), String> {
        match (self.problem.refusal)(self) {
            Some(reason) => Err(format!("{}: {reason}", self.problem.name)),
            None => Ok(()),
        }
    }

    /// Names and values, in the order of the problem's table.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        self.problem.parameters.iter().map(|parameter| parameter.name).zip(self.values.iter().copied())
    }
}

impl Index<&str> for Parameters {
    type Output = u64;

    /// # Panics
    ///
    /// If the problem has no such parameter.
    fn index(&self, name: &str) -> &u64 {
        let place = self.problem.parameters.iter().position(|parameter| parameter.name == name);
        &self.values[place.unwrap_or_else(|| panic!("{} has no parameter '{name}'", self.problem.name))]
    }
}

impl fmt::Display for Parameters {
    /// As they are given on a command line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (name, value)) in self.iter().enumerate() {
            let gap = if place == 0 { "" } else { " " };
            write!(f, "{gap}{name}={value}")?;
        }
        Ok(())
    }
}

impl Expected {
    /// Compares.
    ///
    /// # Errors
    ///
    /// A sentence with both, if the answer is wrong.
    pub fn check(self, answer: Answer) -> Result<(), String> {
        let right = match (self, answer) {
            (Self::Whole(expected), Answer::Whole(found)) => found == expected,
            (Self::Near { value, tolerance }, Answer::Real(found)) => (found - value).abs() <= tolerance,
            _ => false,
        };
        if right { Ok(()) } else { Err(format!("the answer is {answer:?}, and {self:?} is right")) }
    }
}

/// Of problems whose parameters go together whatever they are.
pub(crate) fn never(_: &Parameters) -> Option<String> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problems;

    #[test]
    fn a_bad_parameter_is_named_together_with_the_remedy() {
        let mut parameters = Parameters::new(problems::named("banking").unwrap(), Size::Small);
        for (name, text, remedy) in [
            ("accounts", "1", "from 2"),
            ("accounts", "many", "whole number"),
            ("tellers", "3", "it has accounts, transactions"),
        ] {
            let error = parameters.set(name, text).unwrap_err();
            assert!(error.contains(name) && error.contains(remedy), "{error}");
        }
    }

    #[test]
    fn a_wrong_answer_is_refused_and_a_near_one_is_not() {
        assert!(Expected::Whole(7).check(Answer::Whole(7)).is_ok());
        assert!(Expected::Whole(7).check(Answer::Whole(8)).is_err());
        let near = Expected::Near { value: 1.0, tolerance: 0.1 };
        assert!(near.check(Answer::Real(1.05)).is_ok());
        assert!(near.check(Answer::Real(1.2)).is_err());
        assert!(near.check(Answer::Real(f64::NAN)).is_err());
        assert!(near.check(Answer::Whole(1)).is_err());
    }
}
