//! The clock's thread: there only when it is needed, asleep unless something is due, in time though all workers are
//! stuck, and gone with its machine.

mod support;

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use greenroom::prelude::*;
use support::{Dropped, LOST, Object, Tally, ask, real, real_builder, wait_until, watched};

const MILLISECOND: Duration = Duration::from_millis(1);
const HOUR: Duration = Duration::from_secs(3600);

#[derive(Clone)]
struct Tick {
    _letter: Arc<Dropped>,
}

impl Tick {
    fn new(dropped: &Tally) -> Self {
        Tick { _letter: Arc::new(Dropped(dropped.clone())) }
    }
}

impl Message for Tick {
    type Reply = ();
}

impl Handler<Tick> for Object<u64> {
    fn handle(&mut self, _: Tick) {
        self.0 += 1;
    }
}

/// The context switches of this process's threads of that name, each thread's own.
fn switches(name: &str) -> Vec<u64> {
    let tasks = fs::read_dir("/proc/self/task").unwrap();
    let statuses = tasks.filter_map(|task| fs::read_to_string(task.unwrap().path().join("status")).ok());
    let of_that_name = statuses.filter(|status| status.lines().next() == Some(&format!("Name:\t{name}")));
    let counts = of_that_name.map(|status| {
        let lines = status.lines().filter(|line| line.contains("ctxt_switches"));
        lines.map(|line| line.rsplit('\t').next().unwrap().parse::<u64>().unwrap()).sum()
    });
    counts.collect()
}

#[test]
fn a_machine_without_timers_has_no_clock_thread_and_one_whose_timers_wait_sleeps() {
    watched(|| {
        let vm = real_builder().name("sleepy").build().unwrap();
        let actor = vm.spawn(Object(0_u64));
        actor.ask(ask(|n: &mut u64| *n += 1)).unwrap();
        vm.run(|| sleep(5 * MILLISECOND)).unwrap().unwrap();
        assert_eq!(switches("sleepy-clock"), [] as [u64; 0], "handlers' own timers need none");

        let tally = Tally::default();
        let message = || Tick::new(&tally);
        // One waits; another that has come and one that was cancelled leave nothing to wake up for.
        let far = actor.send_after(HOUR, message());
        actor.send_every(HOUR, message()).cancel();
        actor.send_after(MILLISECOND, message());
        wait_until("one has come, one is dropped", || tally.count() == 2);
        let asleep = |why| {
            let (mut before, mut quiet) = (switches("sleepy-clock"), 0);
            wait_until(why, || {
                thread::sleep(20 * MILLISECOND);
                let now = switches("sleepy-clock");
                quiet = if now == before { quiet + 1 } else { 0 };
                before = now;
                quiet == 5
            });
            assert_eq!(before.len(), 1, "there is one thread");
            thread::sleep(500 * MILLISECOND);
            assert_eq!(switches("sleepy-clock"), before, "{why}");
        };
        asleep("with a timer that waits");
        // One that is later than the earliest does not disturb it either.
        let before = switches("sleepy-clock");
        let later = actor.send_after(2 * HOUR, message());
        asleep("with another");
        assert_eq!(switches("sleepy-clock"), before);
        assert!(far.cancel() && later.cancel());
        asleep("without any");
        actor.send_after(MILLISECOND, message());
        wait_until("it is alive", || tally.count() == 5);
    });
}

#[test]
fn messages_come_although_every_worker_is_stuck() {
    watched(|| {
        let vm = real();
        let gates: Vec<_> = (0..4)
            .map(|_| {
                let ((open, gate), (tell, begun)) = (mpsc::channel::<()>(), mpsc::channel());
                let block = ask(move |(): &mut ()| {
                    tell.send(()).unwrap();
                    let _ = gate.recv();
                });
                vm.spawn(Object(())).send(block).unwrap();
                begun.recv_timeout(LOST).expect("the last two on relief workers");
                open
            })
            .collect();
        let actor = vm.spawn(Object(0_u64));
        let (tell, told) = mpsc::channel();
        let timer = actor.send_every(2 * MILLISECOND, Tick::new(&Tally::default()));
        actor.send_after(10 * MILLISECOND, ask(move |n: &mut u64| tell.send(*n).unwrap()));
        told.recv_timeout(LOST).expect("the message has come");
        wait_until("it ticks on", || actor.ask(ask(|n: &mut u64| *n)).unwrap() > 10);
        assert!(timer.cancel());
        drop(gates);
    });
}

