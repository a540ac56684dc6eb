//! A large stack for what a small one cannot hold: panic hooks, backtraces, foreign code.
//!
//! It is a mapping of its own, one for each worker, and not the worker's thread stack: workers
//! hand calls over by resuming one coroutine from another, so the stack that resumed a coroutine
//! may be a small one too.

use core::cell::Cell;

use crate::guard::GuardKind;
use crate::layout::{BIG, SlabKind};
use crate::slab::Slab;
use crate::stack::Bounds;
use crate::{Stack, StackError, arch};

/// A guarded stack of 8 MiB, of which only what is used has memory behind it.
///
/// An overflow of it ends the process, with a message.
#[derive(Debug)]
pub struct BigStack {
    stack: Stack,
    /// A closure of [`run`](Self::run) has begun on it and has not ended.
    busy: Cell<bool>,
}

impl BigStack {
    /// Maps one.
    ///
    /// # Errors
    ///
    /// When the kernel refuses address space or a guard.
    pub fn new() -> Result<Self, StackError> {
        let slab = Slab::new(SlabKind::Big, BIG, GuardKind::Auto)?;
        // SAFETY: the slab is new, and no second stack is carved from it.
        let stack = unsafe { slab.carve(0) }?;
        Ok(Self { stack, busy: Cell::new(false) })
    }

    /// Runs `f` on this stack and returns what it returns. A panic of `f` goes on in the caller.
    ///
    /// Called from a closure that already runs here, it just calls `f`. When the stack is taken by
    /// a coroutine that suspended on it, `f` gets another one, for this call only.
    ///
    /// # Panics
    ///
    /// When that other one cannot be mapped.
    pub fn run<R>(&self, f: impl FnOnce() -> R) -> R {
        if self.is_current() {
            return f();
        }
        if self.busy.get() {
            return Self::new().expect("a second big stack, for the first is in use").run(f);
        }
        let _busy = Busy::begin(&self.busy);
        // SAFETY: `busy` keeps everybody else away, and `self` outlives the call.
        let bounds = unsafe { Bounds::of(&self.stack) };
        corosensei::on_stack(bounds, f)
    }

    /// Whether the calling code runs on this stack.
    pub fn is_current(&self) -> bool {
        (self.stack.limit()..self.stack.base()).contains(&arch::stack_pointer())
    }

    /// The stack itself, to ask for its peak use.
    pub fn stack(&self) -> &Stack {
        &self.stack
    }
}

/// Sets a flag until it is dropped, also by a panic.
struct Busy<'a>(&'a Cell<bool>);

impl<'a> Busy<'a> {
    fn begin(flag: &'a Cell<bool>) -> Self {
        flag.set(true);
        Self(flag)
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.set(false);
    }
}
