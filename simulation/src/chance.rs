//! Chance: numbers drawn from a seed, the same on every machine.
//!
//! Two ways to draw. A [`Chance`] is a stream: the next number depends on how many were drawn before. A *keyed* one begins
//! anew for every key, so that what becomes of one thing does not depend on what became of others: with a fault left out of
//! a run, chance still decides all the rest as before.
//!
//! Integers only, by the generator `SplitMix64` (Steele, Lea and Flood 2014): floats from a platform's mathematics library
//! differ in their last digits, and a run that differs in a digit is another run.

use std::ops::RangeInclusive;
use std::time::Duration;

/// A stream of numbers that a seed determines.
///
/// ```
/// use greenroom_simulation::Chance;
///
/// let (mut one, mut two) = (Chance::new(7), Chance::new(7));
/// assert_eq!(one.below(1000), two.below(1000));
/// assert!(["ape", "bat", "cat"].contains(one.pick(&["ape", "bat", "cat"])));
/// ```
#[derive(Clone, Debug)]
pub struct Chance {
    state: u64,
}

/// How likely something is, in parts of 2^64.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Probability(u128);

const ALWAYS: u128 = 1 << 64;

impl Probability {
    /// # Panics
    /// If it is not between 0 and 1; `what` says of what.
    pub(crate) fn new(probability: f64, what: &str) -> Self {
        assert!((0.0..=1.0).contains(&probability), "{what} is {probability}; use a probability from 0 to 1");
        // Exact: a product with a power of two, and a cast that the language defines.
        Probability((probability * ALWAYS as f64) as u128)
    }

    pub(crate) fn is_zero(self) -> bool {
        self.0 == 0
    }
}

impl Chance {
    /// The stream of that seed.
    pub fn new(seed: u64) -> Self {
        Chance { state: seed }
    }

    /// The stream that belongs to that key.
    pub(crate) fn keyed(seed: u64, key: &[u64]) -> Self {
        let state = key.iter().fold(mix(seed), |state, part| mix(state ^ mix(part.wrapping_add(GOLDEN))));
        Chance { state }
    }

    /// The next number.
    #[expect(clippy::should_implement_trait, reason = "a stream without an end is more than an iterator")]
    pub fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(GOLDEN);
        mix(self.state)
    }

    /// A number below `below`.
    ///
    /// # Panics
    /// If `below` is 0.
    pub fn below(&mut self, below: u64) -> u64 {
        assert_ne!(below, 0, "there is no number below 0 to draw");
        // The upper half of the product is uniform but for one part in 2^64 / below.
        ((u128::from(self.next()) * u128::from(below)) >> 64) as u64
    }

    /// A number of that range.
    ///
    /// # Panics
    /// If the range is empty.
    pub fn within(&mut self, range: RangeInclusive<u64>) -> u64 {
        let (least, most) = range.into_inner();
        assert!(least <= most, "there is no number in {least}..={most} to draw");
        match (most - least).checked_add(1) {
            Some(count) => least + self.below(count),
            None => self.next(),
        }
    }

    /// A duration of that range, to the nanosecond.
    ///
    /// # Panics
    /// If the range is empty.
    pub fn duration(&mut self, range: RangeInclusive<Duration>) -> Duration {
        Duration::from_nanos(self.within(nanos(*range.start())..=nanos(*range.end())))
    }

    /// Whether something happens that has that probability.
    ///
    /// # Panics
    /// If it is not between 0 and 1.
    pub fn happens(&mut self, probability: f64) -> bool {
        self.strikes(Probability::new(probability, "what may happen"))
    }

    pub(crate) fn strikes(&mut self, probability: Probability) -> bool {
        u128::from(self.next()) < probability.0
    }

    /// One of those.
    ///
    /// # Panics
    /// If there is none.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        assert!(!from.is_empty(), "there is nothing to pick from");
        &from[self.below(from.len() as u64) as usize]
    }

    /// Puts them into an order of which all are as likely.
    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for last in (1..list.len()).rev() {
            list.swap(last, self.below(last as u64 + 1) as usize);
        }
    }

    /// Another stream, for someone who draws on his own.
    #[must_use]
    pub fn split(&mut self) -> Chance {
        Chance::new(mix(self.next() ^ GOLDEN))
    }
}

/// 2^64 over the golden ratio, made odd.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// The finalizer of `SplitMix64`.
pub(crate) fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A text as a part of a key, by FNV-1a.
pub(crate) fn key_of(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// Nanoseconds, up to 584 years.
pub(crate) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_the_published_generator() {
        let mut chance = Chance::new(1_234_567);
        let first: Vec<u64> = (0..3).map(|_| chance.next()).collect();
        assert_eq!(first, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }

    #[test]
    fn numbers_below_a_limit_are_equally_likely() {
        let mut chance = Chance::new(1);
        let mut counts = [0_u32; 6];
        (0..60_000).for_each(|_| counts[chance.below(6) as usize] += 1);
        assert!(counts.iter().all(|count| (9_600..10_400).contains(count)), "{counts:?}");
    }

    #[test]
    fn a_keyed_stream_depends_on_every_part_of_its_key_and_on_nothing_else() {
        let first = |seed, key: &[u64]| Chance::keyed(seed, key).next();
        assert_eq!(first(1, &[2, 3]), first(1, &[2, 3]));
        let others =
            [first(2, &[2, 3]), first(1, &[3, 2]), first(1, &[2, 4]), first(1, &[2]), first(1, &[2, 3, 0])];
        assert!(others.iter().all(|other| *other != first(1, &[2, 3])));
    }

    #[test]
    fn what_is_certain_always_happens_and_what_cannot_be_never() {
        let mut chance = Chance::new(3);
        assert!((0..1000).all(|_| chance.happens(1.0) && !chance.happens(0.0)));
        let often = (0..100_000).filter(|_| chance.happens(0.3)).count();
        assert!((29_000..31_000).contains(&often), "{often}");
    }

    #[test]
    fn a_shuffle_keeps_everything_and_moves_something() {
        let mut cards: Vec<u32> = (0..100).collect();
        Chance::new(5).shuffle(&mut cards);
        assert_ne!(cards, (0..100).collect::<Vec<_>>());
        cards.sort_unstable();
        assert_eq!(cards, (0..100).collect::<Vec<_>>());
    }

    #[test]
    #[should_panic(expected = "loss is 1.5; use a probability from 0 to 1")]
    fn a_probability_above_one_is_refused() {
        Probability::new(1.5, "loss");
    }
}
