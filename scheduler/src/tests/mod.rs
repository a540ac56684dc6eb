//! Tests of the parts, apart from them: a model checker mounts the lock-free files, which these tests would
//! follow there.

mod deadlines;
mod leaves;
mod queues;
mod quota;
mod sleep;
mod stealing;
mod timers;
mod turns;
mod waking;

use std::ptr;
use std::ptr::NonNull;

use crate::{Config, Job, Scheduler, Turn, Wake, WakeNode, Worker};

/// A job that is only a number above zero.
fn job(number: usize) -> Job {
    Job::new(NonNull::new(ptr::without_provenance_mut(number)).expect("jobs are numbered from 1"))
}

/// The number of a job.
fn number(job: Job) -> usize {
    job.into_raw().addr().get()
}

/// The number of the job that a turn gave out; none if it gave out no job.
fn ran(turn: Turn) -> Option<usize> {
    match turn {
        Turn::Run(job) => Some(number(job)),
        _ => None,
    }
}

/// Nodes that stay where they are, told apart by place.
struct Nodes(Box<[WakeNode]>);

impl Nodes {
    fn new(count: usize) -> Self {
        Nodes((0..count).map(|_| WakeNode::new()).collect())
    }

    fn wake(&self, place: usize) -> Wake {
        NonNull::from(&self.0[place])
    }

    fn place(&self, wake: Wake) -> usize {
        self.0.iter().position(|node| ptr::eq(node, wake.as_ptr())).expect("a wake of these nodes")
    }
}

/// A simulated world of so many workers.
fn simulated(workers: usize) -> (Scheduler, Vec<Worker>) {
    Scheduler::simulated(Config { workers, seed: 7, ..Config::default() }).expect("a valid configuration")
}
