//! The two questions that only the AArch64 processor can answer: both are about the stack pointer.

use core::arch::asm;
use core::ffi::c_void;

/// The stack pointer of the caller's frame, or a little below it.
#[inline(always)]
pub(crate) fn stack_pointer() -> usize {
    let sp: usize;
    // SAFETY: copies one register into another; it neither reads nor writes memory or flags.
    unsafe { asm!("mov {}, sp", out(reg) sp, options(nomem, nostack, preserves_flags)) };
    sp
}

/// The stack pointer of the code that a signal interrupted.
///
/// # Safety
///
/// `context` is the third argument that the kernel gave to an `SA_SIGINFO` handler.
pub(crate) unsafe fn interrupted_stack_pointer(context: *mut c_void) -> usize {
    // SAFETY: the caller says that this is the kernel's `ucontext_t`, valid while the handler runs.
    let context = unsafe { &*context.cast::<libc::ucontext_t>() };
    context.uc_mcontext.sp as usize
}
