//! Does a timer cost more where many run?

use std::sync::Arc;
use std::time::{Duration, Instant};

use greenroom::prelude::*;
use greenroom_savina::tally::{Tally, Ticket};

use super::{Sweep, decades, inside, machine, nanos_each};

pub(super) const SWEEP: Sweep = Sweep {
    name: "timers",
    question: "what it costs to start and cancel a timer, and to fire it, where so many run",
    counts: "timers",
    sizes: |_| decades(0, 6),
    figures: &[("start and cancel", "ns a timer"), ("fire, all due at once", "ns a timer")],
    measure,
};

/// Whose messages they are.
const ACTORS: usize = 1_000;
/// Timers that are started and cancelled, at the least, so many at a time as the size says.
const CANCELLED: u64 = 200_000;
/// All fire at one moment, which lies so far ahead: each is to be started before.
const AHEAD: Duration = Duration::from_millis(20);
const AHEAD_EACH: Duration = Duration::from_micros(2);

struct Bell {
    ticket: Ticket,
}

#[actor]
impl Bell {
    #[cast]
    fn ring(&mut self, due: Instant, rung: &'static Tally) {
        assert!(Instant::now() >= due, "a timer fired early");
        self.ticket.count(1);
        rung.add(1);
    }
}

fn measure(timers: u64, workers: usize) -> Vec<f64> {
    let vm = machine(workers);
    let gone = Tally::expecting(ACTORS as u64);
    let bells: Arc<[_]> = (0..ACTORS).map(|_| vm.spawn(Bell { ticket: gone.ticket() })).collect();
    start_and_cancel(&vm, &bells, 1_000.min(timers), 1);
    let rounds = CANCELLED.div_ceil(timers);
    let cancelled = start_and_cancel(&vm, &bells, timers, rounds);
    let mut ahead = AHEAD + AHEAD_EACH * timers as u32;
    let (mut tries, mut fired) = (1, fire(&vm, &bells, timers, ahead));
    while fired.is_none() {
        (tries, ahead) = (tries + 1, ahead * 2);
        fired = fire(&vm, &bells, timers, ahead);
    }
    let fired = fired.expect("it was waited for");
    drop(bells);
    assert_eq!(gone.wait(), timers * tries, "each that was not cancelled rang once, and no other did");
    vec![nanos_each(cancelled, timers * rounds), nanos_each(fired, timers)]
}

fn start_and_cancel(vm: &Vm, bells: &Arc<[Ref<Bell>]>, timers: u64, rounds: u64) -> Duration {
    let (bells, never) = (bells.clone(), Tally::expecting(1));
    let (elapsed, ()) = inside(vm, move || {
        let mut running = Vec::with_capacity(timers as usize);
        for _ in 0..rounds {
            let in_turn = bells.iter().cycle().take(timers as usize);
            running.extend(in_turn.map(|bell| bell.after(60 * SECOND).ring(Instant::now(), never)));
            for timer in running.drain(..) {
                assert!(timer.cancel(), "nothing else ends it");
            }
        }
    });
    elapsed
}

/// From the moment when all are due until all have rung; none if the machine was so slow that it came before all were
/// started.
fn fire(vm: &Vm, bells: &Arc<[Ref<Bell>]>, timers: u64, ahead: Duration) -> Option<Duration> {
    let (bells, rung) = (bells.clone(), Tally::expecting(timers));
    let due = Instant::now() + ahead;
    let (_, were_in_time) = inside(vm, move || {
        for bell in bells.iter().cycle().take(timers as usize) {
            bell.after(due.saturating_duration_since(Instant::now())).ring(due, rung);
        }
        Instant::now() < due
    });
    assert_eq!(rung.wait(), timers);
    were_in_time.then(|| due.elapsed())
}
