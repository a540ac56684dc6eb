//! What is counted, and what must add up.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use greenroom::{Snapshot, current_worker};

macro_rules! counts {
    ($($name:ident: $text:literal,)+) => {
        /// What is counted.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Count { $($name,)+ }

        const ALL: &[(Count, &str)] = &[$((Count::$name, $text),)+];
    };
}

counts! {
    Sent: "one-way messages sent",
    SentHandled: "  handled",
    SentReturned: "  returned to their sender",
    SentDropped: "  dead letters",
    SentNever: "  of these, never sent, for their sender was killed",
    SentInDoubt: "  sent to one without room when their sender was killed",
    Cast: "one-way messages to groups",
    CastHandled: "  handled",
    CastDropped: "  dropped unhandled",
    CastRefused: "  of these, not taken by a member that had ended",
    CastInDoubt: "  cast when their sender was killed",
    Timed: "messages of timers",
    TimedHandled: "  handled",
    TimedDropped: "  cancelled, or with their actor",
    Asked: "requests and calls",
    AskedHandled: "  handled",
    AskedDropped: "  dropped unhandled",
    Replies: "askers who got the reply",
    Panicked: "  a panic report",
    StoppedStarted: "  word of its end, begun",
    StoppedUnstarted: "  word of its end, not begun",
    TimedOut: "  a time-out",
    Deadlocks: "  word of a deadlock",
    Overloaded: "  word that there is no room",
    Unwound: "  nothing, for they were being unwound",
    Uncalled: "  no call back, for they had ended",
    GivenUp: "  gave the promise up",
    NoRoom: "messages that came back for want of room",
    WaitsInCircles: "messages that came back from where room would have been waited for in a circle",
    Bonds: "links and monitors",
    BondsTold: "  told of",
    BondsTakenOff: "  taken off",
    BondsOutlived: "  ended with who was to be told",
    Trapped: "exits trapped",
    Born: "actors spawned",
    Died: "actors ended",
    PlannedPanics: "handlers that panicked",
}

#[repr(align(128))]
struct Shard([AtomicU64; ALL.len()]);

/// See the head of this file.
pub(crate) struct Ledger {
    /// By worker, so that counting does not keep the cores in step.
    shards: Box<[Shard]>,
    faults: Mutex<Vec<String>>,
}

impl Ledger {
    pub(crate) fn new(shards: usize) -> Self {
        Ledger {
            shards: (0..shards).map(|_| Shard([const { AtomicU64::new(0) }; ALL.len()])).collect(),
            faults: Mutex::default(),
        }
    }

    pub(crate) fn count(&self, what: Count) {
        self.count_several(what, 1);
    }

    pub(crate) fn count_several(&self, what: Count, several: u64) {
        let shard = current_worker().unwrap_or_default() % self.shards.len();
        // ORDERING: Release pairs with the Acquire in `totals`: who sees an end sees its beginning.
        self.shards[shard].0[what as usize].fetch_add(several, Ordering::Release);
    }

