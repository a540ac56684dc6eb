//! Models of the hold on a waiter: its owner leaves it after the last use of who wakes it, and not before.

use std::sync::Arc;

use loom::thread;

use crate::explore::{Guarded, Memory, canaries, models};
use crate::hold::Hold;

struct Waiter {
    hold: Hold,
    /// Whom to wake: taken by the wake, dropped by the owner.
    waker: Guarded<Option<u32>>,
    memory: Memory,
}

/// One that wakes and the owner, who leaves when `may_leave` says so.
fn meet(wake: fn(&Waiter), may_leave: fn(&Waiter) -> bool) {
    let waiter = Arc::new(Waiter { hold: Hold::new(), waker: Guarded::new(Some(7)), memory: Memory::new() });
    let waking = thread::spawn({
        let waiter = Arc::clone(&waiter);
        move || wake(&waiter)
    });
    while !may_leave(&waiter) {
        thread::yield_now();
    }
    waiter.waker.write(|waker| assert_eq!(*waker, None, "it left before it was woken"));
    waiter.memory.free();
    waking.join().unwrap();
}

fn wake(waiter: &Waiter) {
    waiter.memory.touch();
    waiter.waker.write(|waker| assert_eq!(waker.take(), Some(7)));
    waiter.hold.let_go();
}

fn an_owner_leaves_its_waiter_after_the_last_use() {
    meet(wake, |waiter| waiter.hold.is_over());
}

fn an_owner_leaves_without_a_look_at_the_hold() {
    meet(wake, |_| true);
}

fn a_wake_uses_the_waiter_after_it_has_let_go() {
    let wake = |waiter: &Waiter| {
        waiter.hold.let_go();
        waiter.waker.write(|waker| waker.take());
    };
    meet(wake, |waiter| waiter.hold.is_over());
}

models![an_owner_leaves_its_waiter_after_the_last_use];

canaries![
    an_owner_leaves_without_a_look_at_the_hold: "it left before it was woken",
    a_wake_uses_the_waiter_after_it_has_let_go: "Causality violation",
];
