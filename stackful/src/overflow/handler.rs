//! The signal handler, and how it comes into place.
//!
//! Everything that [`handle`] calls is async-signal-safe: atomics, arithmetic and plain system
//! calls. It allocates nothing and takes no lock.

use core::ffi::c_void;
use core::sync::atomic::{AtomicU64, Ordering};
use std::io;
use std::sync::OnceLock;

use super::{chain, registry, report};
use crate::layout::Zone;
use crate::stack::Header;
use crate::{StackError, arch};

/// How far a frame may reach below the address that faulted and still be the one that overflowed.
/// Rust touches its frames page by page; C code may not.
const LARGEST_FRAME: usize = 1 << 20;

/// Bytes that a signal's frame takes with the widest registers, and some more.
const LARGEST_SIGNAL_FRAME: usize = 16 << 10;

static OVERFLOWS: AtomicU64 = AtomicU64::new(0);

/// Installs the handler for `SIGSEGV` and `SIGBUS`, once per process; later calls do nothing.
///
/// What is not an overflow of one of our stacks goes to the handler that was there before. It runs
/// on the alternate stack, also if it did not ask for one.
///
/// # Errors
///
/// When the kernel refuses.
pub fn install() -> Result<(), StackError> {
    static INSTALLED: OnceLock<Result<(), i32>> = OnceLock::new();
    let installed = INSTALLED.get_or_init(|| {
        let result = chain::SIGNALS.iter().try_for_each(|&signal| install_for(signal));
        result.map_err(|error| error.raw_os_error().unwrap_or(0))
    });
    installed.map_err(|errno| StackError::Handler(io::Error::from_raw_os_error(errno)))
}

/// How many times code of this process has gone into a yellow zone.
pub fn overflows() -> u64 {
    // ORDERING: Relaxed: a count without cargo.
    OVERFLOWS.load(Ordering::Relaxed)
}

fn install_for(signal: libc::c_int) -> io::Result<()> {
    // SAFETY: all zeros is a valid `sigaction`: the default action, without flags.
    let mut action: libc::sigaction = unsafe { core::mem::zeroed() };
    let handler: extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut c_void) = handle;
    action.sa_sigaction = handler as usize;
    // Not deferred: a fault inside the handler then reaches whoever is next, instead of hanging.
    action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_NODEFER;
    chain::remember(signal)?;
    // SAFETY: the handler is async-signal-safe, and finds all that it needs from here on.
    let status = unsafe { libc::sigaction(signal, &raw const action, core::ptr::null_mut()) };
    if status == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

extern "C" fn handle(signal: libc::c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    // SAFETY: the kernel calls this with its own valid `siginfo_t` and `ucontext_t`.
    let (address, is_fault) = unsafe { fault(info) };
    // SAFETY: as above.
    let stack_pointer = unsafe { arch::interrupted_stack_pointer(context) };
    if is_fault && opened(address, stack_pointer) {
        return;
    }
    // SAFETY: the kernel's own, as above.
    if unsafe { (*info).si_code } == libc::SI_KERNEL {
        abort_if_no_signal_fits(stack_pointer);
    }
    // SAFETY: the arguments are the kernel's own.
    unsafe { chain::call_previous(signal, info, context, is_fault) };
}

/// The address of a fault, and whether it is one: signals can also be sent.
///
/// # Safety
///
/// `info` came from the kernel.
unsafe fn fault(info: *mut libc::siginfo_t) -> (usize, bool) {
    // SAFETY: the caller's obligation.
    let info = unsafe { &*info };
    // SAFETY: both signals carry an address when the kernel raised them, and else some bits.
    let address = unsafe { info.si_addr() };
    (address.addr(), info.si_code > 0)
}

/// Whether the fault was a hit on a yellow zone, which is then open. Does not return from a hit on
/// a red guard.
fn opened(address: usize, stack_pointer: usize) -> bool {
    let Some(found) = registry::find(address) else { return false };
    let place = found.place;
    // A stray pointer from elsewhere is no overflow.
    let is_own = stack_pointer < place.base && stack_pointer.saturating_add(LARGEST_FRAME) >= address;
    if !is_own || found.zone == Zone::Usable {
        return false;
    }
    if found.zone == Zone::Yellow {
        let errno = chain::Errno::save();
        // SAFETY: the registry says that this is the yellow zone of a slab's stack.
        let result = unsafe { found.mechanism.open(place.yellow, place.usable - place.yellow) };
        errno.restore();
        if result.is_ok() {
            // SAFETY: the slab is mapped, for the interrupted code runs on this stack.
            unsafe { Header::at(place.base) }.mark(true);
            // ORDERING: Relaxed: a count without cargo.
            OVERFLOWS.fetch_add(1, Ordering::Relaxed);
            return true;
        }
    }
    report::abort(found.kind, address)
}

/// The kernel has no room for the frame of another signal, whose handler asked for no stack of its own: it drops that signal
/// and sends this one instead. Nobody could make that good; and one who returned would lose the handler of overflows.
fn abort_if_no_signal_fits(stack_pointer: usize) {
    if let Some(found) = registry::find(stack_pointer)
        && stack_pointer.saturating_sub(found.place.usable) < LARGEST_SIGNAL_FRAME
    {
        report::abort_for_signal(found.kind);
    }
}
