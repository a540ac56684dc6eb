//! An actor, and the three ways to send it something: one-way, a call, a request.
//!
//! Prints:
//! ```text
//! the call was answered with 42
//! the request was answered with 142
//! the stopped counter gives a message back: Add(1)
//! ```

use greenroom::prelude::*;

/// The state. Its handlers have it for themselves, one message at a time.
struct Counter {
    value: u64,
}

impl Actor for Counter {}

#[derive(Debug)]
struct Add(u64);

impl Message for Add {
    type Reply = u64;
}

impl Handler<Add> for Counter {
    fn handle(&mut self, Add(by): Add) -> u64 {
        self.value += by;
        self.value
    }
}

fn main() -> greenroom::Result {
    greenroom::launch(|| {
        let counter = spawn(Counter { value: 0 });

        // One-way: returns at once.
        counter.send(Add(40))?;

        // A call waits for the reply. What one sender sends arrives in order, so the 40 are in.
        println!("the call was answered with {}", counter.ask(Add(2))?);

        // A request returns a promise, and is waited for later.
        let promise = counter.send_request(Add(100));
        println!("the request was answered with {}", promise.wait()?);

        // Nothing vanishes silently: what cannot be delivered comes back.
        counter.stop();
        while counter.exit_reason().is_none() {
            yield_now()?;
        }
        if let Err(back) = counter.send(Add(1)) {
            println!("the stopped counter gives a message back: {:?}", back.message);
        }
        Ok(())
    })
}
