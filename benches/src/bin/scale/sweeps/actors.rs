//! Does an actor cost more where there are many? All of them live at once.

use std::sync::Arc;
use std::time::{Duration, Instant};

use greenroom::prelude::*;
use greenroom_benches::memory;
use greenroom_savina::tally::{Tally, Ticket};

use super::{Sweep, Throttle, decades, inside, machine, nanos_each};

pub(super) const SWEEP: Sweep = Sweep {
    name: "actors",
    question: "what an actor, and a message to each in turn, cost where so many live",
    counts: "actors",
    sizes: |_| decades(3, 7),
    figures: &[
        ("spawn, one message, end", "ns an actor"),
        ("round robin", "ns a message"),
        ("at rest", "bytes an actor"),
    ],
    measure,
};

/// Messages of the round robin, at the least: one to each if there are more actors.
const MESSAGES: u64 = 2_000_000;

struct Counter {
    ticket: Ticket,
}

#[actor]
impl Counter {
    #[cast]
    fn count(&mut self) {
        self.ticket.count(1);
    }
}

fn measure(actors: u64, workers: usize) -> Vec<f64> {
    let vm = machine(workers);
    // The workers have run, and the allocator has begun, when the measuring begins.
    live(&vm, actors.min(10_000) / 10, 1, || {});
    let turns = MESSAGES.div_ceil(actors);
    let before = memory::resident_bytes();
    let mut at_rest = 0;
    let times = live(&vm, actors, turns, || at_rest = memory::resident_bytes());
    vec![
        nanos_each(times.spawned + times.ended, actors),
        nanos_each(times.turns, actors * turns),
        at_rest.saturating_sub(before) as f64 / actors as f64,
    ]
}

struct Times {
    spawned: Duration,
    turns: Duration,
    ended: Duration,
}

/// Spawns so many, each with a first message; sends to each in turn, `turns` times; ends them by letting go of the last
/// references.
fn live(vm: &Arc<Vm>, actors: u64, turns: u64, at_rest: impl FnOnce()) -> Times {
    let gone = Tally::expecting(actors);
    let mut sender = Throttle::new(vm);
    let (spawned, counters) = inside(vm, move || {
        let mut counters = Vec::with_capacity(actors as usize);
        for _ in 0..actors {
            let counter = spawn(Counter { ticket: gone.ticket() });
            counter.count().expect("it lives");
            counters.push(counter);
            sender.sent(1);
        }
        sender.finish();
        counters
    });
    at_rest();
    let mut sender = Throttle::new(vm);
    let (turned, counters) = inside(vm, move || {
        for _ in 0..turns {
            for counter in &counters {
                counter.count().expect("it lives");
                sender.sent(1);
            }
        }
        sender.finish();
        counters
    });
    let began = Instant::now();
    inside(vm, move || drop(counters));
    assert_eq!(gone.wait(), actors * (1 + turns), "every message was handled, and every actor has ended");
    Times { spawned, turns: turned, ended: began.elapsed() }
}
