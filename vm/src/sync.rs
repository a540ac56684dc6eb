//! The atomics that the lock-free leaves import.
//!
//! A leaf (`mailbox`, `nodes`, `aside`, `slot`, `count`, `hold`, `progress`) takes its atomics from `super::sync` alone, so that the model
//! checks can mount the very same file beside a `sync` of their own. No `cfg` tells the two apart.

pub(crate) use core::sync::atomic::{AtomicBool, AtomicPtr, AtomicU8, AtomicU32, Ordering, fence};

pub(crate) use core::hint::spin_loop;
