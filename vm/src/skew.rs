//! The clock of a node: how far it is off, and how fast it runs.
//!
//! It is set against the machine's virtual clock, which nobody on a node can read. What is to last so long by a node's clock
//! lasts longer or less by the machine's.

use std::time::Duration;

use greenroom_scheduler::Time;

/// Parts of which rates are counted.
const WHOLE: i128 = 1_000_000;

/// See the head of this file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct NodeClock {
    /// When it was set, by the machine's clock ...
    since: Time,
    /// ... and what it showed then, in nanoseconds.
    shown: i128,
    /// How much faster it runs, in parts per million.
    rate_ppm: i32,
}

impl NodeClock {
    /// One that is `offset_nanos` ahead now, and gains `rate_ppm` microseconds in a second from now on.
    ///
    /// # Panics
    /// If it would stand still, or run backward.
    pub(crate) fn set(now: Time, offset_nanos: i64, rate_ppm: i32) -> Self {
        let shown = i128::from(now.as_nanos()) + i128::from(offset_nanos);
        assert!(
            i128::from(rate_ppm) > -WHOLE,
            "a clock that gains {rate_ppm} parts per million does not go forward; use more than -1000000"
        );
        NodeClock { since: now, shown, rate_ppm }
    }

    /// What it shows; not less than nothing.
    pub(crate) fn read(&self, now: Time) -> Duration {
        let passed = i128::from(now.since(self.since).as_nanos() as u64);
        let shown = self.shown + passed * (WHOLE + i128::from(self.rate_ppm)) / WHOLE;
        Duration::from_nanos(u64::try_from(shown.max(0)).unwrap_or(u64::MAX))
    }

    /// How long something takes by the machine's clock that takes `length` by this one: never too short.
    pub(crate) fn stretch(&self, length: Duration) -> Duration {
        if self.rate_ppm == 0 || length == Duration::MAX {
            return length;
        }
        let rate = (WHOLE + i128::from(self.rate_ppm)).cast_unsigned();
        let nanos = (length.as_nanos() * WHOLE.cast_unsigned()).div_ceil(rate);
        u64::try_from(nanos).map_or(Duration::MAX, Duration::from_nanos)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn at(seconds: u64) -> Time {
        Time::ZERO.after(SECOND * seconds as u32)
    }

    #[test]
    fn a_clock_that_is_not_set_shows_the_machine_s_time() {
        assert_eq!(NodeClock::default().read(at(7)), 7 * SECOND);
        assert_eq!(NodeClock::default().stretch(7 * SECOND), 7 * SECOND);
    }

    #[test]
    fn a_clock_goes_on_from_where_it_was_set_at_its_own_rate() {
        let fast = NodeClock::set(at(10), 2_000_000_000, 500_000);
        assert_eq!((fast.read(at(10)), fast.read(at(12))), (12 * SECOND, 15 * SECOND));
        assert_eq!(fast.stretch(3 * SECOND), 2 * SECOND);
        let slow = NodeClock::set(at(10), -20_000_000_000, -500_000);
        assert_eq!((slow.read(at(12)), slow.read(at(40))), (Duration::ZERO, 5 * SECOND));
        assert_eq!(slow.stretch(3 * SECOND), 6 * SECOND);
    }

    #[test]
    fn what_is_stretched_is_never_too_short() {
        let clock = NodeClock::set(Time::ZERO, 0, 3);
        for nanos in [1, 999_999, 1_000_003, 123_456_789_123] {
            let length = Duration::from_nanos(nanos);
            assert!(clock.read(Time::ZERO.after(clock.stretch(length))) >= length, "{length:?}");
        }
        assert_eq!(clock.stretch(Duration::MAX), Duration::MAX);
    }

    #[test]
    #[should_panic(expected = "gains -1000000 parts per million")]
    fn a_clock_does_not_stand_still() {
        NodeClock::set(Time::ZERO, 0, -1_000_000);
    }
}
