//! Many actors, each suspended in the middle of a call to one that does not answer yet.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use greenroom::prelude::*;

use super::Measured;
use super::keeper::Population;
use crate::stage::{Fault, Stage, pause, send, verify};
use crate::tally::Tally;

/// Answers nobody while it holds.
struct Gate {
    is_simulated: bool,
    answered: &'static AtomicU64,
}

impl Actor for Gate {}

/// Handle nothing else until it is set.
struct HoldUntil(&'static AtomicBool);
impl Message for HoldUntil {
    type Reply = ();
}

impl Handler<HoldUntil> for Gate {
    fn handle(&mut self, HoldUntil(is_open): HoldUntil) {
        // ORDERING: Acquire pairs with the Release in `run`. A machine that ends lets nobody wait any more.
        while !is_open.load(Ordering::Acquire) && pause(self.is_simulated).is_ok() {}
    }
}

/// Replies with the caller's own number.
struct Pass(u64);
impl Message for Pass {
    type Reply = u64;
}

impl Handler<Pass> for Gate {
    fn handle(&mut self, Pass(number): Pass) -> u64 {
        // ORDERING: Relaxed: a count; what orders it is the tallies.
        self.answered.fetch_add(1, Ordering::Relaxed);
        number
    }
}

struct Caller {
    number: u64,
    gate: Ref<Gate>,
    returned: &'static Tally,
}

impl Actor for Caller {}

/// Go through the gate; report to this tally just before.
struct Go(&'static Tally);
impl Message for Go {
    type Reply = ();
}

impl Handler<Go> for Caller {
    fn handle(&mut self, Go(calling): Go) {
        calling.arrive(self.number, 1);
        match self.gate.ask_within(std::time::Duration::MAX, Pass(self.number)) {
            Ok(number) if number == self.number => self.returned.arrive(self.number, 1),
            // A machine that ends unwinds its callers: nobody counts those.
            Err(CallError::Unwinding) => {}
            other => self.returned.say_wrong(format!("the call of {} ended with {other:?}", self.number)),
        }
    }
}

pub(super) fn run(stage: &Stage, callers: u64) -> Result<Measured, Fault> {
    static IS_OPEN: AtomicBool = AtomicBool::new(false);
    static ANSWERED: AtomicU64 = AtomicU64::new(0);
    let is_simulated = stage.options.seed.is_some();

    let gate = stage.vm.spawn(Gate { is_simulated, answered: &ANSWERED });
    send(&gate, HoldUntil(&IS_OPEN));
    let (calling, returned) = (Tally::of_many(callers), Tally::of_many(callers));
    let make = move |number| Caller { number, gate: gate.clone(), returned };
    let (population, create) = Population::create(stage, callers, make)?;

    let suspend = population.for_each(stage, "suspend", calling, |_, caller, calling| {
        send(caller, Go(calling));
    })?;
    // All have begun their calls and none has been answered: so all of them are in mid-call.
    let bytes_per_actor = stage.bytes_per_actor(callers);
    // ORDERING: Relaxed: the gate holds, so nothing counts here.
    let early = ANSWERED.load(Ordering::Relaxed) + returned.arrived();
    verify(early == 0, || format!("{early} calls were answered while the gate was shut"))?;

    let begun = Instant::now();
    // ORDERING: Release pairs with the Acquire in the gate's handler.
    IS_OPEN.store(true, Ordering::Release);
    let resume = stage.wait("resume", returned, begun)?;
    // ORDERING: Relaxed: every answer came before its caller arrived.
    let answered = ANSWERED.load(Ordering::Relaxed);
    verify(answered == callers, || format!("the gate answered {answered} calls, not {callers}"))?;
    Ok(Measured {
        ops: callers,
        timed: suspend + resume,
        parts: vec![("create", create), ("suspend", suspend), ("resume", resume)],
        bytes_per_actor,
        params: vec![("actors", callers)],
    })
}
