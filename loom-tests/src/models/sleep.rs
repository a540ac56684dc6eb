//! Models of falling asleep against a push, of searching against a push, and of the monitor's doze.
//!
//! A model does not park: it asserts at its end that nobody would sleep for ever, that is, that whoever
//! keeps its parking flag up has no work left that it was to see. The job's own flag is what a queue is
//! at the least: its push releases, its look acquires, and a look may be out of date.

use std::sync::Arc;

use loom::sync::atomic::{AtomicBool, Ordering};
use loom::thread;

use crate::explore::{canaries, models};
use crate::resume_list::ResumeList;
use crate::sleep::{Doze, Sleep};

struct World {
    sleep: Sleep,
    doze: Doze,
    parking: [ResumeList; 2],
    jobs: [AtomicBool; 2],
    stopping: AtomicBool,
}

impl World {
    fn new() -> Arc<Self> {
        let job = || AtomicBool::new(false);
        Arc::new(World {
            sleep: Sleep::new(2),
            doze: Doze::new(),
            parking: [ResumeList::new(), ResumeList::new()],
            jobs: [job(), job()],
            stopping: job(),
        })
    }

    /// A worker sleeps from the start.
    fn with_asleep(workers: &[usize]) -> Arc<Self> {
        let world = World::new();
        for &worker in workers {
            assert!(world.parking[worker].try_sleep());
            world.sleep.announce(worker, false);
        }
        world
    }

    fn push(&self, job: usize) {
        self.jobs[job].store(true, Ordering::Release);
    }

    /// Pushes and wakes who must be woken.
    fn inject(&self, job: usize) -> Option<usize> {
        self.push(job);
        self.notify()
    }

    fn notify(&self) -> Option<usize> {
        self.sleep.notify(|worker| self.parking[worker].take_sleeper())
    }

    fn sees_work(&self) -> bool {
        self.jobs.iter().any(|job| job.load(Ordering::Acquire))
    }

    /// Takes one job.
    fn take(&self) -> bool {
        self.jobs.iter().any(|job| job.load(Ordering::Acquire) && job.swap(false, Ordering::AcqRel))
    }

    /// As a worker falls asleep. False if it saw a reason to stay awake.
    fn fall_asleep(&self, worker: usize, was_searching: bool) -> bool {
        if !self.parking[worker].try_sleep() {
            return false;
        }
        self.sleep.announce(worker, was_searching);
        let saw_work = self.sees_work();
        if !saw_work && !self.stopping.load(Ordering::Relaxed) {
            return true;
        }
        let _ = self.parking[worker].take_sleeper();
        if self.sleep.withdraw(worker, saw_work) {
            self.search();
        }
        false
    }

    /// As a worker does that counts as searching: takes a job if it finds one, and looks for more.
    fn search(&self) {
        self.take();
        if self.sleep.end_search() && self.sees_work() {
            let _ = self.notify();
        }
    }

    /// For the end of a model: no job is left while everybody who could take it sleeps.
    fn assert_awake_or_done(&self, workers: &[usize]) {
        let all_sleep = workers.iter().all(|&worker| self.parking[worker].is_sleeping());
        assert!(!(all_sleep && self.sees_work()), "a job is left and everybody sleeps");
    }
}

fn beside<T: 'static>(world: &Arc<World>, act: fn(&World) -> T) -> thread::JoinHandle<T> {
    let world = Arc::clone(world);
    thread::spawn(move || act(&world))
}

fn a_push_against_falling_asleep_is_seen_by_one_of_the_two() {
    let world = World::new();
    let pusher = beside(&world, |world| world.inject(0));
    world.fall_asleep(0, false);
    pusher.join().unwrap();
    world.assert_awake_or_done(&[0]);
}

fn a_push_against_a_searcher_that_finds_nothing_is_seen_by_one_of_the_two() {
    let world = World::new();
    assert!(world.sleep.begin_search());
    let pusher = beside(&world, |world| world.inject(0));
    if world.take() {
        let _ = world.sleep.end_search();
    } else {
        world.fall_asleep(0, true);
    }
    pusher.join().unwrap();
    world.assert_awake_or_done(&[0]);
}

fn a_push_while_a_searcher_finds_another_job_wakes_a_sleeper_in_the_end() {
    let world = World::with_asleep(&[1]);
    world.push(0);
    let pusher = beside(&world, |world| world.inject(1));
    if world.sleep.begin_search() {
        world.search();
    }
    pusher.join().unwrap();
    world.assert_awake_or_done(&[1]);
}

fn a_push_while_a_claimed_sleeper_wakes_up_is_not_left() {
    let world = World::with_asleep(&[1, 0]);
    assert_eq!(world.inject(0), Some(0));
    let pusher = beside(&world, |world| world.inject(1));
    // The claimed worker, awake again.
    assert!(world.sleep.withdraw(0, false), "a claimed sleeper counts as searching");
    world.search();
    pusher.join().unwrap();
    world.assert_awake_or_done(&[1]);
}

