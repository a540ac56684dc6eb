//! Rings of actors, around which a token goes: no locks, no channels, no shared state. With the token travels the reply
//! that the main function waits for.
//!
//! Prints:
//! ```text
//! a ring of 3: the token came home after 3 hops, and each node counts 1
//! a ring of 12: the token came home after 12 hops, and each node counts 1
//! a ring of 1000: the token came home after 100000 hops, and each node counts 100
//! ```

use std::collections::BTreeSet;
use std::time::Duration;

use greenroom::prelude::*;

#[derive(Default)]
struct Node {
    next: Option<Ref<Node>>,
    count: u64,
}

#[actor]
impl Node {
    /// Closes the ring: the first node was spawned before the last.
    fn set_next(&mut self, next: Ref<Node>) {
        self.next = Some(next);
    }

    /// Sends a token on its way. This is not answered when it returns, but when somebody answers `home`.
    fn start(&mut self, hops: u64, #[reply] home: Reply<u64>) {
        self.pass_on(0, hops, home);
    }

    #[cast]
    fn take(&mut self, hops: u64, of: u64, home: Reply<u64>) {
        self.count += 1;
        if hops < of {
            self.pass_on(hops, of, home);
        } else {
            home.send(hops);
        }
    }

    fn count(&self) -> u64 {
        self.count
    }

    #[local]
    fn pass_on(&self, hops: u64, of: u64, home: Reply<u64>) {
        let next = self.next.as_ref().expect("the ring is closed before a token goes around");
        // If it had ended, the reply would be dropped with the message, which fails the call in `run`.
        let _ = next.take(hops + 1, of, home);
    }
}

fn run(size: usize, laps: u64) -> greenroom::Result {
    let nodes: Vec<Ref<Node>> = (0..size).map(|_| spawn(Node::default())).collect();
    for (node, next) in nodes.iter().zip(nodes.iter().cycle().skip(1)) {
        node.set_next(next)?;
    }
    let hops = nodes[0].within(Duration::MAX).start(size as u64 * laps)?;

    let counts: BTreeSet<u64> = nodes.iter().map(|node| node.count()).collect::<Result<_, _>>()?;
    let counts: Vec<String> = counts.iter().map(u64::to_string).collect();
    println!(
        "a ring of {size}: the token came home after {hops} hops, and each node counts {}",
        counts.join(" or ")
    );
    Ok(())
    // The references in a ring keep each other; the machine's end takes them all.
}

fn main() -> greenroom::Result {
    greenroom::launch(|| {
        run(3, 1)?;
        run(12, 1)?;
        run(1_000, 100)
    })
}
