//! Control messages: the signals that end their receiver, or that it heeds otherwise, each in an envelope of its own.

use std::alloc::Layout;
use std::mem::ManuallyDrop;
use std::ptr::NonNull;

use crate::coroutine::Coroutine;
use crate::crossing;
use crate::envelope::{Contents, Envelope, Kind};
use crate::error::CallError;
use crate::links::ExitSignal;
use crate::memory;
use crate::ties::{self, Heeded};

/// Ends its receiver when it is reached, or is heeded otherwise: what was sent before it is handled before. If it ends
/// the receiver, what comes after is refused.
#[repr(C)]
pub(crate) struct Control {
    head: Envelope,
    pub(crate) signal: ManuallyDrop<ExitSignal>,
}

impl Control {
    pub(crate) fn pack(signal: ExitSignal) -> NonNull<Envelope> {
        unsafe fn run(envelope: NonNull<Envelope>, state: *mut (), coroutine: &Coroutine) {
            // SAFETY: this function stands in the contents of `Control` alone, and runs once.
            let signal = unsafe { Control::unpack(envelope) };
            let actor = coroutine.actor().expect("a handler runs here");
            match ties::heed_exit(actor, signal) {
                Heeded::Void => {}
                Heeded::Ends(reason) => coroutine.set_exit(reason),
                // SAFETY: the runner holds the right to run the receiver, whose state this is, and which set the trap.
                Heeded::Trapped(trap, exit) => unsafe { trap(exit, state, coroutine) },
            }
        }
        unsafe fn refuse(envelope: NonNull<Envelope>, _error: &CallError) {
            // SAFETY: as above; refused once.
            drop(unsafe { Control::unpack(envelope) });
        }
        static CONTENTS: Contents = Contents {
            kind: Kind::Control,
            name: || "exit",
            run,
            refuse,
            cross: crossing::cross_control,
            layout: Layout::new::<Control>(),
        };
        memory::place(Control { head: Envelope::new(&CONTENTS), signal: ManuallyDrop::new(signal) }).cast()
    }

    /// # Safety
    /// The envelope is a `Control` that the caller popped, and is unpacked once.
    pub(crate) unsafe fn unpack(envelope: NonNull<Envelope>) -> ExitSignal {
        // SAFETY: the caller says that it is a `Control` of its own.
        let control = unsafe { envelope.cast::<Control>().as_mut() };
        // SAFETY: taken once.
        unsafe { ManuallyDrop::take(&mut control.signal) }
    }
}
