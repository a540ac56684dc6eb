//! Every message's fate, counted where it happens: on creation, when it is handled, when it comes back, and
//! otherwise when it is dropped. A token lies in each message; it cannot vanish without its destructor.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use greenroom::{CallError, current_worker};

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
    Asked: "requests and calls",
    AskedHandled: "  handled",
    AskedDropped: "  dropped unhandled",
    Replies: "askers who got the reply",
    Panicked: "  a panic report",
    StoppedStarted: "  word of its end, begun",
    StoppedUnstarted: "  word of its end, not begun",
    TimedOut: "  a time-out",
    Deadlocks: "  word of a deadlock",
    Unwound: "  nothing, for they were being unwound",
    GivenUp: "  gave the promise up",
    Born: "actors spawned",
    Died: "actors ended",
    PlannedPanics: "handlers that panicked",
}

const SHARDS: usize = 16;

#[repr(align(128))]
#[derive(Default)]
struct Shard([AtomicU64; ALL.len()]);

/// See the head of this file.
#[derive(Default)]
pub(crate) struct Ledger {
    /// By worker, so that counting does not keep the cores in step.
    shards: [Shard; SHARDS],
    faults: Mutex<Vec<String>>,
}

impl Ledger {
    pub(crate) fn count(&self, what: Count) {
        let shard = current_worker().unwrap_or(SHARDS - 1) % SHARDS;
        // ORDERING: Release pairs with the Acquire in `totals`: who sees an end sees its beginning.
        self.shards[shard].0[what as usize].fetch_add(1, Ordering::Release);
    }

