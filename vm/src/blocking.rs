//! Blocking work: a pool of plain threads beside the workers, as many as are needed.
//!
//! A thread of the pool takes a task, or waits for one for ten seconds, and then ends: an idle machine has none.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, unbounded};
use greenroom_scheduler::Scheduler;
use parking_lot::Mutex;

use crate::error::CallError;
use crate::reply::Slot;
use crate::worker;

type Task = Box<dyn FnOnce() + Send>;

/// How long a thread without work stays.
const LINGER: Duration = Duration::from_secs(10);

/// See the head of this file.
pub(crate) struct BlockingPool {
    threads_max: usize,
    name: String,
    tasks: Receiver<Task>,
    state: Arc<Mutex<State>>,
}

struct State {
    /// None once the machine ends.
    sender: Option<Sender<Task>>,
    threads: Vec<JoinHandle<()>>,
    alive: usize,
    /// Tasks sent and not begun, minus threads that wait for one: a new thread is needed while it is positive.
    wanting: isize,
}

impl BlockingPool {
    pub(crate) fn new(threads_max: usize, name: &str) -> Self {
        let (sender, tasks) = unbounded();
        let state = State { sender: Some(sender), threads: Vec::new(), alive: 0, wanting: 0 };
        BlockingPool {
            threads_max,
            name: format!("{name}-blocking"),
            tasks,
            state: Arc::new(Mutex::new(state)),
        }
    }

    /// Queues a task, with a new thread for it if none is free and more are allowed.
    fn submit(&self, scheduler: &Scheduler, task: Task) -> Result<(), CallError> {
        let mut state = self.state.lock();
        let Some(sender) = state.sender.clone() else { return Err(CallError::Unwinding) };
        state.wanting += 1;
        if state.wanting > 0 && state.alive < self.threads_max {
            let (tasks, shared, scheduler) = (self.tasks.clone(), Arc::clone(&self.state), scheduler.clone());
            let begin = move || {
                // A worker has started it, which may be pinned.
                scheduler.unpin_thread();
                drop(scheduler);
                serve(&tasks, &shared);
            };
            match thread::Builder::new().name(self.name.clone()).spawn(begin) {
                Ok(thread) => {
                    state.alive += 1;
                    state.wanting -= 1;
                    state.threads.retain(|thread| !thread.is_finished());
                    state.threads.push(thread);
                }
                Err(error) if state.alive == 0 => {
                    state.wanting -= 1;
                    return Err(CallError::NoStack { reason: format!("no thread: {error}").into() });
                }
                // Those that there are will come to it.
                Err(_) => {}
            }
        }
        sender.send(task).expect("the pool holds a receiver");
        Ok(())
    }

    pub(crate) fn owns_current_thread(&self) -> bool {
        let own = thread::current().id();
        self.state.lock().threads.iter().any(|thread| thread.thread().id() == own)
    }

    /// Waits until every task that was taken up has ended.
    pub(crate) fn join(&self) {
        self.state.lock().sender = None;
        loop {
            let Some(thread) = self.state.lock().threads.pop() else { return };
            // A task's panic was caught and went to its caller.
            let _ = thread.join();
        }
    }
}

/// One thread of the pool. A new one counts as waiting from the start.
fn serve(tasks: &Receiver<Task>, state: &Mutex<State>) {
    while let Some(task) = next_task(tasks, state) {
        task();
        state.lock().wanting -= 1;
    }
}

/// Waits for a task; if none comes in time, the thread counts as gone.
fn next_task(tasks: &Receiver<Task>, state: &Mutex<State>) -> Option<Task> {
    if let Ok(task) = tasks.recv_timeout(LINGER) {
        return Some(task);
    }
    let mut state = state.lock();
    // One that was sent since counts on this thread: tasks are sent under the lock.
    if let Ok(task) = tasks.try_recv() {
        return Some(task);
    }
    state.alive -= 1;
    state.wanting += 1;
    None
}

/// Runs `work`, which may block, on a thread of the machine's pool: only the calling handler waits.
/// On a plain thread, and in a simulated machine, it runs in place.
///
/// # Errors
/// Where nothing may wait, and when the system gives no thread.
///
/// # Panics
/// With the panic of `work`.
///
/// ```
/// use greenroom::{blocking, prelude::*};
/// # let vm = Vm::builder().workers(1).build()?;
/// let lines = vm.run(|| blocking(|| std::fs::read_to_string("/proc/self/status").unwrap().lines().count()))??;
/// assert!(lines > 10);
/// # Ok::<(), greenroom::Error>(())
/// ```
pub fn blocking<R: Send + 'static>(work: impl FnOnce() -> R + Send + 'static) -> Result<R, CallError> {
    let Some(worker) = worker::current() else { return Ok(work()) };
    worker.may_wait(1)?;
    if worker.core.is_simulated() {
        return Ok(work());
    }
    let (replier, promise) = Slot::<thread::Result<R>>::pair();
    let task = Box::new(move || {
        replier.complete(Ok(catch_unwind(AssertUnwindSafe(work))));
    });
    worker.core.blocking.submit(worker.core.scheduler(), task)?;
    match promise.wait()? {
        Ok(value) => Ok(value),
        Err(panic) => resume_unwind(panic),
    }
}
