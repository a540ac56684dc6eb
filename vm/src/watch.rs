//! The watch: names the handler that keeps a worker stuck, when the scheduler's monitor says that one is.

use std::sync::Arc;
use std::time::Duration;

use greenroom_scheduler as scheduler;
use greenroom_scheduler::Host;

use crate::board::Shown;
use crate::core::Core;
use crate::incident::Incident;

/// A machine as the host of its scheduler's threads, on which it runs the workers by `run`.
pub(crate) struct Watch<F> {
    pub(crate) core: Arc<Core>,
    pub(crate) run: F,
}

impl<F: Fn(scheduler::Worker) + Send + Sync + 'static> Host for Watch<F> {
    fn run(&self, worker: scheduler::Worker) {
        (self.run)(worker);
    }

    fn on_stuck(&self, worker: usize, running_for: Duration) {
        // A look at the board takes its time where many handlers are suspended, but not the stuck worker's.
        if let Some(Shown { actor, kind, method }) = self.core.boards.read(worker) {
            self.core.report(|| Incident::LongActivation { actor, kind, method, worker, running_for });
        }
    }
}
