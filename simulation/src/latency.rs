//! Latency: how long something takes, drawn by chance from a distribution.
//!
//! All in integers of nanoseconds, and exact: a platform's `ln` and `powf` may differ in the last digit. What takes a
//! logarithm takes it bit by bit.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use crate::chance::{Chance, nanos};

/// A distribution of durations: of a link's latencies, or of how long a fault lasts.
///
/// A duration alone is one that is always the same, and a range one in which all are as likely.
///
/// ```
/// use std::time::Duration;
/// use greenroom_simulation::Latency;
///
/// let ms = Duration::from_millis;
/// let measured = Latency::quantiles(&[(0, ms(1)), (500, ms(2)), (990, ms(20)), (1000, ms(200))]);
/// let always = Latency::from(ms(3));
/// # let _ = (measured, always);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Latency(Shape);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Shape {
    Uniform { least: u64, most: u64 },
    Exponential { least: u64, above: u64 },
    Normal { mean: u64, deviation: u64 },
    LongTail { least: u64, most: u64 },
    Quantiles(Arc<[(u64, u64)]>),
}

/// The quantiles' unit: thousandths.
const WHOLE: u64 = 1000;

/// Draws within a thousandth are told apart so finely.
const FINE: u64 = 1 << 20;

impl Latency {
    /// Always the same.
    pub fn constant(duration: Duration) -> Self {
        Self::uniform(duration..=duration)
    }

    /// All of that range, each as likely.
    ///
    /// # Panics
    /// If the range is empty.
    pub fn uniform(range: RangeInclusive<Duration>) -> Self {
        let (least, most) = range.into_inner();
        assert!(least <= most, "{least:?}..={most:?} is empty: write the lesser first");
        Latency(Shape::Uniform { least: nanos(least), most: nanos(most) })
    }

    /// `least`, and a time above it that is distributed exponentially: as of a queue. `mean` is that of the whole.
    ///
    /// # Panics
    /// If `mean` is less than `least`.
    pub fn exponential(least: Duration, mean: Duration) -> Self {
        assert!(least <= mean, "a mean of {mean:?} is less than the least, {least:?}");
        Latency(Shape::Exponential { least: nanos(least), above: nanos(mean) - nanos(least) })
    }

    /// The normal distribution, as the sum of twelve uniform ones: within six deviations of the mean, and never negative.
    pub fn normal(mean: Duration, deviation: Duration) -> Self {
        Latency(Shape::Normal { mean: nanos(mean), deviation: nanos(deviation) })
    }

    /// Pareto's distribution with exponent 2: one in 4 takes twice `least` or longer, one in 100 ten times, one in a million a
    /// thousand times; but none more than `most`. The mean is about twice `least`.
    ///
    /// # Panics
    /// If `most` is less than `least`.
    pub fn long_tail(least: Duration, most: Duration) -> Self {
        assert!(least <= most, "the most, {most:?}, is less than the least, {least:?}");
        Latency(Shape::LongTail { least: nanos(least), most: nanos(most) })
    }

    /// What was measured: pairs of a quantile in thousandths and the duration there, with straight lines between.
    ///
    /// # Panics
    /// If they do not begin with 0, end with 1000 and rise.
    pub fn quantiles(points: &[(u32, Duration)]) -> Self {
        let points: Arc<[_]> =
            points.iter().map(|(at, duration)| (u64::from(*at), nanos(*duration))).collect();
        let ends = (points.first().map(|first| first.0), points.last().map(|last| last.0));
        assert_eq!(ends, (Some(0), Some(WHOLE)), "quantiles begin with that of 0 and end with that of 1000");
        let rises = |pair: &[(u64, u64)]| pair[0].0 < pair[1].0 && pair[0].1 <= pair[1].1;
        assert!(points.windows(2).all(rises), "quantiles rise, and their durations do not fall");
        Latency(Shape::Quantiles(points))
    }

    /// Whether chance has any part in it.
    pub(crate) fn is_constant(&self) -> bool {
        matches!(self.0, Shape::Uniform { least, most } if least == most)
    }

    /// What stands for it when chance is to have no part in it.
    pub(crate) fn calm(&self) -> Duration {
        Duration::from_nanos(match &self.0 {
            Shape::Uniform { least, .. }
            | Shape::Exponential { least, .. }
            | Shape::LongTail { least, .. } => *least,
            Shape::Normal { mean, .. } => *mean,
            Shape::Quantiles(points) => points[0].1,
        })
    }

    pub(crate) fn draw(&self, chance: &mut Chance) -> Duration {
        Duration::from_nanos(match &self.0 {
            Shape::Uniform { least, most } => chance.within(*least..=*most),
            Shape::Exponential { least, above } => {
                least.saturating_add(scaled(*above, negative_logarithm(chance.next() | 1)))
            }
            Shape::Normal { mean, deviation } => {
                let sum: i128 = (0..12).map(|_| i128::from(chance.next() >> 32)).sum();
                let off = ((sum - (6 << 32)) * i128::from(*deviation)) >> 32;
                u64::try_from(i128::from(*mean) + off).unwrap_or(0)
            }
            Shape::LongTail { least, most } => {
                let root = u128::from((chance.next() | 1).isqrt());
                let longer = (u128::from(*least) << 32) / root;
                u64::try_from(longer).unwrap_or(u64::MAX).min(*most)
            }
            Shape::Quantiles(points) => {
                let at = chance.below(WHOLE * FINE);
                let upper = points.partition_point(|point| point.0 * FINE <= at);
                let ((from, shorter), (to, longer)) = (points[upper - 1], points[upper]);
                let part = u128::from(at - from * FINE) * u128::from(longer - shorter);
                shorter + (part / u128::from((to - from) * FINE)) as u64
            }
        })
    }
}

