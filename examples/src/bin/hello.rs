//! An actor, and the three ways to send it something: one-way, a call, a request. The message is a method call.
//!
//! Prints:
//! ```text
//! hello, world
//! greeted so far: 1
//! hello, once more
//! and by now: 2
//! of the stopped greeter: the called actor ended before it began (stopped)
//! ```

use greenroom::prelude::*;

/// The state. Its methods have it for themselves, one call at a time.
#[derive(Default)]
struct Greeter {
    greeted: u32,
}

#[actor]
impl Greeter {
    #[cast]
    fn greet(&mut self, whom: &'static str) {
        self.greeted += 1;
        println!("hello, {whom}");
    }

    fn greeted(&self) -> u32 {
        self.greeted
    }
}

fn main() -> greenroom::Result {
    greenroom::launch(|| {
        let greeter = spawn(Greeter::default());

        // One-way, as the method is declared: returns at once, whatever the greeter does meanwhile.
        greeter.greet("world")?;

        // A call waits for the result. What one sender sends arrives in order, so the world has been greeted.
        println!("greeted so far: {}", greeter.greeted()?);

        // How a method is sent, the caller may choose. This waits, though the method is one-way by declaration;
        greeter.call().greet("once more")?;

        // and this does not wait: a request gives a promise, for later.
        let promise = greeter.request().greeted();
        println!("and by now: {}", promise.wait()?);

        // Every call ends, and says how.
        greeter.stop();
        if let Err(error) = greeter.greeted() {
            println!("of the stopped greeter: {error}");
        }
        Ok(())
    })
}
