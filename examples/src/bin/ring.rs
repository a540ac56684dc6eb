//! A ring of a thousand actors, around which a token goes: no locks, no channels, no shared state.
//!
//! Prints:
//! ```text
//! 1000 actors stand in a ring
//! the token came home after 100000 hops
//! ```

use std::sync::mpsc;

use greenroom::prelude::*;

const ACTORS: u64 = 1_000;
const LAPS: u64 = 100;

struct Node {
    next: Option<Ref<Node>>,
    home: mpsc::Sender<u64>,
}

impl Actor for Node {}

/// Closes the ring: the first node was spawned before the last.
struct Close(Ref<Node>);

impl Message for Close {
    type Reply = ();
}

impl Handler<Close> for Node {
    fn handle(&mut self, Close(next): Close) {
        self.next = Some(next);
    }
}

struct Token {
    hops: u64,
}

impl Message for Token {
    type Reply = ();
}

impl Handler<Token> for Node {
    fn handle(&mut self, Token { hops }: Token) {
        let sent = match &self.next {
            Some(next) if hops < ACTORS * LAPS => next.send(Token { hops: hops + 1 }).is_ok(),
            _ => self.home.send(hops).is_ok(),
        };
        assert!(sent, "the ring and the main thread are there until the token is home");
    }
}

fn main() -> greenroom::Result {
    let vm = Vm::builder().build()?;
    let (home, arrival) = mpsc::channel();

    let first = vm.spawn(Node { next: None, home: home.clone() });
    let mut last = first.clone();
    for _ in 1..ACTORS {
        last = vm.spawn(Node { next: Some(last), home: home.clone() });
    }
    first.ask(Close(last))?;
    println!("{} actors stand in a ring", vm.actors());

    first.send(Token { hops: 0 })?;
    println!("the token came home after {} hops", arrival.recv()?);
    Ok(())
    // The references in the ring keep each other; the machine's end takes them all.
}
