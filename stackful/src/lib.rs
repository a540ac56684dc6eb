//! Guarded stacks in slabs, and coroutines that are reused on them.
//!
//! It knows no actor and no scheduler. What it promises, and what is absent:
//!
//! - No stack is without a guard, and none is ever abandoned with live frames on it.
//! - A million stacks are a few dozen mappings: guards are marks in the page tables
//!   (`MADV_GUARD_INSTALL`, Linux 6.13). Older kernels get as many as `vm.max_map_count` allows,
//!   and then a clear error.
//! - Nothing is shared between the pools of two workers, and nothing here blocks or allocates on
//!   the way from one activation to the next.
//! - Coroutines never change thread.
//! - Linux on `x86_64`; `aarch64` compiles and is not tested.
//!
//! | file         | what                                                                  |
//! |--------------|-----------------------------------------------------------------------|
//! | `size`       | the size classes                                                      |
//! | `layout`     | where the zones of a stack lie: arithmetic                            |
//! | `memory`     | the system calls on address space                                     |
//! | `guard`      | the two ways to guard, and the limit of the second                    |
//! | `slab`       | a mapping that is carved into stacks                                  |
//! | `stack`      | one stack: its header, peak, trimming, re-arming                      |
//! | `pool`       | the stacks of a worker                                                |
//! | `coroutine`  | corosensei on these stacks, with a word in and a word out             |
//! | `big_stack`  | 8 MiB for panic hooks, backtraces and foreign code                    |
//! | `overflow`   | the signal handler: yellow zone, red guard, everything else           |
//! | `arch`       | the stack pointer, one file for each processor                        |

#![deny(unsafe_op_in_unsafe_fn)]

#[cfg(not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))))]
compile_error!("greenroom-stackful needs Linux on x86_64 or aarch64");

#[cfg_attr(target_arch = "x86_64", path = "arch/x86_64.rs")]
#[cfg_attr(target_arch = "aarch64", path = "arch/aarch64.rs")]
mod arch;
mod big_stack;
mod coroutine;
mod error;
mod guard;
mod layout;
mod memory;
pub mod overflow;
mod pool;
mod size;
mod slab;
mod stack;

pub use big_stack::BigStack;
pub use coroutine::{Coroutine, Suspender};
pub use error::StackError;
pub use guard::GuardKind;
pub use pool::{PoolOptions, PoolStats, StackPool};
pub use size::StackSize;
pub use stack::Stack;
