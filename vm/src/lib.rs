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
//! | what users write | `actor`, `capacity`, `refs`, `group`, `gather`, `quorum`, `timer`, `promise`, `shared`, `join`, `future`, `process`, `inbox`, `monitor`, `links`, `vm`, `builder`, `inside`, `names`, `error`, `id` |
//! | methods as messages | `method`, `abilities`, `mode`, `modes`, `group_modes`, `interface`, `ticks`, `parallel`, `me`, `lease`, `token`, `try_promise` |
//! | what an actor is | `cell`, `target`, `handle`, `count`, `mailbox`, `ring`, `nodes`, `aside`, `envelope`, `request`, `control`, `parcel`, `registry`, `attachments`, `id_map`, `bonds`, `ties`, `memory`, `queue_memory` |
//! | how a message is handled | `call`, `visit`, `room`, `line`, `chain`, `handling`, `notes`, `lifecycle`, `farewell`, `callback`, `activation`, `ending`, `order`, `reader`, `reply`, `slot`, `progress`, `bundle`, `expiry`, `queue`, `panics` |
//! | supervision | `supervisor`, `supervision`, `dynamic`, `child`, `child_spec`, `child_error`, `starting`, `restarts`, `tree`, `vacancy` |
//! | how a handler waits | `coroutine`, `errand`, `wait`, `waiters`, `hold`, `bound`, `deadlock`, `refusal`, `stopwatch`, `here`, `worker`, `pool`, `blocking` |
//! | the machine | `core`, `threads`, `turns`, `dedicated`, `directory`, `clock`, `timetable`, `simulated`, `hooks`, `describe` |
//! | simulated nodes | `environment`, `setting`, `ready`, `node`, `network`, `crossing`, `afloat`, `skew` |
//! | who is told | `incident`, `tally`, `subscribers`, `overload`, `traced`, `board`, `watch`, `trace` |

// What `#[actor]` writes names this crate.
extern crate self as greenroom;

mod abilities;
mod activation;
mod actor;
mod afloat;
mod aside;
mod attachments;
mod blocking;
mod board;
mod bonds;
mod bound;
mod builder;
mod bundle;
mod call;
mod callback;
mod capacity;
mod cell;
mod chain;
mod child;
mod child_error;
mod child_spec;
mod clock;
mod control;
mod core;
mod coroutine;
mod count;
mod crossing;
mod deadlock;
mod dedicated;
mod describe;
mod directory;
mod dynamic;
mod ending;
mod envelope;
mod environment;
mod errand;
mod error;
mod expiry;
mod farewell;
mod future;
mod gather;
mod group;
mod group_modes;
mod handle;
mod handling;
mod here;
mod hold;
mod hooks;
mod id;
mod id_map;
mod inbox;
mod incident;
mod inside;
mod interface;
mod join;
mod lease;
mod lifecycle;
mod line;
mod links;
mod mailbox;
mod me;
mod memory;
mod method;
mod mode;
mod modes;
mod monitor;
mod names;
mod network;
mod node;
mod nodes;
mod notes;
mod order;
mod overload;
mod panics;
mod parallel;
mod parcel;
mod pool;
mod process;
mod progress;
mod promise;
mod queue;
mod queue_memory;
mod quorum;
mod reader;
mod ready;
mod refs;
mod refusal;
mod registry;
mod reply;
mod request;
mod restarts;
mod ring;
mod room;
mod setting;
mod shared;
mod simulated;
mod skew;
mod slot;
mod starting;
mod stopwatch;
mod subscribers;
mod supervision;
mod supervisor;
mod sync;
mod tally;
mod target;
mod threads;
mod ticks;
mod ties;
mod timer;
mod timetable;
mod token;
pub mod trace;
#[cfg_attr(not(feature = "tracing"), path = "untraced.rs")]
mod traced;
mod tree;
mod try_promise;
mod turns;
mod vacancy;
mod visit;
mod vm;
mod wait;
mod waiters;
mod watch;
mod worker;

