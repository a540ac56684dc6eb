//! The real world: threads that sleep and are woken, none of whose jobs and wakes is lost.

mod support;

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use greenroom_scheduler::{Config, Lane, Scheduler, StartError, Turn, Worker};
use support::{LOST, Running, SendWake, receive, task, wait_until, waiter, workers};

#[test]
fn an_injected_job_wakes_a_sleeper_every_time() {
    let running = Running::start(workers(2));
    for round in 0..2_000 {
        if round % 100 == 0 {
            running.wait_until_asleep();
        }
        assert_eq!(running.ask(move |_, send| send.send(round).unwrap()), round);
    }
    let woken: u64 = running.0.counters().iter().map(|counters| counters.wakes).sum();
    assert!(woken >= 20, "{woken}");
}

#[test]
fn jobs_injected_from_several_threads_are_each_run_once() {
    const EACH: usize = 5_000;
    let running = Running::start(workers(3));
    let (send, results) = mpsc::channel();
    thread::scope(|scope| {
        for from in 0..3 {
            let (send, running) = (send.clone(), &running);
            scope.spawn(move || {
                for number in 0..EACH {
                    let send = send.clone();
                    running.0.inject(task(move |_| send.send(from * EACH + number).unwrap()));
                }
            });
        }
    });
    let mut ran = receive(&results, 3 * EACH);
    ran.sort_unstable();
    assert_eq!(ran, (0..3 * EACH).collect::<Vec<_>>());
    let counted: u64 = running.0.counters().iter().map(|counters| counters.activations).sum();
    assert_eq!(counted, 3 * EACH as u64);
}

#[test]
fn a_wake_from_outside_goes_on_on_its_own_worker_whether_it_sleeps_or_not() {
    let running = Running::start(workers(3));
    for round in 0..3_000 {
        let home = round % 3;
        if round % 100 == 0 {
            running.wait_until_asleep();
        }
        let (send, results) = mpsc::channel();
        let wake = waiter(move |worker| send.send((worker.index(), thread::current().id())).unwrap());
        running.0.remote(home).wake(wake.get());
        assert_eq!(results.recv_timeout(LOST).unwrap().0, home);
    }
}

/// Sends a wake to and fro between two workers until `left` is 0.
fn bounce(worker: &Worker, left: u32, done: mpsc::Sender<usize>) {
    if left == 0 {
        done.send(worker.index()).unwrap();
        return;
    }
    let next = waiter(move |worker| bounce(worker, left - 1, done));
    worker.scheduler().remote(1 - worker.index()).wake(next.get());
}

#[test]
fn a_wake_bounced_between_two_sleepy_workers_is_never_lost() {
    let running = Running::start(workers(2));
    let (send, results) = mpsc::channel();
    let first = waiter(move |worker| bounce(worker, 20_000, send));
    running.0.remote(0).wake(first.get());
    assert_eq!(results.recv_timeout(LOST), Ok(0));
}

#[test]
fn a_worker_wakes_a_sleeper_for_its_backlog() {
    let running = Running::start(Config { relief: 0, ..workers(2) });
    running.wait_until_asleep();
    let met = Arc::new(AtomicUsize::new(0));
    running.0.inject(task(move |worker| {
        for _ in 0..2 {
            let met = met.clone();
            // Each waits for the other: one worker alone would never end, and its turn does not come again.
            let meet = move |_: &Worker| {
                met.fetch_add(1, Ordering::AcqRel);
                wait_until("the other worker", || met.load(Ordering::Acquire) == 2);
            };
            worker.schedule(task(meet), Lane::Back);
        }
    }));
    wait_until("both ran", || {
        running.0.counters().iter().map(|counters| counters.activations).sum::<u64>() == 3
    });
    let counters = running.0.counters();
    assert_eq!(counters.iter().map(|counters| counters.steals).sum::<u64>(), 1, "{counters:?}");
}

#[test]
fn a_timer_wakes_its_sleeping_worker_and_never_early() {
    let running = Running::start(workers(2));
    for millis in [0, 1, 5, 20] {
        let after = Duration::from_millis(millis);
        let took = running.ask(move |worker, send| {
            let start = Instant::now();
            worker.start_timer(after, waiter(move |_| send.send(start.elapsed()).unwrap()).get());
        });
        assert!(took >= after, "{took:?} for {after:?}");
    }
}

#[test]
fn a_timer_started_by_another_thread_s_wake_ends_an_endless_sleep() {
    let running = Running::start(workers(1));
    running.wait_until_asleep();
    let (send, results) = mpsc::channel();
    let start_timer = waiter(move |worker| {
        worker.start_timer(Duration::from_millis(3), waiter(move |_| send.send(()).unwrap()).get());
    });
    running.0.remote(0).wake(start_timer.get());
    assert_eq!(results.recv_timeout(LOST), Ok(()));
}

#[test]
fn a_stop_wakes_all_and_every_thread_ends() {
    for _ in 0..100 {
        let running = Running::start(workers(3));
        running.0.begin_stop();
        running.0.begin_stop();
        running.0.join();
        running.0.join();
    }
    let running = Running::start(workers(3));
    running.wait_until_asleep();
    let ended = running.0.clone();
    drop(running);
    assert!(ended.is_stopping());
}