    pub(crate) fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        // Ends before beginnings: so at no time more have ended than have begun.
        for index in (0..ALL.len()).rev() {
            // ORDERING: Acquire pairs with the Release in `count_several`.
            let sum = |shard: &Shard| shard.0[index].load(Ordering::Acquire);
            totals.0[index] = self.shards.iter().map(sum).sum();
        }
        totals
    }

    /// Something that must not happen.
    pub(crate) fn fault(&self, text: String) {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner).push(text);
    }

    pub(crate) fn take_faults(&self) -> Vec<String> {
        std::mem::take(&mut self.faults.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What a ledger has counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Totals([u64; ALL.len()]);

/// Nothing yet.
impl Default for Totals {
    fn default() -> Self {
        Totals([0; ALL.len()])
    }
}

impl Totals {
    pub(crate) fn of(&self, what: Count) -> u64 {
        self.0[what as usize]
    }

    /// Adds what another ledger has counted.
    pub fn add(&mut self, other: &Totals) {
        self.0.iter_mut().zip(other.0).for_each(|(sum, more)| *sum += more);
    }

    /// What never happened, by name: a run that shows little.
    pub fn absent(&self) -> Vec<&'static str> {
        let absent = ALL.iter().filter(|(count, _)| self.of(*count) == 0);
        absent.map(|(_, text)| text.trim_start()).collect()
    }

    /// How many messages there were.
    pub fn messages(&self) -> u64 {
        use Count::*;
        self.sum(&[Sent, Cast, Timed, Asked])
    }

    fn sum(&self, counts: &[Count]) -> u64 {
        counts.iter().map(|&count| self.of(count)).sum()
    }

    /// Messages that were created and have met no fate yet.
    pub(crate) fn in_flight(&self) -> u64 {
        use Count::*;
        let sent = self.sum(&[SentHandled, SentReturned, SentDropped]);
        let others =
            self.sum(&[CastHandled, CastDropped, TimedHandled, TimedDropped, AskedHandled, AskedDropped]);
        self.messages() - sent - others
    }

    /// What does not add up once nothing is in flight any more.
    pub(crate) fn complaints(&self) -> Vec<String> {
        use Count::*;
        let askers = [
            Replies,
            Panicked,
            StoppedStarted,
            StoppedUnstarted,
            TimedOut,
            Deadlocks,
            Overloaded,
            Unwound,
            Uncalled,
            GivenUp,
        ];
        let rows: [(&str, &[Count], Count); 7] = [
            ("one-way messages handled, returned or dead", &[SentHandled, SentReturned, SentDropped], Sent),
            ("messages to groups handled or dropped", &[CastHandled, CastDropped], Cast),
            ("messages of timers handled or dropped", &[TimedHandled, TimedDropped], Timed),
            ("requests handled or dropped", &[AskedHandled, AskedDropped], Asked),
            ("askers who learnt something", &askers, Asked),
            ("bonds told of, taken off or outlived", &[BondsTold, BondsTakenOff, BondsOutlived], Bonds),
            ("actors ended", &[Died], Born),
        ];
        let wrong = rows.iter().filter(|(_, have, want)| self.sum(have) != self.of(*want));
        wrong
            .map(|(what, have, want)| format!("{what}: {}, and should be {}", self.sum(have), self.of(*want)))
            .collect()
    }

    /// Where the machine has counted otherwise, once all is done and before the machine ends.
    pub(crate) fn differences(&self, counters: &[Snapshot], is_strict: bool) -> Vec<String> {
        use Count::*;
        let sum = |field: fn(&Snapshot) -> u64| counters.iter().map(field).sum::<u64>();
        let dead = self.sum(&[SentDropped, CastDropped]) - self.sum(&[SentNever, CastRefused]);
        // Ticks and calls back that were dropped may have been dead letters, too; and of what was cast by one who was
        // killed meanwhile, nobody knows how much was sent.
        let most = if is_strict { dead } else { u64::MAX };
        let dead = dead.saturating_sub(self.sum(&[CastInDoubt, SentInDoubt]));
        let handled = self.sum(&[SentHandled, CastHandled, TimedHandled, AskedHandled]);
        let panics = self.of(PlannedPanics);
        let lost =
            |counted: &Snapshot| counted.dead_letters + counted.dropped_newest + counted.dropped_oldest;
        [
            ("messages dead or dropped for want of room", sum(lost), dead..=most),
            ("panics", sum(|counted| counted.panics), panics..=panics),
            // It counts what has expired, and what drives it, as well.
            ("messages", sum(|counted| counted.messages), handled..=u64::MAX),
        ]
        .into_iter()
        .filter(|(_, counted, expected)| !expected.contains(counted))
        .map(|(what, counted, expected)| {
            format!("{what}: the machine counted {counted}, and {expected:?} there were")
        })
        .collect()
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        ALL.iter().try_for_each(|&(count, text)| writeln!(f, "{text:<50}{:>14}", self.of(count)))
    }
}
