//! The workers' threads: what one needs to begin, and what becomes of it where the system does not give that.
//!
//! | worker    | without a stack to begin with                                                              |
//! |-----------|--------------------------------------------------------------------------------------------|
//! | regular   | tells the builder, which gives up                                                          |
//! | relief    | tries again until there is one, or the machine stops: it stands in for nobody so long      |
//! | dedicated | its actor ends with that as its reason (`dedicated`)                                       |
//!
//! A thread that the system does not give is the scheduler's affair: the builder hears of it, and the monitor goes without.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crossbeam_channel::Sender;
use greenroom_scheduler::{self as scheduler, Config, Scheduler};
use greenroom_stackful::overflow::AlternateStack;
use greenroom_stackful::{BigStack, PoolOptions, StackError};

use crate::core::Core;
use crate::error::BuildError;
use crate::order::Desk;
use crate::pool::Coroutines;
use crate::worker::Worker;

/// How long a relief worker without a stack waits until it tries again.
const RETRY: Duration = Duration::from_millis(100);

/// The stacks that a worker has from the start: with these it can always run its loop, and print a panic.
pub(crate) struct Outfit {
    pub(crate) big_stack: BigStack,
    pub(crate) coroutines: Coroutines,
}

impl Outfit {
    pub(crate) fn new(options: PoolOptions) -> Result<Self, StackError> {
        Ok(Outfit { big_stack: BigStack::new()?, coroutines: Coroutines::new(options)? })
    }

    /// With the stack for this thread's signal handlers, which stays with the thread.
    pub(crate) fn for_this_thread(options: PoolOptions) -> Result<(AlternateStack, Self), StackError> {
        Ok((AlternateStack::for_this_thread()?, Outfit::new(options)?))
    }
}

/// Starts the real world: a thread for each worker, all of which have begun when this returns.
pub(crate) fn start(core: &Arc<Core>, config: Config) -> Result<(), BuildError> {
    let workers = config.workers;
    let (tell, told) = crossbeam_channel::bounded(workers);
    let shared = Arc::clone(core);
    let body = move |scheduler: scheduler::Worker| {
        if scheduler.index() < workers {
            run_regular(scheduler, &shared, &tell);
        } else {
            run_relief(scheduler, &shared);
        }
    };
    let scheduler = Scheduler::start(config, body).map_err(BuildError::new)?;
    let begun = (0..workers).try_for_each(|_| told.recv().expect("each worker says whether it begins"));
    if let Err(error) = begun {
        scheduler.begin_stop();
        scheduler.join();
        return Err(BuildError::no_stack(error));
    }
    core.set_scheduler(scheduler);
    Ok(())
}

fn run_regular(scheduler: scheduler::Worker, core: &Arc<Core>, tell: &Sender<Result<(), StackError>>) {
    let (begun, outfit) = match Outfit::for_this_thread(core.options.pool) {
        Ok(outfit) => (Ok(()), Some(outfit)),
        Err(error) => (Err(error), None),
    };
    // There is room for what each of them says, and a builder that has heard enough is gone.
    let _ = tell.send(begun);
    if let Some((_guarded, outfit)) = outfit {
        run(scheduler, core, outfit);
    }
}

fn run_relief(scheduler: scheduler::Worker, core: &Arc<Core>) {
    while !scheduler.scheduler().is_stopping() {
        if let Ok((_guarded, outfit)) = Outfit::for_this_thread(core.options.pool) {
            run(scheduler, core, outfit);
            return;
        }
        thread::park_timeout(RETRY);
    }
}

fn run(scheduler: scheduler::Worker, core: &Arc<Core>, outfit: Outfit) {
    let worker = Worker::new(scheduler, Arc::clone(core), outfit);
    core.orders.enter(Desk::shared(&worker.scheduler), &worker.notices);
    worker.run();
}