#[doc = include_str!("attribute.md")]
pub use greenroom_macros::actor;
pub use greenroom_scheduler::Snapshot;
pub use greenroom_stackful::{GuardKind, PoolOptions, StackSize};

pub use crate::actor::{Actor, Handler, Message, Priority};
pub use crate::blocking::blocking;
pub use crate::builder::{Builder, World};
pub use crate::capacity::{Capacity, Overload, QueueLimit, WhenFull};
pub use crate::child_error::ChildError;
pub use crate::child_spec::{ChildSpec, Restart, Shutdown, Supervised};
pub use crate::dynamic::DynamicSupervisor;
pub use crate::environment::{Crossing, Environment, NodeId, Passage, Ready, Route};
pub use crate::error::{
    BuildError, CallError, Error, ExitReason, PanicReport, Result, SendError, SpawnError,
};
pub use crate::future::block_on;
pub use crate::gather::{Gather, Replies};
pub use crate::group::Group;
pub use crate::id::{ActorId, MonitorId};
pub use crate::inbox::{Inbox, RecvError};
pub use crate::incident::Incident;
pub use crate::inside::{
    current_actor, current_worker, exit, incidents, me, on_big_stack, process, spawn, spawn_dedicated, stop,
    trace,
};
pub use crate::interface::{Active, IntoRef, Sees};
pub use crate::join::{join_all, join_all_within};
pub use crate::links::Exit;
pub use crate::me::Me;
pub use crate::mode::Fallible;
pub use crate::monitor::{Down, Monitor, Peer};
pub use crate::names::{
    NameError, Nameable, SpawnNamedError, lookup, lookup_process, register, spawn_named, unregister, whereis,
};
pub use crate::node::{current_node, lookup_on, lookup_process_on, now};
pub use crate::process::ProcessRef;
pub use crate::promise::Promise;
pub use crate::quorum::QuorumError;
pub use crate::refs::{Ref, WeakRef};
pub use crate::shared::SharedPromise;
pub use crate::supervisor::{AutoShutdown, Supervisor};
pub use crate::timer::Timer;
pub use crate::token::Reply;
pub use crate::tree::{ChildCounts, ChildInfo, ChildState, Tree};
pub use crate::try_promise::TryPromise;
pub use crate::vm::{Vm, launch, serve_forever};
pub use crate::wait::{MILLISECOND, SECOND, sleep, yield_now};

/// What `#[actor]` writes refers to these; they are no part of what users write, and change without notice.
#[doc(hidden)]
pub mod __private {
    pub use crate::abilities::{Abilities, Probe, Unable, show, show_all};
    pub use crate::interface::{
        Active, FromTarget, FurtherInterfacesAreImplementedWithoutTheActorAttribute, InterfaceProxy, IntoRef,
        Sees,
    };
    pub use crate::method::{Method, Named, delegated, exclusive};
    pub use crate::mode::{Carries, Fallible, Mode};
    pub use crate::modes::Plain;
    pub use crate::parallel::parallel;
}

/// What most programs use.
pub mod prelude {
    pub use crate::{
        Actor, CallError, Capacity, ExitReason, Group, Handler, Inbox, MILLISECOND, Me, Message, Priority,
        ProcessRef, Promise, Ref, Reply, SECOND, StackSize, Vm, WeakRef, WhenFull, actor, current_worker, me,
        process, sleep, spawn, stop, yield_now,
    };
}

/// The README's example compiles and runs as it stands there.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

/// So do those of the guide for people who come from PyActive.
#[cfg(doctest)]
#[doc = include_str!("../../docs/from-pyactive.md")]
struct FromPyActive;

/// And those of the guide for people who come from Erlang.
#[cfg(doctest)]
#[doc = include_str!("../../docs/from-erlang.md")]
struct FromErlang;
