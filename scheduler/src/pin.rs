//! Pinning threads to cores of the process's affinity mask.

use core_affinity::CoreId;

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
