//! The host: what the layer above does on a scheduler's threads, and what it is told there.

use std::time::Duration;

use crate::worker::Worker;

/// What the layer above does on a scheduler's threads. A function of a worker does as much as it needs to.
///
/// ```
/// use std::sync::mpsc;
/// use std::time::Duration;
/// use greenroom_scheduler::{Config, Host, Scheduler, Stuck, Turn, Worker};
///
/// /// Its worker blocks before its first turn, until somebody has heard of it.
/// struct Blocks { heard: mpsc::Sender<Stuck>, gate: std::sync::Mutex<mpsc::Receiver<()>> }
///
/// impl Host for Blocks {
///     fn run(&self, worker: Worker) {
///         let _ = self.gate.lock().unwrap().recv();
///         while !matches!(worker.turn(), Turn::Stop) { worker.park() }
///     }
///     fn on_stuck(&self, stuck: Stuck) { let _ = self.heard.send(stuck); }
/// }
///
/// let ((heard, stuck), (open, gate)) = (mpsc::channel(), mpsc::channel());
/// let config = Config { workers: 1, pin: false, ..Config::default() };
/// let scheduler = Scheduler::start(config, Blocks { heard, gate: gate.into() })?;
/// let stuck = stuck.recv().unwrap();
/// assert!(stuck.worker == 0 && stuck.lasts > Duration::ZERO);
/// drop(open);
/// scheduler.begin_stop();
/// scheduler.join();
/// # Ok::<(), greenroom_scheduler::StartError>(())
/// ```
pub trait Host: Send + Sync + 'static {
    /// Runs a worker on its own thread: loops [`Worker::turn`], parks on [`Turn::Idle`](crate::Turn::Idle), and returns
    /// on [`Turn::Stop`](crate::Turn::Stop). Called once for each worker.
    fn run(&self, worker: Worker);

    /// Is told by the monitor, about every 10 ms, of every worker that has been in one activation for longer than that
    /// and is to blame for it itself. The monitor goes on when this returns.
    fn on_stuck(&self, _stuck: Stuck) {}
}

impl<F: Fn(Worker) + Send + Sync + 'static> Host for F {
    fn run(&self, worker: Worker) {
        self(worker);
    }
}

/// A worker that has been in one activation for long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stuck {
    /// Its number: relief workers follow the regular ones.
    pub worker: usize,
    /// How often it had turned when the activation began: the same as long as that lasts, and another for the next.
    pub turn: u64,
    /// How long it has been seen in there; it may be there for one tick longer.
    pub lasts: Duration,
}
