//! Timers: in order of their deadlines, never early, and in any number.

mod support;

use std::time::{Duration, Instant};

use greenroom::prelude::*;
use support::{
    Flag, LOST, Object, Tally, ask, in_simulations, is_child, real, real_builder, resident_bytes,
    run_as_child, sum, watched,
};

const MILLISECOND: Duration = Duration::from_millis(1);

#[test]
fn timers_fire_in_the_order_of_their_deadlines() {
    in_simulations(|vm| {
        let log = vm.spawn(Object(Vec::<u64>::new()));
        let told = log.clone();
        vm.run(move || {
            // All durations below 1009, in an order that has nothing to do with their size.
            let sleepers: Vec<_> = (1..1009_u64)
                .map(|number| {
                    let (millis, log) = (number * 387 % 1009, told.clone());
                    spawn(Object(())).send_request(ask(move |(): &mut ()| {
                        sleep(millis as u32 * MILLISECOND).unwrap();
                        log.send(ask(move |log: &mut Vec<u64>| log.push(millis))).unwrap();
                    }))
                })
                .collect();
            for sleeper in sleepers {
                sleeper.wait().unwrap();
            }
        })
        .unwrap();
        let log = log.ask(ask(|log: &mut Vec<u64>| log.clone())).unwrap();
        assert_eq!(log, (1..1009).collect::<Vec<_>>());
    });
}

#[test]
fn timers_are_never_early() {
    watched(|| {
        let vm = real();
        let sleepers: Vec<_> = (0..400_u32)
            .map(|number| {
                vm.spawn(Object(())).send_request(ask(move |(): &mut ()| {
                    for round in 0..5 {
                        let duration = Duration::from_micros(u64::from(number * 37 % 4000 + round));
                        let begin = Instant::now();
                        sleep(duration).unwrap();
                        assert!(begin.elapsed() >= duration, "{:?} of {duration:?}", begin.elapsed());
                    }
                }))
            })
            .collect();
        for sleeper in sleepers {
            sleeper.wait().unwrap();
        }
        let never = vm.spawn(Object(()));
        let limit = 3 * MILLISECOND;
        let begin = Instant::now();
        vm.run(move || {
            let late = never.ask_within(limit, ask(|(): &mut ()| sleep(Duration::MAX).unwrap()));
            assert!(
                matches!(late, Err(CallError::Timeout { limit: said, elapsed, started: true }) if said == limit && elapsed >= limit),
                "{late:?}"
            );
        })
        .unwrap();
        assert!(begin.elapsed() >= limit);
    });
}

#[test]
#[cfg_attr(feature = "sanitizer", ignore = "it measures memory, and takes minutes")]
fn a_hundred_thousand_timers_on_one_deadline_all_fire_and_the_memory_returns() {
    const TIMERS: usize = 100_000;
    if !is_child() {
        let output =
            run_as_child("a_hundred_thousand_timers_on_one_deadline_all_fire_and_the_memory_returns");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        return;
    }
    watched(|| {
        // Relief workers would keep some stacks for next time as well.
        let vm = real_builder().relief(0).build().unwrap();
        let round = |fired: &Tally| {
            let deadline = Instant::now() + Duration::from_secs(3);
            for _ in 0..TIMERS {
                let fired = fired.clone();
                let wait = ask(move |(): &mut ()| {
                    sleep(deadline.saturating_duration_since(Instant::now())).unwrap();
                    assert!(Instant::now() >= deadline);
                    fired.add_one();
                });
                vm.spawn(Object(())).send(wait).unwrap();
            }
        };
        let fired = Tally::default();
        let before = resident_bytes();
        round(&fired);
        let mut most = 0;
        support::wait_until("all have fired", || {
            most = most.max(resident_bytes());
            fired.count() == TIMERS
        });
        support::wait_until("all have ended", || vm.actors() == 0);
        assert!(sum(&vm, |counted| counted.timers) > TIMERS as u64 / 2, "most of them waited");
        let grown = most - before;
        assert!(grown > TIMERS * 4096 / 2, "they were suspended, each with a page: {grown}");
        // What stays is what the workers keep for next time.
        support::wait_until("the memory is given back", || resident_bytes() - before < grown / 2);
        // The next time costs no more than the first.
        round(&fired);
        support::wait_until("all have fired again", || fired.count() == 2 * TIMERS);
        support::wait_until("the memory is given back again", || resident_bytes() - before < grown / 2);
    });
}

#[test]
fn handlers_that_wait_for_nothing_over_and_over_delay_no_timer_by_half_a_second() {
    watched(|| {
        // A bound of real time on a machine with other work: one good round of five shows that it holds.
        let vm = real();
        let done = Flag::default();
        for _ in 0..10 {
            let done = done.clone();
            let spin = ask(move |(): &mut ()| {
                while !done.is_raised() {
                    sleep(Duration::ZERO).unwrap();
                }
            });
            vm.spawn(Object(())).send(spin).unwrap();
        }
        let rounds = (0..5).map(|_| {
            let begin = Instant::now();
            vm.run(|| sleep(Duration::from_millis(500))).unwrap().unwrap();
            begin.elapsed()
        });
        let best = rounds.inspect(|took| assert!(*took < LOST)).find(|took| *took < Duration::from_secs(1));
        assert!(best.is_some(), "a timer of 500 ms took more than a second, five times");
        done.raise();
    });
}

#[test]
fn a_deadline_that_is_not_needed_disturbs_nothing_later() {
    in_simulations(|vm| {
        let lasted = vm.run(|| {
            let (quick, slow) = (spawn(Object(())), spawn(Object(())));
            for _ in 0..50 {
                quick.ask_within(10 * MILLISECOND, ask(|(): &mut ()| sleep(MILLISECOND).unwrap())).unwrap();
            }
            // If a cancelled timer still fired, it would wake this one.
            slow.ask_within(Duration::MAX, ask(|(): &mut ()| sleep(1000 * MILLISECOND).unwrap()))
        });
        assert_eq!(lasted, Ok(Ok(())));
    });
}

#[test]
fn one_who_calls_without_end_delays_no_timer_of_its_worker() {
    watched(|| {
        // One worker, and nobody who could stand in for it.
        let vm = real_builder().workers(1).relief(0).build().unwrap();
        let done = Flag::default();
        let (end, sleeper) = (done.clone(), vm.spawn(Object(())));
        sleeper
            .send(ask(move |(): &mut ()| {
                sleep(5 * MILLISECOND).unwrap();
                end.raise();
            }))
            .unwrap();
        vm.run(move || {
            let callee = spawn(Object(0_u64));
            while !done.is_raised() {
                callee.ask(ask(|n: &mut u64| *n += 1)).unwrap();
            }
        })
        .unwrap();
    });
}
