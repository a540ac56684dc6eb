//! Models of orders: a mark in the mailbox against its holder, who runs, rests or waits.
//!
//! The order itself stands under a lock, as the machine's does.

use std::ptr;
use std::sync::Arc;

use loom::thread;

use crate::aside::{Aside, Place};
use crate::explore::{Guarded, canaries, models};
use crate::mailbox::{Interruption, Mailbox, Rest};
use crate::sync::Mutex;

const HERE: Place = Place { worker: 3, coroutine: 70_000 };

struct Actor {
    mailbox: Mailbox,
    aside: Aside,
    order: Mutex<u32>,
    /// What the right to run protects.
    state: Guarded<u32>,
}

impl Actor {
    fn new() -> Arc<Self> {
        Arc::new(Actor {
            mailbox: Mailbox::new(),
            aside: Aside::new(),
            order: Mutex::new(0),
            state: Guarded::new(0),
        })
    }

    /// Gives an order. If that schedules the actor, carries it out here.
    fn order(&self) -> Interruption {
        *self.order.lock() += 1;
        let interruption = self.mailbox.interrupt();
        if interruption == Interruption::Schedule {
            self.run();
        }
        interruption
    }

    /// Runs the actor, whose right the caller has, until it rests. Returns how many orders it has carried out.
    fn run(&self) -> u32 {
        // SAFETY: the caller has the right, and nothing was ever pushed.
        let mut receiver = unsafe { self.mailbox.receiver(ptr::null_mut()) };
        let mut done = 0;
        loop {
            match receiver.rest() {
                Rest::AtRest => return done,
                Rest::Interrupted => {
                    receiver.take_interruption();
                    let orders = std::mem::take(&mut *self.order.lock());
                    done += orders;
                    self.state.write(|state| *state += orders);
                }
                Rest::More | Rest::Released => unreachable!("nobody sends, and nobody drops a reference"),
            }
        }
    }
}

fn an_order_finds_where_the_handler_waits_or_the_handler_finds_the_order() {
    let actor = Actor::new();
    let _held = actor.mailbox.claim().expect("at rest");
    let other = thread::spawn({
        let actor = Arc::clone(&actor);
        move || {
            assert_eq!(actor.mailbox.interrupt(), Interruption::Marked);
            actor.aside.waits_at()
        }
    });
    actor.aside.wait_at(HERE);
    let finds = actor.mailbox.is_interrupted();
    let found = other.join().unwrap();
    assert!(finds || found == Some(HERE), "an order was missed");
}

fn an_order_is_carried_out_once_by_who_rests_or_by_who_gives_it() {
    let actor = Actor::new();
    let _held = actor.mailbox.claim().expect("at rest");
    actor.state.write(|state| *state += 10);
    let other = thread::spawn({
        let actor = Arc::clone(&actor);
        move || actor.order()
    });
    let done = actor.run();
    let interruption = other.join().unwrap();
    assert_eq!(done == 0, interruption == Interruption::Schedule, "an order was missed");
    // The right is there again for who asks, and with it what the last holder wrote.
    let _held = actor.mailbox.claim().expect("at rest again");
    actor.state.read(|state| assert_eq!(*state, 11, "an order was missed"));
}

fn of_two_orders_none_is_missed() {
    let actor = Actor::new();
    let _held = actor.mailbox.claim().expect("at rest");
    let _ = actor.order();
    let other = thread::spawn({
        let actor = Arc::clone(&actor);
        move || actor.order()
    });
    actor.run();
    let _ = other.join().unwrap();
    let _held = actor.mailbox.claim().expect("at rest again");
    actor.state.read(|state| assert_eq!(*state, 2, "an order was missed"));
}

fn a_closed_mailbox_takes_no_orders() {
    let actor = Actor::new();
    let held = actor.mailbox.claim().expect("at rest");
    let other = thread::spawn({
        let actor = Arc::clone(&actor);
        move || actor.mailbox.interrupt()
    });
    // SAFETY: the right is ours.
    let left = unsafe { actor.mailbox.close(held.seen()) };
    assert!(left.is_empty());
    assert_ne!(other.join().unwrap(), Interruption::Schedule, "a closed actor is never queued");
    assert_eq!(actor.mailbox.interrupt(), Interruption::Closed);
    assert!(actor.mailbox.is_closed());
}

fn a_handler_looks_before_it_says_where_it_waits() {
    let actor = Actor::new();
    let _held = actor.mailbox.claim().expect("at rest");
    let other = thread::spawn({
        let actor = Arc::clone(&actor);
        move || {
            let _ = actor.mailbox.interrupt();
            actor.aside.waits_at()
        }
    });
    let finds = actor.mailbox.is_interrupted();
    actor.aside.wait_at(HERE);
    let found = other.join().unwrap();
    assert!(finds || found == Some(HERE), "an order was missed");
}

fn a_holder_clears_the_mark_after_it_looked_for_the_order() {
    let actor = Actor::new();
    let mut held = actor.mailbox.claim().expect("at rest");
    let _ = actor.order();
    let other = thread::spawn({
        let actor = Arc::clone(&actor);
        move || {
            *actor.order.lock() += 1;
            let _ = actor.mailbox.interrupt();
        }
    });
    let orders = std::mem::take(&mut *actor.order.lock());
    held.take_interruption();
    other.join().unwrap();
    assert!(orders == 2 || actor.mailbox.is_interrupted(), "an order was missed");
}

models![
    an_order_finds_where_the_handler_waits_or_the_handler_finds_the_order,
    an_order_is_carried_out_once_by_who_rests_or_by_who_gives_it,
    of_two_orders_none_is_missed,
    a_closed_mailbox_takes_no_orders,
];

canaries![
    a_handler_looks_before_it_says_where_it_waits: "an order was missed",
    a_holder_clears_the_mark_after_it_looked_for_the_order: "an order was missed",
];
