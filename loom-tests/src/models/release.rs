//! Models of an actor's end: the last reference dropped against a push, a rest, and a reference that the
//! actor makes to itself. Mailbox and counts together.
//!
//! Whoever drops the last strong reference marks the mailbox and then gives up the strong side's share of
//! the memory. Whoever holds the right to run finds the mark when it wants to rest, takes it, looks
//! at the count, and if that is zero ends the actor and gives up the machine's share.

use std::ptr::{self, NonNull};
use std::sync::Arc;

use loom::thread;

use crate::count::Counts;
use crate::explore::{Guarded, Memory, canaries, models};
use crate::mailbox::{Chain, Mailbox, Node, Push, Receiver, Rest};

struct Actor {
    counts: Counts,
    mailbox: Mailbox,
    memory: Memory,
    state: Guarded<State>,
    node: Node,
}

#[derive(Default)]
struct State {
    /// How often it was scheduled: written by who schedules, before anyone looks at the mailbox.
    wakes: usize,
    received: usize,
    ended: bool,
}

impl Actor {
    /// One strong reference, at rest.
    fn new() -> Arc<Self> {
        Arc::new(Actor {
            counts: Counts::new(),
            mailbox: Mailbox::new(),
            memory: Memory::new(),
            state: Guarded::new(State::default()),
            node: Node::new(),
        })
    }

    /// Sends the only message.
    fn send(&self) {
        self.memory.touch();
        // SAFETY: the node lives as long as the actor and is pushed once.
        let push = unsafe { self.mailbox.push(NonNull::from(&self.node)) };
        self.memory.touch();
        match push {
            Push::Schedule { .. } => self.run(self.scheduled()),
            Push::Queued => {}
            Push::Closed => panic!("an actor ended that someone holds a reference to"),
        }
    }

    fn drop_ref(&self) {
        self.memory.touch();
        if self.counts.drop_strong() {
            if self.mailbox.release() {
                self.run(self.scheduled());
            }
            self.drop_weak();
        }
    }

    fn drop_weak(&self) {
        self.memory.touch();
        if self.counts.drop_weak() {
            self.memory.free();
        }
    }

    /// The right to run, of someone who was just told to schedule the actor.
    fn scheduled(&self) -> Receiver<'_> {
        self.state.write(|state| state.wakes += 1);
        // SAFETY: every caller was given the right by a push or a release that found the actor at
        // rest, where nothing is seen.
        unsafe { self.mailbox.receiver(ptr::null_mut()) }
    }

    fn run(&self, mut receiver: Receiver<'_>) {
        loop {
            self.read(receiver.take_new());
            match receiver.rest() {
                Rest::AtRest => return,
                Rest::More => {}
                Rest::Released => {
                    receiver.take_release();
                    if !self.counts.is_referenced() {
                        return self.end(&receiver);
                    }
                }
            }
        }
    }

    fn read(&self, mut chain: Chain) {
        while chain.pop().is_some() {
            self.state.write(|state| {
                assert!(!state.ended, "a message was handled after the end");
                state.received += 1;
            });
        }
    }

    fn end(&self, receiver: &Receiver<'_>) {
        // SAFETY: the receiver is the right to run, and `seen` is its own.
        let left = unsafe { self.mailbox.close(receiver.seen()) };
        assert!(left.is_empty(), "something was sent to an actor without references");
        self.state.write(|state| assert!(!std::mem::replace(&mut state.ended, true), "it ended twice"));
        self.drop_weak();
    }

    fn assert_over(&self, received: usize) {
        self.state.read(|state| {
            assert!(state.ended, "the actor never ended");
            assert_eq!(state.received, received, "a message was lost");
        });
        self.memory.assert_freed();
    }
}

/// Runs both, each with a reference or whatever the model gave it, and joins them.
fn both(actor: &Arc<Actor>, first: impl FnOnce(&Actor), second: impl FnOnce(&Actor) + 'static) {
    let other = thread::spawn({
        let actor = Arc::clone(actor);
        move || second(&actor)
    });
    first(actor);
    other.join().unwrap();
}

fn the_last_reference_dropped_against_a_push_ends_the_actor_after_the_message() {
    let actor = Actor::new();
    actor.counts.add_strong();
    both(&actor, Actor::drop_ref, |actor| {
        actor.send();
        actor.drop_ref();
    });
    actor.assert_over(1);
}

fn the_last_reference_dropped_against_rest_ends_the_actor() {
    let actor = Actor::new();
    let receiver = actor.mailbox.claim().expect("nobody runs it yet");
    both(
        &actor,
        |actor| {
            actor.state.write(|state| state.received += 1);
            actor.run(receiver);
        },
        Actor::drop_ref,
    );
    actor.assert_over(1);
}

fn an_actor_that_refers_to_itself_against_the_last_drop_ends_once() {
    let actor = Actor::new();
    let receiver = actor.mailbox.claim().expect("nobody runs it yet");
    both(
        &actor,
        |actor| {
            actor.counts.add_strong_from_inside();
            actor.drop_ref();
            actor.run(receiver);
        },
        Actor::drop_ref,
    );
    actor.assert_over(0);
}

