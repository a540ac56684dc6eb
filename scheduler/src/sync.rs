//! The atomics and the lock of the lock-free files, under one name.
//!
//! `resume_list`, `next_slot`, `sleep` and `relief` import these from `super::sync` only, so a model checker
//! can mount the same files beside a `sync` of its own, and production code holds no switch for it.

pub(crate) use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, AtomicUsize, Ordering, fence};

pub(crate) use parking_lot::Mutex;
