//! The turn: its order, and that nothing it serves starves anything else.

use std::time::Duration;

use super::{Nodes, job, ran, simulated};
use crate::{Config, Lane, Scheduler, Time, Turn};

/// One letter for what a turn gave out.
fn kind(turn: &Turn) -> char {
    match turn {
        Turn::Run(_) => 'j',
        Turn::Resume(_) => 'r',
        Turn::Expired(_) => 't',
        Turn::Idle => '.',
        Turn::Stop => '!',
    }
}

#[test]
fn a_turn_with_nothing_to_do_is_idle_and_after_a_stop_every_turn_says_so() {
    let (scheduler, workers) = simulated(2);
    assert_eq!(kind(&workers[0].turn()), '.');
    workers[0].park();
    workers[0].schedule(job(1), Lane::Back);
    assert!(!scheduler.is_stopping());
    scheduler.begin_stop();
    assert!(scheduler.is_stopping());
    assert_eq!(kind(&workers[0].turn()), '!');
    assert_eq!(kind(&workers[1].turn()), '!');
    scheduler.join();
}

#[test]
fn after_a_stop_what_is_left_can_be_drained() {
    let nodes = Nodes::new(1);
    let (scheduler, workers) = simulated(1);
    workers[0].schedule(job(1), Lane::Back);
    workers[0].schedule(job(2), Lane::Next);
    scheduler.inject(job(3));
    scheduler.remote(0).wake(nodes.wake(0));
    scheduler.begin_stop();
    assert_eq!(kind(&workers[0].drain()), 'r');
    let jobs: Vec<usize> = std::iter::from_fn(|| ran(workers[0].drain())).collect();
    assert_eq!(jobs, [2, 1, 3]);
    scheduler.inject(job(4));
    assert_eq!(scheduler.take_injected().map(super::number), Some(4));
}

#[test]
fn resumes_come_before_new_work_and_local_ones_before_those_of_other_threads() {
    let nodes = Nodes::new(2);
    let (scheduler, workers) = simulated(1);
    let _ = workers[0].turn();
    workers[0].schedule(job(1), Lane::Urgent);
    scheduler.remote(0).wake(nodes.wake(1));
    workers[0].wake(nodes.wake(0));
    for place in 0..2 {
        let Turn::Resume(wake) = workers[0].turn() else { panic!("a resume comes first") };
        assert_eq!(nodes.place(wake), place);
    }
    assert_eq!(ran(workers[0].turn()), Some(1));
    assert_eq!(workers[0].counters().resumes.get(), 2);
    assert_eq!(workers[0].counters().activations.get(), 1);
}

#[test]
fn local_work_comes_before_injected_work() {
    let (scheduler, workers) = simulated(1);
    let _ = workers[0].turn();
    scheduler.inject(job(1));
    workers[0].schedule(job(2), Lane::Back);
    assert_eq!(ran(workers[0].turn()), Some(2));
    assert_eq!(ran(workers[0].turn()), Some(1));
}

#[test]
fn an_injected_job_runs_within_61_turns_of_endless_local_work() {
    let (scheduler, workers) = simulated(1);
    workers[0].schedule(job(1), Lane::Back);
    let _ = workers[0].turn();
    workers[0].schedule(job(1), Lane::Back);
    scheduler.inject(job(2));
    let turns = (0..200).position(|_| {
        let number = ran(workers[0].turn()).unwrap();
        workers[0].schedule(job(1), Lane::Back);
        number == 2
    });
    assert!(turns.is_some_and(|turns| turns <= 61), "{turns:?}");
}

#[test]
fn a_due_timer_fires_within_62_turns_of_endless_local_work() {
    let nodes = Nodes::new(1);
    let (scheduler, workers) = simulated(1);
    workers[0].start_timer(Duration::from_nanos(5), nodes.wake(0));
    workers[0].schedule(job(1), Lane::Back);
    let _ = workers[0].turn();
    workers[0].schedule(job(1), Lane::Back);
    scheduler.set_virtual_time(Time::from_nanos(5));
    let turns = (0..200).position(|_| match workers[0].turn() {
        Turn::Run(job) => {
            workers[0].schedule(job, Lane::Back);
            false
        }
        other => kind(&other) == 't',
    });
    assert!(turns.is_some_and(|turns| turns <= 62), "{turns:?}");
}

#[test]
fn coroutines_that_yield_for_ever_let_a_job_run_after_32() {
    let nodes = Nodes::new(2);
    let (_, workers) = simulated(1);
    workers[0].wake(nodes.wake(0));
    workers[0].wake(nodes.wake(1));
    workers[0].schedule(job(1), Lane::Back);
    let turns = (0..200).position(|_| match workers[0].turn() {
        Turn::Resume(wake) => {
            workers[0].wake(wake);
            false
        }
        other => kind(&other) == 'j',
    });
    assert_eq!(turns, Some(32));
}

#[test]
fn coroutines_that_yield_for_ever_let_timers_and_other_threads_wakes_through() {
    let nodes = Nodes::new(3);
    let (scheduler, workers) = simulated(1);
    workers[0].wake(nodes.wake(0));
    workers[0].start_timer(Duration::ZERO, nodes.wake(1));
    scheduler.remote(0).wake(nodes.wake(2));
    let mut seen = String::new();
    for _ in 0..130 {
        match workers[0].turn() {
            Turn::Resume(wake) if nodes.place(wake) == 0 => workers[0].wake(wake),
            Turn::Resume(_) => seen.push('r'),
            Turn::Expired(_) => seen.push('t'),
            other => panic!("{other:?}"),
        }
    }
    assert!(seen.contains('r') && seen.contains('t') && seen.len() == 2, "{seen}");
}

#[test]
fn a_worker_knows_of_whatever_else_waits_with_it() {
    let nodes = Nodes::new(2);
    let (scheduler, workers) = simulated(1);
    let worker = &workers[0];
    let check = |put: &dyn Fn(), what: &str| {
        assert!(!worker.has_other_work(), "before {what}");
        put();
        assert!(worker.has_other_work(), "with {what}");
        assert_ne!(kind(&worker.turn()), '.', "{what}");
    };
    check(&|| worker.wake(nodes.wake(0)), "a local wake");
    check(&|| scheduler.remote(0).wake(nodes.wake(1)), "another thread's wake");
    for lane in [Lane::Next, Lane::Back, Lane::Fresh, Lane::Urgent] {
        check(&|| worker.schedule(job(1), lane), &format!("{lane:?}"));
    }
    assert!(!worker.has_other_work());
}

/// What three workers do with jobs that scatter others by chance, one letter and number a turn.
fn scattered(seed: u64) -> Vec<(usize, char, usize)> {
    let config = Config { workers: 3, seed, ..Config::default() };
    let (scheduler, workers) = Scheduler::simulated(config).unwrap();
    for number in 1..=5 {
        scheduler.inject(job(number));
    }
    let mut log = Vec::new();
    for turn in 0..3000 {
        let worker = &workers[turn % 3];
        let outcome = worker.turn();
        let letter = kind(&outcome);
        let number = ran(outcome).unwrap_or(0);
        log.push((worker.index(), letter, number));
        if number > 0 {
            let lanes = [Lane::Next, Lane::Back, Lane::Fresh, Lane::Urgent];
            let again = number * 7 % 1009 + worker.random(3) as usize;
            worker.schedule(job(again.max(1)), lanes[worker.random(4) as usize]);
        }
    }
    log
}

#[test]
fn the_same_seed_gives_the_same_run_and_another_seed_another() {
    assert_eq!(scattered(1), scattered(1));
    assert_ne!(scattered(1), scattered(2));
}
