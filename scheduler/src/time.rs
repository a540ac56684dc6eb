//! Time as a value: nanoseconds since the scheduler's start, and the clock that reads it.
//!
//! The clock is the only place that knows whether the world is real or simulated.

use std::time::{Duration, Instant};

use crate::sync::{AtomicU64, Ordering};

/// A point in time: nanoseconds since the scheduler started. The virtual clock starts at [`Time::ZERO`] too.
///
/// ```
/// use std::time::Duration;
/// use greenroom_scheduler::Time;
///
/// let soon = Time::ZERO.after(Duration::from_micros(3));
/// assert_eq!(soon.as_nanos(), 3_000);
/// assert_eq!(Time::ZERO.after(Duration::MAX), Time::NEVER);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(u64);

impl Time {
    /// The scheduler's start.
    pub const ZERO: Time = Time(0);
    /// Later than any clock reads (584 years): what durations that overflow lead to.
    pub const NEVER: Time = Time(u64::MAX);

    /// So many nanoseconds after the start.
    #[must_use]
    pub const fn from_nanos(nanos: u64) -> Self {
        Time(nanos)
    }

    /// Nanoseconds since the start.
    #[must_use]
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// This much later, or [`NEVER`](Self::NEVER) if that overflows.
    #[must_use]
    pub fn after(self, duration: Duration) -> Self {
        let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        Time(self.0.saturating_add(nanos))
    }

    /// How long from `earlier` to here; zero if `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Time) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

/// Where time comes from.
#[derive(Debug)]
pub(crate) enum Clock {
    /// The machine's monotonic clock, read as time since this start.
    Real(Instant),
    /// A number that the simulation's driver moves.
    Virtual(AtomicU64),
}

impl Clock {
    pub(crate) fn real() -> Self {
        Clock::Real(Instant::now())
    }

    pub(crate) fn simulated() -> Self {
        Clock::Virtual(AtomicU64::new(0))
    }

    /// Another one that reads the same.
    pub(crate) fn same(&self) -> Self {
        match self {
            Clock::Real(start) => Clock::Real(*start),
            Clock::Virtual(_) => panic!("the simulated world has one scheduler, and so one clock"),
        }
    }

    pub(crate) fn now(&self) -> Time {
        match self {
            Clock::Real(start) => Time::ZERO.after(start.elapsed()),
            // ORDERING: Relaxed, the simulated world has one thread; others read it only to show it.
            Clock::Virtual(now) => Time(now.load(Ordering::Relaxed)),
        }
    }

    pub(crate) fn is_virtual(&self) -> bool {
        matches!(self, Clock::Virtual(_))
    }

    /// Moves the virtual clock forward.
    pub(crate) fn set(&self, time: Time) {
        let Clock::Virtual(now) = self else { panic!("only the simulated world's clock can be set") };
        assert!(time >= self.now(), "the virtual clock goes forward only");
        // ORDERING: Relaxed, as in `now`.
        now.store(time.0, Ordering::Relaxed);
    }
}
