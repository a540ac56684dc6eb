//! An interface and its actors, in a module of their own.

use greenroom::prelude::*;

/// The outcome of what an account does.
pub(crate) type Result<T> = std::result::Result<T, Poor>;

/// Why an account does not do it.
#[derive(Debug)]
pub(crate) enum Poor {
    /// So much is missing.
    By(u64),
    /// It was not heard.
    Call,
}

impl From<CallError> for Poor {
    fn from(_: CallError) -> Self {
        Poor::Call
    }
}

/// What holds money.
#[actor]
pub(crate) trait Account {
    /// Puts money in.
    fn deposit(&mut self, cents: u64) -> u64;

    /// Takes money out.
    fn withdraw(&mut self, cents: u64) -> Result<u64>;

    /// Remembers something.
    #[cast]
    fn note(&mut self, text: String);

    /// Twice what is in.
    fn doubled(&mut self) -> u64 {
        self.deposit(0) * 2
    }

    /// What is in, from whoever holds the token.
    fn later(&mut self, #[reply] reply: Reply<u64>) {
        reply.send(self.deposit(0));
    }

    /// No message.
    #[local]
    #[allow(dead_code)]
    fn secret(&self) -> &'static str {
        "none"
    }
}

/// An account and nothing else.
pub(crate) struct Savings {
    cents: u64,
}

impl Savings {
    /// With so much in it.
    pub(crate) fn new(cents: u64) -> Self {
        Savings { cents }
    }
}

#[actor]
impl Account for Savings {
    fn deposit(&mut self, cents: u64) -> u64 {
        self.cents += cents;
        self.cents
    }

    fn withdraw(&mut self, cents: u64) -> Result<u64> {
        self.cents = self.cents.checked_sub(cents).ok_or_else(|| Poor::By(cents - self.cents))?;
        Ok(self.cents)
    }

    fn note(&mut self, _: String) {}
}

/// An account that has methods of its own.
#[derive(Default)]
pub(crate) struct Purse {
    cents: u64,
    notes: usize,
}

#[actor]
impl Purse {
    /// Puts so much in.
    pub(crate) fn fill(&mut self, cents: u64) -> u64 {
        self.cents = cents;
        cents
    }

    /// How much was remembered.
    pub(super) fn notes(&self) -> usize {
        self.notes
    }
}

impl Account for Purse {
    fn deposit(&mut self, cents: u64) -> u64 {
        self.cents += cents;
        self.cents
    }

    fn withdraw(&mut self, cents: u64) -> Result<u64> {
        self.cents = self.cents.checked_sub(cents).ok_or_else(|| Poor::By(cents - self.cents))?;
        Ok(self.cents)
    }

    fn note(&mut self, _: String) {
        self.notes += 1;
    }
}
