//! The steps of the main job: what each is called, what it does, and what of it is timed.

mod keeper;
mod pingpong;
mod population;
mod ring;
mod skynet;
mod suspended;

use std::fmt;
use std::time::Duration;

use crate::stage::{Fault, Stage};

/// One step of the job.
pub(crate) struct Step {
    pub(crate) name: &'static str,
    /// What it does and what is timed, for `--help`.
    pub(crate) about: &'static str,
    /// The least memory that it can do with, for so many actors.
    pub(crate) bytes: fn(u64) -> u64,
    pub(crate) run: fn(&Stage) -> Result<Measured, Fault>,
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// What a step found, its results verified.
pub(crate) struct Measured {
    pub(crate) ops: u64,
    /// What `ops` took.
    pub(crate) timed: Duration,
    pub(crate) parts: Vec<(&'static str, Duration)>,
    pub(crate) bytes_per_actor: Option<f64>,
    pub(crate) params: Vec<(&'static str, u64)>,
}

/// An actor's cell, its state and the reference to it; more would refuse what might just fit.
const ACTOR_BYTES: u64 = 72;
/// A suspended call keeps a page of stack, and a call under way.
const SUSPENDED_BYTES: u64 = 4096 + 128;

/// All steps, in their usual order.
pub(crate) static STEPS: [Step; 11] = [
    Step {
        name: "spawn",
        about: "--actors are spawned inside the machine on all cores, are all alive at once, and are ended by\n\
                dropping their references. Timed: both (\"create\", \"end\"); an operation is an actor.",
        bytes: |actors| actors * ACTOR_BYTES,
        run: population::spawn,
    },
    Step {
        name: "message_all",
        about: "each of --actors gets one message, sent inside the machine on all cores. Timed: from the first\n\
                send to the last message handled; the creation before it is not.",
        bytes: |actors| actors * ACTOR_BYTES,
        run: population::message_all,
    },
    Step {
        name: "pingpong_async",
        about: "two actors send each other a ball, ten times as often as --actors. An operation is a message.",
        bytes: |_| 0,
        run: pingpong::one_way,
    },
    Step {
        name: "pingpong_sync",
        about: "one actor calls another, ten times as often as --actors. An operation is a call and its reply.",
        bytes: |_| 0,
        run: pingpong::sync,
    },
    Step {
        name: "ring_1k",
        about: "a token goes around a ring of 1,000 actors, five hops for each of --actors, up to 5,000 laps.\n\
                Timed: the laps; an operation is a hop. Then every actor is asked how often it had the token.",
        bytes: |_| 0,
        run: |stage| ring::run(stage, 1_000),
    },
    Step {
        name: "ring_100k",
        about: "the same, up to 50 laps around 100,000.",
        bytes: |_| 100_000 * ACTOR_BYTES,
        run: |stage| ring::run(stage, 100_000),
    },
    Step {
        name: "ring_1m",
        about: "the same, up to 5 laps around 1,000,000.",
        bytes: |_| 1_000_000 * ACTOR_BYTES,
        run: |stage| ring::run(stage, 1_000_000),
    },
    Step {
        name: "skynet",
        about: "an actor spawns ten, each of them ten, down to 1,000,000 leaves, which send their numbers up to\n\
                be added. Timed: all of it, ends included; an operation is one of the 1,111,111 actors.",
        bytes: |_| 0,
        run: skynet::run,
    },
    Step {
        name: "idle_memory",
        about: "--actors with 8 bytes of state handle one call each and rest. bytes/actor is all in: cell, state,\n\
                allocator, and the reference that keeps it. Timed: creation with the call.",
        bytes: |actors| actors * ACTOR_BYTES,
        run: population::idle_memory,
    },
    Step {
        name: "suspended_100k",
        about: "100,000 actors call one that does not answer until all of them are suspended in that call.\n\
                bytes/actor is at that moment, all in: stack, page table, call, actor. Timed: suspending and\n\
                resuming; an operation is such a call.",
        bytes: |_| 100_000 * SUSPENDED_BYTES,
        run: |stage| suspended::run(stage, 100_000),
    },
    Step {
        name: "suspended_1m",
        about: "the same with 1,000,000.",
        bytes: |_| 1_000_000 * SUSPENDED_BYTES,
        run: |stage| suspended::run(stage, 1_000_000),
    },
];
