//! The load: who asks for what and when, and what became of each request.
//!
//! | part | what it is |
//! |---|---|
//! | [`Pace`] | open loop: a request is due when chance says so, whatever became of those before; closed: when one has ended |
//! | [`Generator`] | gives out what is due; the one thing on each system that looks at the clock |
//! | [`Request`] | on its way through the system: it ends as served, or as refused if it is dropped on the way |
//! | [`Ledger`] | a line for each request; complete when each has ended, exactly once |
//!
//! Latency counts from the moment at which a request was *due*. A generator that is late, because the system did not
//! let it run, adds its lateness to every request that it sends late: nothing is left out because nobody was there to
//! ask (Tene's "coordinated omission").

use std::hint;
use std::mem::ManuallyDrop;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex};
use std::time::{Duration, Instant};

/// Actors that are asked, and as many that they ask.
pub(crate) const FRONTS: usize = 5_000;
pub(crate) const BACKS: usize = 5_000;

/// How long a back works on a request.
pub(crate) const SERVICE: Duration = Duration::from_micros(20);

/// The work of a back: a time by the clock, so that the same is asked of every system.
pub(crate) fn serve() {
    let began = Instant::now();
    while began.elapsed() < SERVICE {
        hint::spin_loop();
    }
}

/// When requests are due.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Pace {
    /// When one of so many that may be on their way has ended.
    Closed { window: u64 },
    /// Poisson arrivals: so many a second on average, each independent of all others.
    Open { rate: f64 },
}

/// A part of a run: so many requests at one pace, the same ones for the same seed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Load {
    pub(crate) pace: Pace,
    pub(crate) requests: u64,
    pub(crate) seed: u64,
}

/// One request, on its way. Dropped anywhere but where it is served, it is refused: none can get lost uncounted.
#[derive(Debug)]
pub(crate) struct Request {
    ledger: &'static Ledger,
    line: usize,
    due: Instant,
    /// Which front is asked, and which back it is to ask.
    pub(crate) front: usize,
    pub(crate) back: usize,
}

impl Request {
    /// The reply has been handled.
    pub(crate) fn served(self) {
        let request = ManuallyDrop::new(self);
        let latency = request.due.elapsed().as_nanos() as u64;
        request.ledger.enter(request.line, latency.clamp(1, REFUSED - 1));
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        self.ledger.enter(self.line, REFUSED);
    }
}

/// What became of each request. One line is written by one actor, once, and read when all are.
#[derive(Debug)]
pub(crate) struct Ledger {
    /// Nanoseconds, or one of the two below.
    lines: Box<[AtomicU64]>,
    ended: AtomicU64,
    complete: Mutex<Option<Instant>>,
    changed: Condvar,
}

const OPEN: u64 = 0;
const REFUSED: u64 = u64::MAX;

/// What a run has come to.
#[derive(Debug)]
pub(crate) struct Account {
    /// Nanoseconds of each request that was served.
    pub(crate) latencies: Vec<u64>,
    pub(crate) refused: u64,
    /// When the last one ended.
    pub(crate) ended: Instant,
}

impl Ledger {
    /// Lives until the process ends, as a [`Tally`](greenroom_savina::tally::Tally) does, and for the same reason.
    pub(crate) fn of(requests: u64) -> &'static Self {
        // Written, not only reserved: otherwise the first touch of each page would be part of what is measured.
        let lines = (0..requests).map(|_| AtomicU64::new(OPEN)).collect();
        let ledger =
            Self { lines, ended: AtomicU64::new(0), complete: Mutex::new(None), changed: Condvar::new() };
        Box::leak(Box::new(ledger))
    }

    fn enter(&self, line: usize, outcome: u64) {
        // ORDERING: Relaxed: the addition below carries it.
        let before = self.lines[line].swap(outcome, Ordering::Relaxed);
        assert_eq!(before, OPEN, "a request ends once");
        // ORDERING: AcqRel: every line is written before the last one wakes who waits.
        let ended = self.ended.fetch_add(1, Ordering::AcqRel) + 1;
        if ended == self.lines.len() as u64 {
            *self.complete.lock().expect("nothing panics under this lock") = Some(Instant::now());
            self.changed.notify_all();
        }
    }

    fn ended(&self) -> u64 {
        // ORDERING: Relaxed: a number to compare with, and nothing else is read by it.
        self.ended.load(Ordering::Relaxed)
    }

    /// Blocks the calling thread, which is no worker of the system, until every request has ended.
    pub(crate) fn wait(&self) -> Account {
        let complete = self.complete.lock().expect("nothing panics under this lock");
        let complete = self.changed.wait_while(complete, |at| at.is_none()).expect("nor here");
        let ended = complete.expect("it was waited for");
        // ORDERING: Relaxed: the lock that was just taken came after every line.
        let outcomes: Vec<_> = self.lines.iter().map(|line| line.load(Ordering::Relaxed)).collect();
        assert!(!outcomes.contains(&OPEN), "as many ended as there are, and none twice: none is open");
        let latencies: Vec<_> = outcomes.iter().copied().filter(|&outcome| outcome != REFUSED).collect();
        Account { refused: (outcomes.len() - latencies.len()) as u64, latencies, ended }
    }
}

