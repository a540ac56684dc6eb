//! Panics without measure: by the million, and where Rust does not allow one.

use std::panic::panic_any;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use greenroom::ExitReason;
use greenroom::prelude::*;

use crate::support::child::{in_child, own_name};
use crate::support::{Flag, LOST, Object, ask, real, resident_bytes, sum, wait_until};

/// As everyone who panics by the million wants it: the default hook would print.
fn silence() {
    std::panic::set_hook(Box::new(|_| {}));
}

// ---- The storm ----

/// Whoever sees to it that there is somebody to panic again. With a supervisor that is the supervisor.
struct Storm {
    left: u64,
    fallen: Arc<AtomicU64>,
}

/// Panics at its first message, and its end tells the storm.
struct Flake {
    storm: Ref<Storm>,
}

#[actor]
impl Storm {
    /// Somebody has ended: the next one, if there is to be one.
    #[cast]
    fn fallen(&mut self) {
        self.fallen.fetch_add(1, Ordering::Relaxed);
        self.begin_one();
    }

    fn begin_one(&mut self) {
        if self.left > 0 {
            self.left -= 1;
            let flake = spawn(Flake { storm: me() });
            flake.fall().unwrap();
        }
    }

    #[cast]
    fn begin(&mut self, at_once: u64) {
        (0..at_once).for_each(|_| self.begin_one());
    }
}

#[actor]
impl Flake {
    #[cast]
    fn fall(&mut self) {
        panic!("a flake falls");
    }
}

impl Drop for Flake {
    fn drop(&mut self) {
        let _ = self.storm.fallen();
    }
}

#[test]
#[cfg_attr(feature = "sanitizer", ignore = "the sanitizer's own memory would be counted too")]
fn a_million_panics_end_a_million_actors_and_leave_nothing_behind() {
    const PANICS: u64 = 1_000_000;
    let ended = in_child(own_name!(), &[], || {
        silence();
        let vm = real();
        let fallen = Arc::new(AtomicU64::new(0));
        let storm = vm.spawn(Storm { left: PANICS, fallen: Arc::clone(&fallen) });
        storm.begin(100).unwrap();
        let has_fallen = |count: u64| {
            // By the hundredth: each takes its time where the machine is loaded.
            for count in (0..=count).step_by(PANICS as usize / 100) {
                wait_until("they have fallen", || fallen.load(Ordering::Relaxed) >= count);
            }
        };
        has_fallen(PANICS / 10);
        let early = resident_bytes();
        has_fallen(PANICS);
        let late = resident_bytes();
        wait_until("the dead are gone", || vm.actors() == 1);
        assert_eq!(sum(&vm, |counted| counted.panics), PANICS);
        assert_eq!(sum(&vm, |counted| counted.dead_letters), 0);
        assert_eq!(vm.run(|| 5), Ok(5));
        assert!(late < early + (16 << 20), "{late} bytes, and {early} when a tenth had fallen");
    });
    ended.finished();
}

// ---- In destructors ----

/// Panics when it is dropped, whatever happens around it.
struct Bomb(&'static str);

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("{}", self.0);
    }
}

/// The message of the panic that a call came back with.
fn message<R: std::fmt::Debug>(answer: Result<R, CallError>) -> String {
    let Err(CallError::Panicked(report)) = answer else { panic!("no panic: {answer:?}") };
    report.message().to_owned()
}

#[test]
fn a_panic_in_a_destructor_is_printed_once_and_ends_at_most_the_actor_that_ran_it() {
    let ended = in_child(own_name!(), &[], || {
        let vm = real();
        // In a handler it is the handler's own.
        let actor = vm.spawn(Object(()));
        let bomb = Bomb("a message in its handler");
        assert_eq!(message(actor.ask(ask(move |(): &mut ()| drop(bomb)))), "a message in its handler");
        wait_until("it has ended", || matches!(actor.exit_reason(), Some(ExitReason::Panicked(_))));
        // Of a state: whoever called has the answer, and the actor is over anyway.
        assert_eq!(vm.spawn(Object(Bomb("a state"))).ask(ask(|_: &mut Bomb| stop())), Ok(()));
        // Of a message that is refused, and of an answer that comes too late: nobody's.
        let (gone, go) = (vm.spawn(Object(())), Flag::default());
        let (wait, bomb) = (go.clone(), Bomb("a refused message"));
        let last = gone.send_request(ask(move |(): &mut ()| {
            wait.wait();
            stop();
        }));
        let refused = gone.send_request(ask(move |(): &mut ()| std::mem::forget(bomb)));
        go.raise();
        assert_eq!(last.wait(), Ok(()));
        assert!(matches!(refused.wait(), Err(CallError::Stopped { started: false, .. })));
        let slow = vm.spawn(Object(()));
        let late = slow.ask_within(
            MILLISECOND,
            ask(|(): &mut ()| {
                sleep(20 * MILLISECOND).unwrap();
                Bomb("a late answer")
            }),
        );
        assert!(matches!(late, Err(CallError::Timeout { .. })));
        assert_eq!(slow.ask(ask(|(): &mut ()| ())), Ok(()), "it goes on");
        drop((actor, gone, slow));
        wait_until("all are gone", || vm.actors() == 0);
    });
    let said = &ended.finished().complained;
    for panic in ["a message in its handler", "a state", "a refused message", "a late answer"] {
        assert_eq!(said.matches(panic).count(), 1, "{panic}: {said}");
    }
}

