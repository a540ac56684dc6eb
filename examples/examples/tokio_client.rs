//! Async code and actors, both ways: tasks await what actors promise, and a handler awaits a future.
//!
//! It is no `src/bin`, so that only who runs it needs tokio: `cargo run -p greenroom-examples --example tokio_client`.
//!
//! Prints:
//! ```text
//! the counter says 3
//! three tasks met at the table, in the seats 1, 2 and 3
//! while one handler awaits a task, others answer: 3
//! the handler has heard from the task: good news
//! ```

use greenroom::block_on;
use greenroom::prelude::*;
use tokio::sync::oneshot;

#[derive(Default)]
struct Counter {
    value: u64,
}

#[actor]
impl Counter {
    #[cast]
    fn add(&mut self, by: u64) {
        self.value += by;
    }

    fn value(&self) -> u64 {
        self.value
    }
}

/// Guests wait until all seats are taken.
#[derive(Default)]
struct Table {
    guests: Vec<Reply<usize>>,
}

#[actor]
impl Table {
    fn sit_down(&mut self, #[reply] reply: Reply<usize>) {
        self.guests.push(reply);
        if self.guests.len() == 3 {
            for (seat, guest) in (1..).zip(self.guests.drain(..)) {
                guest.send(seat);
            }
        }
    }
}

struct Listener;

#[actor]
impl Listener {
    /// Suspends this handler only, until the future is woken, here by a task of tokio's.
    fn listen(&self, news: oneshot::Receiver<&'static str>) -> greenroom::Result<&'static str> {
        Ok(block_on(news)??)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> greenroom::Result {
    // The machine's workers are threads of their own, beside tokio's. Here one is enough.
    let vm = Vm::builder().workers(1).build()?;

    // What does not wait is as everywhere. A call would block the thread; a request is awaited.
    let counter = vm.spawn(Counter::default());
    counter.add(3)?;
    println!("the counter says {}", counter.request().value().await?);

    let table = vm.spawn(Table::default());
    let guest = async || table.request().sit_down().await;
    let (a, b, c) = tokio::try_join!(guest(), guest(), guest())?;
    println!("three tasks met at the table, in the seats {a}, {b} and {c}");

    let (sender, news) = oneshot::channel();
    let heard = vm.spawn(Listener).request().listen(news);
    println!("while one handler awaits a task, others answer: {}", counter.request().value().await?);
    tokio::spawn(async move { sender.send("good news") });
    println!("the handler has heard from the task: {}", heard.await?);
    Ok(())
}
