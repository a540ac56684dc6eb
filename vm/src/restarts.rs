//! How often children may be restarted, and how long one waits before it is.
//!
//! It knows neither supervisors nor clocks: time and chance are arguments.

use std::collections::VecDeque;
use std::time::Duration;

use greenroom_scheduler::Time;

/// What a supervisor has been told of restarts.
#[derive(Debug)]
pub(crate) struct Policy {
    pub(crate) intensity: Intensity,
    pub(crate) backoff: Backoff,
}

impl Policy {
    pub(crate) fn new() -> Self {
        Policy { intensity: Intensity::new(1, Duration::from_secs(5)), backoff: Backoff::default() }
    }

    /// Whether there may be one more restart, which is counted.
    #[must_use]
    pub(crate) fn allow(&mut self, now: Time) -> bool {
        self.intensity.allow(now)
    }

    /// How long to wait before the restart of a child that has failed `before`. `random` draws below its argument.
    pub(crate) fn delay(
        &self,
        before: &mut Failures,
        now: Time,
        random: impl FnOnce(u32) -> u32,
    ) -> Duration {
        let forgotten = self.backoff.forgets_after().max(self.intensity.window);
        self.backoff.delay(before.count(now, forgotten), random)
    }
}

/// How often a child has failed in a row, and when the last time was.
#[derive(Debug, Default)]
pub(crate) struct Failures {
    pub(crate) in_a_row: u32,
    last: Time,
}

impl Failures {
    /// Counts one more, and says how many there were in a row; those before the last was `forgotten` ago do not count.
    fn count(&mut self, now: Time, forgotten: Duration) -> u32 {
        if now.since(self.last) > forgotten {
            self.in_a_row = 0;
        }
        self.last = now;
        self.in_a_row = self.in_a_row.saturating_add(1);
        self.in_a_row
    }
}

/// At most so many restarts in so long a time, as in OTP.
#[derive(Clone, Debug)]
pub(crate) struct Intensity {
    pub(crate) most: u32,
    pub(crate) window: Duration,
    /// When the last ones were, oldest first; never more than `most`.
    restarts: VecDeque<Time>,
}

impl Intensity {
    pub(crate) fn new(most: u32, window: Duration) -> Self {
        Intensity { most, window, restarts: VecDeque::new() }
    }

    /// Counts a restart. False: it is one too many.
    #[must_use]
    pub(crate) fn allow(&mut self, now: Time) -> bool {
        while self.restarts.front().is_some_and(|&oldest| now.since(oldest) > self.window) {
            self.restarts.pop_front();
        }
        let allowed = self.restarts.len() < self.most as usize;
        if allowed {
            self.restarts.push_back(now);
        }
        allowed
    }
}

/// A wait that doubles with each restart in a row, up to a limit. Half of it is left to chance, so that many that failed
/// together do not come back together.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Backoff {
    first: Duration,
    most: Duration,
}

impl Backoff {
    pub(crate) fn new(first: Duration, most: Duration) -> Self {
        Backoff { first, most: most.max(first) }
    }

    /// How long to wait before restart number `failures` in a row, from 1. `random` draws below its argument.
    pub(crate) fn delay(&self, failures: u32, random: impl FnOnce(u32) -> u32) -> Duration {
        let doublings = failures.saturating_sub(1).min(31);
        let whole = self.first.saturating_mul(1 << doublings).min(self.most);
        let steps = 1 << 16;
        whole / 2 + whole / 2 * random(steps) / steps
    }

    /// After how long a life the next failure is no more in a row with the last one.
    pub(crate) fn forgets_after(&self) -> Duration {
        self.most.saturating_mul(2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Time {
        Time::ZERO.after(Duration::from_millis(millis))
    }

    #[test]
    fn one_restart_more_than_fits_the_window_is_refused_and_old_ones_are_forgotten() {
        let mut intensity = Intensity::new(2, Duration::from_millis(100));
        assert!(intensity.allow(at(0)) && intensity.allow(at(50)));
        assert!(!intensity.allow(at(100)), "the first is still in the window");
        assert!(intensity.allow(at(101)), "now it is not");
        assert!(!intensity.allow(at(102)));
        assert!(!Intensity::new(0, Duration::from_secs(1)).allow(at(0)));
    }

    #[test]
    fn waits_double_up_to_the_limit_and_half_of_each_is_chance() {
        let backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(1));
        let least: Vec<u128> = (1..=6).map(|n| backoff.delay(n, |_| 0).as_millis()).collect();
        assert_eq!(least, [50, 100, 200, 400, 500, 500]);
        let most = backoff.delay(1, |below| below - 1);
        assert!(most > Duration::from_millis(99) && most < Duration::from_millis(100), "{most:?}");
        assert_eq!(backoff.delay(u32::MAX, |_| 0), Duration::from_millis(500));
        assert_eq!(Backoff::default().delay(9, |_| 7), Duration::ZERO);
    }
}
