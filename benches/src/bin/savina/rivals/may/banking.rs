//! [Bank Transaction](greenroom_savina::problems::banking).

use greenroom_savina::problem::{Answer, Parameters};
use greenroom_savina::problems::banking::{Transaction, fingerprint, transactions};
use greenroom_savina::tally::{Tally, Ticket};
use may::go;
use may::sync::mpsc::{Receiver, Sender, channel};
use may::sync::spsc;

use super::{May, answer, ask, tell};

enum ToAccount {
    Credit { amount: i64, recipient: Sender<ToAccount>, teller: Sender<Done> },
    Debit { amount: i64, receipt: spsc::Sender<()> },
    Balance(spsc::Sender<i64>),
}

struct Done;

/// Ends when the teller and every message that names it are gone.
fn account(inbox: Receiver<ToAccount>, _ticket: Ticket) {
    let mut balance = 0;
    while let Ok(message) = inbox.recv() {
        match message {
            ToAccount::Credit { amount, recipient, teller } => {
                balance -= amount;
                ask(&recipient, |receipt| ToAccount::Debit { amount, receipt });
                tell(&teller, Done);
            }
            ToAccount::Debit { amount, receipt } => {
                balance += amount;
                answer(receipt, ());
            }
            ToAccount::Balance(reply) => answer(reply, balance),
        }
    }
}

fn teller(
    accounts: Vec<Sender<ToAccount>>,
    transactions: impl Iterator<Item = Transaction>,
    _ticket: Ticket,
) -> u64 {
    let (me, inbox) = channel();
    for Transaction { from, to, amount } in transactions {
        let (recipient, teller) = (accounts[to].clone(), me.clone());
        tell(&accounts[from], ToAccount::Credit { amount, recipient, teller });
    }
    drop(me);
    while let Ok(Done) = inbox.recv() {}
    let mut balances = Vec::with_capacity(accounts.len());
    for account in &accounts {
        balances.push(ask(account, ToAccount::Balance));
    }
    fingerprint(balances)
}

pub(super) fn run(may: &May, parameters: &Parameters) -> Answer {
    let accounts = parameters["accounts"];
    let transactions = transactions(parameters);
    let ended = Tally::expecting(accounts + 1);
    let fingerprint = may.run(move || {
        let spawn = |_| {
            let (address, inbox) = channel();
            go!(move || account(inbox, ended.ticket()));
            address
        };
        teller((0..accounts).map(spawn).collect(), transactions, ended.ticket())
    });
    ended.wait();
    Answer::Whole(fingerprint)
}
