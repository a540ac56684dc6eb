//! All slabs of the process, for a signal handler that asks whose an address is.
//!
//! Lock-free, and all that a lookup needs is in one word an entry: so a handler never sees half
//! of an entry, and never follows a pointer to something that is being freed. A lookup walks all
//! entries; it happens once an overflow.
//!
//! ```text
//! entry: | start of the slab (a multiple of 4096) | 8: mprotect | 7..3: log2 bytes - 12 | 2..0: kind |
//! ```

use core::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

use crate::guard::Mechanism;
use crate::layout::{PAGE, Place, SlabKind, Zone};

/// Entries of a block; blocks are added by need, and never taken away.
const ENTRIES: usize = 255;

struct Block {
    /// Zero is a free entry.
    entries: [AtomicUsize; ENTRIES],
    next: AtomicPtr<Block>,
}

impl Block {
    const fn new() -> Self {
        Self {
            entries: [const { AtomicUsize::new(0) }; ENTRIES],
            next: AtomicPtr::new(core::ptr::null_mut()),
        }
    }

    /// The block behind this one. Async-signal-safe.
    fn next(&self) -> Option<&'static Self> {
        // ORDERING: Acquire pairs with the Release in `next_or_new`: the zeroed entries come first.
        let next = self.next.load(Ordering::Acquire);
        // SAFETY: a block that was linked is never freed.
        unsafe { next.as_ref() }
    }

    fn next_or_new(&self) -> &'static Self {
        if let Some(next) = self.next() {
            return next;
        }
        let new = Box::into_raw(Box::new(Self::new()));
        // ORDERING: Release publishes the zeroed entries to `next`; Acquire sees those of a block
        // that another thread was quicker to link.
        let linked =
            self.next.compare_exchange(core::ptr::null_mut(), new, Ordering::Release, Ordering::Acquire);
        match linked {
            // SAFETY: the block was just made and is from now on never freed.
            Ok(_) => unsafe { &*new },
            Err(other) => {
                // SAFETY: the block was made above and nobody else has seen it.
                drop(unsafe { Box::from_raw(new) });
                // SAFETY: a block that was linked is never freed.
                unsafe { &*other }
            }
        }
    }
}

static FIRST: Block = Block::new();

/// A slab's entry, to be cleared before the slab is unmapped.
#[derive(Debug)]
pub(crate) struct Registration(&'static AtomicUsize);

impl Registration {
    pub(crate) fn clear(&self) {
        // ORDERING: Relaxed: only faults on this very slab care, and nobody runs on it any more.
        self.0.store(0, Ordering::Relaxed);
    }
}

/// Makes a slab known to the handler.
pub(crate) fn register(start: usize, bytes: usize, kind: SlabKind, mechanism: Mechanism) -> Registration {
    debug_assert!(bytes.is_power_of_two() && start.is_multiple_of(PAGE));
    let mprotect = usize::from(matches!(mechanism, Mechanism::Mprotect { .. }));
    let order = (bytes.trailing_zeros() - PAGE.trailing_zeros()) as usize;
    let entry = start | mprotect << 8 | order << 3 | kind.code();
    let mut block = &FIRST;
    loop {
        for slot in &block.entries {
            // ORDERING: Relaxed: the entry is whole in itself, and a thread that runs on a stack of
            // this slab got the stack from here, by a hand-over that orders this before.
            if slot.compare_exchange(0, entry, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
                return Registration(slot);
            }
        }
        block = block.next_or_new();
    }
}

/// A stack that an address lies in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found {
    pub(crate) kind: SlabKind,
    pub(crate) mechanism: Mechanism,
    pub(crate) place: Place,
    pub(crate) zone: Zone,
}

/// Whose an address is. Async-signal-safe.
pub(crate) fn find(address: usize) -> Option<Found> {
    let mut block = Some(&FIRST);
    while let Some(here) = block {
        for slot in &here.entries {
            // ORDERING: Relaxed, as in `register`.
            let entry = slot.load(Ordering::Relaxed);
            if entry != 0
                && let Some(found) = decode(entry, address)
            {
                return Some(found);
            }
        }
        block = here.next();
    }
    None
}

fn decode(entry: usize, address: usize) -> Option<Found> {
    let start = entry & !(PAGE - 1);
    let bytes = PAGE << (entry >> 3 & 31);
    let kind = SlabKind::from_code(entry & 7);
    let layout = kind.layout();
    let offset = address.checked_sub(start).filter(|&offset| offset < bytes)?;
    let (index, zone) = layout.zone(offset);
    // The margin matters only where mappings are made, and opening a guard makes none.
    let mechanism = if entry >> 8 & 1 == 1 { Mechanism::Mprotect { margin: 0 } } else { Mechanism::Madvise };
    Some(Found { kind, mechanism, place: layout.place(start, index), zone })
}

#[cfg(test)]
mod tests {
    use super::{ENTRIES, find, register};
    use crate::StackSize;
    use crate::guard::Mechanism;
    use crate::layout::{PAGE, SlabKind, Zone};

    /// Far above what a process can map, so that other tests' slabs are not in the way.
    const NOWHERE: usize = 1 << 60;

    #[test]
    fn an_address_is_found_in_its_slab_and_not_beside_it() {
        let kind = SlabKind::Sized(StackSize::KIB_256);
        let entry = register(NOWHERE, 4 << 20, kind, Mechanism::Mprotect { margin: 7 });
        let found = find(NOWHERE + kind.layout().stride() + kind.layout().red).unwrap();
        assert_eq!((found.kind, found.zone), (kind, Zone::Yellow));
        assert_eq!(found.place, kind.layout().place(NOWHERE, 1));
        assert!(matches!(found.mechanism, Mechanism::Mprotect { .. }));
        assert!(find(NOWHERE - 1).is_none());
        assert!(find(NOWHERE + (4 << 20)).is_none());
        entry.clear();
        assert!(find(NOWHERE).is_none());
    }

    #[test]
    fn more_slabs_than_a_block_holds_are_all_found_from_several_threads() {
        let threads: Vec<_> = (1..5)
            .map(|thread| {
                std::thread::spawn(move || {
                    let area = NOWHERE + (thread << 40);
                    let entries: Vec<_> = (0..ENTRIES)
                        .map(|slab| {
                            let start = area + slab * PAGE * 16;
                            register(start, 16 * PAGE, SlabKind::Big, Mechanism::Madvise)
                        })
                        .collect();
                    for slab in 0..ENTRIES {
                        let found = find(area + slab * PAGE * 16 + 1).expect("registered above");
                        assert_eq!(found.place.limit, area + slab * PAGE * 16);
                    }
                    entries.iter().for_each(super::Registration::clear);
                })
            })
            .collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    }
}
