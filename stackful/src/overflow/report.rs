//! The last words of a process that ran into a red guard.
//!
//! Written from a signal handler, so without allocation, locks or buffered streams.

use core::fmt::{self, Write};
use core::sync::atomic::{AtomicPtr, Ordering};

use crate::StackSize;
use crate::layout::SlabKind;

/// Says, in a signal handler, what runs on this thread. See [`set_describer`].
type Describer = fn(&mut dyn Write, Option<StackSize>);

static DESCRIBER: AtomicPtr<()> = AtomicPtr::new(core::ptr::null_mut());

/// Sets who adds to the message: what was running, and which option gives it a larger stack than the one that it is given
/// the size of, or than a [`BigStack`](crate::BigStack) if it is given none.
///
/// `describe` runs in a signal handler, on the thread that overflowed, right before the process
/// aborts: it has to be async-signal-safe, so it may read plain memory and format it, and must not
/// allocate or lock. It applies to the whole process, and the last one set counts.
pub fn set_describer(describe: Describer) {
    // ORDERING: Release pairs with the Acquire in `abort`: what the setter prepared comes first.
    DESCRIBER.store(describe as *mut (), Ordering::Release);
}

/// Writes the message and ends the process.
pub(super) fn abort(kind: SlabKind, address: usize) -> ! {
    let mut out = StandardError;
    let layout = kind.layout();
    let usable = layout.usable / 1024;
    // A message that cannot be written must not keep us from aborting.
    let _ = match kind {
        SlabKind::Sized(_) => {
            let yellow = layout.yellow / 1024;
            writeln!(
                out,
                "\nfatal: a coroutine overflowed its stack of {usable} KiB and the {yellow} KiB of yellow zone \
                 below it (at {address:#x})"
            )
        }
        SlabKind::Big => writeln!(out, "\nfatal: a big stack of {usable} KiB overflowed (at {address:#x})"),
    };
    finish(out, kind)
}

/// As [`abort`], for a process that has no place for a signal.
pub(super) fn abort_for_signal(kind: SlabKind) -> ! {
    let mut out = StandardError;
    let _ = writeln!(
        out,
        "\nfatal: a signal found no room on a coroutine's stack, which is nearly used up; its handler needs SA_ONSTACK"
    );
    finish(out, kind)
}

/// Says what runs, and ends the process.
fn finish(mut out: StandardError, kind: SlabKind) -> ! {
    // ORDERING: Acquire pairs with the Release in `set_describer`.
    let describer = DESCRIBER.load(Ordering::Acquire);
    if describer.is_null() {
        let _ = writeln!(out, "take a larger stack for it, or run the deep part of it on a big one");
    } else {
        // SAFETY: the pointer is not null, so `set_describer` made it from such a function.
        let describe = unsafe { core::mem::transmute::<*mut (), Describer>(describer) };
        let stack = match kind {
            SlabKind::Sized(size) => Some(size),
            SlabKind::Big => None,
        };
        describe(&mut out, stack);
        let _ = out.write_str("\n");
    }
    // SAFETY: `abort` may be called from a signal handler.
    unsafe { libc::abort() }
}

/// Descriptor 2, unbuffered.
struct StandardError;

impl Write for StandardError {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut rest = text.as_bytes();
        while !rest.is_empty() {
            // SAFETY: writes from a slice of ours, of this length.
            let written = unsafe { libc::write(libc::STDERR_FILENO, rest.as_ptr().cast(), rest.len()) };
            match usize::try_from(written) {
                Ok(written) if written > 0 => rest = &rest[written..],
                _ => return Err(fmt::Error),
            }
        }
        Ok(())
    }
}
