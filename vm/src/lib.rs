//! Greenroom: a multi-core actor VM, embedded as a library.
//!
//! One scheduler thread a core; actors are plain objects that handle messages one at a time; a call suspends only
//! the handler that makes it; an actor at rest has no stack, is in no queue, and costs its state and 56 bytes.
//!
//! What holds throughout, and what is absent:
//! - A handler begins and ends on one thread: what lies on its stack may be `!Send`.
//! - Actors move between cores only between messages.
//! - No actor owns a stack: stacks belong to workers, and a handler keeps one only while it is suspended.
//! - Nothing here polls: an idle machine does not wake.
//!
//! A message's way, by file: `refs` → `call` packs an `envelope` and pushes it into a `mailbox` → the scheduler queues the
//! actor → a `worker`'s loop, on a `coroutine`, runs an `activation` → the reply goes into its slot (`reply`, `slot`) →
//! the `promise` wakes its caller.
//!
//! | room | files |
//! |---|---|
//! | what users write | `actor`, `refs`, `promise`, `process`, `inbox`, `vm`, `builder`, `inside`, `error`, `id` |
//! | what an actor is | `cell`, `handle`, `count`, `mailbox`, `envelope`, `registry`, `memory` |
//! | how a message is handled | `call`, `activation`, `reader`, `reply`, `slot`, `panics` |
//! | how a handler waits | `coroutine`, `errand`, `wait`, `here`, `worker`, `pool`, `blocking` |
//! | the machine | `core`, `dedicated`, `simulated`, `log`, `describe` |

mod activation;
mod actor;
mod blocking;
mod builder;
mod call;
mod cell;
mod core;
mod coroutine;
mod count;
mod dedicated;
mod describe;
mod envelope;
mod errand;
mod error;
mod handle;
mod here;
mod id;
mod inbox;
mod inside;
mod log;
mod mailbox;
mod memory;
mod panics;
mod pool;
mod process;
mod promise;
mod reader;
mod refs;
mod registry;
mod reply;
mod simulated;
mod slot;
mod sync;
mod vm;
mod wait;
mod worker;

pub use greenroom_scheduler::Snapshot;
pub use greenroom_stackful::{GuardKind, PoolOptions, StackSize};

pub use crate::actor::{Actor, Handler, Message, Priority};
pub use crate::blocking::blocking;
pub use crate::builder::{Builder, World};
pub use crate::error::{
    BuildError, CallError, Error, ExitReason, PanicReport, Result, SendError, SpawnError,
};
pub use crate::id::ActorId;
pub use crate::inbox::{Inbox, RecvError};
pub use crate::inside::{
    current_actor, current_worker, exit, me, on_big_stack, process, spawn, spawn_dedicated, stop,
};
pub use crate::log::Event;
pub use crate::process::ProcessRef;
pub use crate::promise::Promise;
pub use crate::refs::{Ref, WeakRef};
pub use crate::vm::{Vm, launch, serve_forever};
pub use crate::wait::{sleep, yield_now};

/// What most programs use.
pub mod prelude {
    pub use crate::{
        Actor, CallError, Handler, Inbox, Message, ProcessRef, Promise, Ref, Vm, WeakRef, current_worker, me,
        process, sleep, spawn, stop, yield_now,
    };
}

/// The README's example compiles and runs as it stands there.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
