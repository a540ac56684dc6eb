//! Models of a process that waits for a message: its last sender, gone, against its wait.
//!
//! Unlike an actor between messages, a process looks at the count of references itself before it
//! rests, as it would wait for ever where nobody can send.

use crate::explore::{canaries, models};
use crate::mailbox::{Receiver, Rest};
use crate::models::release::{Actor, both};

/// Reads and then waits as a process does, which looks at the count itself before it rests. It learns
/// that nobody can send any more, which here is its end.
fn receive_until_unreachable(
    actor: &Actor,
    mut receiver: Receiver<'_>,
    may_wait: fn(&Actor, &Receiver<'_>) -> bool,
) {
    'awake: loop {
        actor.read(receiver.take_new());
        while may_wait(actor, &receiver) {
            match receiver.rest() {
                Rest::AtRest => return,
                Rest::More => continue 'awake,
                Rest::Interrupted => unreachable!("nobody gives orders here"),
                Rest::Released => receiver.take_release(),
            }
        }
        return actor.end(&receiver);
    }
}

fn a_process_against_the_last_sender(may_wait: fn(&Actor, &Receiver<'_>) -> bool) {
    let actor = Actor::new();
    let receiver = actor.mailbox.claim().expect("nobody runs it yet");
    both(&actor, |actor| receive_until_unreachable(actor, receiver, may_wait), Actor::send_and_drop_ref);
    actor.assert_over(1);
}

fn a_process_reads_what_the_last_sender_sent_before_it_finds_itself_unreachable() {
    a_process_against_the_last_sender(|actor, receiver| {
        actor.counts.is_referenced() || !receiver.has_read_all()
    });
}

fn a_process_looks_at_the_count_alone() {
    a_process_against_the_last_sender(|actor, _| actor.counts.is_referenced());
}

fn a_process_looks_at_the_mailbox_first() {
    a_process_against_the_last_sender(|actor, receiver| {
        !receiver.has_read_all() || actor.counts.is_referenced()
    });
}

models![a_process_reads_what_the_last_sender_sent_before_it_finds_itself_unreachable];

canaries![
    a_process_looks_at_the_count_alone: "something was sent to an actor without references",
    a_process_looks_at_the_mailbox_first: "something was sent to an actor without references",
];
