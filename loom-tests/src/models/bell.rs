//! Models of the bell: one node that is pushed again and again, for what lies under a lock beside the mailbox.
//!
//! They stand for `ring` and its reader, which hold the same steps in the same order around the mailbox's own.

use std::ptr::{self, NonNull};
use std::sync::Arc;

use loom::thread;

use crate::explore::{Guarded, canaries, models};
use crate::mailbox::{Mailbox, Push, Receiver, Rest};
use crate::nodes::Node;
use crate::sync::Mutex;

#[derive(Default)]
struct Ring {
    queue: Vec<u32>,
    is_rung: bool,
    is_closed: bool,
}

struct Actor {
    mailbox: Mailbox,
    bell: Node,
    ring: Mutex<Ring>,
    /// What was received, in order. The right to run protects it.
    state: Guarded<Vec<u32>>,
}

/// When the reader of the last message says that the bell may be pushed again.
#[derive(Clone, Copy)]
enum Silence {
    /// In the step that takes the message, when the mailbox has let go of it.
    AfterLettingGo,
    BeforeLettingGo,
    InAStepOfItsOwn,
}

impl Actor {
    fn new() -> Arc<Self> {
        Arc::new(Actor {
            mailbox: Mailbox::new(),
            bell: Node::new(),
            ring: Mutex::new(Ring::default()),
            state: Guarded::new(Vec::new()),
        })
    }

    /// Puts a message in, and runs the actor if that is now the sender's duty. False: the actor has ended.
    fn send(&self, content: u32, silence: Silence) -> bool {
        let must_ring = {
            let mut ring = self.ring.lock();
            if ring.is_closed {
                return false;
            }
            ring.queue.push(content);
            !std::mem::replace(&mut ring.is_rung, true)
        };
        // SAFETY: the bell lives as long as the actor, and is pushed when it is not there.
        if must_ring && Push::Schedule == unsafe { self.mailbox.push(NonNull::from(&self.bell)) } {
            // SAFETY: the push has just given the right to run, and an actor at rest has seen nothing.
            self.run(unsafe { self.mailbox.receiver(ptr::null_mut()) }, silence);
        }
        true
    }

    fn run(&self, mut receiver: Receiver<'_>, silence: Silence) {
        loop {
            if receiver.take_new().pop().is_some() {
                while self.handle_one(&mut receiver, silence) {}
            }
            match receiver.rest() {
                Rest::AtRest => return,
                Rest::More => {}
                Rest::Released | Rest::Interrupted => unreachable!("nobody does that here"),
            }
        }
    }

    /// Takes the oldest out. True: there are more.
    fn handle_one(&self, receiver: &mut Receiver<'_>, silence: Silence) -> bool {
        let mut ring = self.ring.lock();
        let content = ring.queue.remove(0);
        let has_more = !ring.queue.is_empty();
        if !has_more {
            match silence {
                Silence::AfterLettingGo => {
                    assert!(receiver.let_go().is_empty(), "there is one bell");
                    ring.is_rung = false;
                }
                Silence::BeforeLettingGo => ring.is_rung = false,
                Silence::InAStepOfItsOwn => {
                    assert!(receiver.let_go().is_empty(), "there is one bell");
                    drop(ring);
                    self.ring.lock().is_rung = false;
                }
            }
        }
        self.state.write(|received| received.push(content));
        has_more
    }

    fn received(&self) -> Vec<u32> {
        self.state.read(Vec::clone)
    }
}

fn two_senders(silence: Silence) {
    let actor = Actor::new();
    let other = thread::spawn({
        let actor = Arc::clone(&actor);
        move || actor.send(11, silence)
    });
    assert!(actor.send(10, silence));
    assert!(other.join().unwrap());
    let mut received = actor.received();
    received.sort_unstable();
    assert_eq!(received, [10, 11], "a message was lost");
}

fn the_bell_of_two_senders_rings_for_both() {
    two_senders(Silence::AfterLettingGo);
}

fn messages_of_one_sender_come_in_order_while_another_runs_the_actor() {
    let actor = Actor::new();
    let receiver = actor.mailbox.claim().expect("nobody else runs it yet");
    let other = thread::spawn({
        let actor = Arc::clone(&actor);
        move || {
            assert!(actor.send(11, Silence::AfterLettingGo));
            assert!(actor.send(12, Silence::AfterLettingGo));
        }
    });
    actor.run(receiver, Silence::AfterLettingGo);
    other.join().unwrap();
    assert_eq!(actor.received(), [11, 12], "a message was lost");
}

fn what_is_sent_to_one_that_ends_is_taken_out_or_comes_back() {
    let actor = Actor::new();
    let receiver = actor.mailbox.claim().expect("nobody else runs it yet");
    let other = thread::spawn({
        let actor = Arc::clone(&actor);
        move || actor.send(11, Silence::AfterLettingGo)
    });
    // SAFETY: this thread holds the right to run, and `seen` is its receiver's.
    let _ = unsafe { actor.mailbox.close(receiver.seen()) };
    let mut remains = {
        let mut ring = actor.ring.lock();
        ring.is_closed = true;
        std::mem::take(&mut ring.queue)
    };
    let came_back = !other.join().unwrap();
    assert_eq!(came_back, remains.pop().is_none(), "a message was lost");
    assert!(actor.mailbox.is_closed());
}

fn a_bell_may_be_pushed_before_the_mailbox_has_let_go_of_it() {
    two_senders(Silence::BeforeLettingGo);
}

fn a_reader_finds_the_ring_empty_and_says_so_later() {
    two_senders(Silence::InAStepOfItsOwn);
}

models![
    the_bell_of_two_senders_rings_for_both,
    messages_of_one_sender_come_in_order_while_another_runs_the_actor,
    what_is_sent_to_one_that_ends_is_taken_out_or_comes_back,
];

canaries![
    a_bell_may_be_pushed_before_the_mailbox_has_let_go_of_it: "a message was lost",
    a_reader_finds_the_ring_empty_and_says_so_later: "a message was lost",
];
