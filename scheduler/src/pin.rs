//! Pinning threads to cores of the process's affinity mask, and freeing them from it: a thread that a pinned one starts is
//! pinned as that is.

use core_affinity::CoreId;
use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;

/// A core that this process may use.
pub(crate) type Core = CoreId;

/// The cores in the affinity mask of the calling thread, in order; none if the system does not say.
pub(crate) fn cores() -> Vec<Core> {
    core_affinity::get_core_ids().unwrap_or_default()
}

/// Pins the calling thread. False if the system refused.
pub(crate) fn pin(core: Core) -> bool {
    core_affinity::set_for_current(core)
}

/// The cores that some thread may use, to let others use them too.
#[derive(Debug)]
pub(crate) struct Mask(Option<CpuSet>);

/// The calling thread, in the system's words.
const SELF: Pid = Pid::from_raw(0);

impl Mask {
    /// The calling thread's. If the system does not say, it lets nobody go anywhere.
    pub(crate) fn current() -> Self {
        Mask(sched_getaffinity(SELF).ok())
    }

    /// Lets the calling thread use these cores. Where the system refuses it stays where it may be.
    pub(crate) fn adopt(&self) {
        if let Some(mask) = &self.0 {
            let _ = sched_setaffinity(SELF, mask);
        }
    }
}
