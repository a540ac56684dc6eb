//! Relief: workers stuck in long activations hold up nobody else.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use greenroom_scheduler::{Config, Host, Lane, Scheduler, Worker};
use support::{LOST, Running, receive, task, wait_until, waiter, workers};

/// Keeps workers stuck until dropped or freed.
struct Stuck {
    free: Arc<AtomicBool>,
    /// Blocks in the kernel until the sender is gone.
    gate: Option<mpsc::Sender<()>>,
    /// The workers that are stuck: on a busy machine relief workers may be among them.
    on: Vec<usize>,
}

impl Stuck {
    /// Gets `looping` workers stuck computing and `blocked` asleep in the kernel, and waits until all are.
    fn begin(running: &Running, looping: usize, blocked: usize) -> Self {
        let (tell, begun) = mpsc::channel();
        let free = Arc::new(AtomicBool::new(false));
        let (gate, closed) = mpsc::channel::<()>();
        for _ in 0..looping {
            let (free, tell) = (free.clone(), tell.clone());
            running.0.inject(task(move |worker| {
                tell.send(worker.index()).unwrap();
                while !free.load(Ordering::Acquire) {
                    std::hint::spin_loop();
                }
            }));
        }
        if blocked > 0 {
            assert_eq!(blocked, 1, "one gate, one waiter");
            running.0.inject(task(move |worker| {
                tell.send(worker.index()).unwrap();
                let _ = closed.recv();
            }));
        }
        let on = receive(&begun, looping + blocked);
        Stuck { free, gate: Some(gate), on }
    }

    fn free(&mut self) {
        self.free.store(true, Ordering::Release);
        self.gate = None;
    }
}

impl Drop for Stuck {
    fn drop(&mut self) {
        self.free();
    }
}

/// How long a job from outside takes to run, and where it ran.
fn time_a_job(running: &Running) -> (Duration, usize) {
    let start = Instant::now();
    let by = running.ask(|worker, send| send.send(worker.index()).unwrap());
    (start.elapsed(), by)
}

fn relieved(running: &Running) -> u64 {
    running.0.counters().iter().map(|counters| counters.relief).sum()
}

#[test]
fn when_every_worker_is_stuck_one_of_them_asleep_in_the_kernel_work_runs_within_100_ms() {
    let running = Running::start(workers(2));
    let mut stuck = Stuck::begin(&running, 1, 1);
    // The machine may be busy with other tests: the best of a few counts, and that each comes at all.
    let times: Vec<(Duration, usize)> = (0..5).map(|_| time_a_job(&running)).collect();
    assert!(times.iter().all(|(_, by)| !stuck.on.contains(by)), "{:?} are stuck: {times:?}", stuck.on);
    assert!(times.iter().any(|&(took, _)| took < Duration::from_millis(100)), "{times:?}");
    assert!(relieved(&running) >= 1);
    stuck.free();
}

#[test]
fn more_endless_loops_than_workers_hold_up_nobody_either() {
    let running = Running::start(workers(2));
    let mut stuck = Stuck::begin(&running, 4, 1);
    let (send, results) = mpsc::channel();
    for number in 0..1_000 {
        let send = send.clone();
        running.0.inject(task(move |_| send.send(number).unwrap()));
    }
    let mut ran = receive(&results, 1_000);
    ran.sort_unstable();
    assert_eq!(ran, (0..1_000).collect::<Vec<_>>());
    assert!(relieved(&running) >= 4, "two workers and two relief workers were relieved");
    stuck.free();
}

#[test]
fn the_queues_and_the_next_slot_of_a_stuck_worker_are_served() {
    let running = Running::start(workers(1));
    let (send, results) = mpsc::channel();
    let free = Arc::new(AtomicBool::new(false));
    let held = free.clone();
    running.0.inject(task(move |worker| {
        for (number, lane) in [Lane::Next, Lane::Back, Lane::Fresh, Lane::Urgent].into_iter().enumerate() {
            let (send, stuck) = (send.clone(), worker.index());
            worker.schedule(
                task(move |worker: &Worker| send.send((number, worker.index() != stuck)).unwrap()),
                lane,
            );
        }
        while !held.load(Ordering::Acquire) {
            thread::yield_now();
        }
    }));
    let mut served = receive(&results, 4);
    free.store(true, Ordering::Release);
    served.sort_unstable();
    assert!(served.iter().map(|&(number, _)| number).eq(0..4));
    assert!(served.iter().all(|&(_, by_another)| by_another), "{served:?}");
}

#[test]
fn a_sleeping_worker_takes_the_next_slot_of_a_stuck_one_without_relief() {
    let running = Running::start(Config { relief: 0, ..workers(2) });
    running.wait_until_asleep();
    let by = running.ask(|worker, send| {
        let stuck = worker.index();
        let done = Arc::new(AtomicBool::new(false));
        let told = done.clone();
        let next = move |worker: &Worker| {
            told.store(true, Ordering::Release);
            send.send((stuck, worker.index())).unwrap();
        };
        worker.schedule(task(next), Lane::Next);
        wait_until("the next-slot was served", || done.load(Ordering::Acquire));
    });
    assert_eq!(by.0 + by.1, 1, "the two regular workers: {by:?}");
}

