//! [Bank Transaction](greenroom_savina::problems::banking).

use greenroom_savina::problem::{Answer, Parameters};
use greenroom_savina::problems::banking::{Transaction, fingerprint, transactions};
use greenroom_savina::tally::{Tally, Ticket};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

use super::{Tokio, answer, ask, tell};

enum ToAccount {
    Credit { amount: i64, recipient: UnboundedSender<ToAccount>, teller: UnboundedSender<Done> },
    Debit { amount: i64, receipt: oneshot::Sender<()> },
    Balance(oneshot::Sender<i64>),
}

struct Done;

/// Ends when the teller and every message that names it are gone.
async fn account(mut inbox: UnboundedReceiver<ToAccount>, _ticket: Ticket) {
    let mut balance = 0;
    while let Some(message) = inbox.recv().await {
        match message {
            ToAccount::Credit { amount, recipient, teller } => {
                balance -= amount;
                ask(&recipient, |receipt| ToAccount::Debit { amount, receipt }).await;
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

async fn teller(
    accounts: Vec<UnboundedSender<ToAccount>>,
    transactions: impl Iterator<Item = Transaction>,
    _ticket: Ticket,
) -> u64 {
    let (me, mut inbox) = unbounded_channel();
    for Transaction { from, to, amount } in transactions {
        let (recipient, teller) = (accounts[to].clone(), me.clone());
        tell(&accounts[from], ToAccount::Credit { amount, recipient, teller });
    }
    drop(me);
    while let Some(Done) = inbox.recv().await {}
    let mut balances = Vec::with_capacity(accounts.len());
    for account in &accounts {
        balances.push(ask(account, ToAccount::Balance).await);
    }
    fingerprint(balances)
}

pub(super) fn run(tokio: &Tokio, parameters: &Parameters) -> Answer {
    let accounts = parameters["accounts"];
    let transactions = transactions(parameters);
    let ended = Tally::expecting(accounts + 1);
    let fingerprint = tokio.run(async move {
        let spawn = |_| {
            let (address, inbox) = unbounded_channel();
            tokio::spawn(account(inbox, ended.ticket()));
            address
        };
        teller((0..accounts).map(spawn).collect(), transactions, ended.ticket()).await
    });
    ended.wait();
    Answer::Whole(fingerprint)
}
