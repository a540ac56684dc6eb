//! Where everything lies in a slab: pure arithmetic on addresses, the same for the pool and the
//! signal handler.
//!
//! It knows no memory: nothing here reads or writes through an address.
//!
//! ```text
//! low                                                              high
//! | red guard | yellow zone | usable bytes ...   <- grows | header |
//! ^ limit     ^ yellow      ^ usable                      ^ base   ^ top, the next one's limit
//! ```
//!
//! | zone   | before an overflow | after a hit                       |
//! |--------|--------------------|-----------------------------------|
//! | usable | readable, writable | same                              |
//! | yellow | guarded            | open until the stack is re-armed  |
//! | red    | guarded            | the process aborts                |
//!
//! # Why the distance between two stacks is an odd number of pages
//!
//! With a power of two the tops of all stacks fall into a few sets of the TLB. Measured by
//! `benches/layout.rs` (2026, 2 cores of an AMD EPYC, busy with other work; least and median of
//! the rounds): ns to resume one of many suspended coroutines in random order.
//!
//! | coroutines | 64 KiB apart | 96 KiB    | 92 KiB (chosen) | 92 KiB and 8 colours of 256 B |
//! |------------|--------------|-----------|-----------------|-------------------------------|
//! | 500        | 39 .. 41     |           | 21 .. 22        | 18 .. 25                      |
//! | 1,000      | 55 .. 67     | 56 .. 71  | 30 .. 35        | 32 .. 36                      |
//! | 2,000      | 68 .. 101    | 74 .. 120 | 63 .. 94        | 58 .. 104                     |
//! | 100,000    | 520 .. 677   | 534 .. 705| 502 .. 809      | 501 .. 889                    |
//!
//! *Colours* are bases that differ within the page, against the sets of the first-level cache.
//! On top of the odd distance they gain nothing that can be told from noise, in four variants, so
//! there are none.

use crate::StackSize;

/// Bytes of a page. Kernels with larger pages are refused when the first slab is made.
pub(crate) const PAGE: usize = 4096;

/// Bytes of the header above the base; a whole cache line.
pub(crate) const HEADER: usize = 64;

/// What a slab is carved into: one of the size classes, or a single [`BigStack`](crate::BigStack).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SlabKind {
    Sized(StackSize),
    Big,
}

impl SlabKind {
    /// Three bits, for the registry.
    pub(crate) const fn code(self) -> usize {
        match self {
            Self::Sized(size) => size.class(),
            Self::Big => StackSize::COUNT,
        }
    }

    pub(crate) fn from_code(code: usize) -> Self {
        StackSize::ALL.get(code).map_or(Self::Big, |&size| Self::Sized(size))
    }

    pub(crate) const fn layout(self) -> Layout {
        match self {
            // A panic's unwinding needs some 6 KiB, so this is the least that is of use.
            Self::Sized(StackSize::KIB_16) => {
                Layout { usable: StackSize::KIB_16.bytes(), yellow: 2 * PAGE, red: PAGE }
            }
            // C code has no stack probes, so one page of guard could be stepped over.
            Self::Sized(size) => Layout { usable: size.bytes(), yellow: 4 * PAGE, red: 3 * PAGE },
            // Nobody continues above this one: an overflow of it is the end.
            Self::Big => Layout { usable: BIG - 16 * PAGE, yellow: 0, red: 16 * PAGE },
        }
    }
}

/// Bytes of the mapping of a big stack.
pub(crate) const BIG: usize = 8 << 20;

/// Bytes of each part of a stack; all are multiples of a page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout {
    pub(crate) usable: usize,
    pub(crate) yellow: usize,
    pub(crate) red: usize,
}

/// What an address of a slab belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Zone {
    Red,
    Yellow,
    Usable,
}

/// The addresses of one stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Lowest address: start of the red guard.
    pub(crate) limit: usize,
    /// Start of the yellow zone.
    pub(crate) yellow: usize,
    /// Lowest address that is never guarded.
    pub(crate) usable: usize,
    /// Where the stack begins to grow downwards, and where its header is.
    pub(crate) base: usize,
    /// End of the highest page.
    pub(crate) top: usize,
}

impl Layout {
    /// Bytes from one stack's limit to the next one's.
    pub(crate) const fn stride(self) -> usize {
        self.red + self.yellow + self.usable
    }

    /// The addresses of stack `index` in a slab that starts at `start`.
    pub(crate) const fn place(self, start: usize, index: usize) -> Place {
        let limit = start + index * self.stride();
        let yellow = limit + self.red;
        let usable = yellow + self.yellow;
        let top = usable + self.usable;
        Place { limit, yellow, usable, base: top - HEADER, top }
    }

    /// The index of the stack, and the zone of it, `offset` bytes into a slab.
    pub(crate) const fn zone(self, offset: usize) -> (usize, Zone) {
        let within = offset % self.stride();
        let zone = if within < self.red {
            Zone::Red
        } else if within < self.red + self.yellow {
            Zone::Yellow
        } else {
            Zone::Usable
        };
        (offset / self.stride(), zone)
    }
}

const _: () = {
    let mut class = 0;
    while class < StackSize::COUNT {
        let layout = SlabKind::Sized(StackSize::ALL[class]).layout();
        assert!((layout.stride() / PAGE) % 2 == 1, "tops would share the sets of the TLB");
        assert!(layout.stride().is_multiple_of(PAGE));
        class += 1;
    }
};

#[cfg(test)]
mod tests {
    use super::{PAGE, SlabKind, Zone};
    use crate::StackSize;

    #[test]
    fn every_address_of_a_stack_is_in_the_zone_that_its_place_says() {
        for kind in StackSize::ALL.map(SlabKind::Sized).into_iter().chain([SlabKind::Big]) {
            let layout = kind.layout();
            for index in 0..20 {
                let place = layout.place(PAGE, index);
                assert_eq!(layout.zone(place.limit - PAGE), (index, Zone::Red));
                assert_eq!(layout.zone(place.yellow - 1 - PAGE), (index, Zone::Red));
                if layout.yellow > 0 {
                    assert_eq!(layout.zone(place.yellow - PAGE), (index, Zone::Yellow));
                    assert_eq!(layout.zone(place.usable - 1 - PAGE), (index, Zone::Yellow));
                }
                assert_eq!(layout.zone(place.usable - PAGE), (index, Zone::Usable));
                assert_eq!(layout.zone(place.top - 1 - PAGE), (index, Zone::Usable));
                assert_eq!(place.top, layout.place(PAGE, index + 1).limit);
            }
        }
    }

    #[test]
    fn a_kind_survives_its_code() {
        for kind in StackSize::ALL.map(SlabKind::Sized).into_iter().chain([SlabKind::Big]) {
            assert_eq!(SlabKind::from_code(kind.code()), kind);
        }
    }
}