/// The actor runs without references, makes one to itself, and another thread drops it.
fn a_reference_from_inside_is_dropped_elsewhere(drop_ref: fn(&Actor), run: fn(&Actor, Receiver<'_>)) {
    let actor = Actor::new();
    let receiver = actor.mailbox.claim().expect("nobody runs it yet");
    actor.drop_ref();
    actor.counts.add_strong_from_inside();
    both(&actor, |actor| run(actor, receiver), drop_ref);
    actor.assert_over(0);
}

fn a_reference_that_an_actor_made_to_itself_may_be_dropped_elsewhere() {
    a_reference_from_inside_is_dropped_elsewhere(Actor::drop_ref, Actor::run);
}

fn a_reference_made_inside_and_the_last_outside_may_both_be_dropped_elsewhere() {
    let actor = Actor::new();
    let receiver = actor.mailbox.claim().expect("nobody runs it yet");
    let made = Arc::new(loom::sync::atomic::AtomicBool::new(false));
    let seen = Arc::clone(&made);
    both(
        &actor,
        |actor| {
            actor.counts.add_strong_from_inside();
            made.store(true, std::sync::atomic::Ordering::Release);
            actor.run(receiver);
        },
        move |actor| {
            actor.drop_ref();
            while !seen.load(std::sync::atomic::Ordering::Acquire) {
                thread::yield_now();
            }
            actor.drop_ref();
        },
    );
    actor.assert_over(0);
}

fn a_weak_reference_that_becomes_a_strong_one_in_time_keeps_the_actor() {
    let actor = Actor::new();
    actor.counts.add_weak();
    let sent = Arc::new(Guarded::new(false));
    let told = Arc::clone(&sent);
    both(&actor, Actor::drop_ref, move |actor| {
        if actor.counts.try_add_strong() {
            actor.send();
            told.write(|sent| *sent = true);
            actor.drop_ref();
        }
        actor.drop_weak();
    });
    actor.assert_over(usize::from(sent.read(|sent| *sent)));
}

fn an_actor_that_stops_itself_against_the_last_drop_is_freed_once() {
    let actor = Actor::new();
    let receiver = actor.mailbox.claim().expect("nobody runs it yet");
    both(&actor, |actor| actor.end(&receiver), Actor::drop_ref);
    actor.assert_over(0);
}

fn letting_go_of_a_node_against_the_last_drop_keeps_the_mark() {
    let actor = Actor::new();
    let mut receiver = actor.mailbox.claim().expect("nobody runs it yet");
    actor.send();
    actor.read(receiver.take_new());
    both(
        &actor,
        |actor| {
            actor.read(receiver.let_go());
            assert!(receiver.seen().is_null(), "nothing newer came, and it was not let go");
            actor.run(receiver);
        },
        Actor::drop_ref,
    );
    actor.assert_over(1);
}

fn tmp_three() {
    let actor = Actor::new();
    actor.counts.add_weak();
    let receiver = actor.mailbox.claim().expect("nobody runs it yet");
    let sent = Arc::new(Guarded::new(false));
    let told = Arc::clone(&sent);
    let t1 = thread::spawn({ let actor = Arc::clone(&actor); move || actor.drop_ref() });
    let t2 = thread::spawn({ let actor = Arc::clone(&actor); move || {
        if actor.counts.try_add_strong() {
            actor.send();
            told.write(|sent| *sent = true);
            actor.drop_ref();
        }
        actor.drop_weak();
    }});
    actor.counts.add_strong_from_inside();
    actor.drop_ref();
    actor.run(receiver);
    t1.join().unwrap();
    t2.join().unwrap();
    actor.assert_over(usize::from(sent.read(|sent| *sent)));
}

fn the_share_of_the_memory_is_given_up_before_the_mark() {
    let actor = Actor::new();
    let receiver = actor.mailbox.claim().expect("nobody runs it yet");
    both(
        &actor,
        |actor| {
            actor.counts.add_strong_from_inside();
            actor.drop_ref();
            actor.run(receiver);
        },
        |actor| {
            if actor.counts.drop_strong() {
                actor.drop_weak();
                if actor.mailbox.release() {
                    actor.run(actor.scheduled());
                }
                actor.memory.touch();
            }
        },
    );
}

fn the_count_is_looked_at_before_the_mark_is_taken() {
    a_reference_from_inside_is_dropped_elsewhere(Actor::drop_ref, |actor, mut receiver| {
        loop {
            actor.read(receiver.take_new());
            match receiver.rest() {
                Rest::AtRest => return,
                Rest::More => {}
                Rest::Released => {
                    let referenced = actor.counts.is_referenced();
                    receiver.take_release();
                    if !referenced {
                        return actor.end(&receiver);
                    }
                }
            }
        }
    });
}

fn nobody_marks_the_mailbox() {
    a_reference_from_inside_is_dropped_elsewhere(
        |actor| {
            if actor.counts.drop_strong() {
                actor.drop_weak();
            }
        },
        Actor::run,
    );
}

models![
    the_last_reference_dropped_against_a_push_ends_the_actor_after_the_message,
    the_last_reference_dropped_against_rest_ends_the_actor,
    an_actor_that_refers_to_itself_against_the_last_drop_ends_once,
    a_reference_that_an_actor_made_to_itself_may_be_dropped_elsewhere,
    a_reference_made_inside_and_the_last_outside_may_both_be_dropped_elsewhere,
    a_weak_reference_that_becomes_a_strong_one_in_time_keeps_the_actor,
    an_actor_that_stops_itself_against_the_last_drop_is_freed_once,
    letting_go_of_a_node_against_the_last_drop_keeps_the_mark,
    tmp_three,
];

canaries![
    the_share_of_the_memory_is_given_up_before_the_mark: "memory was used after its end",
    the_count_is_looked_at_before_the_mark_is_taken: "the actor never ended",
    nobody_marks_the_mailbox: "the actor never ended",
];
