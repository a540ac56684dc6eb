//! [Recursive Fibonacci Tree](greenroom_savina::problems::fib). A child's number comes as the result of its coroutine. In the upper
//! parts of the tree, those with more than [`AT_ONCE`] actors, the second child comes after the first has ended.

use greenroom_savina::problem::{Answer, Parameters};
use greenroom_savina::problems::fib::actors;
use greenroom_savina::tally::{Tally, Ticket};
use may::go;

use super::{AT_ONCE, May, join};

fn fib(n: u64, ended: &'static Tally, _ticket: Ticket) -> u64 {
    if n <= 2 {
        return 1;
    }
    let spawn = |n| go!(move || fib(n, ended, ended.ticket()));
    if actors(n) > AT_ONCE as u64 {
        return join(spawn(n - 1)) + join(spawn(n - 2));
    }
    let (one, other) = (spawn(n - 1), spawn(n - 2));
    join(one) + join(other)
}

pub(super) fn run(may: &May, parameters: &Parameters) -> Answer {
    let n = parameters["n"];
    let ended = Tally::expecting(actors(n));
    let number = may.run(move || fib(n, ended, ended.ticket()));
    ended.wait();
    Answer::Whole(number)
}