/// Gives out the requests of a load as they fall due.
#[derive(Debug)]
pub(crate) struct Generator {
    ledger: &'static Ledger,
    load: Load,
    random: Random,
    sent: u64,
    /// When the next one is due.
    due: Instant,
}

impl Generator {
    /// Begins now.
    pub(crate) fn begin(load: Load, ledger: &'static Ledger) -> Self {
        Self { ledger, load, random: Random::new(load.seed), sent: 0, due: Instant::now() }
    }

    /// A request that is due by now, if there is one. Where it says that there is none, the caller lets others go first and
    /// asks again, until all [are sent](Self::is_done).
    pub(crate) fn next_due(&mut self) -> Option<Request> {
        if self.is_done() {
            return None;
        }
        let due = match self.load.pace {
            Pace::Closed { window } => (self.sent - self.ledger.ended() < window).then(Instant::now)?,
            Pace::Open { .. } => Some(self.due).filter(|due| *due <= Instant::now())?,
        };
        if let Pace::Open { rate } = self.load.pace {
            self.due += self.random.pause(rate);
        }
        let line = self.sent as usize;
        self.sent += 1;
        let (front, back) = (self.random.below(FRONTS), self.random.below(BACKS));
        Some(Request { ledger: self.ledger, line, due, front, back })
    }

    pub(crate) fn is_done(&self) -> bool {
        self.sent == self.load.requests
    }
}

/// Vigna's splitmix64.
#[derive(Debug)]
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        ((u128::from(self.next()) * limit as u128) >> 64) as usize
    }

    /// From one arrival to the next, where `rate` come a second: exponentially distributed.
    fn pause(&mut self, rate: f64) -> Duration {
        // From 53 random bits, and never 0, whose logarithm is infinite.
        let uniform = ((self.next() >> 11) + 1) as f64 / (1_u64 << 53) as f64;
        Duration::from_secs_f64(-uniform.ln() / rate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrivals_come_at_the_rate_asked_and_as_irregularly_as_poisson_says() {
        let mut random = Random::new(7);
        let pauses: Vec<_> = (0..100_000).map(|_| random.pause(1_000.0).as_secs_f64()).collect();
        let mean = pauses.iter().sum::<f64>() / pauses.len() as f64;
        let variance = pauses.iter().map(|pause| (pause - mean).powi(2)).sum::<f64>() / pauses.len() as f64;
        assert!((mean * 1_000.0 - 1.0).abs() < 0.02, "{mean}");
        assert!((variance.sqrt() / mean - 1.0).abs() < 0.02, "{variance}");
    }

    #[test]
    fn a_late_generator_gives_what_was_due_meanwhile_and_its_lateness_counts() {
        let ledger = Ledger::of(100);
        let load = Load { pace: Pace::Open { rate: 1e6 }, requests: 100, seed: 1 };
        let mut generator = Generator::begin(load, ledger);
        let late = Duration::from_millis(20);
        generator.due -= late;
        while !generator.is_done() {
            if let Some(request) = generator.next_due() {
                request.served();
            }
        }
        let account = ledger.wait();
        assert_eq!(account.latencies.len(), 100);
        let most = late.as_nanos() as u64;
        assert!(account.latencies[0] >= most && account.latencies[99] < most * 10, "{account:?}");
    }

    #[test]
    fn a_closed_loop_has_no_more_on_their_way_than_its_window() {
        let ledger = Ledger::of(5);
        let load = Load { pace: Pace::Closed { window: 2 }, requests: 5, seed: 1 };
        let mut generator = Generator::begin(load, ledger);
        let first = generator.next_due().expect("there is room");
        let second = generator.next_due().expect("there is room");
        assert!(generator.next_due().is_none());
        first.served();
        drop(second);
        for _ in 0..3 {
            generator.next_due().expect("there is room again").served();
        }
        assert!(generator.is_done() && generator.next_due().is_none());
        let account = ledger.wait();
        assert_eq!((account.latencies.len(), account.refused), (4, 1));
    }

    #[test]
    #[should_panic(expected = "a request ends once")]
    fn a_request_that_ends_twice_is_found() {
        let ledger = Ledger::of(2);
        ledger.enter(0, 5);
        ledger.enter(0, 5);
    }
}