#[test]
fn a_clone_that_blocks_holds_up_its_own_actor_alone() {
    static GATE: AtomicBool = AtomicBool::new(false);
    struct Slow;
    impl Clone for Slow {
        fn clone(&self) -> Self {
            while !GATE.load(Ordering::Acquire) {
                thread::yield_now();
            }
            Slow
        }
    }
    impl Message for Slow {
        type Reply = ();
    }
    impl Handler<Slow> for Object<u64> {
        fn handle(&mut self, _: Slow) {
            self.0 += 1;
        }
    }
    watched(|| {
        let vm = real();
        let (held_up, other) = (vm.spawn(Object(0_u64)), vm.spawn(Object(0_u64)));
        held_up.send_every(MILLISECOND, Slow);
        other.send_every(MILLISECOND, Tick::new(&Tally::default()));
        wait_until("the other has ticked on", || other.ask(ask(|n: &mut u64| *n)).unwrap() > 20);
        GATE.store(true, Ordering::Release);
        assert!(held_up.ask(ask(|n: &mut u64| *n)).unwrap() > 0);
    });
}

#[test]
fn a_machine_with_timers_ends_at_once_drops_their_messages_and_joins_the_thread() {
    watched(|| {
        for round in 0..20 {
            let vm = real_builder().name("hasty").build().unwrap();
            let (actor, dropped) = (vm.spawn(Object(0_u64)), Tally::default());
            let message = || Tick::new(&dropped);
            for number in 0..100 {
                drop(actor.send_after(HOUR + number * MILLISECOND, message()));
                drop(actor.send_every(Duration::from_micros(u64::from(number) + 1), message()));
            }
            if round % 2 == 0 {
                thread::sleep(MILLISECOND);
            }
            let begin = Instant::now();
            drop(vm);
            assert!(begin.elapsed() < LOST);
            assert_eq!(dropped.count(), 200);
            // A joined thread may still be in the list for a moment.
            wait_until("the thread is gone", || switches("hasty-clock").is_empty());
        }
    });
}

#[test]
fn a_message_may_do_anything_in_its_destructor() {
    /// Starts and cancels timers, and calls, in the destructor of a message.
    struct Meddler(Ref<Object<u64>>, Tally);
    impl Drop for Meddler {
        fn drop(&mut self) {
            let timer = self.0.send_after(HOUR, ask(|_: &mut u64| ()));
            let other = self.0.send_every(MILLISECOND, Tick::new(&Tally::default()));
            let _ = self.0.ask_within(MILLISECOND, ask(|n: &mut u64| *n += 1));
            timer.cancel();
            other.cancel();
            self.1.add_one();
            panic!("on purpose");
        }
    }
    watched(|| {
        let (vm, dropped) = (real(), Tally::default());
        let helper = vm.spawn(Object(0_u64));
        let meddle = |actor: &Ref<Object<u64>>, delay| {
            let meddler = Meddler(helper.clone(), dropped.clone());
            actor.send_after(delay, ask(move |_: &mut u64| drop(meddler)))
        };
        // Dropped by the clock, or by the end of the actor.
        let ended = vm.spawn(Object(0));
        meddle(&ended, 5 * MILLISECOND);
        drop(ended);
        wait_until("it is dropped", || dropped.count() == 1);
        // By the cancel.
        let actor = vm.spawn(Object(0));
        let timer = meddle(&actor, HOUR);
        let cancel = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| timer.cancel()));
        assert!(cancel.is_err());
        // By the handler.
        meddle(&actor, Duration::ZERO);
        wait_until("the handler has dropped it", || dropped.count() == 3);
        // And by the machine's end.
        meddle(&helper, HOUR);
        drop(vm);
        assert_eq!(dropped.count(), 4);
    });
}

#[test]
fn a_machine_whose_last_owner_is_a_message_of_its_own_timer_ends_all_the_same() {
    watched(|| {
        for _ in 0..20 {
            let (vm, dropped) = (Arc::new(real()), Tally::default());
            let keeper = vm.spawn(Object(Dropped(dropped.clone())));
            let (owner, actor) = (Arc::clone(&vm), vm.spawn(Object(0_u64)));
            actor.send_after(2 * MILLISECOND, ask(move |_: &mut u64| drop(owner)));
            actor.stop();
            drop(vm);
            // Not by `wait_until`, which sleeps for long: this may be over at once.
            let begin = Instant::now();
            while dropped.count() == 0 {
                assert!(begin.elapsed() < LOST);
                thread::yield_now();
            }
            drop(keeper);
        }
    });
}
