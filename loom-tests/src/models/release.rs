//! Models of an actor's end: the last reference dropped against a push, a rest, and a reference that the
//! actor makes to itself. Mailbox and counts together.
//!
//! Whoever drops the last strong reference marks the mailbox and then gives up the strong side's share of
//! the memory. Whoever holds the right to run finds the mark when it wants to rest, takes it, looks
//! at the count, and if that is zero at the mailbox once more. If nothing has come it ends the actor and gives up
//! the machine's share.

use std::ptr::{self, NonNull};
use std::sync::Arc;

use loom::thread;

use crate::count::Counts;
use crate::explore::{Guarded, Memory, canaries, models};
use crate::mailbox::{Mailbox, Push, Receiver, Rest};
use crate::nodes::{Chain, Node};

pub(super) struct Actor {
    pub(super) counts: Counts,
    pub(super) mailbox: Mailbox,
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
    pub(super) fn new() -> Arc<Self> {
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

    pub(super) fn drop_ref(&self) {
        self.memory.touch();
        if self.counts.drop_strong() {
            if self.mailbox.release() {
                self.run(self.scheduled());
            }
            self.drop_weak();
        }
    }

    pub(super) fn send_and_drop_ref(&self) {
        self.send();
        self.drop_ref();
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
                Rest::Interrupted => unreachable!("nobody gives orders here"),
                Rest::Released => {
                    receiver.take_release();
                    if !self.counts.is_referenced() && receiver.has_read_all() {
                        return self.end(&receiver);
                    }
                }
            }
        }
    }

    pub(super) fn read(&self, mut chain: Chain) {
        while chain.pop().is_some() {
            self.state.write(|state| {
                assert!(!state.ended, "a message was handled after the end");
                state.received += 1;
            });
        }
    }

    pub(super) fn end(&self, receiver: &Receiver<'_>) {
        // SAFETY: the receiver is the right to run, and `seen` is its own.
        let left = unsafe { self.mailbox.close(receiver.seen()) };
        assert!(left.is_empty(), "something was sent to an actor without references");
        self.state.write(|state| assert!(!std::mem::replace(&mut state.ended, true), "it ended twice"));
        self.drop_weak();
    }

    pub(super) fn assert_over(&self, received: usize) {
        self.state.read(|state| {
            assert!(state.ended, "the actor never ended");
            assert_eq!(state.received, received, "a message was lost");
        });
        self.memory.assert_freed();
    }
}

/// Runs both, each with a reference or whatever the model gave it, and joins them.
pub(super) fn both(actor: &Arc<Actor>, first: impl FnOnce(&Actor), second: impl FnOnce(&Actor) + 'static) {
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
    both(&actor, Actor::drop_ref, Actor::send_and_drop_ref);
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

/// The actor runs with the mark set, makes a reference to itself, and hands it to another thread.
fn a_reference_from_inside_is_used_elsewhere(
    elsewhere: fn(&Actor),
    run: fn(&Actor, Receiver<'_>),
) -> Arc<Actor> {
    let actor = Actor::new();
    let receiver = actor.mailbox.claim().expect("nobody runs it yet");
    actor.drop_ref();
    actor.counts.add_strong_from_inside();
    both(&actor, |actor| run(actor, receiver), elsewhere);
    actor
}

fn a_reference_that_an_actor_made_to_itself_may_be_dropped_elsewhere() {
    a_reference_from_inside_is_used_elsewhere(Actor::drop_ref, Actor::run).assert_over(0);
}

/// The mark that the actor finds is of an earlier fall of the count than the one that it sees.
fn what_was_sent_by_a_reference_made_inside_is_handled_before_the_end() {
    a_reference_from_inside_is_used_elsewhere(Actor::send_and_drop_ref, Actor::run).assert_over(1);
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

fn two_references_to_an_actor_that_stopped_itself_free_it_once() {
    let actor = Actor::new();
    actor.counts.add_strong();
    actor.end(&actor.mailbox.claim().expect("nobody runs it yet"));
    both(&actor, Actor::drop_ref, Actor::drop_ref);
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

/// Runs as an actor does, with another way to find out that it is at its end when it is marked.
fn run_until(actor: &Actor, mut receiver: Receiver<'_>, is_at_end: fn(&Actor, &mut Receiver<'_>) -> bool) {
    loop {
        actor.read(receiver.take_new());
        match receiver.rest() {
            Rest::AtRest => return,
            Rest::More => {}
            Rest::Released if is_at_end(actor, &mut receiver) => return actor.end(&receiver),
            Rest::Interrupted => unreachable!("nobody gives orders here"),
            Rest::Released => {}
        }
    }
}

fn the_count_is_looked_at_before_the_mark_is_taken() {
    let run = |actor: &Actor, receiver: Receiver<'_>| {
        run_until(actor, receiver, |actor, receiver| {
            let referenced = actor.counts.is_referenced();
            receiver.take_release();
            !referenced
        });
    };
    a_reference_from_inside_is_used_elsewhere(Actor::drop_ref, run).assert_over(0);
}

fn the_mailbox_is_not_looked_at_after_the_count() {
    let run = |actor: &Actor, receiver: Receiver<'_>| {
        run_until(actor, receiver, |actor, receiver| {
            receiver.take_release();
            !actor.counts.is_referenced()
        });
    };
    a_reference_from_inside_is_used_elsewhere(Actor::send_and_drop_ref, run).assert_over(1);
}

fn nobody_marks_the_mailbox() {
    let drop_ref = |actor: &Actor| {
        if actor.counts.drop_strong() {
            actor.drop_weak();
        }
    };
    a_reference_from_inside_is_used_elsewhere(drop_ref, Actor::run).assert_over(0);
}

models![
    the_last_reference_dropped_against_a_push_ends_the_actor_after_the_message,
    the_last_reference_dropped_against_rest_ends_the_actor,
    an_actor_that_refers_to_itself_against_the_last_drop_ends_once,
    a_reference_that_an_actor_made_to_itself_may_be_dropped_elsewhere,
    what_was_sent_by_a_reference_made_inside_is_handled_before_the_end,
    a_weak_reference_that_becomes_a_strong_one_in_time_keeps_the_actor,
    an_actor_that_stops_itself_against_the_last_drop_is_freed_once,
    two_references_to_an_actor_that_stopped_itself_free_it_once,
    letting_go_of_a_node_against_the_last_drop_keeps_the_mark,
];

canaries![
    the_mailbox_is_not_looked_at_after_the_count: "something was sent to an actor without references",
    the_share_of_the_memory_is_given_up_before_the_mark: "memory was used after its end",
    the_count_is_looked_at_before_the_mark_is_taken: "the actor never ended",
    nobody_marks_the_mailbox: "the actor never ended",
];
