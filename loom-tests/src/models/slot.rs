//! Models of the reply slot: the reply, a deadline that passes, and a waiting side that goes away, racing.
//!
//! Exactly one side frees the slot, the value is read only when it is there, and nobody is woken after it
//! has left: the waiter's memory counts as freed from then on.

use std::sync::Arc;

use loom::sync::{Condvar, Mutex};
use loom::thread;

use crate::explore::{Guarded, Memory, canaries, models};
use crate::slot::{Completed, SlotWord, Waiter};

struct Slot {
    word: SlotWord,
    value: Guarded<Option<u32>>,
    memory: Memory,
}

/// The waiting side's own memory: a thread that waits stands for a coroutine that is suspended.
#[repr(C)]
struct Sleeper {
    waiter: Waiter,
    /// What the wake must find written: whom to wake.
    name: Guarded<u32>,
    woken: Mutex<bool>,
    bell: Condvar,
    memory: Memory,
}

impl Sleeper {
    fn new() -> Self {
        Sleeper {
            waiter: Waiter { wake: Sleeper::wake },
            name: Guarded::new(7),
            woken: Mutex::new(false),
            bell: Condvar::new(),
            memory: Memory::new(),
        }
    }

    /// Called through the waiter.
    unsafe fn wake(waiter: *const Waiter) {
        // SAFETY: every waiter of these models is the first field of a sleeper, which lives to the model's end.
        let sleeper = unsafe { &*waiter.cast::<Sleeper>() };
        sleeper.memory.touch();
        assert_eq!(sleeper.name.read(|name| *name), 7);
        *sleeper.woken.lock().unwrap() = true;
        sleeper.bell.notify_one();
    }

    fn waiter(&self) -> *const Waiter {
        std::ptr::from_ref(self).cast()
    }

    fn sleep(&self) {
        let mut woken = self.woken.lock().unwrap();
        while !*woken {
            woken = self.bell.wait(woken).unwrap();
        }
    }

    fn leave(&self) {
        self.memory.free();
    }
}

impl Slot {
    fn answer(&self) {
        self.memory.touch();
        self.value.write(|value| *value = Some(42));
        match self.word.complete() {
            Completed::Delivered => {}
            Completed::Wake(waiter) => {
                // SAFETY: the waiting side may not leave its waiter before the call below.
                let wake = unsafe { (*waiter).wake };
                // SAFETY: as above; called once, with the waiter it came from.
                unsafe { wake(waiter) };
            }
            Completed::Unwanted => self.free(),
        }
    }

    fn take(&self) {
        assert_eq!(self.value.read(|value| *value), Some(42), "there is no answer");
        self.free();
    }

    fn free(&self) {
        self.value.write(|value| *value = None);
        self.memory.free();
    }

    fn abandon(&self) {
        self.memory.touch();
        if !self.word.abandon() {
            self.take();
        }
    }
}

/// Both sides of one slot, each in a thread of its own; afterwards the slot is freed.
fn meet(answer: fn(&Slot), wait: fn(&Slot, &Sleeper)) {
    let slot = Arc::new(Slot { word: SlotWord::new(), value: Guarded::new(None), memory: Memory::new() });
    let answering = thread::spawn({
        let slot = Arc::clone(&slot);
        move || answer(&slot)
    });
    // In memory that outlives both: a wake that comes too late must fail in `Memory`, not crash.
    let sleeper = Arc::new(Sleeper::new());
    wait(&slot, &sleeper);
    answering.join().unwrap();
    slot.memory.assert_freed();
}

fn wait(slot: &Slot, sleeper: &Sleeper) {
    if slot.word.register(sleeper.waiter()) {
        sleeper.sleep();
        assert!(slot.word.is_ready(), "it was woken without an answer");
    }
    sleeper.leave();
    slot.take();
}

fn wait_with_deadline(slot: &Slot, sleeper: &Sleeper) {
    if !slot.word.register(sleeper.waiter()) {
        sleeper.leave();
        slot.take();
    } else if slot.word.retract(sleeper.waiter()) {
        sleeper.leave();
        slot.abandon();
    } else {
        // The answer won, and its wake is under way.
        sleeper.sleep();
        sleeper.leave();
        slot.take();
    }
}

fn a_caller_that_waits_is_woken_with_the_reply() {
    meet(Slot::answer, wait);
}

fn a_deadline_against_a_reply_leaves_one_side_to_free_and_no_late_wake() {
    meet(Slot::answer, wait_with_deadline);
}

fn a_caller_that_waits_again_after_a_deadline_gets_the_reply() {
    meet(Slot::answer, |slot, sleeper| {
        let waits = slot.word.register(sleeper.waiter()) && !slot.word.retract(sleeper.waiter());
        if waits || slot.word.register(sleeper.waiter()) {
            sleeper.sleep();
        }
        sleeper.leave();
        slot.take();
    });
}

fn a_promise_that_is_dropped_against_a_reply_is_freed_once() {
    meet(Slot::answer, |slot, _| slot.abandon());
}

fn a_promise_that_is_looked_at_gives_the_value_once_it_is_ready() {
    meet(Slot::answer, |slot, _| if slot.word.is_ready() { slot.take() } else { slot.abandon() });
}

fn a_request_that_is_dropped_unrun_because_nobody_wants_it_is_freed() {
    let answer = |slot: &Slot| {
        if !slot.word.is_abandoned() {
            slot.value.write(|value| *value = Some(42));
        }
        match slot.word.complete() {
            Completed::Delivered => {}
            Completed::Wake(_) => panic!("nobody waits"),
            Completed::Unwanted => slot.free(),
        }
    };
    meet(answer, |slot, _| slot.abandon());
}

fn a_caller_leaves_while_its_wake_is_under_way() {
    meet(Slot::answer, |slot, sleeper| {
        if !slot.word.register(sleeper.waiter()) {
            return slot.take();
        }
        let retracted = slot.word.retract(sleeper.waiter());
        sleeper.leave();
        if retracted { slot.abandon() } else { slot.take() }
    });
}

fn a_caller_that_leaves_frees_the_slot_itself() {
    meet(Slot::answer, |slot, _| {
        let _ = slot.word.abandon();
        slot.free();
    });
}

fn a_value_is_written_after_the_answer_is_announced() {
    let answer = |slot: &Slot| {
        if slot.word.complete() == Completed::Unwanted {
            return slot.free();
        }
        slot.value.write(|value| *value = Some(42));
    };
    meet(answer, |slot, _| slot.abandon());
}

fn an_answer_forgets_to_wake() {
    let answer = |slot: &Slot| {
        slot.value.write(|value| *value = Some(42));
        let _ = slot.word.complete();
    };
    meet(answer, wait);
}

models![
    a_caller_that_waits_is_woken_with_the_reply,
    a_deadline_against_a_reply_leaves_one_side_to_free_and_no_late_wake,
    a_caller_that_waits_again_after_a_deadline_gets_the_reply,
    a_promise_that_is_dropped_against_a_reply_is_freed_once,
    a_promise_that_is_looked_at_gives_the_value_once_it_is_ready,
    a_request_that_is_dropped_unrun_because_nobody_wants_it_is_freed,
];

canaries![
    a_caller_leaves_while_its_wake_is_under_way: "Causality violation",
    a_caller_that_leaves_frees_the_slot_itself: "Causality violation",
    a_value_is_written_after_the_answer_is_announced: "Causality violation",
    an_answer_forgets_to_wake: "deadlock",
];
