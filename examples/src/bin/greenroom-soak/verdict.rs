//! Whether what the process holds grows.

use std::fmt;

use crate::gauges::Gauges;

/// Resident memory at some time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    pub(crate) minutes: f64,
    pub(crate) kib: f64,
}

/// What is leaked, of what is counted: nothing may be more at the end, with two exceptions. A second thread for blocking
/// work may linger for a while, if the first one was not quite free. And a few mappings may be more, for the allocator and
/// the kernel split and join them as they like.
pub(crate) fn more(before: &Gauges, after: &Gauges) -> Vec<String> {
    const THREADS: u64 = 1;
    const MAPPINGS: u64 = 32;
    [
        ("threads", before.threads, after.threads, THREADS),
        ("mappings", before.mappings, after.mappings, MAPPINGS),
        ("descriptors", before.descriptors, after.descriptors, 0),
        ("actors", before.actors, after.actors, 0),
    ]
    .into_iter()
    .filter(|(_, before, after, tolerance)| *after > before + tolerance)
    .map(|(what, before, after, _)| format!("{what}: {after}, and {before} before"))
    .collect()
}

/// How memory goes: the line through the samples that is nearest to all (least squares).
///
/// Samples that follow on one another are much alike, which makes a line look surer than it is. So it goes through the
/// means of a few stretches, and what these are off it is its error.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trend {
    mean_kib: f64,
    kib_a_minute: f64,
    /// The slope's standard error.
    error: f64,
    minutes: f64,
}

impl Trend {
    pub(crate) fn of(samples: &[Sample]) -> Self {
        const STRETCHES: usize = 12;
        let length = samples.len().div_ceil(STRETCHES).max(1);
        let points: Vec<_> = samples.chunks(length).map(mean).collect();
        let centre = mean(&points);
        let sum = |term: &dyn Fn(&Sample) -> f64| points.iter().map(term).sum::<f64>();
        let spread = sum(&|point| (point.minutes - centre.minutes).powi(2));
        let slope = sum(&|point| (point.minutes - centre.minutes) * (point.kib - centre.kib)) / spread;
        let off = sum(&|point| (point.kib - centre.kib - slope * (point.minutes - centre.minutes)).powi(2));
        Trend {
            mean_kib: centre.kib,
            kib_a_minute: slope,
            error: (off / (points.len() as f64 - 2.0).max(1.0) / spread).sqrt(),
            minutes: samples.last().map_or(0.0, |sample| sample.minutes),
        }
    }

    /// It has grown for certain, and by more than pools and the allocator's free lists come to, which grow to what was
    /// ever needed at once. That is a matter of size, not of time: the longer the soak, the smaller a leak it finds. In three
    /// minutes, one of a byte for each actor.
    pub(crate) fn leak(&self) -> Option<String> {
        let tolerance = f64::max(16.0 * 1024.0, self.mean_kib / 20.0);
        let least = (self.kib_a_minute - 2.0 * self.error) * self.minutes;
        (least > tolerance).then(|| {
            format!(
                "memory: at least {least:.0} KiB in {:.1} min, and {tolerance:.0} KiB may be",
                self.minutes
            )
        })
    }
}

impl fmt::Display for Trend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Trend { mean_kib, kib_a_minute, error, minutes } = self;
        write!(f, "{mean_kib:.0} KiB, {kib_a_minute:+.0} KiB/min (± {error:.0}) over {minutes:.1} min")
    }
}

fn mean(samples: &[Sample]) -> Sample {
    let mean = |field: fn(&Sample) -> f64| samples.iter().map(field).sum::<f64>() / samples.len() as f64;
    Sample { minutes: mean(|sample| sample.minutes), kib: mean(|sample| sample.kib) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two minutes of samples: `kib` by the minute, and noise that stays for a while, as that of memory does.
    fn trend(kib: impl Fn(f64) -> f64) -> Trend {
        let noise = [0.0, 900.0, 300.0, -700.0, 100.0, -200.0, 500.0, -900.0];
        let samples = (0..240).map(|number| {
            let minutes = f64::from(number) / 120.0;
            Sample { minutes, kib: kib(minutes) + noise[number as usize / 9 % noise.len()] }
        });
        Trend::of(&samples.collect::<Vec<_>>())
    }

    #[test]
    fn flat_memory_with_noise_and_a_step_is_no_leak() {
        for flat in [trend(|_| 90_000.0), trend(|minutes| if minutes < 1.0 { 90_000.0 } else { 97_000.0 })] {
            assert_eq!(flat.leak(), None, "{flat}");
        }
    }

    #[test]
    fn memory_that_grows_is_a_leak_and_the_slope_is_told() {
        let growing = trend(|minutes| 90_000.0 + 12_000.0 * minutes);
        assert!(growing.leak().is_some(), "{growing}");
        assert!((growing.kib_a_minute - 12_000.0).abs() < 1_000.0, "{growing}");
        assert_eq!(trend(|minutes| 90_000.0 - 10_000.0 * minutes).leak(), None);
    }

    #[test]
    fn each_thing_that_there_is_more_of_is_told() {
        let before = Gauges { threads: 5, mappings: 100, descriptors: 6, actors: 1000 };
        assert_eq!(more(&before, &before), [""; 0]);
        let after = Gauges { threads: 7, mappings: 200, descriptors: 7, actors: 1001 };
        assert_eq!(more(&before, &after).len(), 4);
    }
}
