//! What lies in every message, with every asker and in every actor, and counts what becomes of it. None of these can
//! vanish without its destructor.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use greenroom::CallError;

use super::ledger::{Count, Ledger};

/// What an asker can learn about its message.
#[derive(Default)]
struct Receipt(AtomicU8);

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

/// How many messages there are of one that is sent to many.
#[derive(Clone)]
struct Copies(Arc<AtomicU64>);

impl Copies {
    fn one() -> Self {
        Copies(Arc::new(AtomicU64::new(1)))
    }

    fn add_one(&self) {
        // ORDERING: Relaxed: the sender makes all copies, and it alone looks.
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn count(&self) -> u64 {
        // ORDERING: Relaxed, as above.
        self.0.load(Ordering::Relaxed)
    }
}

/// How a message is sent, and who learns of its fate.
enum Kind {
    Sent,
    Cast(Copies),
    Timed,
    Asked(Arc<Receipt>),
    AskedOfMany(Copies),
}

/// Lies in every message. Dropped without a word, it says that its message was.
pub(crate) struct Token {
    ledger: &'static Ledger,
    kind: Kind,
    is_settled: bool,
}

impl Token {
    fn new(ledger: &'static Ledger, kind: Kind) -> Self {
        ledger.count(match kind {
            Kind::Sent => Count::Sent,
            Kind::Cast(_) => Count::Cast,
            Kind::Timed => Count::Timed,
            Kind::Asked(_) | Kind::AskedOfMany(_) => Count::Asked,
        });
        Token { ledger, kind, is_settled: false }
    }

    /// For a message to one, one way.
    pub(crate) fn one_way(ledger: &'static Ledger) -> (Self, Sending) {
        (Token::new(ledger, Kind::Sent), Sending { ledger, otherwise: Some(Count::SentNever) })
    }

    /// As `one_way`, to one that may have no room: its sender waits, and may be killed when the message is in already.
    pub(crate) fn one_way_with_a_wait(ledger: &'static Ledger) -> (Self, Sending) {
        (Token::new(ledger, Kind::Sent), Sending { ledger, otherwise: Some(Count::SentInDoubt) })
    }

    /// For a message of a timer.
    pub(crate) fn timed(ledger: &'static Ledger) -> Self {
        Token::new(ledger, Kind::Timed)
    }

    /// For a message whose reply is to be `expected`.
    pub(crate) fn asked(ledger: &'static Ledger, expected: u64) -> (Self, Asking) {
        let receipt = Arc::new(Receipt::default());
        let token = Token::new(ledger, Kind::Asked(Arc::clone(&receipt)));
        (token, Asking { ledger, receipt, expected, otherwise: Count::Unwound })
    }

    /// For a message to all of a group, one way.
    pub(crate) fn cast(ledger: &'static Ledger) -> (Self, Casting) {
        let copies = Copies::one();
        (
            Token::new(ledger, Kind::Cast(copies.clone())),
            Casting { ledger, copies, otherwise: Count::CastInDoubt, taken: 0 },
        )
    }

    /// For a message to each of a group, which all are to reply `expected`.
    pub(crate) fn asked_of_many(ledger: &'static Ledger, expected: u64) -> (Self, Gathering) {
        let copies = Copies::one();
        let token = Token::new(ledger, Kind::AskedOfMany(copies.clone()));
        (token, Gathering { ledger, copies, expected, settled: 0, otherwise: Count::Unwound })
    }

