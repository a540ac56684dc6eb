//! Times as they stand beside a picture: one unit and as many digits for all, and where time leaps.

/// How the times of one picture are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Scale {
    /// What it is called, and how many nanoseconds it has.
    unit: (&'static str, u64),
    digits: usize,
}

const UNITS: [(&str, u64); 3] = [("s", 1_000_000_000), ("ms", 1_000_000), ("µs", 1_000)];

impl Scale {
    /// A scale on which these times, which do not fall, are short, and usually differ where one follows another.
    pub(crate) fn of(times: &[u64]) -> Scale {
        let last = times.last().copied().unwrap_or(0);
        let unit = UNITS.into_iter().find(|(_, size)| last >= 10 * size).unwrap_or(UNITS[2]);
        let finest = usual_step(times).unwrap_or(1);
        let mut digits = 0;
        let mut resolution = unit.1;
        while resolution > 1 && resolution > finest {
            resolution /= 10;
            digits += 1;
        }
        Scale { unit, digits }
    }

    /// A time in nanoseconds, on this scale.
    pub(crate) fn write(&self, at: u64) -> String {
        let (unit, size) = self.unit;
        format!("{:.*} {unit}", self.digits, at as f64 / size as f64)
    }

    /// A time to the nanosecond.
    pub(crate) fn exact(at: u64) -> String {
        format!("{}.{:09} s", at / 1_000_000_000, at % 1_000_000_000)
    }
}

/// A length of time by itself, to three digits or so, as in `1.25 ms`.
pub(crate) fn duration(nanos: u64) -> String {
    let (unit, size) = UNITS.into_iter().find(|(_, size)| nanos >= *size).unwrap_or(("ns", 1));
    let value = nanos as f64 / size as f64;
    let digits = if size == 1 || value >= 100.0 {
        0
    } else if value >= 10.0 {
        1
    } else {
        2
    };
    format!("{value:.digits$} {unit}")
}

/// How long nothing must happen to be told: ten times as long as it usually takes from one row to the next, and a
/// fiftieth of the whole.
pub(crate) fn leap(times: &[u64]) -> u64 {
    let Some(usual) = usual_step(times) else { return u64::MAX };
    let whole = times[times.len() - 1] - times[0];
    (usual.saturating_mul(10)).max(whole / 50)
}

/// How long it takes from one time to the next, where they differ: half of the steps are no longer.
fn usual_step(times: &[u64]) -> Option<u64> {
    let mut steps: Vec<u64> =
        times.windows(2).map(|pair| pair[1] - pair[0]).filter(|step| *step > 0).collect();
    steps.sort_unstable();
    steps.get(steps.len().saturating_sub(1) / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_finely_as_they_differ() {
        assert_eq!(Scale::of(&[0, 150, 2_000_000]).write(1_234_567), "1234.6 µs");
        assert_eq!(Scale::of(&[0, 20_000, 90_000_000]).write(1_234_567), "1.23 ms");
        assert_eq!(Scale::of(&[12_000_000_000, 12_000_005_000]).write(12_000_123_456), "12.000123 s");
        assert_eq!(Scale::of(&[5]).write(5), "0.005 µs");
    }

    #[test]
    fn a_length_of_time_has_three_digits() {
        assert_eq!(duration(999), "999 ns");
        assert_eq!(duration(1_250_000), "1.25 ms");
        assert_eq!(duration(12_500_000_000), "12.5 s");
        assert_eq!(duration(3_600_000_000_000), "3600 s");
    }

    #[test]
    fn only_a_pause_that_stands_out_is_a_leap() {
        assert_eq!(leap(&[0, 10, 20, 30, 1_030]), 100);
        assert_eq!(leap(&[7, 7]), u64::MAX);
        assert_eq!(leap(&[]), u64::MAX);
    }
}
