//! A layer above the scheduler that is as thin as can be: a job is a closure, and so is a wake.

#![allow(dead_code, reason = "each test file uses its part")]

use std::ptr::NonNull;
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::{Duration, Instant};

use greenroom_scheduler::{Config, Job, Scheduler, Turn, Wake, WakeNode, Worker};

/// Longer than anything here takes on a busy machine: past it, a thing is taken for lost.
pub(crate) const LOST: Duration = Duration::from_secs(20);

type Task = Box<dyn FnOnce(&Worker) + Send>;

/// A job that calls the closure on the worker that runs it.
pub(crate) fn task(run: impl FnOnce(&Worker) + Send + 'static) -> Job {
    let task: Box<Task> = Box::new(Box::new(run));
    Job::new(NonNull::from(Box::leak(task)).cast())
}

fn run(job: Job, worker: &Worker) {
    // SAFETY: every job here was made by `task` of such a box, and a job comes out of its queue once.
    let task = unsafe { Box::from_raw(job.into_raw().cast::<Task>().as_ptr()) };
    task(worker);
}

/// Something suspended: the node first, as the scheduler asks for, then what to do when it goes on.
#[repr(C)]
struct Waiter {
    node: WakeNode,
    resume: Task,
}

/// A wake, to be given to another thread.
pub(crate) struct SendWake(pub(crate) Wake);

// SAFETY: a waiter's closure is `Send`, and the wake is given to one worker by one thread.
unsafe impl Send for SendWake {}

impl SendWake {
    /// The wake itself; a method, so that closures capture the whole.
    pub(crate) fn get(self) -> Wake {
        self.0
    }
}

/// A wake that calls the closure when its worker resumes it, or when its timer fires.
pub(crate) fn waiter(resume: impl FnOnce(&Worker) + Send + 'static) -> SendWake {
    let waiter = Box::new(Waiter { node: WakeNode::new(), resume: Box::new(resume) });
    SendWake(NonNull::from(Box::leak(waiter)).cast())
}

/// Goes on with what was suspended.
pub(crate) fn resume(wake: Wake, worker: &Worker) {
    // SAFETY: every wake here was made by `waiter` of such a box, and comes out once.
    let waiter = unsafe { Box::from_raw(wake.cast::<Waiter>().as_ptr()) };
    (waiter.resume)(worker);
}

/// The worker's loop.
pub(crate) fn body(worker: &Worker) {
    loop {
        match worker.turn() {
            Turn::Run(job) => run(job, worker),
            Turn::Resume(wake) | Turn::Expired(wake) => resume(wake, worker),
            Turn::Idle => worker.park(),
            Turn::Stop => return,
        }
    }
}

/// A running scheduler that stops and ends its threads when dropped.
pub(crate) struct Running(pub(crate) Scheduler);

impl Running {
    pub(crate) fn start(config: Config) -> Self {
        Running(Scheduler::start(config, |worker: Worker| body(&worker)).expect("threads can be had"))
    }

    /// Runs the closure on some worker and returns what it sent.
    pub(crate) fn ask<T: Send + 'static>(&self, work: impl FnOnce(&Worker, Sender<T>) + Send + 'static) -> T {
        let (send, receive) = mpsc::channel();
        self.0.inject(task(move |worker| work(worker, send)));
        receive.recv_timeout(LOST).expect("the job was run")
    }

    /// Waits until all regular workers sleep: each parked more often than it was woken.
    pub(crate) fn wait_until_asleep(&self) {
        wait_until("all workers sleep", || {
            self.0.counters().iter().all(|counters| counters.parks > counters.wakes)
        });
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.begin_stop();
        self.0.join();
    }
}

/// So many workers, unpinned, so that tests on one machine do not pile up on one core.
pub(crate) fn workers(workers: usize) -> Config {
    Config { workers, pin: false, ..Config::default() }
}

/// Polls until the condition holds.
pub(crate) fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + LOST;
    while !holds() {
        assert!(Instant::now() < end, "never came: {what}");
        std::thread::yield_now();
    }
}

/// Receives so many, each in time.
pub(crate) fn receive<T>(receiver: &Receiver<T>, count: usize) -> Vec<T> {
    (0..count).map(|_| receiver.recv_timeout(LOST).expect("nothing was lost")).collect()
}