/// What Rust says of a panic in the midst of another.
const IN_CLEANUP: &str = "panic in a destructor during cleanup";

#[test]
fn a_panic_in_a_destructor_while_its_handler_panics_aborts_and_both_are_printed() {
    let ended = in_child(own_name!(), &[], || {
        let _: Result<(), _> = real().spawn(Object(())).ask(ask(|(): &mut ()| {
            let _bomb = Bomb("the second");
            panic!("the first");
        }));
    });
    ended.aborted_with(&["the first", "the second", IN_CLEANUP]);
}

#[test]
fn a_panic_in_a_destructor_that_the_machine_s_end_runs_on_a_suspended_stack_aborts_as_well() {
    let ended = in_child(own_name!(), &[], || {
        let vm = real();
        let begun = Flag::default();
        let (actor, begin) = (vm.spawn(Object(())), begun.clone());
        actor
            .send(ask(move |(): &mut ()| {
                let _bomb = Bomb("on a stack that is unwound");
                begin.raise();
                sleep(LOST).unwrap();
            }))
            .unwrap();
        wait_until("it has begun", || begun.is_raised());
        drop(vm);
    });
    ended.aborted_with(&["on a stack that is unwound", IN_CLEANUP]);
}

// ---- In the hook ----

#[test]
fn a_panic_in_the_panic_hook_aborts_as_rust_says() {
    let ended = in_child(own_name!(), &[], || {
        std::panic::set_hook(Box::new(|_| panic!("in the hook")));
        let _: Result<(), _> = real().spawn(Object(())).ask(ask(|(): &mut ()| panic!("the first")));
    });
    // Rust gives the first no word any more.
    ended.aborted_with(&["in the hook", "thread panicked while processing panic. aborting."]);
}

#[test]
fn a_panic_hook_may_tell_an_actor_and_what_would_wait_there_fails_at_once() {
    let ended = in_child(own_name!(), &[], || {
        let vm = real();
        let log = vm.spawn(Object(Vec::new()));
        let told = log.clone();
        // Behind the machine's own hook, as one that is set later is.
        std::panic::set_hook(Box::new(move |info| {
            let text = info.payload_as_str().unwrap_or("?").to_owned();
            let asked = told.ask(ask(|_: &mut Vec<String>| ()));
            let waited = format!("{asked:?}");
            told.send(ask(move |log: &mut Vec<String>| log.push(format!("{text}: {waited}")))).unwrap();
        }));
        for _ in 0..100 {
            let answer: Result<(), _> = vm.spawn(Object(())).ask(ask(|(): &mut ()| panic!("for the log")));
            assert_eq!(message(answer), "for the log");
        }
        let seen = || log.ask(ask(|log: &mut Vec<String>| log.clone())).unwrap();
        wait_until("all are told", || seen().len() == 100);
        assert!(seen().iter().all(|line| line == "for the log: Err(Unwinding)"), "{:?}", seen());
    });
    ended.finished();
}

#[test]
fn a_payload_that_is_no_text_and_bites_back_ends_its_actor_only() {
    let ended = in_child(own_name!(), &[], || {
        silence();
        let vm = real();
        for _ in 0..1000 {
            let answer: Result<(), _> = vm.spawn(Object(())).ask(ask(|(): &mut ()| panic_any(Bomb("again"))));
            assert_eq!(message(answer), "a value that is not a text");
        }
        assert_eq!(vm.run(|| 5), Ok(5));
    });
    ended.finished();
}
