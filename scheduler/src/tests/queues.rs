//! The local queues: which lane is served next, and that every lane is.

use super::{job, number};
use crate::Lane;
use crate::next_slot::NextSlot;
use crate::queues::Queues;

/// A worker's queues, filled by (number, lane).
struct Local {
    queues: Queues,
    slot: NextSlot,
}

impl Local {
    fn new() -> Self {
        Local { queues: Queues::new(), slot: NextSlot::new() }
    }

    fn push(&self, numbers: impl IntoIterator<Item = usize>, lane: Lane) {
        for number in numbers {
            self.queues.push(job(number), lane, &self.slot);
        }
    }

    fn pop(&self) -> Option<usize> {
        self.queues.pop(&self.slot).map(number)
    }

    fn pop_all(&self) -> Vec<usize> {
        std::iter::from_fn(|| self.pop()).collect()
    }
}

#[test]
fn urgent_runs_before_next_before_fresh_before_back() {
    let local = Local::new();
    local.push([4], Lane::Back);
    local.push([3], Lane::Fresh);
    local.push([2], Lane::Next);
    local.push([1], Lane::Urgent);
    assert_eq!(local.pop_all(), [1, 2, 3, 4]);
}

#[test]
fn back_runs_in_order_and_fresh_runs_the_latest_first() {
    let local = Local::new();
    local.push([1, 2, 3], Lane::Back);
    local.push([11, 12, 13], Lane::Fresh);
    assert_eq!(local.pop_all(), [13, 12, 11, 1, 2, 3]);
}

#[test]
fn a_job_put_into_the_full_next_slot_sends_the_older_one_to_the_back() {
    let local = Local::new();
    local.push([1], Lane::Back);
    local.push([2, 3], Lane::Next);
    assert_eq!(local.pop_all(), [3, 1, 2]);
}

#[test]
fn after_three_in_a_row_the_next_slot_lets_a_waiting_job_run() {
    let local = Local::new();
    local.push([100], Lane::Back);
    local.push([1], Lane::Next);
    let mut order = Vec::new();
    for next in 2..=6 {
        order.push(local.pop().unwrap());
        local.push([next], Lane::Next);
    }
    assert_eq!(order, [1, 2, 3, 100, 5], "4 went behind 100, which let the slot take jobs again");
}

#[test]
fn a_conversation_of_two_with_nobody_waiting_never_leaves_the_next_slot() {
    let local = Local::new();
    local.push([1], Lane::Next);
    for turn in 0..1000 {
        assert_eq!(local.pop(), Some(turn % 2 + 1));
        local.push([(turn + 1) % 2 + 1], Lane::Next);
        assert_eq!(local.queues.backlog(), 0);
    }
}

#[test]
fn sixteen_fresh_jobs_in_a_row_let_one_of_the_back_run() {
    let local = Local::new();
    local.push([1, 2], Lane::Back);
    local.push(100..140, Lane::Fresh);
    let order = local.pop_all();
    assert_eq!(order.iter().position(|&number| number == 1), Some(16));
    assert_eq!(order.iter().position(|&number| number == 2), Some(33));
    assert_eq!(order.len(), 42);
}

#[test]
fn fresh_jobs_that_spawn_for_ever_do_not_keep_the_back_from_running() {
    let local = Local::new();
    local.push([1], Lane::Back);
    local.push([2], Lane::Fresh);
    let turns = (0..100).position(|_| {
        let ran = local.pop();
        local.push([2], Lane::Fresh);
        ran == Some(1)
    });
    assert_eq!(turns, Some(16));
}

#[test]
fn eight_urgent_jobs_in_a_row_let_one_other_run() {
    let local = Local::new();
    local.push([1, 2], Lane::Back);
    local.push(100..120, Lane::Urgent);
    let order = local.pop_all();
    assert_eq!(order.iter().position(|&number| number == 1), Some(8));
    assert_eq!(order.iter().position(|&number| number == 2), Some(17));
    assert_eq!(order.len(), 22);
}

#[test]
fn urgent_jobs_with_nobody_else_waiting_are_not_held_up_by_their_cap() {
    let local = Local::new();
    local.push(1..=40, Lane::Urgent);
    assert_eq!(local.pop_all(), (1..=40).collect::<Vec<_>>());
}
