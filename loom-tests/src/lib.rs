//! Model checks of every lock-free file of Greenroom, by loom.
//!
//! Nothing here is a copy: the production files are mounted by their path. They import their atomics from
//! `super::sync`, which in their own crate is the real ones and here is one made of loom's, so the
//! production code holds no switch for the checker and a switch can not be set wrongly.
//!
//! | file        | what it is                                                                      |
//! |-------------|---------------------------------------------------------------------------------|
//! | `sync`      | the atomics of the mounted files                                                |
//! | `explore`   | how a model is run, and stand-ins for data and memory that a protocol protects  |
//! | `models`    | the models, each file with canaries: broken models, which must fail             |
//! | `weakening` | runs all models with one ordering at a time made weaker: some model must fail   |
//!
//! `make loom` explores every model in full; `LOOM_BOUND=quick` bounds the preemptions.

// All of it is tests: a plain build compiles an empty crate.
#![cfg(test)]

mod explore;
mod models;
mod sync;
mod weakening;

#[path = "../../vm/src/aside.rs"]
#[allow(dead_code)]
mod aside;
#[path = "../../vm/src/count.rs"]
#[allow(dead_code)]
mod count;
#[path = "../../vm/src/hold.rs"]
#[allow(dead_code)]
mod hold;
#[path = "../../vm/src/mailbox.rs"]
#[allow(dead_code)]
mod mailbox;
#[path = "../../scheduler/src/next_slot.rs"]
#[allow(dead_code)]
mod next_slot;
#[path = "../../vm/src/nodes.rs"]
#[allow(dead_code)]
mod nodes;
#[path = "../../vm/src/progress.rs"]
#[allow(dead_code)]
mod progress;
#[path = "../../scheduler/src/relief.rs"]
#[allow(dead_code)]
mod relief;
#[path = "../../scheduler/src/resume_list.rs"]
#[allow(dead_code, unreachable_pub)]
mod resume_list;
#[path = "../../scheduler/src/sleep.rs"]
#[allow(dead_code)]
mod sleep;
#[path = "../../vm/src/slot.rs"]
#[allow(dead_code)]
mod slot;
