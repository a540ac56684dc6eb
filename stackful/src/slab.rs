//! A slab: one large mapping that is carved into stacks of one size.
//!
//! It is shared by the pool that made it and by every stack carved from it, and unmapped when
//! the last of them is gone. So a stack that is dropped instead of put back costs its place
//! until then, and never dangles.

use std::sync::Arc;

use crate::guard::{self, Mechanism};
use crate::layout::{PAGE, SlabKind};
use crate::overflow::registry;
use crate::stack::Stack;
use crate::{GuardKind, StackError, memory};

/// The largest slab: less than this is refused by few kernels.
pub(crate) const LARGEST: usize = 1 << 30;

/// Address space that is left to the rest of the process: where stacks took the last of it, callers would not hear that
/// there is none, for the next small allocation would abort the process.
const HEADROOM: usize = 16 << 20;

/// One mapping, registered with the overflow handler for as long as it lives.
#[derive(Debug)]
pub(crate) struct Slab {
    start: usize,
    bytes: usize,
    kind: SlabKind,
    mechanism: Mechanism,
    registration: registry::Registration,
}

impl Slab {
    /// Maps a slab of a power of two bytes; half as many, and so on, where the kernel refuses.
    pub(crate) fn new(kind: SlabKind, bytes: usize, guard: GuardKind) -> Result<Arc<Self>, StackError> {
        if memory::page_bytes() != PAGE {
            return Err(StackError::PageSize { bytes: memory::page_bytes() });
        }
        let least = kind.layout().stride().next_power_of_two();
        let mut bytes = bytes.min(LARGEST).next_power_of_two().max(least);
        let start = loop {
            match memory::reserve_beside(HEADROOM, bytes) {
                Ok(start) => break start,
                Err(_) if bytes > least => bytes /= 2,
                Err(source) => return Err(StackError::Map { bytes, source }),
            }
        };
        // SAFETY: the slab was mapped above and is not carved yet.
        let mechanism = unsafe { Mechanism::choose(guard, start) };
        let registration = registry::register(start, bytes, kind, mechanism);
        Ok(Arc::new(Self { start, bytes, kind, mechanism, registration }))
    }

    /// Guards stack `index` and hands it out.
    ///
    /// # Safety
    ///
    /// `index` is below [`capacity`](Self::capacity) and was not carved successfully before.
    pub(crate) unsafe fn carve(self: &Arc<Self>, index: usize) -> Result<Stack, StackError> {
        debug_assert!(index < self.capacity());
        let layout = self.kind.layout();
        let place = layout.place(self.start, index);
        // SAFETY: the range is in this slab, and nobody has this stack yet.
        unsafe { self.mechanism.install(place.limit, layout.red + layout.yellow) }?;
        // SAFETY: the place is in this slab, guarded, and nobody else's by the caller's word.
        Ok(unsafe { Stack::new(Arc::clone(self), place) })
    }

    /// How many stacks fit.
    pub(crate) fn capacity(&self) -> usize {
        self.bytes / self.kind.layout().stride()
    }

    /// Bytes of address space.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn kind(&self) -> SlabKind {
        self.kind
    }

    pub(crate) fn mechanism(&self) -> Mechanism {
        self.mechanism
    }
}

impl Drop for Slab {
    fn drop(&mut self) {
        // First out of the registry: the address range may be somebody else's right after.
        self.registration.clear();
        // SAFETY: the mapping is this slab's own, and no stack of it is left, for each holds it.
        unsafe { memory::release(self.start, self.bytes) };
        if let Mechanism::Mprotect { .. } = self.mechanism {
            guard::mappings_have_gone();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Slab;
    use crate::layout::SlabKind;
    use crate::overflow::registry;
    use crate::{GuardKind, StackSize};

    #[test]
    fn a_slab_is_known_to_the_handler_exactly_as_long_as_it_is_mapped() {
        let kind = SlabKind::Sized(StackSize::KIB_64);
        let slab = Slab::new(kind, 1 << 20, GuardKind::Auto).unwrap();
        let start = slab.start;
        assert_eq!(registry::find(start).map(|found| found.place.limit), Some(start));
        drop(slab);
        assert!(registry::find(start).is_none());
    }
}
