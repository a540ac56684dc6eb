//! The handlers that were there before ours, called as the kernel would have called them.
//!
//! | before        | a fault                                     | a signal that was sent      |
//! |---------------|---------------------------------------------|-----------------------------|
//! | default       | default again, and the instruction repeated | default again, and raised   |
//! | ignored       | as default: the kernel insists              | ignored                     |
//! | a handler     | called, with its mask                       | called, with its mask       |
//!
//! One thing cannot be kept: a handler that did not ask for the alternate stack gets it anyway.

use core::ffi::c_void;
use core::sync::atomic::{AtomicBool, Ordering};
use std::io;
use std::sync::OnceLock;

/// The signals that faults on memory raise. Linux raises the first for guards.
pub(super) const SIGNALS: [libc::c_int; 2] = [libc::SIGSEGV, libc::SIGBUS];

/// What was there before, for each of [`SIGNALS`]. Set before our handler is; read by it.
static PREVIOUS: [OnceLock<libc::sigaction>; 2] = [OnceLock::new(), OnceLock::new()];

/// A handler with `SA_RESETHAND` was called once and is the default now.
static SPENT: [AtomicBool; 2] = [AtomicBool::new(false), AtomicBool::new(false)];

/// Notes what is there now.
pub(super) fn remember(signal: libc::c_int) -> io::Result<()> {
    // SAFETY: all zeros is a valid `sigaction`.
    let mut action: libc::sigaction = unsafe { core::mem::zeroed() };
    // SAFETY: only asks, into a value of the right type.
    let status = unsafe { libc::sigaction(signal, core::ptr::null(), &raw mut action) };
    if status != 0 {
        return Err(io::Error::last_os_error());
    }
    PREVIOUS[slot(signal)].get_or_init(|| action);
    Ok(())
}

/// Lets the previous handler decide. Async-signal-safe if that one is.
///
/// # Safety
///
/// The arguments are those that the kernel gave to our handler for this signal.
pub(super) unsafe fn call_previous(
    signal: libc::c_int,
    info: *mut libc::siginfo_t,
    context: *mut c_void,
    is_fault: bool,
) {
    let previous = PREVIOUS[slot(signal)].get().expect("noted before our handler came into place");
    // ORDERING: Relaxed: a flag without cargo.
    let is_spent = SPENT[slot(signal)].load(Ordering::Relaxed);
    let handler = if is_spent { libc::SIG_DFL } else { previous.sa_sigaction };
    match handler {
        libc::SIG_IGN if !is_fault => {}
        libc::SIG_DFL | libc::SIG_IGN => {
            let errno = Errno::save();
            // SAFETY: the default action may be set at any time; the fault then repeats, and ends us.
            unsafe { libc::signal(signal, libc::SIG_DFL) };
            if !is_fault {
                // SAFETY: as above; it is not blocked, for our handler is not deferred.
                unsafe { libc::raise(signal) };
            }
            errno.restore();
        }
        _ => {
            if previous.sa_flags & libc::SA_RESETHAND != 0 {
                // ORDERING: Relaxed: a flag without cargo.
                SPENT[slot(signal)].store(true, Ordering::Relaxed);
            }
            let _mask = Masked::while_running(previous, signal);
            // SAFETY: it is a handler that somebody installed for this signal, with these arguments.
            unsafe { call(previous, signal, info, context) };
        }
    }
}

/// # Safety
///
/// `action` holds a handler, and the arguments are the kernel's for it.
unsafe fn call(
    action: &libc::sigaction,
    signal: libc::c_int,
    info: *mut libc::siginfo_t,
    context: *mut c_void,
) {
    type Plain = extern "C" fn(libc::c_int);
    type Informed = extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut c_void);
    let handler: *const () = core::ptr::with_exposed_provenance(action.sa_sigaction);
    if action.sa_flags & libc::SA_SIGINFO == 0 {
        // SAFETY: without this flag the address is that of a function of the signal alone.
        let handler = unsafe { core::mem::transmute::<*const (), Plain>(handler) };
        handler(signal);
    } else {
        // SAFETY: with this flag it is that of a function of all three.
        let handler = unsafe { core::mem::transmute::<*const (), Informed>(handler) };
        handler(signal, info, context);
    }
}

fn slot(signal: libc::c_int) -> usize {
    usize::from(signal != SIGNALS[0])
}

/// The signals that a handler wants blocked while it runs are blocked until this is dropped. A
/// handler that leaves by a jump has to care for its mask itself, as ever.
struct Masked {
    before: libc::sigset_t,
}

impl Masked {
    fn while_running(action: &libc::sigaction, signal: libc::c_int) -> Self {
        let mut wanted = action.sa_mask;
        if action.sa_flags & libc::SA_NODEFER == 0 {
            // SAFETY: `wanted` is a valid set of our own.
            unsafe { libc::sigaddset(&raw mut wanted, signal) };
        }
        // SAFETY: all zeros is a valid set.
        let mut before: libc::sigset_t = unsafe { core::mem::zeroed() };
        // SAFETY: both sets are valid and our own.
        unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, &raw const wanted, &raw mut before) };
        Self { before }
    }
}

impl Drop for Masked {
    fn drop(&mut self) {
        // SAFETY: the set was filled in by the same call.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const self.before, core::ptr::null_mut()) };
    }
}

/// The interrupted code may be about to read `errno`, so a handler puts it back.
pub(super) struct Errno {
    cell: *mut libc::c_int,
    value: libc::c_int,
}

impl Errno {
    pub(super) fn save() -> Self {
        // SAFETY: asks for this thread's own cell.
        let cell = unsafe { libc::__errno_location() };
        // SAFETY: the cell is valid for as long as the thread runs.
        let value = unsafe { cell.read() };
        Self { cell, value }
    }

    pub(super) fn restore(self) {
        // SAFETY: the cell is valid for as long as the thread runs.
        unsafe { self.cell.write(self.value) };
    }
}