    /// Its message is being handled.
    pub(crate) fn handle(mut self) {
        self.is_settled = true;
        self.ledger.count(match &self.kind {
            Kind::Sent => Count::SentHandled,
            Kind::Cast(_) => Count::CastHandled,
            Kind::Timed => Count::TimedHandled,
            Kind::Asked(_) | Kind::AskedOfMany(_) => Count::AskedHandled,
        });
        if let Kind::Asked(receipt) = &self.kind
            && receipt.handle()
        {
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

/// A copy for a further member of the group.
///
/// # Panics
/// If it is not for a group.
impl Clone for Token {
    fn clone(&self) -> Self {
        let kind = match &self.kind {
            Kind::Cast(copies) => Kind::Cast(copies.clone()),
            Kind::AskedOfMany(copies) => Kind::AskedOfMany(copies.clone()),
            Kind::Sent | Kind::Timed | Kind::Asked(_) => panic!("a message for one was copied"),
        };
        if let Kind::Cast(copies) | Kind::AskedOfMany(copies) = &kind {
            copies.add_one();
        }
        Token::new(self.ledger, kind)
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        if !self.is_settled {
            self.ledger.count(match &self.kind {
                Kind::Sent => Count::SentDropped,
                Kind::Cast(_) => Count::CastDropped,
                Kind::Timed => Count::TimedDropped,
                Kind::Asked(_) | Kind::AskedOfMany(_) => Count::AskedDropped,
            });
        }
    }
}

/// What an outcome is counted as, and whether that is one that may come about.
fn count_of(outcome: &Result<u64, CallError>) -> Result<Count, String> {
    Ok(match outcome {
        Ok(_) => Count::Replies,
        Err(CallError::Panicked(_)) => Count::Panicked,
        Err(CallError::Stopped { started: true, .. }) => Count::StoppedStarted,
        Err(CallError::Stopped { started: false, .. }) => Count::StoppedUnstarted,
        Err(CallError::Timeout { .. }) => Count::TimedOut,
        Err(CallError::Deadlock { .. }) => Count::Deadlocks,
        Err(CallError::Overloaded { .. }) => Count::Overloaded,
        Err(CallError::Unwinding) => Count::Unwound,
        Err(other) => return Err(format!("a call failed: {other}")),
    })
}

/// What an asker has, while it does not know what became of its message. Dropped without a word, it counts `otherwise`:
/// its asker was unwound, unless it says something else.
pub(crate) struct Asking {
    ledger: &'static Ledger,
    receipt: Arc<Receipt>,
    expected: u64,
    otherwise: Count,
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
        match count_of(&outcome) {
            Ok(count) => self.otherwise = count,
            Err(fault) => ledger.fault(fault),
        }
    }

    /// The asker does not want to know.
    pub(crate) fn give_up(mut self) {
        self.otherwise = Count::GivenUp;
    }

    /// The asker is to be called back.
    pub(crate) fn by_call_back(mut self) -> Self {
        self.otherwise = Count::Uncalled;
        self
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        self.ledger.count(self.otherwise);
    }
}

/// What the sender of a message to one has while it sends. Dropped without a word, it was killed there: its message is
/// dropped with it, and no dead letter.
pub(crate) struct Sending {
    ledger: &'static Ledger,
    otherwise: Option<Count>,
}

impl Sending {
    /// It is sent, or has come back.
    pub(crate) fn settle(mut self) {
        self.otherwise = None;
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        if let Some(count) = self.otherwise {
            self.ledger.count(count);
        }
    }
}

/// What the sender of a message to all of a group has. Dropped without a word, it was killed in the midst of sending.
pub(crate) struct Casting {
    ledger: &'static Ledger,
    copies: Copies,
    /// Of those that were not taken.
    otherwise: Count,
    taken: u64,
}

impl Casting {
    /// So many members took it; the others had ended, and what was for them is dropped and no dead letter.
    pub(crate) fn settle(mut self, taken: usize) {
        (self.taken, self.otherwise) = (taken as u64, Count::CastRefused);
    }
}

impl Drop for Casting {
    fn drop(&mut self) {
        match self.copies.count().checked_sub(self.taken) {
            Some(left) => self.ledger.count_several(self.otherwise, left),
            None => self.ledger.fault(format!("{} took {} messages", self.taken, self.copies.count())),
        }
    }
}

/// What the asker of a group has, while it does not know what became of all its messages.
pub(crate) struct Gathering {
    ledger: &'static Ledger,
    copies: Copies,
    expected: u64,
    settled: u64,
    otherwise: Count,
}

impl Gathering {
    /// Counts what the asker got from one.
    pub(crate) fn settle_one(&mut self, outcome: &Result<u64, CallError>) {
        self.settled += 1;
        if outcome.as_ref().is_ok_and(|reply| *reply != self.expected) {
            self.ledger.fault(format!("a gathered reply is {outcome:?}, not {}", self.expected));
        }
        match count_of(outcome) {
            Ok(count) => self.ledger.count(count),
            Err(fault) => self.ledger.fault(fault),
        }
    }

    /// The asker does not want to know of the others.
    pub(crate) fn give_up(mut self) {
        self.otherwise = Count::GivenUp;
    }
}

impl Drop for Gathering {
    fn drop(&mut self) {
        match self.copies.count().checked_sub(self.settled) {
            Some(left) => self.ledger.count_several(self.otherwise, left),
            None => self.ledger.fault(format!("{} answers to {}", self.settled, self.copies.count())),
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
        Box::leak(Box::new(Ledger::new(1)))
    }

    #[test]
    fn every_fate_of_a_token_is_counted_once() {
        let ledger = ledger();
        let token = || Token::one_way(ledger).0;
        token().handle();
        token().take_back();
        drop(token());
        drop(Token::timed(ledger));
        let (token, asking) = Token::asked(ledger, 7);
        assert_eq!(ledger.totals().in_flight(), 1);
        token.handle();
        asking.settle(Ok(7));
        let (token, mut gathering) = Token::asked_of_many(ledger, 7);
        token.clone().handle();
        gathering.settle_one(&Ok(7));
        drop(token);
        gathering.give_up();
        assert_eq!(ledger.totals().in_flight(), 0);
        assert!(ledger.totals().complaints().is_empty() && ledger.take_faults().is_empty());
    }

    #[test]
    fn a_message_that_vanishes_is_missed() {
        let ledger = ledger();
        std::mem::forget(Token::one_way(ledger).0);
        assert_eq!(ledger.totals().in_flight(), 1);
        assert_eq!(ledger.totals().complaints().len(), 1);
    }

    #[test]
    fn an_asker_who_is_never_told_is_missed() {
        let ledger = ledger();
        let (token, asking) = Token::asked(ledger, 7);
        token.handle();
        std::mem::forget(asking);
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
