//! Models of the mailbox: push against push, rest, claim, close and letting go.
//!
//! The actor's state stands for everything that the right to run protects, so two holders of that
//! right at once, or one that has not seen what the last one wrote, fail as a race. A message's content
//! stands for the envelope.

use std::ptr::{self, NonNull};
use std::sync::Arc;

use loom::thread;

use crate::explore::{Guarded, canaries, models};
use crate::mailbox::{Mailbox, Push, Receiver, Rest};
use crate::nodes::{Chain, Node};

#[repr(C)]
struct Message {
    node: Node,
    content: Guarded<u32>,
}

impl Message {
    fn new() -> Self {
        Message { node: Node::new(), content: Guarded::new(0) }
    }
}

struct Actor {
    mailbox: Mailbox,
    /// What was received, in order.
    state: Guarded<Vec<u32>>,
    /// How often it was woken from rest. Protected as the state is, and written by who schedules,
    /// before anyone looks for messages.
    wakes: Guarded<u32>,
    reason: Guarded<Option<&'static str>>,
    messages: [Message; 2],
}

impl Actor {
    fn new() -> Arc<Self> {
        Arc::new(Actor {
            mailbox: Mailbox::new(),
            state: Guarded::new(Vec::new()),
            wakes: Guarded::new(0),
            reason: Guarded::new(None),
            messages: [Message::new(), Message::new()],
        })
    }

    /// Writes `content` into the message and links it.
    fn push(&self, index: usize, content: u32) -> Push {
        self.messages[index].content.write(|place| *place = content);
        self.link(index)
    }

    fn link(&self, index: usize) -> Push {
        // SAFETY: the message lives as long as the actor, and a model pushes it again only after
        // it was given back.
        unsafe { self.mailbox.push(NonNull::from(&self.messages[index]).cast()) }
    }

    /// Sends, and runs the actor if that is now the sender's duty.
    fn send(&self, index: usize, content: u32) -> Push {
        let push = self.push(index, content);
        if let Push::Schedule { .. } = push {
            self.wakes.write(|wakes| *wakes += 1);
            // SAFETY: the push has just given the right to run, and an actor at rest has seen nothing.
            self.run(unsafe { self.mailbox.receiver(ptr::null_mut()) });
        }
        push
    }

    fn run(&self, mut receiver: Receiver<'_>) {
        loop {
            self.read(receiver.take_new());
            match receiver.rest() {
                Rest::AtRest => return,
                Rest::More => {}
                Rest::Released => unreachable!("nobody drops a reference here"),
                Rest::Interrupted => unreachable!("nobody gives orders here"),
            }
        }
    }

    /// Reads the messages into the state.
    fn read(&self, mut chain: Chain) {
        while let Some(node) = chain.pop() {
            let content = content_of(node);
            self.state.write(|received| received.push(content));
        }
    }

    fn received(&self) -> Vec<u32> {
        self.state.read(Vec::clone)
    }

    fn received_in_any_order(&self) -> Vec<u32> {
        let mut received = self.received();
        received.sort_unstable();
        received
    }

    /// Takes the right to run, as the first thing that happens to the actor.
    fn claim_first(&self) -> Receiver<'_> {
        self.mailbox.claim().expect("nobody else runs it yet")
    }
}

fn content_of(node: NonNull<Node>) -> u32 {
    // SAFETY: every node of these models is the first field of a message, which lives long enough.
    let message = unsafe { node.cast::<Message>().as_ref() };
    message.content.read(|content| *content)
}

fn both(actor: &Arc<Actor>, first: impl FnOnce(&Actor), second: impl FnOnce(&Actor) + 'static) {
    let other = thread::spawn({
        let actor = Arc::clone(actor);
        move || second(&actor)
    });
    first(actor);
    other.join().unwrap();
}

fn two_pushers_make_one_scheduler_and_lose_nothing() {
    let actor = Actor::new();
    let fresh = Arc::new(Guarded::new(0));
    let counted = Arc::clone(&fresh);
    let first = |push| usize::from(push == Push::Schedule { fresh: true });
    let other = thread::spawn({
        let actor = Arc::clone(&actor);
        move || first(actor.send(1, 11))
    });
    let here = first(actor.send(0, 10));
    counted.write(|count| *count = here + other.join().unwrap());
    assert_eq!(fresh.read(|count| *count), 1, "it was not woken from its first rest exactly once");
    assert_eq!(actor.received_in_any_order(), [10, 11], "a message was lost");
}

fn a_push_against_rest_is_not_lost() {
    let actor = Actor::new();
    let receiver = actor.claim_first();
    both(
        &actor,
        |actor| {
            actor.state.write(|received| received.push(1));
            actor.run(receiver);
        },
        |actor| drop(actor.send(0, 10)),
    );
    assert_eq!(actor.received_in_any_order(), [1, 10], "a message was lost");
}

fn messages_of_one_sender_come_in_order() {
    let actor = Actor::new();
    both(
        &actor,
        |actor| {
            if let Some(receiver) = actor.mailbox.claim() {
                actor.run(receiver);
            }
        },
        |actor| {
            let _ = actor.send(0, 10);
            let _ = actor.send(1, 11);
        },
    );
    assert_eq!(actor.received(), [10, 11]);
}

