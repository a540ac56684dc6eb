//! The watch: names the handler that keeps a worker stuck, when the scheduler's monitor says that one is.

use std::sync::Arc;
use std::time::Duration;

use greenroom_scheduler as scheduler;
use greenroom_scheduler::Host;

use crate::board::Shown;
use crate::core::Core;
use crate::incident::Incident;
use crate::worker::Worker;

/// A machine as the host of its scheduler's threads.
pub(crate) struct Watch(pub(crate) Arc<Core>);

impl Host for Watch {
    fn run(&self, worker: scheduler::Worker) {
        Worker::run_thread(worker, Arc::clone(&self.0));
    }

    fn on_stuck(&self, worker: usize, running_for: Duration) {
        // A look at the board takes its time where many handlers are suspended, but not the stuck worker's.
        if let Some(Shown { actor, kind, method }) = self.0.boards.read(worker) {
            self.0.report(|| Incident::LongActivation { actor, kind, method, worker, running_for });
        }
    }
}
