//! Filter Bank: a pipeline that splits into channels and joins again, with heavy stages.
//!
//! A producer and a source bring one value after another, on demand. Branches gives each to the bank of every channel, in which it
//! goes through the five [`filters`], each an actor; then it is marked with its channel. An integrator waits until it has a
//! value of every channel, a combiner adds them up, and a sink counts the sums. Nearly all the time goes into the dot products of
//! the FIR filters, which say nothing until they have seen as many values as they have coefficients.

use crate::problem::{Expected, Kind, Parameter, Parameters, Problem};

/// The source brings 0, 1, 2 … and begins anew here.
pub const CYCLE: u64 = 1_000;

/// What is asked.
pub static PROBLEM: Problem = Problem {
    number: 17,
    name: "filterbank",
    title: "Filter Bank",
    kind: Kind::Parallel,
    operation: "value",
    parameters: &[
        Parameter {
            name: "columns",
            meaning: "coefficients of a filter",
            suite: 16_384,
            small: 32,
            long: 2_048,
            allowed: 2..=1_000_000,
        },
        Parameter {
            name: "simulations",
            meaning: "values that the source brings",
            suite: 34_816,
            small: 100,
            long: 16_384,
            allowed: 3..=100_000_000,
        },
        Parameter {
            name: "channels",
            meaning: "banks of filters, side by side",
            suite: 8,
            small: 4,
            long: 8,
            allowed: 1..=1_000,
        },
    ],
    refusal: |parameters| {
        let least = 2 * parameters["columns"] - 1;
        (parameters["simulations"] < least).then(|| {
            format!("nothing would reach the sink; give at least {least} simulations, or fewer columns")
        })
    },
    operations: |parameters| parameters["simulations"],
    // Each of the two FIR filters keeps all values to itself but for the last of its first window.
    expected: |parameters| Expected::Whole(parameters["simulations"] + 2 - 2 * parameters["columns"]),
};

/// A stage of a bank: takes a value in, and mostly gives one out.
pub trait Filter: Send {
    /// What comes out for `value`, if anything does.
    fn put(&mut self, value: f64) -> Option<f64>;
}

/// Those of a bank, in the order in which values go through them.
pub fn filters(parameters: &Parameters, channel: u64) -> [Box<dyn Filter>; 5] {
    let columns = parameters["columns"];
    let shift = channel * (parameters["channels"] + 2) + 1;
    let analysis = (0..columns).map(|i| i * (columns + 1) + shift);
    let synthesis = (0..columns).map(|i| (i + channel) * (channel + 1));
    [
        Box::new(Delay::new(columns - 1)),
        Box::new(Fir::new(analysis)),
        Box::new(Sample { rate: columns, place: 0 }),
        Box::new(Delay::new(columns - 1)),
        Box::new(Fir::new(synthesis)),
    ]
}

/// Gives every value `length` values later; zeros before the first.
struct Delay {
    held: Vec<f64>,
    oldest: usize,
}

impl Delay {
    fn new(length: u64) -> Self {
        Self { held: vec![0.0; length as usize], oldest: 0 }
    }
}

impl Filter for Delay {
    fn put(&mut self, value: f64) -> Option<f64> {
        let delayed = std::mem::replace(&mut self.held[self.oldest], value);
        self.oldest = (self.oldest + 1) % self.held.len();
        Some(delayed)
    }
}

/// A filter of finite impulse response: the dot product of its coefficients and a window of the last values. As in the suite, the
/// window is not turned: its values stand where they came in.
struct Fir {
    /// The last one first, to be read side by side with the window.
    coefficients: Vec<f64>,
    window: Vec<f64>,
    place: usize,
    is_full: bool,
}

impl Fir {
    fn new(coefficients: impl DoubleEndedIterator<Item = u64>) -> Self {
        let coefficients: Vec<_> = coefficients.rev().map(|coefficient| coefficient as f64).collect();
        Self { window: vec![0.0; coefficients.len()], coefficients, place: 0, is_full: false }
    }
}

impl Filter for Fir {
    fn put(&mut self, value: f64) -> Option<f64> {
        self.window[self.place] = value;
        self.place = (self.place + 1) % self.window.len();
        self.is_full |= self.place == 0;
        self.is_full.then(|| self.window.iter().zip(&self.coefficients).map(|(v, c)| v * c).sum())
    }
}

/// Lets one value of `rate` through, and zeros in place of the others.
struct Sample {
    rate: u64,
    place: u64,
}

impl Filter for Sample {
    fn put(&mut self, value: f64) -> Option<f64> {
        let sampled = if self.place == 0 { value } else { 0.0 };
        self.place = (self.place + 1) % self.rate;
        Some(sampled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Size;

    #[test]
    fn the_suites_size_has_the_suites_answer() {
        assert_eq!(PROBLEM.expected(&Parameters::new(&PROBLEM, Size::Suite)), Expected::Whole(2_050));
    }

    /// The five in a row, without actors.
    #[test]
    fn a_bank_lets_as_many_values_through_as_are_expected() {
        for (columns, simulations) in [("2", "3"), ("2", "9"), ("3", "5"), ("32", "100")] {
            let mut parameters = Parameters::new(&PROBLEM, Size::Small);
            parameters.set("columns", columns).unwrap();
            parameters.set("simulations", simulations).unwrap();
            parameters.check().unwrap();
            let mut bank = filters(&parameters, 1);
            let through = (0..parameters["simulations"]).filter(|&value| {
                bank.iter_mut().try_fold(value as f64, |value, filter| filter.put(value)).is_some()
            });
            assert_eq!(PROBLEM.expected(&parameters), Expected::Whole(through.count() as u64));
        }
    }

    #[test]
    fn a_fir_filter_gives_the_dot_product_of_its_window_once_that_is_full() {
        let mut fir = Fir::new([1, 10, 100].into_iter());
        assert_eq!([1.0, 2.0, 3.0].map(|value| fir.put(value)), [None, None, Some(123.0)]);
        assert_eq!(fir.put(4.0), Some(423.0), "the newest stands where the oldest stood");
    }

    #[test]
    fn too_few_values_for_the_windows_are_refused() {
        let mut parameters = Parameters::new(&PROBLEM, Size::Small);
        parameters.set("simulations", "62").unwrap();
        assert!(parameters.check().unwrap_err().contains("at least 63"));
    }
}
