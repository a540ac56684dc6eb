//! Two actors and one ball: by messages, and by calls.

use std::time::Instant;

use greenroom::prelude::*;
use greenroom_examples::interrupt;

use super::Measured;
use crate::stage::{Fault, Stage, send, verify};
use crate::tally::Tally;

/// So many are told to the tally at once: telling each would be a part of what is measured.
const STRIDE: u64 = 4096;

struct Player {
    other: Option<Ref<Player>>,
    /// The next ball must carry this: the two players have the odd and the even ones.
    expected: u64,
    played: &'static Tally,
}

impl Actor for Player {}

struct Meet(Ref<Player>);
impl Message for Meet {
    type Reply = ();
}

impl Handler<Meet> for Player {
    fn handle(&mut self, Meet(other): Meet) {
        self.other = Some(other);
    }
}

struct Ball {
    left: u64,
}
impl Message for Ball {
    type Reply = ();
}

impl Handler<Ball> for Player {
    fn handle(&mut self, Ball { left }: Ball) {
        if left != self.expected {
            self.played.say_wrong(format!("ball {left} came in place of {}", self.expected));
        }
        self.expected = left.saturating_sub(2);
        if left.is_multiple_of(STRIDE) {
            self.played.arrive(0, STRIDE);
        }
        match &self.other {
            Some(other) if left > 0 => send(other, Ball { left: left - 1 }),
            _ => stop(),
        }
    }
}

/// The whole strides of the asked-for number, at least one: the ball carries `strides * STRIDE - 1`, and so on down.
fn strides(stage: &Stage) -> u64 {
    stage.options.pings().div_ceil(STRIDE)
}

pub(super) fn one_way(stage: &Stage) -> Result<Measured, Fault> {
    let messages = strides(stage) * STRIDE;
    let played = Tally::of_one(messages);
    let player = |expected| Player { other: None, expected, played };
    let (one, two) = (stage.vm.spawn(player(messages - 1)), stage.vm.spawn(player(messages - 2)));
    one.ask(Meet(two.clone()))?;
    two.ask(Meet(one.clone()))?;
    let begun = Instant::now();
    send(&one, Ball { left: messages - 1 });
    let time = stage.wait("play", played, begun)?;
    Ok(Measured {
        ops: messages,
        timed: time,
        parts: vec![("play", time)],
        bytes_per_actor: None,
        params: vec![("actors", 2), ("messages", messages)],
    })
}

struct Server;

impl Actor for Server {}

struct Increment(u64);
impl Message for Increment {
    type Reply = u64;
}

impl Handler<Increment> for Server {
    fn handle(&mut self, Increment(value): Increment) -> u64 {
        value + 1
    }
}

struct Client {
    server: Ref<Server>,
    called: &'static Tally,
}

impl Actor for Client {}

/// Call the server in so many strides; replies with what it has counted up to.
struct Call {
    strides: u64,
}
impl Message for Call {
    type Reply = ();
}

impl Handler<Call> for Client {
    fn handle(&mut self, Call { strides }: Call) {
        let mut value = 0;
        for stride in 1..=strides {
            for _ in 0..STRIDE {
                match self.server.ask(Increment(value)) {
                    Ok(next) => value = next,
                    Err(error) => return self.called.say_wrong(format!("call {value}: {error}")),
                }
            }
            if value != stride * STRIDE {
                return self.called.say_wrong(format!("{} calls counted up to {value}", stride * STRIDE));
            }
            if interrupt::is_asked() {
                return;
            }
            self.called.arrive(0, STRIDE);
        }
    }
}

pub(super) fn sync(stage: &Stage) -> Result<Measured, Fault> {
    let calls = strides(stage) * STRIDE;
    let called = Tally::of_one(calls);
    let client = stage.vm.spawn(Client { server: stage.vm.spawn(Server), called });
    let begun = Instant::now();
    send(&client, Call { strides: strides(stage) });
    let time = stage.wait("call", called, begun)?;
    let handled: u64 = stage.vm.counters().iter().map(|counters| counters.messages).sum();
    verify(handled >= calls, || format!("the machine handled {handled} messages for {calls} calls"))?;
    Ok(Measured {
        ops: calls,
        timed: time,
        parts: vec![("call", time)],
        bytes_per_actor: None,
        params: vec![("actors", 2), ("calls", calls)],
    })
}