fn two_pushers_wake_one_sleeper_who_then_searches() {
    let world = World::with_asleep(&[0, 1]);
    let other = beside(&world, |world| world.inject(0));
    let here = world.inject(1);
    let woken = [other.join().unwrap(), here];
    assert_eq!(woken.iter().flatten().count(), 1, "not exactly one sleeper was woken: {woken:?}");
    assert!(!world.sleep.wants_waking());
}

fn a_sleeper_that_leaves_by_itself_while_it_is_claimed_is_counted_once() {
    let world = World::with_asleep(&[0]);
    let pusher = beside(&world, |world| world.inject(0));
    // A timer: the worker lowers its own flag, or finds that a waker has.
    let _ = world.parking[0].take_sleeper();
    let searches = world.sleep.withdraw(0, false);
    assert_eq!(pusher.join().unwrap().is_some(), searches, "a claim and a withdrawal disagree");
    if searches {
        assert!(world.sleep.end_search());
    }
    assert!(!world.sleep.wants_waking());
    assert!(world.sleep.begin_search(), "a searcher was counted that does not search");
}

fn a_stop_against_falling_asleep_is_seen_by_one_of_the_two() {
    let world = World::new();
    let stopper = beside(&world, |world| {
        world.stopping.store(true, Ordering::Relaxed);
        loom::sync::atomic::fence(Ordering::SeqCst);
        world.parking[0].take_sleeper()
    });
    if world.fall_asleep(0, false) && !world.parking[0].is_sleeping() {
        assert!(world.stopping.load(Ordering::Relaxed), "a worker was woken to stop and does not see it");
    }
    let roused = stopper.join().unwrap();
    assert!(roused || !world.parking[0].is_sleeping(), "a worker sleeps through the stop");
}

/// The monitor begins to doze while the last sleeping worker wakes up by `wake`, which tells whether
/// the monitor is to be unparked.
fn doze_against(wake: fn(&World) -> bool) {
    let world = World::with_asleep(&[0]);
    let worker = beside(&world, wake);
    let dozes = world.doze.begin(|| world.parking[0].is_sleeping());
    let told = worker.join().unwrap();
    assert!(!dozes || told, "the monitor dozes while a worker is awake");
    assert!(!told || !world.doze.is_dozing(), "the monitor is told, but not why");
}

fn a_doze_against_a_worker_that_wakes_up_is_ended_or_never_begins() {
    doze_against(|world| {
        let _ = world.parking[0].take_sleeper();
        world.doze.end()
    });
}

fn one_of_two_workers_that_wake_up_ends_the_doze() {
    let world = World::with_asleep(&[0, 1]);
    assert!(world.doze.begin(|| true));
    let other = beside(&world, |world| world.doze.end());
    let here = world.doze.end();
    assert!(other.join().unwrap() != here, "not exactly one worker unparks the monitor");
}

fn a_worker_does_not_look_again() {
    let world = World::new();
    let pusher = beside(&world, |world| world.inject(0));
    if !world.sees_work() && world.parking[0].try_sleep() {
        world.sleep.announce(0, false);
    }
    pusher.join().unwrap();
    world.assert_awake_or_done(&[0]);
}

fn a_pusher_looks_without_a_fence() {
    let world = World::new();
    let pusher = beside(&world, |world| {
        world.push(0);
        if world.sleep.wants_waking() {
            let _ = world.notify();
        }
    });
    world.fall_asleep(0, false);
    pusher.join().unwrap();
    world.assert_awake_or_done(&[0]);
}

fn the_last_searcher_does_not_look_for_more() {
    let world = World::with_asleep(&[1]);
    world.push(0);
    let pusher = beside(&world, |world| world.inject(1));
    if world.sleep.begin_search() {
        world.take();
        let _ = world.sleep.end_search();
    }
    pusher.join().unwrap();
    world.assert_awake_or_done(&[1]);
}

fn a_worker_ends_the_doze_before_it_is_awake() {
    doze_against(|world| {
        let told = world.doze.end();
        let _ = world.parking[0].take_sleeper();
        told
    });
}

models![
    a_push_against_falling_asleep_is_seen_by_one_of_the_two,
    a_push_against_a_searcher_that_finds_nothing_is_seen_by_one_of_the_two,
    a_push_while_a_searcher_finds_another_job_wakes_a_sleeper_in_the_end,
    a_push_while_a_claimed_sleeper_wakes_up_is_not_left,
    two_pushers_wake_one_sleeper_who_then_searches,
    a_sleeper_that_leaves_by_itself_while_it_is_claimed_is_counted_once,
    a_stop_against_falling_asleep_is_seen_by_one_of_the_two,
    a_doze_against_a_worker_that_wakes_up_is_ended_or_never_begins,
    one_of_two_workers_that_wake_up_ends_the_doze,
];

canaries![
    a_worker_does_not_look_again: "a job is left and everybody sleeps",
    a_pusher_looks_without_a_fence: "a job is left and everybody sleeps",
    the_last_searcher_does_not_look_for_more: "a job is left and everybody sleeps",
    a_worker_ends_the_doze_before_it_is_awake: "the monitor dozes while a worker is awake",
];