#[test]
fn several_schedulers_live_side_by_side() {
    let all: Vec<Running> = (1..=3).map(|count| Running::start(workers(count))).collect();
    for (count, running) in (1..=3).zip(&all) {
        assert_eq!(running.0.workers(), count);
        assert_eq!(running.ask(|worker, send| send.send(worker.scheduler().workers()).unwrap()), count);
    }
}

#[test]
fn a_scheduler_beside_another_has_one_free_thread_and_the_other_s_clock() {
    let running = Running::start(Config { pin: true, ..workers(1) });
    let own = core_affinity::get_core_ids().unwrap();
    // Started by a worker that is pinned.
    let (beside, pinned) = running.ask(|worker, send| {
        let beside = worker.scheduler().start_beside("beside".to_owned(), |worker| support::body(&worker));
        send.send((beside.unwrap(), core_affinity::get_core_ids().unwrap())).unwrap();
    });
    assert_eq!(pinned.len(), 1);
    let beside = Running(beside);
    let before = running.0.now();
    let (name, mask, index, now) = beside.ask(|worker, send| {
        let name = thread::current().name().map(str::to_owned);
        send.send((name, core_affinity::get_core_ids().unwrap(), worker.index(), worker.now())).unwrap();
    });
    assert_eq!((name.as_deref(), mask, index), (Some("beside"), own, 0));
    assert!(before <= now && now <= running.0.now(), "{before:?}, {now:?}");
    for round in 0..200 {
        if round % 20 == 0 {
            beside.wait_until_asleep();
        }
        assert_eq!(beside.ask(move |_, send| send.send(round).unwrap()), round);
    }
    assert_eq!(beside.0.counters().len(), 1);
    assert_eq!(beside.0.counters()[0].activations, 201);
    drop(beside);
    assert_eq!(running.ask(|_, send| send.send(5).unwrap()), 5);
}

#[test]
fn a_worker_that_waits_for_its_own_end_panics_and_join_passes_the_panic_on() {
    let joined = Arc::new(AtomicBool::new(false));
    let seen = joined.clone();
    let config = Config { workers: 1, relief: 0, name: "own-end".to_owned(), ..workers(1) };
    let scheduler = Scheduler::start(config, move |worker: Worker| {
        seen.store(true, Ordering::Release);
        worker.scheduler().join();
    })
    .unwrap();
    wait_until("the body ran", || joined.load(Ordering::Acquire));
    scheduler.begin_stop();
    let panic = catch_unwind(AssertUnwindSafe(|| scheduler.join())).unwrap_err();
    assert!(panic.downcast_ref::<&str>().is_some_and(|text| text.contains("cannot wait for its own end")));
}

#[test]
fn a_configuration_that_cannot_be_used_starts_nothing() {
    let error = Scheduler::start(workers(0), |_: Worker| ()).unwrap_err();
    assert!(matches!(error, StartError::Config(_)) && error.to_string().contains("workers is 0"));
    assert!(Scheduler::simulated(workers(0)).is_err());
}

#[test]
fn more_pinned_workers_than_cores_share_the_cores_of_the_mask() {
    let cores = core_affinity::get_core_ids().unwrap();
    let count = 2 * cores.len() + 1;
    let (send, seen) = mpsc::channel();
    let config = Config { workers: count, pin: true, ..Config::default() };
    let scheduler = Scheduler::start(config, move |worker: Worker| {
        send.send((worker.index(), core_affinity::get_core_ids().unwrap())).unwrap();
        support::body(&worker);
    });
    let running = Running(scheduler.unwrap());
    for (worker, mask) in receive(&seen, count) {
        assert_eq!(mask, [cores[worker % cores.len()]]);
    }
    assert_eq!(running.0.pin_failures(), 0);
}

#[test]
fn unpinned_workers_keep_the_whole_mask() {
    let running = Running::start(workers(2));
    let mask = running.ask(|_, send| send.send(core_affinity::get_core_ids().unwrap()).unwrap());
    assert_eq!(mask, core_affinity::get_core_ids().unwrap());
}

#[test]
fn work_spawned_by_one_worker_spreads_to_all() {
    let running = Running::start(workers(2));
    let (send, results) = mpsc::channel();
    running.0.inject(task(move |worker| {
        for _ in 0..400 {
            let send = send.clone();
            let busy = move |worker: &Worker| {
                let end = Instant::now() + Duration::from_micros(200);
                while Instant::now() < end {
                    std::hint::spin_loop();
                }
                send.send(worker.index()).unwrap();
            };
            worker.schedule(task(busy), Lane::Back);
        }
    }));
    let by: BTreeSet<usize> = receive(&results, 400).into_iter().collect();
    assert!(by.len() >= 2, "{by:?}");
}

#[test]
fn what_is_left_at_a_stop_can_be_drained_by_its_worker() {
    let (send, drained) = mpsc::channel();
    let body = move |worker: Worker| {
        support::body(&worker);
        while let Turn::Resume(wake) = worker.drain() {
            send.send(wake.addr().get()).unwrap();
            support::resume(wake, &worker);
        }
    };
    let running = Running(Scheduler::start(workers(1), body).unwrap());
    let left = running.ask(|worker, send: mpsc::Sender<SendWake>| {
        worker.scheduler().begin_stop();
        let left = waiter(|_| ());
        worker.wake(left.0);
        send.send(left).unwrap();
    });
    running.0.join();
    assert_eq!(drained.recv_timeout(LOST).unwrap(), left.get().addr().get());
}
