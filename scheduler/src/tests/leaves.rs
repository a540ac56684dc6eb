//! The resume lists, the next-slot and the duty: what each step leaves behind, and that threads lose nothing.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use super::{Nodes, job, number};
use crate::Wake;
use crate::next_slot::NextSlot;
use crate::relief::Duty;
use crate::resume_list::{LocalResumes, ResumeList};
use crate::sleep::Doze;

fn places(nodes: &Nodes, local: &LocalResumes) -> Vec<usize> {
    std::iter::from_fn(|| local.pop()).map(|wake| nodes.place(wake)).collect()
}

#[test]
fn wakes_of_other_threads_come_out_in_order_behind_the_local_ones() {
    let nodes = Nodes::new(5);
    let (remote, local) = (ResumeList::new(), LocalResumes::new());
    local.push(nodes.wake(0));
    for place in 1..4 {
        assert!(!remote.push(nodes.wake(place)), "the owner is awake");
    }
    assert!(remote.has_any());
    remote.drain(&local);
    assert!(!remote.has_any());
    local.push(nodes.wake(4));
    assert_eq!(places(&nodes, &local), [0, 1, 2, 3, 4]);
    assert!(local.is_empty());
}

#[test]
fn a_popped_node_can_be_pushed_again_at_once() {
    let nodes = Nodes::new(2);
    let local = LocalResumes::new();
    local.push(nodes.wake(0));
    local.push(nodes.wake(1));
    let first = local.pop().unwrap();
    local.push(first);
    assert_eq!(places(&nodes, &local), [1, 0]);
}

#[test]
fn exactly_the_wake_that_finds_the_owner_asleep_must_unpark_it() {
    let nodes = Nodes::new(2);
    let list = ResumeList::new();
    assert!(list.try_sleep() && list.is_sleeping());
    assert!(!list.has_any());
    assert!(list.push(nodes.wake(0)));
    assert!(!list.is_sleeping());
    assert!(!list.push(nodes.wake(1)));
    assert!(!list.take_sleeper());
    let local = LocalResumes::new();
    list.drain(&local);
    assert_eq!(places(&nodes, &local), [0, 1]);
}

#[test]
fn a_wake_that_comes_before_the_parking_flag_keeps_the_owner_awake() {
    let nodes = Nodes::new(1);
    let list = ResumeList::new();
    assert!(!list.push(nodes.wake(0)));
    assert!(!list.try_sleep());
}

#[test]
fn only_one_waker_takes_a_sleeper() {
    let list = ResumeList::new();
    assert!(!list.take_sleeper());
    assert!(list.try_sleep());
    assert!(list.take_sleeper());
    assert!(!list.take_sleeper());
}

#[test]
fn wakes_pushed_by_two_threads_against_a_sleeping_and_draining_owner_all_arrive_once() {
    const EACH: usize = 20_000;
    let nodes = Nodes::new(2 * EACH);
    let list = ResumeList::new();
    let owed = AtomicUsize::new(0);
    let mut seen = vec![0_u32; 2 * EACH];
    thread::scope(|scope| {
        for half in 0..2 {
            let (list, owed, nodes) = (&list, &owed, &nodes.0[half * EACH..][..EACH]);
            scope.spawn(move || {
                for node in nodes {
                    if list.push(Wake::from(node)) {
                        owed.fetch_add(1, Ordering::AcqRel);
                    }
                }
            });
        }
        let (local, mut left, mut slept) = (LocalResumes::new(), 2 * EACH, 0);
        while left > 0 {
            if list.try_sleep() {
                slept += 1;
                while list.is_sleeping() {
                    thread::yield_now();
                }
            }
            list.drain(&local);
            while let Some(wake) = local.pop() {
                let offset = wake.addr().get() - nodes.wake(0).addr().get();
                seen[offset / size_of::<crate::WakeNode>()] += 1;
                left -= 1;
            }
        }
        while owed.load(Ordering::Acquire) < slept {
            thread::yield_now();
        }
        assert_eq!(owed.load(Ordering::Acquire), slept, "one unpark is owed for each sleep");
    });
    assert!(seen.iter().all(|&times| times == 1));
}

#[test]
fn the_slot_holds_one_job_for_the_owner_or_for_a_thief() {
    let slot = NextSlot::new();
    assert!(slot.is_empty() && slot.take().is_none() && slot.steal().is_none());
    slot.put(job(1).into_raw());
    assert!(!slot.is_empty());
    assert_eq!(slot.take(), Some(job(1).into_raw()));
    slot.put(job(2).into_raw());
    assert_eq!(slot.steal(), Some(job(2).into_raw()));
    assert!(slot.is_empty());
}

#[test]
fn jobs_put_and_taken_against_a_thief_are_each_had_by_one_side() {
    const JOBS: usize = 50_000;
    let slot = NextSlot::new();
    let done = AtomicBool::new(false);
    let mut owned = Vec::new();
    let stolen = thread::scope(|scope| {
        let thief = scope.spawn(|| {
            let mut stolen = Vec::new();
            while !done.load(Ordering::Acquire) {
                stolen.extend(slot.steal().map(|raw| number(crate::Job::new(raw))));
            }
            stolen
        });
        for next in 1..=JOBS {
            slot.put(job(next).into_raw());
            if next % 64 == 0 {
                thread::yield_now();
            }
            owned.extend(slot.take().map(|raw| number(crate::Job::new(raw))));
        }
        done.store(true, Ordering::Release);
        thief.join().unwrap()
    });
    let mut all: Vec<usize> = owned.into_iter().chain(stolen).collect();
    all.sort_unstable();
    assert_eq!(all, (1..=JOBS).collect::<Vec<_>>());
}

#[test]
fn duty_is_off_until_it_begins_and_after_it_ends() {
    let duty = Duty::off();
    assert!(!duty.is_on());
    duty.begin(0);
    assert!(duty.is_on(), "also for worker 0");
    duty.end();
    assert!(!duty.is_on());
}

#[test]
fn a_doze_is_ended_by_one_and_not_begun_while_someone_is_awake() {
    let doze = Doze::new();
    assert!(!doze.end(), "nobody dozes");
    assert!(!doze.begin(|| false));
    assert!(!doze.is_dozing());
    assert!(doze.begin(|| true) && doze.is_dozing());
    assert!(doze.end());
    assert!(!doze.end() && !doze.is_dozing());
}
