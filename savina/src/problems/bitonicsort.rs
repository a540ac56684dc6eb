//! Bitonic Sort: a very large static network of tiny actors (Batcher, *Sorting networks and their applications*, 1968).
//!
//! Values go through [steps](Step). A step cuts what comes into sequences, and sorts each to where the lower half of the values is on one
//! side of the upper half. In a sequence of `length`, the i-th value is compared with the one `length / 2` later.
//!
//! ```text
//! step:      splitter -> values / length sequences, in turn -> joiner -> the next step
//! sequence:  splitter -> length / 2 comparators, one value each in turn -> joiner;  of two values, just one comparator
//! ```
//!
//! A splitter gives `run` values to each of its branches, in turn; a joiner takes as many from each, in the same order, and keeps
//! what comes too early. The suite's actors that do nothing but pass a message on, around each of these parts, are left out.

use crate::problem::{Expected, Kind, Parameter, Parameters, Problem};
use crate::random::Generator;

const SEED: u64 = 2_048;

/// What is asked. The answer is the sum of the values, whose order is asserted.
pub static PROBLEM: Problem = Problem {
    number: 30,
    name: "bitonicsort",
    title: "Bitonic Sort",
    kind: Kind::Parallel,
    operation: "comparison",
    parameters: &[Parameter {
        name: "values",
        meaning: "values to be sorted, a power of two",
        suite: 4_096,
        small: 16,
        long: 8_192,
        allowed: 2..=32_768,
    }],
    refusal: |parameters| {
        let values = parameters["values"];
        let near = values.next_power_of_two();
        (values != near).then(|| format!("{values} values are no power of two: give {} or {near}", near / 2))
    },
    operations: |parameters| steps(parameters).count() as u64 * parameters["values"] / 2,
    expected: |parameters| Expected::Whole(values(parameters).sum()),
};

/// What is to be sorted.
pub fn values(parameters: &Parameters) -> impl Iterator<Item = u64> + Send + 'static {
    let mut random = Generator::new(SEED);
    (0..parameters["values"]).map(move |_| random.next_whole())
}

/// A part of the network, through which all values go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// How long the sequences will be that are sorted when the stage is over to which this step belongs.
    stage: usize,
    /// Of a sequence.
    pub length: usize,
}

impl Step {
    /// Whether the lower values of this sequence come first. So it is with every other sequence of the stage; two of them, one up
    /// and one down, are what the next stage begins with.
    pub fn rises(&self, sequence: usize) -> bool {
        (sequence * self.length / self.stage).is_multiple_of(2)
    }
}

/// All steps, in the order in which values go through them: in each stage, from its length down to 2.
pub fn steps(parameters: &Parameters) -> impl DoubleEndedIterator<Item = Step> + Send + 'static {
    let stages = parameters["values"].ilog2();
    (1..=stages).flat_map(|stage| {
        (1..=stage).rev().map(move |length| Step { stage: 1 << stage, length: 1 << length })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Size;

    #[test]
    fn the_values_are_those_of_the_suite() {
        let parameters = Parameters::new(&PROBLEM, Size::Suite);
        assert_eq!(PROBLEM.expected(&parameters), Expected::Whole(135_063_552));
        assert_eq!(steps(&parameters).count(), 78);
    }

    /// By the 0-1 principle (Knuth, *The Art of Computer Programming*, vol. 3, 5.3.4) it then sorts everything.
    #[test]
    fn the_steps_sort_all_sequences_of_zeros_and_ones() {
        let mut parameters = Parameters::new(&PROBLEM, Size::Small);
        parameters.set("values", "8").unwrap();
        for bits in 0..256 {
            let mut values: Vec<_> = (0..8).map(|place| bits >> place & 1).collect();
            for step in steps(&parameters) {
                for (number, sequence) in values.chunks_mut(step.length).enumerate() {
                    let (first, second) = sequence.split_at_mut(step.length / 2);
                    for (one, other) in first.iter_mut().zip(second) {
                        if (*one > *other) == step.rises(number) {
                            std::mem::swap(one, other);
                        }
                    }
                }
            }
            assert!(values.is_sorted(), "{bits:b} becomes {values:?}");
        }
    }

    #[test]
    fn other_numbers_of_values_are_refused_with_the_remedy() {
        let mut parameters = Parameters::new(&PROBLEM, Size::Small);
        parameters.set("values", "12").unwrap();
        assert!(parameters.check().unwrap_err().contains("give 8 or 16"));
    }
}
