//! Two accounts that transfer to each other at once: each waits for the other, and the machine says so. With a path as its
//! argument, it saves there what happened, for `greenroom-trace` to draw: see `docs/tracing.md`.
//!
//! Prints:
//! ```text
//! ann to bob: done, there are now 130 cents
//! bob to ann: the call waits for itself: Account#1.1.transfer -> Account#1.0.transfer -> Account#1.1.transfer
//! in parallel, ann to bob: done, there are now 110 cents
//! in parallel, bob to ann: done, there are now 90 cents
//! ```

use greenroom::prelude::*;
use greenroom::trace::Filter;
use greenroom::{World, spawn_named};
use greenroom_trace::Trace;

/// Keeps its state to itself for as long as a transfer takes.
struct Account {
    cents: u64,
}

#[actor]
impl Account {
    fn deposit(&mut self, cents: u64) -> u64 {
        self.cents += cents;
        self.cents
    }

    fn transfer(&mut self, to: Ref<Account>, cents: u64) -> Result<u64, CallError> {
        self.cents -= cents;
        to.deposit(cents).inspect_err(|_| self.cents += cents)
    }
}

/// The same, but for one word.
struct ParallelAccount {
    cents: u64,
}

#[actor]
impl ParallelAccount {
    fn deposit(&mut self, cents: u64) -> u64 {
        self.cents += cents;
        self.cents
    }

    /// While it waits, the account handles other messages.
    #[parallel]
    fn transfer(me: &Me<Self>, to: Ref<ParallelAccount>, cents: u64) -> Result<u64, CallError> {
        me.with(|account| account.cents -= cents);
        to.deposit(cents).inspect_err(|_| me.with(|account| account.cents += cents))
    }
}

fn tell(who: &str, done: Result<u64, CallError>) {
    match done {
        Ok(cents) => println!("{who}: done, there are now {cents} cents"),
        Err(error) => println!("{who}: {error}"),
    }
}

fn exclusive() -> greenroom::Result {
    let ann = spawn_named("ann", Account { cents: 100 })?;
    let bob = spawn_named("bob", Account { cents: 100 })?;
    let to_bob = ann.request().transfer(&bob, 30);
    let to_ann = bob.request().transfer(&ann, 20);
    tell("ann to bob", to_bob.wait());
    tell("bob to ann", to_ann.wait());
    Ok(())
}

fn parallel() -> greenroom::Result {
    let (ann, bob) = (spawn(ParallelAccount { cents: 100 }), spawn(ParallelAccount { cents: 100 }));
    let to_bob = ann.request().transfer(&bob, 30);
    let to_ann = bob.request().transfer(&ann, 20);
    tell("in parallel, ann to bob", to_bob.wait());
    tell("in parallel, bob to ann", to_ann.wait());
    Ok(())
}

fn main() -> greenroom::Result {
    // One seed, one run: so that the diagram is the same each time.
    let vm = Vm::builder().world(World::Simulated { seed: 1 }).build()?;
    let session = vm.trace(Filter::everything().with_arguments());
    vm.run(exclusive)??;
    let trace = Trace::from_records("two transfers at once", session.take(), session.dropped());
    if let Some(path) = std::env::args().nth(1) {
        trace.save(path)?;
    }
    vm.run(parallel)??;
    Ok(())
}
