//! Whom a worker wakes for its backlog, and how often. The clock is virtual and nobody parks: a sleeper is one
//! whose parking flag is up.

use std::time::Duration;

use super::{job, ran, simulated};
use crate::{Lane, Scheduler, Time, Worker};

/// Three workers, of which 1 and 2 sleep; half a second has passed.
fn two_asleep() -> (Scheduler, Vec<Worker>) {
    let (scheduler, workers) = simulated(3);
    scheduler.set_virtual_time(Time::ZERO.after(Duration::from_millis(500)));
    for sleeper in [1, 2] {
        workers[sleeper].remote.adopt_thread();
        fall_asleep(&workers[sleeper]);
    }
    (scheduler, workers)
}

fn fall_asleep(worker: &Worker) {
    assert!(worker.remote.resumes.try_sleep());
    worker.shared().sleep.announce(worker.index(), worker.searching.take());
}

fn asleep(workers: &[Worker]) -> Vec<usize> {
    workers.iter().filter(|worker| worker.remote.resumes.is_sleeping()).map(Worker::index).collect()
}

/// Lets the sleeper that was woken know that it searches, as `park` does.
fn wake_up(worker: &Worker) {
    worker.searching.set(worker.shared().sleep.withdraw(worker.index(), false));
}

fn advance(scheduler: &Scheduler, micros: u64) {
    scheduler.set_virtual_time(scheduler.now().after(Duration::from_micros(micros)));
}

#[test]
fn a_job_in_the_next_slot_or_one_job_alone_wakes_nobody() {
    let (_, workers) = two_asleep();
    for lane in [Lane::Next, Lane::Back, Lane::Fresh, Lane::Urgent] {
        workers[0].schedule(job(1), lane);
        assert_eq!(ran(workers[0].turn()), Some(1));
    }
    assert_eq!(asleep(&workers), [1, 2]);
}

#[test]
fn a_backlog_wakes_one_and_no_other_while_that_one_searches() {
    let (scheduler, workers) = two_asleep();
    for number in 1..=5 {
        workers[0].schedule(job(number), Lane::Back);
    }
    assert_eq!(ran(workers[0].turn()), Some(1));
    assert_eq!(asleep(&workers), [1], "the latest sleeper was woken");
    advance(&scheduler, 1000);
    assert_eq!(ran(workers[0].turn()), Some(2));
    assert_eq!(asleep(&workers), [1]);
}

#[test]
fn a_small_backlog_wakes_one_every_50_microseconds_at_most_and_a_large_one_at_once() {
    let (scheduler, workers) = two_asleep();
    let turn_with_backlog = |backlog: usize| {
        while workers[0].queues.backlog() < backlog + 1 {
            workers[0].schedule(job(1), Lane::Back);
        }
        assert_eq!(ran(workers[0].turn()), Some(1));
        let woken = !workers[2].remote.resumes.is_sleeping();
        if woken {
            // It finds nothing, for this test's sake, and sleeps again.
            wake_up(&workers[2]);
            fall_asleep(&workers[2]);
        }
        woken
    };
    assert!(turn_with_backlog(1));
    advance(&scheduler, 49);
    assert!(!turn_with_backlog(1), "too soon");
    advance(&scheduler, 1);
    assert!(turn_with_backlog(1));
    assert!(!turn_with_backlog(63));
    assert!(turn_with_backlog(64));
}

#[test]
fn a_searcher_that_finds_work_wakes_the_next_if_there_is_more() {
    let (_, workers) = two_asleep();
    for number in 1..=3 {
        workers[0].schedule(job(number), Lane::Urgent);
    }
    assert_eq!(ran(workers[0].turn()), Some(1));
    assert_eq!(asleep(&workers), [1]);
    wake_up(&workers[2]);
    assert!(workers[2].searching.get());
    assert_eq!(ran(workers[2].turn()), Some(2));
    assert!(!workers[2].searching.get());
    assert_eq!(asleep(&workers), [0_usize; 0], "the third job waits");
}

#[test]
fn a_searcher_that_finds_the_last_work_wakes_nobody() {
    let (_, workers) = two_asleep();
    for number in 1..=2 {
        workers[0].schedule(job(number), Lane::Back);
    }
    assert_eq!(ran(workers[0].turn()), Some(1));
    wake_up(&workers[2]);
    assert_eq!(ran(workers[2].turn()), Some(2));
    assert_eq!(asleep(&workers), [1]);
}

#[test]
fn an_injected_job_wakes_one_unless_someone_searches() {
    let (scheduler, workers) = two_asleep();
    scheduler.inject(job(1));
    assert_eq!(asleep(&workers), [1]);
    scheduler.inject(job(2));
    assert_eq!(asleep(&workers), [1], "the woken one searches");
    wake_up(&workers[2]);
    assert_eq!(ran(workers[2].turn()), Some(1));
    assert_eq!(asleep(&workers), [0_usize; 0], "it found more than it took");
}

#[test]
fn a_stop_lowers_every_parking_flag() {
    let (scheduler, workers) = two_asleep();
    scheduler.begin_stop();
    assert_eq!(asleep(&workers), [0_usize; 0]);
}