    pub(crate) fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        // Ends before beginnings: so at no time more have ended than have begun.
        for index in (0..ALL.len()).rev() {
            // ORDERING: Acquire pairs with the Release in `count`.
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
#[derive(Clone, Debug, Default)]
pub(crate) struct Totals([u64; ALL.len()]);

impl Totals {
    pub(crate) fn of(&self, what: Count) -> u64 {
        self.0[what as usize]
    }

    pub(crate) fn add(&mut self, other: &Totals) {
        self.0.iter_mut().zip(other.0).for_each(|(sum, more)| *sum += more);
    }

    fn sum(&self, counts: &[Count]) -> u64 {
        counts.iter().map(|&count| self.of(count)).sum()
    }

    /// Messages that were created and have met no fate yet.
    pub(crate) fn in_flight(&self) -> u64 {
        use Count::*;
        self.sum(&[Sent, Asked])
            - self.sum(&[SentHandled, SentReturned, SentDropped, AskedHandled, AskedDropped])
    }

    /// What does not add up once nothing is in flight any more.
    pub(crate) fn complaints(&self) -> Vec<String> {
        use Count::*;
        let mut complaints = Vec::new();
        let mut compare = |what: &str, have: u64, want: u64| {
            if have != want {
                complaints.push(format!("{what}: {have}, and should be {want}"));
            }
        };
        compare(
            "one-way messages handled, returned or dead",
            self.sum(&[SentHandled, SentReturned, SentDropped]),
            self.of(Sent),
        );
        compare("requests handled or dropped", self.sum(&[AskedHandled, AskedDropped]), self.of(Asked));
        let askers =
            [Replies, Panicked, StoppedStarted, StoppedUnstarted, TimedOut, Deadlocks, Unwound, GivenUp];
        compare("askers who learnt something", self.sum(&askers), self.of(Asked));
        compare("actors ended", self.of(Died), self.of(Born));
        complaints
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        ALL.iter().try_for_each(|&(count, text)| writeln!(f, "{text:<42}{:>14}", self.of(count)))
    }
}

/// What an asker can learn about its message.
#[derive(Default)]
pub(crate) struct Receipt(AtomicU8);

impl Receipt {
    const HANDLED: u8 = 1;
    /// The asker was told that it was not handled, and never will be.
    const FORBIDDEN: u8 = 2;

    fn is_handled(&self) -> bool {
        // ORDERING: Relaxed: its own word only; the reply itself comes after it.
        self.0.load(Ordering::Relaxed) & Self::HANDLED != 0
    }

    /// It must not be handled any more. True: it was.
    fn forbid(&self) -> bool {
        // ORDERING: Relaxed: one word, on which both sides agree.
        self.0.fetch_or(Self::FORBIDDEN, Ordering::Relaxed) & Self::HANDLED != 0
    }

    /// It is handled. True: it must not be.
    fn handle(&self) -> bool {
        // ORDERING: Relaxed, as above.
        self.0.fetch_or(Self::HANDLED, Ordering::Relaxed) & Self::FORBIDDEN != 0
    }
}

/// Lies in every message. Dropped without a word, it says that its message was.
pub(crate) struct Token {
    ledger: &'static Ledger,
    /// None for a one-way message.
    receipt: Option<Arc<Receipt>>,
    is_settled: bool,
}

impl Token {
    pub(crate) fn one_way(ledger: &'static Ledger) -> Self {
        ledger.count(Count::Sent);
        Token { ledger, receipt: None, is_settled: false }
    }

    /// For a message whose reply is to be `expected`.
    pub(crate) fn asked(ledger: &'static Ledger, expected: u64) -> (Self, Asking) {
        ledger.count(Count::Asked);
        let receipt = Arc::new(Receipt::default());
        let token = Token { ledger, receipt: Some(Arc::clone(&receipt)), is_settled: false };
        (token, Asking { ledger, receipt, expected, is_settled: false })
    }

    /// Its message is being handled.
    pub(crate) fn handle(mut self) {
        self.is_settled = true;
        self.ledger.count(match &self.receipt {
            None => Count::SentHandled,
            Some(_) => Count::AskedHandled,
        });
        if self.receipt.as_ref().is_some_and(|receipt| receipt.handle()) {
            self.ledger
                .fault("a message was handled after its asker was told that it never would".to_owned());
        }
    }

    /// Its message came back to its sender.
    pub(crate) fn take_back(mut self) {
        self.is_settled = true;
        self.ledger.count(Count::SentReturned);
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        if !self.is_settled {
            self.ledger.count(match &self.receipt {
                None => Count::SentDropped,
                Some(_) => Count::AskedDropped,
            });
        }
    }
}

/// What an asker has, while it does not know what became of its message. Dropped without a word, its asker
/// was unwound.
pub(crate) struct Asking {
    ledger: &'static Ledger,
    receipt: Arc<Receipt>,
    expected: u64,
    is_settled: bool,
}

impl Asking {
    /// Counts what the asker got, and checks it against what became of its message.
    pub(crate) fn settle(mut self, outcome: Result<u64, CallError>) {
        let (ledger, receipt) = (self.ledger, &self.receipt);
        if outcome.is_ok() && (!receipt.is_handled() || outcome != Ok(self.expected)) {
            ledger.fault(format!("a reply is {outcome:?}, not {} of a handled message", self.expected));
        }
        if outcome.as_ref().is_err_and(CallError::is_unstarted) && receipt.forbid() {
            ledger.fault(format!("a message was handled whose asker was told: {outcome:?}"));
        }
        let count = match outcome {
            Ok(_) => Count::Replies,
            Err(CallError::Panicked(_)) => Count::Panicked,
            Err(CallError::Stopped { started: true, .. }) => Count::StoppedStarted,
            Err(CallError::Stopped { started: false, .. }) => Count::StoppedUnstarted,
            Err(CallError::Timeout { .. }) => Count::TimedOut,
            Err(CallError::Deadlock { .. }) => Count::Deadlocks,
            // The destructor counts it.
            Err(CallError::Unwinding) => return,
            Err(other) => return ledger.fault(format!("a call failed: {other}")),
        };
        self.is_settled = true;
        ledger.count(count);
    }

    /// The asker does not want to know.
    pub(crate) fn give_up(mut self) {
        self.is_settled = true;
        self.ledger.count(Count::GivenUp);
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        if !self.is_settled {
            self.ledger.count(Count::Unwound);
        }
    }
}

/// Lies in every actor's state, and counts its beginning and its end.
pub(crate) struct Life(&'static Ledger);

impl Life {
    pub(crate) fn begin(ledger: &'static Ledger) -> Self {
        ledger.count(Count::Born);
        Life(ledger)
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        self.0.count(Count::Died);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ledger() -> &'static Ledger {
        Box::leak(Box::default())
    }

    #[test]
    fn every_fate_of_a_token_is_counted_once() {
        let ledger = ledger();
        Token::one_way(ledger).handle();
        Token::one_way(ledger).take_back();
        drop(Token::one_way(ledger));
        let (token, asking) = Token::asked(ledger, 7);
        assert_eq!(ledger.totals().in_flight(), 1);
        token.handle();
        asking.settle(Ok(7));
        assert!(ledger.totals().complaints().is_empty() && ledger.take_faults().is_empty());
    }

    #[test]
    fn a_message_that_vanishes_is_missed() {
        let ledger = ledger();
        std::mem::forget(Token::one_way(ledger));
        assert_eq!(ledger.totals().in_flight(), 1);
        assert_eq!(ledger.totals().complaints().len(), 1);
    }

    #[test]
    fn a_message_that_is_handled_against_its_askers_knowledge_is_a_fault() {
        let ledger = ledger();
        let (token, asking) = Token::asked(ledger, 7);
        let limit = std::time::Duration::ZERO;
        asking.settle(Err(CallError::Timeout { limit, elapsed: limit, started: false }));
        assert!(ledger.take_faults().is_empty());
        token.handle();
        assert_eq!(ledger.take_faults().len(), 1);
    }
}
