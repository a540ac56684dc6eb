//! A ring of actors, around which a token goes.

use std::time::Instant;

use greenroom::prelude::*;
use greenroom::yield_now;
use greenroom_examples::interrupt;

use super::Measured;
use crate::stage::{Fault, Stage, send, verify};
use crate::tally::Tally;

/// So many are told to the tally at once.
const STRIDE: u64 = 1000;

struct Node {
    next: Option<Ref<Node>>,
    passes: u64,
    hops: &'static Tally,
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

/// The token; so many hops are left for it.
struct Token(u64);
impl Message for Token {
    type Reply = ();
}

impl Handler<Token> for Node {
    fn handle(&mut self, Token(left): Token) {
        self.passes += 1;
        if (left - 1).is_multiple_of(STRIDE) {
            self.hops.arrive(0, STRIDE);
        }
        match &self.next {
            Some(next) if left > 1 => send(next, Token(left - 1)),
            _ => {}
        }
    }
}

/// How often did you have the token, and who is next?
struct Ask;
impl Message for Ask {
    type Reply = (u64, Option<Ref<Node>>);
}

impl Handler<Ask> for Node {
    fn handle(&mut self, _: Ask) -> (u64, Option<Ref<Node>>) {
        (self.passes, self.next.clone())
    }
}

/// Long loops of a process let others go now and then, and end when they are asked to.
fn goes_on(round: u64) -> bool {
    !round.is_multiple_of(STRIDE) || (!interrupt::is_asked() && yield_now().is_ok())
}

pub(super) fn run(stage: &Stage, nodes: u64) -> Result<Measured, Fault> {
    let laps = stage.options.laps(nodes);
    let hops = Tally::of_one(laps * nodes);

    let begun = Instant::now();
    let first = stage.vm.run(move || create(nodes, hops))?;
    let (first, create) = (first.ok_or(Fault::Interrupted)?, begun.elapsed());
    let bytes_per_actor = stage.bytes_per_actor(nodes);

    let begun = Instant::now();
    // It has the token from here on, which is the first hop.
    send(&first, Token(laps * nodes));
    let go = stage.wait("laps", hops, begun)?;

    let begun = Instant::now();
    let verified = stage.vm.run(move || count(&first, nodes, laps))??;
    verify(verified == nodes, || format!("node {verified} did not have the token {laps} times"))?;
    Ok(Measured {
        ops: laps * nodes,
        timed: go,
        parts: vec![("create", create), ("laps", go), ("verify", begun.elapsed())],
        bytes_per_actor,
        params: vec![("actors", nodes), ("laps", laps)],
    })
}

/// A ring of new nodes; none if interrupted.
fn create(nodes: u64, hops: &'static Tally) -> Option<Ref<Node>> {
    let first = spawn(Node { next: None, passes: 0, hops });
    let mut next = first.clone();
    for round in 1..nodes {
        next = spawn(Node { next: Some(next), passes: 0, hops });
        if !goes_on(round) {
            return None;
        }
    }
    send(&first, Close(next));
    Some(first)
}

/// How many nodes from the first on, up to `nodes`, had the token `laps` times; that the ring is closed.
fn count(first: &Ref<Node>, nodes: u64, laps: u64) -> Result<u64, Fault> {
    let mut node = first.clone();
    for number in 0..nodes {
        let (passes, next) = node.ask(Ask)?;
        let next = next.ok_or_else(|| Fault::Wrong(format!("node {number} has no next")))?;
        if passes != laps || (next == *first) != (number == nodes - 1) {
            return Ok(number);
        }
        node = next;
        if !goes_on(number + 1) {
            return Err(Fault::Interrupted);
        }
    }
    Ok(nodes)
}
