//! Timers: their order, that they are never early, that a cancel is final, and that their memory returns.

use std::time::Duration;

use super::{Nodes, simulated};
use crate::timers::Timers;
use crate::{Time, Turn, Worker};

const fn nanos(nanos: u64) -> Duration {
    Duration::from_nanos(nanos)
}

/// The places of all timers due at a look, in order.
fn fire(timers: &Timers, nodes: &Nodes, at: u64) -> Vec<usize> {
    timers.look(Time::from_nanos(at));
    std::iter::from_fn(|| timers.pop_due()).map(|wake| nodes.place(wake)).collect()
}

#[test]
fn timers_fire_in_order_of_deadline_and_then_of_start() {
    let nodes = Nodes::new(5);
    let timers = Timers::new();
    for (place, after) in [30, 10, 20, 10, 20].into_iter().enumerate() {
        timers.start(nanos(after), nodes.wake(place), None);
    }
    assert_eq!(fire(&timers, &nodes, 0), [0_usize; 0]);
    assert_eq!(fire(&timers, &nodes, 100), [1, 3, 2, 4, 0]);
    assert!(timers.is_empty());
}

#[test]
fn a_timer_counts_from_the_look_after_its_start_and_is_never_early() {
    let nodes = Nodes::new(1);
    let timers = Timers::new();
    timers.start(nanos(10), nodes.wake(0), None);
    assert_eq!(fire(&timers, &nodes, 1000), [0_usize; 0], "armed here, at 1010");
    assert_eq!(timers.earliest(), Some(Time::from_nanos(1010)));
    assert_eq!(fire(&timers, &nodes, 1009), [0_usize; 0]);
    assert_eq!(fire(&timers, &nodes, 1010), [0]);
}

#[test]
fn a_cancelled_timer_never_fires_whether_fresh_armed_or_due() {
    let nodes = Nodes::new(4);
    let timers = Timers::new();
    let fresh = timers.start(nanos(1), nodes.wake(0), None);
    assert!(timers.cancel(fresh));
    let armed = timers.start(nanos(1), nodes.wake(1), None);
    let due = timers.start(nanos(1), nodes.wake(2), None);
    let kept = timers.start(nanos(1), nodes.wake(3), None);
    timers.look(Time::from_nanos(0));
    assert!(timers.cancel(armed));
    timers.look(Time::from_nanos(5));
    assert!(timers.have_due());
    assert!(timers.cancel(due));
    assert_eq!(timers.pop_due().map(|wake| nodes.place(wake)), Some(3));
    assert!(!timers.have_due());
    for id in [fresh, armed, due, kept] {
        assert!(!timers.cancel(id), "gone already");
    }
}

#[test]
fn cancelling_the_last_timer_that_is_due_leaves_nothing_due() {
    let nodes = Nodes::new(1);
    let timers = Timers::new();
    let id = timers.start(nanos(0), nodes.wake(0), None);
    timers.look(Time::ZERO);
    assert!(timers.have_due() && timers.cancel(id));
    assert!(!timers.have_due() && timers.pop_due().is_none());
}

#[test]
fn a_hundred_thousand_timers_on_one_deadline_all_fire_and_the_memory_returns() {
    const COUNT: usize = 100_000;
    let nodes = Nodes::new(COUNT);
    let timers = Timers::new();
    let deadline = |place| timers.start(nanos(50), nodes.wake(place), None);
    let ids: Vec<_> = (0..COUNT).map(deadline).collect();
    assert!(timers.room() >= COUNT);
    timers.look(Time::ZERO);
    timers.look(Time::from_nanos(50));
    for place in 0..COUNT {
        assert_eq!(timers.pop_due(), Some(nodes.wake(place)));
    }
    assert!(timers.is_empty() && timers.pop_due().is_none());
    assert!(timers.room() <= 64, "{} places kept", timers.room());
    assert!(!timers.cancel(ids[COUNT / 2]));
}

