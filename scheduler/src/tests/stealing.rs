//! Stealing: how much, from whom, and what is left alone.

use super::{Nodes, job, number, ran, simulated};
use crate::{Lane, Turn, Worker};

fn schedule(worker: &Worker, numbers: impl IntoIterator<Item = usize>, lane: Lane) {
    for number in numbers {
        worker.schedule(job(number), lane);
    }
}

#[test]
fn a_thief_takes_half_of_a_back_queue_the_oldest_first() {
    let (_, workers) = simulated(2);
    schedule(&workers[0], 1..=20, Lane::Back);
    assert_eq!(ran(workers[1].turn()), Some(1));
    assert_eq!(workers[1].queues.backlog(), 9, "ten were stolen, one is given out");
    assert_eq!(workers[0].queues.backlog(), 10);
    assert_eq!(workers[1].counters().steals.get(), 1);
    assert_eq!(ran(workers[1].turn()), Some(2));
    assert_eq!(workers[1].counters().steals.get(), 1, "one search");
}

#[test]
fn a_thief_takes_half_of_a_fresh_queue_the_largest_subtrees() {
    let (_, workers) = simulated(2);
    schedule(&workers[0], 1..=20, Lane::Fresh);
    let first = ran(workers[1].turn()).unwrap();
    let stolen = workers[1].queues.backlog() + 1;
    assert_eq!((stolen, workers[0].queues.backlog()), (10, 10));
    assert!(first <= 10, "{first} is among the newest");
    assert_eq!(ran(workers[0].turn()), Some(20), "the owner goes on depth-first");
}

#[test]
fn an_urgent_job_of_a_busy_worker_is_stolen_before_its_others_and_alone() {
    let (_, workers) = simulated(2);
    schedule(&workers[0], [1, 2], Lane::Back);
    schedule(&workers[0], [3, 4], Lane::Urgent);
    assert_eq!(ran(workers[1].turn()), Some(3));
    assert_eq!(workers[0].queues.backlog(), 3);
}

#[test]
fn who_is_patient_leaves_back_queues_alone_but_nothing_else() {
    let (_, workers) = simulated(2);
    schedule(&workers[0], 1..=4, Lane::Back);
    assert!(workers[1].search(false).is_none());
    assert!(!workers[0].remote.has_loot_for(false) && workers[0].remote.has_loot_for(true));
    schedule(&workers[0], [5], Lane::Fresh);
    assert!(workers[0].remote.has_loot_for(false));
    assert_eq!(workers[1].search(false).map(number), Some(5));
    schedule(&workers[0], [6], Lane::Urgent);
    assert_eq!(workers[1].search(false).map(number), Some(6));
    assert_eq!(workers[1].search(true).map(number), Some(1));
}

#[test]
fn the_next_slot_of_a_worker_that_turns_is_left_alone() {
    let (_, workers) = simulated(2);
    schedule(&workers[0], [1], Lane::Next);
    assert!(matches!(workers[1].turn(), Turn::Idle));
    assert_eq!(ran(workers[0].turn()), Some(1));
}

#[test]
fn the_next_slot_of_a_stuck_worker_is_stolen_last() {
    let (_, workers) = simulated(2);
    schedule(&workers[0], [1], Lane::Next);
    schedule(&workers[0], [2], Lane::Back);
    workers[0].remote.mark_stuck(true);
    assert_eq!(ran(workers[1].turn()), Some(2));
    assert_eq!(ran(workers[1].turn()), Some(1));
}

#[test]
fn a_worker_seen_not_to_turn_is_robbed_of_its_next_slot_once() {
    let (_, workers) = simulated(2);
    schedule(&workers[0], [1], Lane::Next);
    workers[1].suspect.set(Some(0));
    assert_eq!(ran(workers[1].turn()), Some(1));
    schedule(&workers[0], [2], Lane::Next);
    assert!(matches!(workers[1].turn(), Turn::Idle), "one suspicion, one theft");
}

#[test]
fn every_victim_is_found_and_searches_start_at_different_ones() {
    let (_, workers) = simulated(8);
    let mut first_victims = std::collections::BTreeSet::new();
    for round in 0..50 {
        for victim in &workers[1..] {
            victim.schedule(job(100 * (round + 1) + victim.index()), Lane::Back);
        }
        let mut order = Vec::new();
        while let Some(number) = ran(workers[0].turn()) {
            order.push(number % 100);
        }
        first_victims.insert(order[0]);
        order.sort_unstable();
        assert_eq!(order, (1..8).collect::<Vec<_>>());
    }
    assert_eq!(first_victims.len(), 7, "{first_victims:?}");
}

#[test]
fn resumes_are_never_stolen() {
    let nodes = Nodes::new(2);
    let (scheduler, workers) = simulated(2);
    workers[0].wake(nodes.wake(0));
    scheduler.remote(0).wake(nodes.wake(1));
    assert!(matches!(workers[1].turn(), Turn::Idle));
    for place in 0..2 {
        let Turn::Resume(wake) = workers[0].turn() else { panic!("a wake waits") };
        assert_eq!(nodes.place(wake), place);
    }
}

#[test]
fn injected_jobs_are_taken_in_batches_that_others_can_steal() {
    let (scheduler, workers) = simulated(2);
    for number in 1..=8 {
        scheduler.inject(job(number));
    }
    let mut ran_by = [Vec::new(), Vec::new()];
    for turn in 0..16 {
        ran_by[turn % 2].extend(ran(workers[turn % 2].turn()));
    }
    assert!(ran_by.iter().all(|jobs| !jobs.is_empty()), "{ran_by:?}");
    let mut all = ran_by.concat();
    all.sort_unstable();
    assert_eq!(all, (1..=8).collect::<Vec<_>>());
    assert_eq!(scheduler.take_injected().map(number), None);
}

#[test]
fn busy_workers_even_out_their_loads_without_ever_being_idle() {
    let (_, workers) = simulated(3);
    schedule(&workers[0], 1..=10, Lane::Back);
    schedule(&workers[1], [11], Lane::Back);
    schedule(&workers[2], [12], Lane::Back);
    // Each worker takes turns, and each job is busy for ever: it goes to the back of the worker that ran it.
    for _ in 0..61 * 16 * 40 {
        for worker in &workers {
            let busy = ran(worker.turn()).expect("a worker with a job of its own never idles");
            worker.schedule(job(busy), Lane::Back);
        }
    }
    let loads: Vec<usize> = workers.iter().map(|worker| worker.queues.backlog()).collect();
    assert_eq!(loads.iter().sum::<usize>(), 12, "none is lost");
    assert!(loads.iter().all(|load| (2..=6).contains(load)), "{loads:?}");
    assert!(workers.iter().all(|worker| worker.counters().steals.get() == 0), "nobody searched");
}
