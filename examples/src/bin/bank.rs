//! A bank that moves money between accounts of several kinds, a thousand transfers at a time, and loses none of it.
//!
//! Prints:
//! ```text
//! after 1000 transfers at once, the accounts hold what they held before
//! from an empty account: it has no more than 0 cents
//! to a closed account: the called actor ended before it began (exited: closed)
//! and the money is back: 700 cents
//! after 100 in each of 50 simulated worlds, they do as well
//! ```

use std::fmt;

use greenroom::World;
use greenroom::prelude::*;

/// An interface: a `Ref<dyn Account>` refers to any actor that implements it.
#[actor]
trait Account {
    fn deposit(&mut self, cents: u64) -> u64;
    fn withdraw(&mut self, cents: u64) -> Result<u64, BankError>;
    fn balance(&self) -> u64;
}

/// Holds what was paid in.
struct Savings {
    cents: u64,
}

#[actor]
impl Account for Savings {
    fn deposit(&mut self, cents: u64) -> u64 {
        self.cents += cents;
        self.cents
    }

    fn withdraw(&mut self, cents: u64) -> Result<u64, BankError> {
        self.cents = self.cents.checked_sub(cents).ok_or(BankError::Poor { has: self.cents })?;
        Ok(self.cents)
    }

    fn balance(&self) -> u64 {
        self.cents
    }
}

/// Keeps every coin.
#[derive(Default)]
struct PiggyBank {
    coins: Vec<u64>,
}

#[actor]
impl Account for PiggyBank {
    fn deposit(&mut self, cents: u64) -> u64 {
        self.coins.push(cents);
        self.balance()
    }

    fn withdraw(&mut self, cents: u64) -> Result<u64, BankError> {
        let has = self.balance();
        let left = has.checked_sub(cents).ok_or(BankError::Poor { has })?;
        self.coins = vec![left];
        Ok(left)
    }

    fn balance(&self) -> u64 {
        self.coins.iter().sum()
    }
}

#[derive(Default)]
struct Journal {
    entries: u64,
}

#[actor]
impl Journal {
    #[cast]
    fn add(&mut self, entries: u64) {
        self.entries += entries;
    }

    fn entries(&self) -> u64 {
        self.entries
    }
}

struct Bank {
    journal: Ref<Journal>,
}

#[actor]
impl Bank {
    /// Does not keep the bank while it waits: state is reached through `me.with`.
    #[parallel]
    fn transfer(
        me: &Me<Self>,
        from: Ref<dyn Account>,
        to: Ref<dyn Account>,
        cents: u64,
    ) -> Result<(), BankError> {
        from.withdraw(cents)?;
        if let Err(error) = to.within(30 * SECOND).deposit(cents) {
            // An error says whether the method may have run. If it has not, the money is still here.
            if error.is_unstarted() {
                from.deposit(cents)?;
            }
            return Err(error.into());
        }
        me.with(|bank| bank.journal.clone()).add(1)?;
        Ok(())
    }
}

#[derive(Debug)]
enum BankError {
    /// There is too little to withdraw that much.
    Poor { has: u64 },
    /// An account was not reached, or did not answer.
    Call(CallError),
}

impl From<CallError> for BankError {
    fn from(error: CallError) -> Self {
        BankError::Call(error)
    }
}

impl fmt::Display for BankError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BankError::Poor { has } => write!(f, "it has no more than {has} cents"),
            BankError::Call(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for BankError {}

fn total(accounts: &[Ref<dyn Account>]) -> Result<u64, CallError> {
    accounts.iter().map(|account| account.balance()).sum()
}

/// So many transfers at once, each of which is done, or refused for want of money.
fn busy_day(transfers: usize) -> Result<(), BankError> {
    let journal = spawn(Journal::default());
    let bank = spawn(Bank { journal: journal.clone() });
    let accounts: Vec<Ref<dyn Account>> = (0..8)
        .map(|number| match number % 2 {
            0 => spawn(Savings { cents: 1_000 }).upcast(),
            _ => spawn(PiggyBank { coins: vec![500; 2] }).upcast(),
        })
        .collect();

    let under_way: Vec<_> = (0..transfers)
        .map(|n| bank.request().transfer(&accounts[n % 8], &accounts[n * n % 7], n as u64 % 900))
        .collect();
    let mut done = 0;
    for transfer in under_way {
        match transfer.wait() {
            Ok(()) => done += 1,
            Err(BankError::Poor { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    assert!(done > 0 && journal.entries()? == done, "the journal knows of each that was done");
    assert_eq!(total(&accounts)?, 8_000, "cents");
    Ok(())
}

fn refusals() -> Result<(), BankError> {
    let bank = spawn(Bank { journal: spawn(Journal::default()) });
    let (rich, poor) = (spawn(Savings { cents: 700 }), spawn(PiggyBank::default()));
    if let Err(error) = bank.transfer(&poor, &rich, 500) {
        println!("from an empty account: {error}");
    }
    poor.exit("closed");
    if let Err(error) = bank.transfer(&rich, &poor, 500) {
        println!("to a closed account: {error}");
    }
    println!("and the money is back: {} cents", rich.balance()?);
    Ok(())
}

fn main() -> greenroom::Result {
    greenroom::launch(|| {
        busy_day(1_000)?;
        println!("after 1000 transfers at once, the accounts hold what they held before");
        Ok(refusals()?)
    })?;

    // The same in other orders: each seed draws one.
    for seed in 0..50 {
        let vm = Vm::builder().world(World::Simulated { seed }).build()?;
        vm.run(|| busy_day(100))??;
    }
    println!("after 100 in each of 50 simulated worlds, they do as well");
    Ok(())
}
