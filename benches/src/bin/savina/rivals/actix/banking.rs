//! [Bank Transaction](greenroom_savina::problems::banking).

use actix::prelude::*;
use greenroom_savina::problem::{Answer, Parameters};
use greenroom_savina::problems::banking::{Transaction, fingerprint, transactions};
use greenroom_savina::tally::{Tally, Ticket};
use tokio::sync::oneshot;

use super::Actix;

struct Credit {
    amount: i64,
    recipient: Addr<Account>,
    teller: Addr<Teller>,
}

impl Message for Credit {
    type Result = ();
}

struct Debit {
    amount: i64,
}

impl Message for Debit {
    type Result = ();
}

struct GetBalance;

impl Message for GetBalance {
    type Result = i64;
}

/// Ends when the teller and every message that names it are gone.
struct Account {
    balance: i64,
    _ticket: Ticket,
}

impl Actor for Account {
    type Context = Context<Self>;
    fn started(&mut self, context: &mut Self::Context) {
        // Without a limit, so that no debit has to wait for room.
        context.set_mailbox_capacity(0);
    }
}

impl Handler<Credit> for Account {
    type Result = ();
    /// Handles nothing else until the recipient has the money.
    fn handle(&mut self, Credit { amount, recipient, teller }: Credit, context: &mut Self::Context) {
        self.balance -= amount;
        let receipt = recipient.send(Debit { amount }).into_actor(self);
        context.wait(receipt.map(move |receipt, _, _| {
            receipt.expect("the recipient lives");
            teller.do_send(Done);
        }));
    }
}

impl Handler<Debit> for Account {
    type Result = ();
    fn handle(&mut self, Debit { amount }: Debit, _: &mut Self::Context) {
        self.balance += amount;
    }
}

impl Handler<GetBalance> for Account {
    type Result = i64;
    fn handle(&mut self, GetBalance: GetBalance, _: &mut Self::Context) -> i64 {
        self.balance
    }
}

struct Done;

impl Message for Done {
    type Result = ();
}

struct Serve<T>(T);

impl<T> Message for Serve<T> {
    type Result = ();
}

struct Teller {
    accounts: Vec<Addr<Account>>,
    left: u64,
    all_done: Option<oneshot::Sender<Vec<Addr<Account>>>>,
    _ticket: Ticket,
}

impl Actor for Teller {
    type Context = Context<Self>;
}

impl<T: Iterator<Item = Transaction>> Handler<Serve<T>> for Teller {
    type Result = ();
    fn handle(&mut self, Serve(transactions): Serve<T>, context: &mut Self::Context) {
        for Transaction { from, to, amount } in transactions {
            self.left += 1;
            let (recipient, teller) = (self.accounts[to].clone(), context.address());
            self.accounts[from].do_send(Credit { amount, recipient, teller });
        }
    }
}

impl Handler<Done> for Teller {
    type Result = ();
    fn handle(&mut self, Done: Done, context: &mut Self::Context) {
        self.left -= 1;
        if self.left == 0 {
            let all_done = self.all_done.take().expect("the last is done once");
            all_done.send(std::mem::take(&mut self.accounts)).expect("the balances are asked for");
            context.stop();
        }
    }
}

pub(super) fn run(actix: &Actix, parameters: &Parameters) -> Answer {
    let accounts = parameters["accounts"];
    let transactions = transactions(parameters);
    let ended = Tally::expecting(accounts + 1);
    let fingerprint = actix.run(async move {
        let start = |_| Account { balance: 0, _ticket: ended.ticket() }.start();
        let accounts = (0..accounts).map(start).collect();
        let (done, all_done) = oneshot::channel();
        let teller = Teller { accounts, left: 0, all_done: Some(done), _ticket: ended.ticket() }.start();
        teller.do_send(Serve(transactions));
        let accounts = all_done.await.expect("every transaction is done");
        let mut balances = Vec::with_capacity(accounts.len());
        for account in &accounts {
            balances.push(account.send(GetBalance).await.expect("the account lives"));
        }
        fingerprint(balances)
    });
    ended.wait();
    Answer::Whole(fingerprint)
}