#[test]
fn a_relief_worker_goes_off_duty_when_its_worker_turns_and_keeps_what_is_its_own() {
    let running = Running::start(workers(1));
    let mut stuck = Stuck::begin(&running, 1, 0);
    let (send, fired) = mpsc::channel();
    let (give, wake) = mpsc::channel();
    let home = running.ask(move |worker, home| {
        let later = send.clone();
        worker.start_timer(
            Duration::from_millis(30),
            waiter(move |worker| later.send(worker.index()).unwrap()).get(),
        );
        give.send(waiter(move |worker| send.send(worker.index()).unwrap())).unwrap();
        home.send(worker.index()).unwrap();
    });
    assert!(home > 0, "on relief");
    stuck.free();
    assert_eq!(fired.recv_timeout(LOST), Ok(home), "its timer fires there");
    // The monitor takes it off duty at its next tick; off duty it is not among those that new work wakes. On a busy
    // machine the system may hold worker 0 up for so long that it is relieved again, but not for ever.
    let alone = || (0..50).all(|_| time_a_job(&running).1 == 0);
    wait_until("worker 0 serves alone", alone);
    running.0.remote(home).wake(wake.recv().unwrap().get());
    assert_eq!(fired.recv_timeout(LOST), Ok(home), "and so does its resume");
    wait_until("worker 0 serves alone again", alone);
}

#[test]
fn without_relief_workers_a_stuck_worker_holds_up_its_jobs_but_loses_none() {
    let running = Running::start(Config { relief: 0, ..workers(1) });
    let mut stuck = Stuck::begin(&running, 1, 0);
    let (send, results) = mpsc::channel();
    running.0.inject(task(move |worker| send.send(worker.index()).unwrap()));
    // Three ticks of the monitor in which nothing may happen: the absence of a thing can only be waited for.
    assert!(results.recv_timeout(Duration::from_millis(30)).is_err());
    stuck.free();
    assert_eq!(results.recv_timeout(LOST), Ok(0));
}

#[test]
fn a_relief_worker_that_is_asleep_off_duty_ends_with_the_scheduler() {
    let running = Running::start(workers(1));
    let mut stuck = Stuck::begin(&running, 1, 0);
    assert!(time_a_job(&running).1 > 0);
    stuck.free();
    running.wait_until_asleep();
    drop(running);
}

#[test]
fn what_a_stuck_worker_schedules_after_its_relief_fell_asleep_is_served_too() {
    let running = Running::start(workers(1));
    let (send, results) = mpsc::channel();
    let free = Arc::new(AtomicBool::new(false));
    let held = free.clone();
    let (go_on, may_go_on) = mpsc::channel::<()>();
    running.0.inject(task(move |worker| {
        for lane in [Lane::Back, Lane::Next] {
            let (send, stuck) = (send.clone(), worker.index());
            worker.schedule(task(move |worker: &Worker| send.send((stuck, worker.index())).unwrap()), lane);
            // The second is scheduled when the relief that served the first has nothing left to do.
            let _ = may_go_on.recv();
        }
        while !held.load(Ordering::Acquire) {
            thread::yield_now();
        }
    }));
    let first = receive(&results, 1)[0];
    wait_until("the relief parks", || running.0.counters()[first.1].parks > 0);
    drop(go_on);
    let second = receive(&results, 1)[0];
    free.store(true, Ordering::Release);
    assert!(first.0 != first.1 && second.0 != second.1, "stuck and served: {first:?}, {second:?}");
}

#[test]
fn one_that_goes_on_scheduling_in_a_long_activation_wakes_those_that_sleep() {
    let running = Running::start(Config { relief: 0, ..workers(2) });
    running.wait_until_asleep();
    let ran = Arc::new(AtomicUsize::new(0));
    let count = ran.clone();
    let by = running.ask(move |worker, send| {
        let (stuck, done) = (worker.index(), Arc::new(AtomicBool::new(false)));
        // All but the last go to the deque; none is run here before this ends.
        for _ in 0..64 {
            let (done, send, count) = (done.clone(), send.clone(), count.clone());
            let job = move |worker: &Worker| {
                count.fetch_add(1, Ordering::AcqRel);
                if worker.index() != stuck && !done.swap(true, Ordering::AcqRel) {
                    send.send((stuck, worker.index())).unwrap();
                }
            };
            worker.schedule(task(job), Lane::Back);
        }
        wait_until("another one helps", || done.load(Ordering::Acquire));
    });
    assert_ne!(by.0, by.1);
    wait_until("none is left", || ran.load(Ordering::Acquire) == 64);
}

/// Passes on what it is told of.
struct Told(mpsc::Sender<(usize, Duration)>);

impl Host for Told {
    fn run(&self, worker: Worker) {
        support::body(&worker);
    }

    fn on_stuck(&self, worker: usize, lasts: Duration) {
        let _ = self.0.send((worker, lasts));
    }
}

#[test]
fn the_host_is_told_once_of_each_long_activation_while_it_lasts() {
    let (tell, told) = mpsc::channel();
    let config = Config { relief: 0, ..workers(1) };
    let running = Running(Scheduler::start(config, Told(tell)).unwrap());
    for kind in 0..4 {
        let mut stuck = Stuck::begin(&running, kind % 2, 1 - kind % 2);
        let (worker, lasts) = told.recv_timeout(LOST).unwrap();
        assert!(worker == 0 && lasts >= Duration::from_millis(10), "{worker} {lasts:?}");
        // Some ticks later: nothing was said of them.
        thread::sleep(Duration::from_millis(50));
        stuck.free();
        running.ask(|_, send| send.send(()).unwrap());
    }
    assert!(told.try_recv().is_err(), "of each activation once");
}
