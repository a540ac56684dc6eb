//! The stack that a thread's signal handlers run on, for its own may be the one that overflowed.

use core::marker::PhantomData;
use std::io;

use crate::layout::PAGE;
use crate::{StackError, memory};

/// Bytes for handlers: the kernel's frame takes up to 11 of them with the widest registers, and
/// the handler of whoever we pass a fault on to may want to print a backtrace.
const BYTES: usize = 64 << 10;

/// Bytes of guard below.
const GUARD: usize = 4 * PAGE;

/// This thread's alternate signal stack of 64 KiB with a guard, until it is dropped; then the one
/// before is in place again. It stays on its thread.
///
/// ```compile_fail
/// fn is_send<T: Send>() {}
/// is_send::<greenroom_stackful::overflow::AlternateStack>();
/// ```
#[derive(Debug)]
pub struct AlternateStack {
    start: usize,
    previous: Previous,
    stays_on_its_thread: PhantomData<*mut ()>,
}

impl AlternateStack {
    /// Makes one and sets it for the calling thread.
    ///
    /// # Errors
    ///
    /// When the kernel refuses memory, or the thread is just running on an alternate stack.
    pub fn for_this_thread() -> Result<Self, StackError> {
        let start = memory::reserve(GUARD + BYTES).map_err(StackError::AlternateStack)?;
        // SAFETY: the range was mapped above and nobody uses it yet.
        let guarded = unsafe { memory::protect(start, GUARD, false) };
        match guarded.and_then(|()| set(start + GUARD, BYTES, 0)) {
            Ok(previous) => {
                let previous = Previous(previous);
                Ok(Self { start, previous, stays_on_its_thread: PhantomData })
            }
            Err(error) => {
                // SAFETY: it was mapped above and was not set.
                unsafe { memory::release(start, GUARD + BYTES) };
                Err(StackError::AlternateStack(error))
            }
        }
    }
}

impl Drop for AlternateStack {
    fn drop(&mut self) {
        let Previous(previous) = self.previous;
        let is_ours = current().is_ok_and(|now| now.ss_sp.addr() == self.start + GUARD);
        // Somebody may have set another one over ours: then that one stays.
        if is_ours && set(previous.ss_sp.expose_provenance(), previous.ss_size, previous.ss_flags).is_err() {
            // A handler is running on it. It can only be given up, not given back.
            return;
        }
        // SAFETY: the mapping is our own, and no longer set for this thread, the only one it was.
        unsafe { memory::release(self.start, GUARD + BYTES) };
    }
}

/// A `stack_t` that can be shown.
#[derive(Clone, Copy)]
struct Previous(libc::stack_t);

impl core::fmt::Debug for Previous {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(out, "{} bytes at {:p}", self.0.ss_size, self.0.ss_sp)
    }
}

/// Sets the alternate stack of this thread and returns the one before.
fn set(start: usize, bytes: usize, flags: libc::c_int) -> io::Result<libc::stack_t> {
    let start = core::ptr::with_exposed_provenance_mut(start);
    let new = libc::stack_t { ss_sp: start, ss_flags: flags & libc::SS_DISABLE, ss_size: bytes };
    change(&raw const new)
}

fn current() -> io::Result<libc::stack_t> {
    change(core::ptr::null())
}

fn change(new: *const libc::stack_t) -> io::Result<libc::stack_t> {
    let mut previous = libc::stack_t { ss_sp: core::ptr::null_mut(), ss_flags: 0, ss_size: 0 };
    // SAFETY: `new` is null or a valid description of a stack that stays mapped while it is set.
    let status = unsafe { libc::sigaltstack(new, &raw mut previous) };
    if status == 0 { Ok(previous) } else { Err(io::Error::last_os_error()) }
}
