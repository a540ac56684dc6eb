//! The same program in the simulated world: one thread, all chance drawn by a seed, a clock that jumps. The same seed
//! gives the same run, message for message; so a failure that one seed shows can be looked at again and again.
//!
//! Prints:
//! ```text
//! an hour of sleep passed in no time
//! seed 1, twice: the same log
//! seeds 1 to 20: more than one log, always the same sum: 499500
//! ```

use std::collections::HashSet;
use std::time::{Duration, Instant};

use greenroom::prelude::*;
use greenroom::trace::Filter;
use greenroom::{World, yield_now};

struct Sum {
    value: u64,
}

impl Actor for Sum {}

struct Add(u64);

impl Message for Add {
    type Reply = u64;
}

impl Handler<Add> for Sum {
    fn handle(&mut self, Add(number): Add) -> u64 {
        self.value += number;
        self.value
    }
}

/// Ten processes add to one sum, in an order that chance decides.
fn program() -> Result<u64, CallError> {
    let sum = spawn(Sum { value: 0 });
    for tens in 0..10 {
        let sum = sum.clone();
        process(move |_: Inbox<()>| {
            for number in (0..1000).filter(|number| number % 10 == tens) {
                // The sum lives for as long as we hold it.
                let _ = sum.send(Add(number));
                let _ = yield_now();
            }
        });
    }
    sleep(Duration::from_secs(3600))?;
    sum.ask(Add(0))
}

/// What happened, in lines that do not name the machine.
fn run(seed: u64) -> greenroom::Result<(u64, Vec<String>)> {
    let vm = Vm::builder().workers(4).world(World::Simulated { seed }).build()?;
    let session = vm.trace(Filter::everything());
    let sum = vm.run(program)??;
    Ok((sum, session.take().iter().map(ToString::to_string).collect()))
}

fn main() -> greenroom::Result {
    let begun = Instant::now();
    let (_, first) = run(1)?;
    if begun.elapsed() < Duration::from_secs(60) {
        println!("an hour of sleep passed in no time");
    }

    let (_, again) = run(1)?;
    println!("seed 1, twice: {}", if first == again { "the same log" } else { "two logs" });

    let mut logs = HashSet::new();
    let mut sums = HashSet::new();
    for seed in 1..=20 {
        let (sum, log) = run(seed)?;
        logs.insert(log);
        sums.insert(sum);
    }
    let logs = if logs.len() > 1 { "more than one log" } else { "one log" };
    let sums: Vec<_> = sums.into_iter().map(|sum| sum.to_string()).collect();
    println!("seeds 1 to 20: {logs}, always the same sum: {}", sums.join(" or "));
    Ok(())
}
