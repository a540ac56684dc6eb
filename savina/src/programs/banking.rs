//! [Bank Transaction](crate::problems::banking).

use std::time::Duration;

use greenroom::prelude::*;

use super::sent;
use crate::problem::{Answer, Parameters};
use crate::problems::banking::{Transaction, fingerprint, transactions};
use crate::tally::{Tally, Ticket};

struct Account {
    balance: i64,
    _ticket: Ticket,
}

#[actor]
impl Account {
    /// Pays, and is in nobody else's hands until the other account has the money.
    #[cast]
    fn credit(&mut self, amount: i64, recipient: Ref<Account>, teller: Ref<Teller>) {
        self.balance -= amount;
        // With all transactions sent at once, the last of them waits for all the others.
        recipient.within(Duration::MAX).debit(amount).expect("the recipient lives");
        sent(teller.done());
    }

    fn debit(&mut self, amount: i64) {
        self.balance += amount;
    }

    fn balance(&self) -> i64 {
        self.balance
    }
}

struct Teller {
    accounts: Vec<Ref<Account>>,
    left: u64,
    all_done: Option<Reply<u64>>,
    _ticket: Ticket,
}

#[actor]
impl Teller {
    /// Is answered when the last transaction is.
    fn serve(
        &mut self,
        transactions: impl Iterator<Item = Transaction> + Send + 'static,
        #[reply] all_done: Reply<u64>,
    ) {
        self.all_done = Some(all_done);
        for Transaction { from, to, amount } in transactions {
            self.left += 1;
            sent(self.accounts[from].credit(amount, &self.accounts[to], me::<Self>()));
        }
    }

    #[cast]
    fn done(&mut self) {
        self.left -= 1;
        if self.left == 0 {
            let balances = self.accounts.iter().map(|account| account.balance().expect("the account lives"));
            self.all_done.take().expect("the last is done once").send(fingerprint(balances));
        }
    }
}

pub(super) fn run(vm: &Vm, parameters: &Parameters) -> Answer {
    let accounts = parameters["accounts"];
    let ended = Tally::expecting(accounts + 1);
    let transactions = transactions(parameters);
    let result = vm.run(move || {
        let accounts =
            (0..accounts).map(|_| spawn(Account { balance: 0, _ticket: ended.ticket() })).collect();
        let teller = spawn(Teller { accounts, left: 0, all_done: None, _ticket: ended.ticket() });
        teller.within(Duration::MAX).serve(transactions)
    });
    let fingerprint = result.and_then(|reply| reply).expect("every transaction is done");
    ended.wait();
    Answer::Whole(fingerprint)
}
