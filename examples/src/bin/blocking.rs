//! Work that blocks its thread belongs into `blocking`: only the handler that asks for it waits.
//!
//! One worker, one core, and a reader whose file does not come: others are answered all the same.
//!
//! Prints:
//! ```text
//! the clerk answers while the reader waits: 1
//! the clerk answers while the reader waits: 2
//! the reader has read: dear diary
//! ```

use std::sync::mpsc;

use greenroom::blocking;
use greenroom::prelude::*;

struct Reader;

impl Actor for Reader {}

/// Stands for a file on a slow disk.
struct Read(mpsc::Receiver<&'static str>);

impl Message for Read {
    type Reply = greenroom::Result<&'static str>;
}

impl Handler<Read> for Reader {
    fn handle(&mut self, Read(file): Read) -> greenroom::Result<&'static str> {
        // This closure blocks a thread of the machine's pool. The worker goes on with other actors.
        Ok(blocking(move || file.recv())??)
    }
}

struct Clerk {
    answers: u32,
}

impl Actor for Clerk {}

struct Ask;

impl Message for Ask {
    type Reply = u32;
}

impl Handler<Ask> for Clerk {
    fn handle(&mut self, _: Ask) -> u32 {
        self.answers += 1;
        self.answers
    }
}

fn main() -> greenroom::Result {
    let vm = Vm::builder().workers(1).build()?;
    let (disk, file) = mpsc::channel();
    let (reader, clerk) = (vm.spawn(Reader), vm.spawn(Clerk { answers: 0 }));

    let text = reader.send_request(Read(file));
    for _ in 0..2 {
        println!("the clerk answers while the reader waits: {}", clerk.ask(Ask)?);
    }
    disk.send("dear diary")?;
    println!("the reader has read: {}", text.wait()??);
    Ok(())
}