#[test]
fn deadlines_started_and_cancelled_between_two_looks_take_no_room_behind_an_older_timer() {
    let nodes = Nodes::new(3);
    let timers = Timers::new();
    let older = timers.start(nanos(9), nodes.wake(0), None);
    let outer = timers.start(nanos(9), nodes.wake(1), None);
    for _ in 0..100_000 {
        let inner = timers.start(nanos(9), nodes.wake(2), None);
        assert!(timers.cancel(inner));
        assert!(!timers.cancel(inner));
    }
    assert!(timers.room() <= 64);
    assert!(timers.cancel(older) && timers.cancel(outer));
    assert!(timers.is_empty());
}

#[test]
fn a_timer_started_by_an_expiry_waits_for_the_next_look_even_with_no_duration() {
    let nodes = Nodes::new(2);
    let timers = Timers::new();
    timers.start(nanos(0), nodes.wake(0), None);
    timers.start(nanos(0), nodes.wake(1), None);
    timers.look(Time::ZERO);
    let again = timers.pop_due().unwrap();
    timers.start(nanos(0), again, None);
    assert_eq!(timers.pop_due(), Some(nodes.wake(1)));
    assert_eq!(timers.pop_due(), None);
    assert_eq!(fire(&timers, &nodes, 0), [0]);
}

#[test]
fn a_duration_that_overflows_the_clock_is_never_and_can_be_cancelled() {
    let nodes = Nodes::new(2);
    let timers = Timers::new();
    let never = timers.start(Duration::MAX, nodes.wake(0), None);
    timers.start(nanos(u64::MAX), nodes.wake(1), Some(Time::from_nanos(1)));
    assert_eq!(fire(&timers, &nodes, u64::MAX), [0_usize; 0]);
    assert_eq!(timers.earliest(), None);
    assert!(timers.cancel(never) && !timers.cancel(never));
}

/// Turns until idle, and how often each timer fired. One in `rearmed` is started again at once.
fn turn_until_idle(worker: &Worker, nodes: &Nodes, rearmed: Option<usize>, turns: usize) -> Vec<usize> {
    let mut fired = vec![0; nodes.0.len()];
    for _ in 0..turns {
        match worker.turn() {
            Turn::Expired(wake) => {
                let place = nodes.place(wake);
                fired[place] += 1;
                if rearmed == Some(place) {
                    worker.start_timer(Duration::ZERO, wake);
                }
            }
            Turn::Idle => break,
            other => panic!("only timers here: {other:?}"),
        }
    }
    fired
}

#[test]
fn in_the_simulated_world_a_timer_is_exact() {
    let nodes = Nodes::new(1);
    let (scheduler, workers) = simulated(1);
    scheduler.set_virtual_time(Time::from_nanos(100));
    let _ = workers[0].start_timer(nanos(7), nodes.wake(0));
    assert_eq!(workers[0].earliest_timer(), Some(Time::from_nanos(107)));
    scheduler.set_virtual_time(Time::from_nanos(106));
    assert_eq!(turn_until_idle(&workers[0], &nodes, None, 10), [0]);
    workers[0].set_virtual_time(Time::from_nanos(107));
    assert_eq!(turn_until_idle(&workers[0], &nodes, None, 10), [1]);
    assert_eq!(workers[0].counters().timers.get(), 1);
    assert_eq!(workers[0].earliest_timer(), None);
}

#[test]
fn a_timer_that_starts_itself_again_at_no_duration_holds_up_no_other() {
    let nodes = Nodes::new(2);
    let (scheduler, workers) = simulated(1);
    workers[0].start_timer(Duration::ZERO, nodes.wake(0));
    workers[0].start_timer(nanos(500), nodes.wake(1));
    assert_eq!(turn_until_idle(&workers[0], &nodes, Some(0), 300)[1], 0);
    scheduler.set_virtual_time(Time::from_nanos(500));
    let fired = turn_until_idle(&workers[0], &nodes, Some(0), 200);
    assert_eq!(fired[1], 1);
    assert!(fired[0] > 50, "{fired:?}");
}