fn a_claim_against_a_push_gives_one_of_them_the_right_to_run() {
    let actor = Actor::new();
    both(
        &actor,
        |actor| {
            if let Some(receiver) = actor.mailbox.claim() {
                actor.state.write(|received| received.push(1));
                actor.run(receiver);
            }
        },
        |actor| drop(actor.send(0, 10)),
    );
    assert!(actor.received().contains(&10), "a message was lost");
}

fn a_claim_sees_what_the_last_holder_wrote() {
    let actor = Actor::new();
    both(
        &actor,
        |actor| drop(actor.send(0, 10)),
        |actor| {
            if let Some(receiver) = actor.mailbox.claim() {
                actor.state.write(|received| received.push(1));
                actor.run(receiver);
            }
        },
    );
    assert!(actor.received().contains(&10), "a message was lost");
}

fn a_push_against_close_is_either_taken_or_given_back() {
    let actor = Actor::new();
    let mut receiver = actor.claim_first();
    let _ = actor.push(0, 10);
    actor.read(receiver.take_new());
    let other = thread::spawn({
        let actor = Arc::clone(&actor);
        move || match actor.push(1, 11) {
            Push::Closed => {
                assert!(actor.mailbox.is_closed(), "it came back from an open mailbox");
                assert_eq!(actor.reason.read(|reason| *reason), Some("done"));
                true
            }
            Push::Queued => false,
            Push::Schedule { .. } => panic!("the right to run was given twice"),
        }
    });
    actor.reason.write(|reason| *reason = Some("done"));
    // SAFETY: this thread holds the right to run, and `seen` is its receiver's.
    actor.read(unsafe { actor.mailbox.close(receiver.seen()) });
    let came_back = other.join().unwrap();
    let taken = actor.received() == [10, 11];
    assert!(came_back != taken, "the message was taken and given back, or neither");
}

fn who_finds_it_closed_sees_why() {
    let actor = Actor::new();
    let receiver = actor.claim_first();
    both(
        &actor,
        |actor| {
            actor.reason.write(|reason| *reason = Some("done"));
            // SAFETY: this thread holds the right to run, and `seen` is its receiver's.
            let rest = unsafe { actor.mailbox.close(receiver.seen()) };
            assert!(rest.is_empty());
        },
        |actor| {
            if actor.mailbox.is_closed() {
                assert_eq!(actor.reason.read(|reason| *reason), Some("done"));
            }
        },
    );
}

/// Runs with one message read, and sends that same message again while another sender pushes.
fn reuse_against_a_push(let_go: bool) {
    let actor = Actor::new();
    let mut receiver = actor.claim_first();
    let _ = actor.push(0, 10);
    actor.read(receiver.take_new());
    both(
        &actor,
        |actor| {
            if let_go {
                actor.read(receiver.let_go());
            }
            let _ = actor.push(0, 12);
            actor.run(receiver);
        },
        |actor| drop(actor.send(1, 11)),
    );
    assert_eq!(actor.received_in_any_order(), [10, 11, 12], "a message was lost");
}

fn a_node_that_was_let_go_may_be_sent_again() {
    reuse_against_a_push(true);
}

fn a_node_that_is_still_seen_is_sent_again() {
    reuse_against_a_push(false);
}

fn a_runner_leaves_though_more_has_come() {
    let actor = Actor::new();
    let mut receiver = actor.claim_first();
    both(
        &actor,
        |actor| {
            actor.read(receiver.take_new());
            let _ = receiver.rest();
        },
        |actor| drop(actor.send(0, 10)),
    );
    assert_eq!(actor.received(), [10], "a message was lost");
}

fn a_pusher_runs_what_someone_else_runs() {
    let actor = Actor::new();
    both(
        &actor,
        |actor| drop(actor.send(0, 10)),
        |actor| {
            let _ = actor.push(1, 11);
            actor.state.write(|received| received.push(1));
        },
    );
}

fn a_message_is_written_after_it_was_linked() {
    let actor = Actor::new();
    let receiver = actor.claim_first();
    both(
        &actor,
        |actor| actor.run(receiver),
        |actor| {
            let _ = actor.link(0);
            actor.messages[0].content.write(|content| *content = 10);
        },
    );
}

fn a_close_forgets_what_it_took() {
    let actor = Actor::new();
    let receiver = actor.claim_first();
    let other = thread::spawn({
        let actor = Arc::clone(&actor);
        move || actor.push(1, 11) == Push::Closed
    });
    // SAFETY: this thread holds the right to run, and `seen` is its receiver's.
    let _ = unsafe { actor.mailbox.close(receiver.seen()) };
    let came_back = other.join().unwrap();
    assert!(came_back || !actor.received().is_empty(), "a message was lost");
}

models![
    two_pushers_make_one_scheduler_and_lose_nothing,
    a_push_against_rest_is_not_lost,
    messages_of_one_sender_come_in_order,
    a_claim_against_a_push_gives_one_of_them_the_right_to_run,
    a_claim_sees_what_the_last_holder_wrote,
    a_push_against_close_is_either_taken_or_given_back,
    who_finds_it_closed_sees_why,
    a_node_that_was_let_go_may_be_sent_again,
];

canaries![
    a_node_that_is_still_seen_is_sent_again: "a message was lost",
    a_runner_leaves_though_more_has_come: "a message was lost",
    a_pusher_runs_what_someone_else_runs: "Causality violation",
    a_message_is_written_after_it_was_linked: "Causality violation",
    a_close_forgets_what_it_took: "a message was lost",
];
