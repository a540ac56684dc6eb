//! [Recursive Fibonacci Tree](greenroom_savina::problems::fib). A child's number comes as the result of its task, in tokio's way.

use greenroom_savina::problem::{Answer, Parameters};
use greenroom_savina::problems::fib::actors;
use greenroom_savina::tally::{Tally, Ticket};
use tokio::task::JoinHandle;

use super::Tokio;

async fn fib(n: u64, ended: &'static Tally, _ticket: Ticket) -> u64 {
    if n <= 2 {
        return 1;
    }
    let (one, other) = (spawn(n - 1, ended), spawn(n - 2, ended));
    one.await.expect("no child panics") + other.await.expect("no child panics")
}

/// Breaks the recursion of the future's type, without a box for it.
fn spawn(n: u64, ended: &'static Tally) -> JoinHandle<u64> {
    tokio::spawn(fib(n, ended, ended.ticket()))
}

pub(super) fn run(tokio: &Tokio, parameters: &Parameters) -> Answer {
    let n = parameters["n"];
    let ended = Tally::expecting(actors(n));
    let number = tokio.run(fib(n, ended, ended.ticket()));
    ended.wait();
    Answer::Whole(number)
}
