//! The host: what the layer above does on a scheduler's threads, and what it is told there.

use std::time::Duration;

use crate::worker::Worker;

/// What the layer above does on a scheduler's threads. A function of a worker does as much as it needs to.
///
/// ```
/// use std::sync::{Mutex, mpsc};
/// use std::time::Duration;
/// use greenroom_scheduler::{Config, Host, Scheduler, Turn, Worker};
///
/// /// Its worker blocks before its first turn, until somebody has heard of that.
/// struct Blocks { gate: Mutex<mpsc::Receiver<()>>, tell: mpsc::Sender<usize> }
///
/// impl Host for Blocks {
///     fn run(&self, worker: Worker) {
///         let _ = self.gate.lock().unwrap().recv();
///         while !matches!(worker.turn(), Turn::Stop) { worker.park() }
///     }
///     fn on_stuck(&self, worker: usize, _lasts: Duration) { self.tell.send(worker).unwrap() }
/// }
///
/// let ((open, gate), (tell, told)) = (mpsc::channel(), mpsc::channel());
/// let config = Config { workers: 1, pin: false, ..Config::default() };
/// let scheduler = Scheduler::start(config, Blocks { gate: Mutex::new(gate), tell })?;
/// assert_eq!(told.recv().unwrap(), 0);
/// drop(open);
/// scheduler.begin_stop();
/// scheduler.join();
/// # Ok::<(), greenroom_scheduler::StartError>(())
/// ```
pub trait Host: Send + Sync + 'static {
    /// Runs a worker on its own thread: loops [`Worker::turn`], parks on [`Turn::Idle`](crate::Turn::Idle), and returns
    /// on [`Turn::Stop`](crate::Turn::Stop). Called once for each worker.
    fn run(&self, worker: Worker);

    /// Is told, once, of a worker that has been at one and the same message for more than 10 ms, has not turned since, and
    /// is to blame for it itself: it computes, or waits in the kernel. `lasts`: for how long it has been seen at it, which
    /// may be 10 ms less than it was. A [message](crate::Counters::messages) is what the layer above counts as one.
    ///
    /// Called by the monitor, which goes on when this returns.
    fn on_stuck(&self, _worker: usize, _lasts: Duration) {}
}

impl<F: Fn(Worker) + Send + Sync + 'static> Host for F {
    fn run(&self, worker: Worker) {
        self(worker);
    }
}