impl From<Duration> for Latency {
    fn from(duration: Duration) -> Self {
        Latency::constant(duration)
    }
}

impl From<RangeInclusive<Duration>> for Latency {
    fn from(range: RangeInclusive<Duration>) -> Self {
        Latency::uniform(range)
    }
}

/// `factor` in parts of 2^32.
fn scaled(value: u64, factor: u64) -> u64 {
    u64::try_from((u128::from(value) * u128::from(factor)) >> 32).unwrap_or(u64::MAX)
}

/// Minus the natural logarithm of `of` / 2^64, in parts of 2^32. Not of 0.
fn negative_logarithm(of: u64) -> u64 {
    /// The natural logarithm of 2, in parts of 2^32.
    const LN_2: u128 = 2_977_044_472;
    let zeros = of.leading_zeros();
    // Between 1 and 2, in parts of 2^63. Each squaring brings one more digit of its logarithm before the point.
    let mut mantissa = of << zeros;
    let mut digits = 0_u64;
    for _ in 0..32 {
        let square = (u128::from(mantissa) * u128::from(mantissa)) >> 63;
        let carries = square >> 64 != 0;
        mantissa = (square >> u32::from(carries)) as u64;
        digits = digits << 1 | u64::from(carries);
    }
    let binary = (u128::from(zeros + 1) << 32) - u128::from(digits);
    ((binary * LN_2) >> 32) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);
    const DRAWS: u32 = 100_000;

    fn drawn(latency: &Latency) -> Vec<Duration> {
        let mut chance = Chance::new(11);
        let mut drawn: Vec<_> = (0..DRAWS).map(|_| latency.draw(&mut chance)).collect();
        drawn.sort_unstable();
        drawn
    }

    fn assert_near(found: Duration, wanted: Duration) {
        let off = found.abs_diff(wanted);
        assert!(off * 50 <= wanted, "{found:?} is more than a fiftieth off {wanted:?}");
    }

    fn mean(drawn: &[Duration]) -> Duration {
        drawn.iter().sum::<Duration>() / DRAWS
    }

    #[test]
    fn the_logarithm_is_exact_to_a_billionth() {
        for of in [1, 2, 3, 1 << 20, u64::MAX / 10, 1 << 63, u64::MAX] {
            let exact = 64.0 * std::f64::consts::LN_2 - (of as f64).ln();
            let found = negative_logarithm(of) as f64 / (1_u64 << 32) as f64;
            assert!((exact - found).abs() < 1e-8, "of {of}: {found}, not {exact}");
        }
    }

    #[test]
    fn uniform_latencies_fill_their_range() {
        let drawn = drawn(&Latency::uniform(MS..=3 * MS));
        assert_near(mean(&drawn), 2 * MS);
        assert_near(drawn[0], MS);
        assert!(drawn.iter().all(|latency| (MS..=3 * MS).contains(latency)));
    }

    #[test]
    fn exponential_latencies_have_their_least_mean_and_median() {
        let drawn = drawn(&Latency::exponential(MS, 3 * MS));
        assert!(drawn[0] >= MS);
        assert_near(mean(&drawn), 3 * MS);
        assert_near(drawn[drawn.len() / 2], MS + 2 * MS.mul_f64(std::f64::consts::LN_2));
    }

    #[test]
    fn normal_latencies_have_their_mean_and_two_thirds_within_a_deviation() {
        let drawn = drawn(&Latency::normal(10 * MS, 2 * MS));
        assert_near(mean(&drawn), 10 * MS);
        let within = drawn.iter().filter(|latency| latency.abs_diff(10 * MS) <= 2 * MS).count();
        assert!((67_000..69_500).contains(&within), "{within}");
    }

    #[test]
    fn a_long_tail_is_as_long_as_it_says() {
        let drawn = drawn(&Latency::long_tail(MS, 500 * MS));
        let longer = |than: Duration| drawn.iter().filter(|latency| **latency >= than).count();
        assert!((24_500..25_500).contains(&longer(2 * MS)), "{}", longer(2 * MS));
        assert!((900..1100).contains(&longer(10 * MS)), "{}", longer(10 * MS));
        assert!(drawn.iter().all(|latency| (MS..=500 * MS).contains(latency)));
    }

    #[test]
    fn quantiles_are_met() {
        let drawn = drawn(&Latency::quantiles(&[(0, MS), (500, 2 * MS), (990, 20 * MS), (1000, 200 * MS)]));
        assert_near(drawn[drawn.len() / 2], 2 * MS);
        assert_near(drawn[drawn.len() * 99 / 100], 20 * MS);
        assert!(drawn[0] >= MS && drawn[drawn.len() - 1] <= 200 * MS);
    }

    #[test]
    #[should_panic(expected = "quantiles begin with that of 0 and end with that of 1000")]
    fn quantiles_without_an_end_are_refused() {
        let _ = Latency::quantiles(&[(0, MS), (500, MS)]);
    }
}
