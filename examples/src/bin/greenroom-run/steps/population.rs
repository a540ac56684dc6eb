//! The steps that look at many actors: spawning and ending them, a message to each, their memory at rest.

use greenroom::prelude::*;

use super::Measured;
use super::keeper::Population;
use crate::stage::{Fault, Stage, send, verify};
use crate::tally::Tally;

/// Arrives when it is dropped with the actor whose state it is.
struct Mortal {
    number: u64,
    ended: &'static Tally,
}

impl Actor for Mortal {}

impl Drop for Mortal {
    fn drop(&mut self) {
        // Not by the end of an interrupted machine, which nobody counts.
        if current_worker().is_some() {
            self.ended.arrive(self.number, 1);
        }
    }
}

pub(super) fn spawn(stage: &Stage) -> Result<Measured, Fault> {
    let actors = stage.options.actors;
    let ended = Tally::of_many(actors);
    let (population, create) = Population::create(stage, actors, move |number| Mortal { number, ended })?;
    let bytes_per_actor = stage.bytes_per_actor(actors);
    let alive = stage.vm.actors();
    let expected = actors as usize + population.keepers();
    verify(alive == expected, || format!("{alive} actors are alive, not {expected}"))?;
    verify(ended.arrived() == 0, || format!("{} ended too early", ended.arrived()))?;
    let end = population.release(stage, ended)?;
    Ok(Measured {
        ops: actors,
        timed: create + end,
        parts: vec![("create", create), ("end", end)],
        bytes_per_actor,
        params: vec![("actors", actors)],
    })
}

/// Expects one message, which carries its own number.
struct Addressee {
    number: u64,
    handled: &'static Tally,
}

impl Actor for Addressee {}

struct Letter(u64);
impl Message for Letter {
    type Reply = ();
}

impl Handler<Letter> for Addressee {
    fn handle(&mut self, Letter(number): Letter) {
        if number != self.number {
            self.handled.say_wrong(format!("actor {} got the message for {number}", self.number));
        }
        self.handled.arrive(self.number, 1);
    }
}

pub(super) fn message_all(stage: &Stage) -> Result<Measured, Fault> {
    let actors = stage.options.actors;
    let handled = Tally::of_many(actors);
    let (population, create) =
        Population::create(stage, actors, move |number| Addressee { number, handled })?;
    let bytes_per_actor = stage.bytes_per_actor(actors);
    let deliver = population.for_each(stage, "deliver", handled, |number, addressee, _| {
        send(addressee, Letter(number));
    })?;
    Ok(Measured {
        ops: actors,
        timed: deliver,
        parts: vec![("create", create), ("deliver", deliver)],
        bytes_per_actor,
        params: vec![("actors", actors)],
    })
}

/// Eight bytes of state.
struct Idle {
    calls: u64,
}

impl Actor for Idle {}

/// Replies with how many came so far.
struct Touch;
impl Message for Touch {
    type Reply = u64;
}

impl Handler<Touch> for Idle {
    fn handle(&mut self, _: Touch) -> u64 {
        self.calls += 1;
        self.calls
    }
}

/// Touches it, and reports to the tally if it was touched so often before.
fn touch(idle: &Ref<Idle>, number: u64, tally: &Tally, before: u64) {
    match idle.ask(Touch) {
        Ok(calls) if calls == before + 1 => tally.arrive(number, 1),
        other => tally.say_wrong(format!("actor {number} replied {other:?}, not {}", before + 1)),
    }
}

pub(super) fn idle_memory(stage: &Stage) -> Result<Measured, Fault> {
    let actors = stage.options.actors;
    let (used, verified) = (Tally::of_many(actors), Tally::of_many(actors));
    let (population, create) = Population::create(stage, actors, |_| Idle { calls: 0 })?;
    let use_once =
        population.for_each(stage, "use", used, |number, idle, used| touch(idle, number, used, 0))?;
    let bytes_per_actor = stage.bytes_per_actor(actors);
    let verify = population.for_each(stage, "verify", verified, |number, idle, verified| {
        touch(idle, number, verified, 1);
    })?;
    Ok(Measured {
        ops: actors,
        timed: create + use_once,
        parts: vec![("create", create), ("use", use_once), ("verify", verify)],
        bytes_per_actor,
        params: vec![
            ("actors", actors),
            ("state_bytes", size_of::<Idle>() as u64),
            ("reference_bytes", size_of::<Ref<Idle>>() as u64),
        ],
    })
}
