//! What the test programs share: machines of both worlds, an actor whose messages are functions, and watches.
//!
//! A test that hangs fails: everything in [`both_worlds`] and [`watched`] ends the process when it takes far too long.

#![allow(dead_code, reason = "every test program uses another part of it")]

pub(crate) mod child;
pub(crate) mod diary;
pub(crate) mod gate;
pub(crate) mod narrow;
pub(crate) mod wire;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

#[allow(unused_imports, reason = "every test program uses another part of it")]
pub(crate) use child::{is_child, run_as_child, run_as_child_within};
use greenroom::{Actor, Builder, Handler, Message, Snapshot, Vm, World, sleep};

/// Longer than anything here takes on the most loaded machine; what is waited for longer is lost.
pub(crate) const LOST: Duration = Duration::from_secs(60);

/// The seeds that programs run with in the simulated world.
pub(crate) const SEEDS: std::ops::Range<u64> = 0..6;

/// A real machine with two workers, whose calls do not time out because this computer is slow.
pub(crate) fn real_builder() -> Builder {
    Vm::builder().workers(2).pin(false).call_deadline(LOST)
}

/// See [`real_builder`].
pub(crate) fn real() -> Vm {
    real_builder().build().unwrap()
}

/// A simulated machine with three workers.
pub(crate) fn simulated(seed: u64) -> Vm {
    Vm::builder().workers(3).world(World::Simulated { seed }).build().unwrap()
}

/// Runs a test program in the real world, and in the simulated one with each of [`SEEDS`]. What fails is named.
pub(crate) fn both_worlds(program: impl Fn(&Vm)) {
    watched(|| {
        named("the real world", || program(&real()));
        in_simulations(&program);
    });
}

/// Runs a test program in the simulated world alone, with each of [`SEEDS`].
pub(crate) fn in_simulations(program: impl Fn(&Vm)) {
    for seed in SEEDS {
        named(&format!("the simulated world with seed {seed}"), || program(&simulated(seed)));
    }
}

/// Says where it happened if `body` panics.
pub(crate) fn named<R>(place: &str, body: impl FnOnce() -> R) -> R {
    struct Name<'a>(&'a str);
    impl Drop for Name<'_> {
        fn drop(&mut self) {
            if thread::panicking() {
                eprintln!("it failed in {}", self.0);
            }
        }
    }
    let _name = Name(place);
    body()
}

/// Ends the process if `body` takes longer than [`LOST`].
pub(crate) fn watched<R>(body: impl FnOnce() -> R) -> R {
    let (done, ended) = mpsc::channel::<()>();
    let name = thread::current().name().unwrap_or("a test").to_owned();
    let watch = thread::spawn(move || {
        if ended.recv_timeout(LOST) == Err(mpsc::RecvTimeoutError::Timeout) {
            eprintln!("{name} hangs");
            std::process::abort();
        }
    });
    let result = body();
    drop(done);
    watch.join().unwrap();
    result
}

/// An actor whose messages are functions of its state.
pub(crate) struct Object<S>(pub(crate) S);

impl<S: Send + 'static> Actor for Object<S> {}

/// A message: a function of an [`Object`]'s state, whose result is the reply. Made by [`ask`].
pub(crate) struct Ask<S, R>(Box<dyn FnOnce(&mut S) -> R + Send>);

/// See [`Ask`].
pub(crate) fn ask<S, R>(function: impl FnOnce(&mut S) -> R + Send + 'static) -> Ask<S, R> {
    Ask(Box::new(function))
}

impl<S: 'static, R: Send + 'static> Message for Ask<S, R> {
    type Reply = R;
}

impl<S: Send + 'static, R: Send + 'static> Handler<Ask<S, R>> for Object<S> {
    fn handle(&mut self, Ask(function): Ask<S, R>) -> R {
        function(&mut self.0)
    }
}

/// Something that happens once. Handlers can wait for it in both worlds.
#[derive(Clone, Default)]
pub(crate) struct Flag(Arc<AtomicBool>);

impl Flag {
    pub(crate) fn raise(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    pub(crate) fn is_raised(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }

    /// In a handler: suspends until it is raised.
    pub(crate) fn wait(&self) {
        while !self.is_raised() {
            sleep(Duration::from_millis(1)).unwrap();
        }
    }
}

/// Panics without the hook, which would print it: for tests that do so a thousand times.
pub(crate) fn resume_quietly() {
    std::panic::resume_unwind(Box::new("on purpose"));
}

/// Counts how often its clones are dropped, or something else.
#[derive(Clone, Default)]
pub(crate) struct Tally(Arc<AtomicUsize>);

impl Tally {
    pub(crate) fn add_one(&self) -> usize {
        self.0.fetch_add(1, Ordering::SeqCst) + 1
    }

    pub(crate) fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

/// Adds one to its tally when it is dropped.
pub(crate) struct Dropped(pub(crate) Tally);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.add_one();
    }
}

/// Waits on a plain thread, or in a handler, until something holds that another thread or handler brings about.
pub(crate) fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !holds() {
        assert!(begin.elapsed() < LOST, "waited in vain until {what}");
        sleep(Duration::from_millis(1)).unwrap();
    }
}

/// As [`wait_until`], on the thread of a test: drives a simulated machine on meanwhile.
pub(crate) fn settle(vm: &Vm, what: &str, mut holds: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !holds() {
        assert!(begin.elapsed() < LOST, "waited in vain until {what}");
        vm.run(|| sleep(Duration::from_millis(1))).unwrap().unwrap();
        // That made an actor too, which ends a moment later.
        thread::sleep(Duration::from_micros(100));
    }
}

/// The sum over all workers of what they counted.
pub(crate) fn sum(vm: &Vm, counter: impl Fn(&Snapshot) -> u64) -> u64 {
    vm.counters().iter().map(counter).sum()
}

/// Resident memory of this process, in bytes.
pub(crate) fn resident_bytes() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}
