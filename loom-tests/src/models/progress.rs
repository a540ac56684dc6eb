//! Models of a request's progress: the handler that begins against the caller that calls it off.

use std::sync::Arc;

use loom::thread;

use crate::explore::{canaries, models};
use crate::progress::Progress;

/// Both sides, each in a thread of its own: whether the handler ran, and whether the caller has called it off.
fn meet(start: fn(&Progress) -> bool, call_off: fn(&Progress) -> bool) -> (bool, bool) {
    let progress = Arc::new(Progress::new());
    let handler = thread::spawn({
        let progress = Arc::clone(&progress);
        move || start(&progress)
    });
    let called_off = call_off(&progress);
    let ran = handler.join().unwrap();
    assert_eq!(progress.is_started(), ran, "what became of it is told wrongly");
    (ran, called_off)
}

fn a_request_either_begins_or_is_called_off() {
    let (ran, called_off) = meet(Progress::start, Progress::call_off);
    assert_ne!(ran, called_off);
}

fn a_caller_that_sees_it_begun_does_not_call_it_off() {
    let (ran, called_off) = meet(Progress::start, |progress| {
        let seen = progress.is_started();
        let called_off = progress.call_off();
        assert!(!(seen && called_off), "it was begun, and is called off");
        called_off
    });
    assert_ne!(ran, called_off);
}

fn a_handler_begins_because_it_saw_no_word_of_the_caller() {
    let start = |progress: &Progress| {
        let called_off = !progress.is_started() && progress.call_off();
        called_off || progress.start()
    };
    let (ran, called_off) = meet(start, Progress::call_off);
    assert_ne!(ran, called_off);
}

models![a_request_either_begins_or_is_called_off, a_caller_that_sees_it_begun_does_not_call_it_off];

canaries![a_handler_begins_because_it_saw_no_word_of_the_caller: "told wrongly"];
