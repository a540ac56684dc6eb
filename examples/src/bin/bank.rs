//! A bank that moves money between accounts of several kinds, a thousand transfers at a time, and loses none of it.
//!
//! Prints:
//! ```text
//! the accounts hold 8000 cents
//! transfers asked for at once: 1000; each was done, or refused for want of money
//! the journal knows every one that was done
//! a transfer of too much: the account has no more than 0 cents
//! a transfer to a closed account: the called actor ended before it began (exited: closed)
//! the accounts hold 8000 cents
//! ```

use std::fmt;

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
            // An error says whether the method may have run. If it did not, the money is still here.
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
            BankError::Poor { has } => write!(f, "the account has no more than {has} cents"),
            BankError::Call(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for BankError {}

fn total(accounts: &[Ref<dyn Account>]) -> Result<u64, CallError> {
    accounts.iter().map(|account| account.balance()).sum()
}

fn main() -> greenroom::Result {
    greenroom::launch(|| {
        let journal = spawn(Journal::default());
        let bank = spawn(Bank { journal: journal.clone() });
        let accounts: Vec<Ref<dyn Account>> = (0..8)
            .map(|number| match number % 2 {
                0 => spawn(Savings { cents: 1_000 }).upcast(),
                _ => spawn(PiggyBank { coins: vec![500; 2] }).upcast(),
            })
            .collect();
        let before = total(&accounts)?;
        println!("the accounts hold {before} cents");

        let transfers: Vec<_> = (0..1_000)
            .map(|n| bank.request().transfer(&accounts[n % 8], &accounts[n * n % 7], n as u64 % 900))
            .collect();
        let asked = transfers.len();
        let mut done = 0;
        for transfer in transfers {
            match transfer.wait() {
                Ok(()) => done += 1,
                Err(BankError::Poor { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        println!("transfers asked for at once: {asked}; each was done, or refused for want of money");
        assert_eq!(journal.entries()?, done);
        println!("the journal knows every one that was done");

        let poor = spawn(Savings { cents: 0 });
        if let Err(error) = bank.transfer(&poor, &accounts[0], 500) {
            println!("a transfer of too much: {error}");
        }
        poor.exit("closed");
        if let Err(error) = bank.transfer(&accounts[0], &poor, 0) {
            println!("a transfer to a closed account: {error}");
        }
        let after = total(&accounts)?;
        println!("the accounts hold {after} cents");
        assert_eq!(before, after);
        Ok(())
    })
}
