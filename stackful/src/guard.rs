//! The two ways to make a range of a slab fault when it is touched.
//!
//! | mechanism | needs            | mappings a stack | chosen                                   |
//! |-----------|------------------|------------------|------------------------------------------|
//! | madvise   | Linux 6.13       | 0                | when the slab's own first page accepts it |
//! | mprotect  | any Linux        | 2                | otherwise, or by option                   |
//!
//! Each slab asks for itself, because a process that locks its memory (`mlockall`) loses the
//! first way from then on. The number of mappings that a process may have is limited, and
//! `malloc` fails at the limit too, so the second way stops a margin before it: see
//! [`reserve_mappings`].

use std::io;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use crate::layout::PAGE;
use crate::{StackError, memory};

/// Mappings that are left to the rest of the process unless an option says otherwise.
const MARGIN: usize = 4096;

/// Mappings that one guarded stack adds in the second way: its guard, and the rest behind it.
const MAPPINGS_A_STACK: usize = 2;

/// How stacks are guarded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum GuardKind {
    /// By guards that need no mapping where the kernel has them (Linux 6.13), else by
    /// `mprotect`, as many as fit 4096 below `vm.max_map_count`.
    #[default]
    Auto,
    /// By `mprotect`, whatever the kernel can do.
    ForceMprotect {
        /// Mappings below `vm.max_map_count` that are left to the rest of the process.
        margin: usize,
    },
}

/// The way that one slab guards its stacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mechanism {
    Madvise,
    Mprotect { margin: usize },
}

impl Mechanism {
    /// Chooses for a slab that nobody uses yet and that starts at `start`.
    ///
    /// # Safety
    ///
    /// The first page of the slab is mapped, and unused.
    pub(crate) unsafe fn choose(kind: GuardKind, start: usize) -> Self {
        let margin = match kind {
            GuardKind::ForceMprotect { margin } => return Self::Mprotect { margin },
            GuardKind::Auto => MARGIN,
        };
        // The first page is part of the first stack's red guard, so the guard may stay.
        // SAFETY: the caller says that the page is mapped and unused.
        let accepted = unsafe { memory::install_guard(start, PAGE) };
        accepted.map_or(Self::Mprotect { margin }, |()| Self::Madvise)
    }

    /// Guards a range for the first time.
    ///
    /// # Safety
    ///
    /// The range belongs to a slab, and nobody needs what is written there.
    pub(crate) unsafe fn install(self, start: usize, bytes: usize) -> Result<(), StackError> {
        if let Self::Mprotect { margin } = self {
            reserve_mappings(margin)?;
        }
        // SAFETY: the caller's obligation.
        unsafe { self.close(start, bytes) }.map_err(StackError::Guard)
    }

    /// Guards a range again that was opened, and gives its memory back.
    ///
    /// # Safety
    ///
    /// As for [`install`](Self::install).
    pub(crate) unsafe fn close(self, start: usize, bytes: usize) -> io::Result<()> {
        match self {
            // SAFETY: the caller's obligation.
            Self::Madvise => unsafe { memory::install_guard(start, bytes) },
            Self::Mprotect { .. } => {
                // SAFETY: the caller says that nobody needs what is written there.
                unsafe { memory::discard(start, bytes) };
                // SAFETY: the caller's obligation.
                unsafe { memory::protect(start, bytes, false) }
            }
        }
    }

    /// Opens a guarded range. Async-signal-safe.
    ///
    /// # Safety
    ///
    /// The range belongs to a slab.
    pub(crate) unsafe fn open(self, start: usize, bytes: usize) -> io::Result<()> {
        match self {
            // SAFETY: the caller's obligation.
            Self::Madvise => unsafe { memory::remove_guard(start, bytes) },
            // SAFETY: the caller's obligation.
            Self::Mprotect { .. } => unsafe { memory::protect(start, bytes, true) },
        }
    }
}

/// What is known of the process's mappings, for all pools together.
struct Mappings {
    /// How many there were when they were last counted.
    counted: usize,
    /// How many were made here since.
    made: usize,
    /// `vm.max_map_count` when they were last counted.
    limit: usize,
    /// When that was. None: before some went, so that it is worth another time.
    at: Option<Instant>,
}

static MAPPINGS: Mutex<Mappings> = Mutex::new(Mappings { counted: 0, made: 0, limit: 0, at: None });

/// How long a count is good enough to refuse by.
const COUNT_HOLDS: Duration = Duration::from_millis(100);

/// Takes room for one more guarded stack, or says that there is none.
///
/// Counting takes milliseconds when there are many, so it is done again only when half of what was free may be gone, and
/// before anybody is refused, but then not more often than ten times a second: at the limit everybody asks.
fn reserve_mappings(margin: usize) -> Result<(), StackError> {
    let mut known = mappings();
    let fits = |known: &Mappings| known.counted + known.made + MAPPINGS_A_STACK + margin <= known.limit;
    let is_stale = known.made >= known.limit.saturating_sub(known.counted) / 2;
    let is_old = |known: &Mappings| known.at.is_none_or(|at| at.elapsed() >= COUNT_HOLDS);
    if (is_stale && fits(&known)) || (!fits(&known) && is_old(&known)) {
        let at = Some(Instant::now());
        *known = Mappings { counted: count_mappings(), made: 0, limit: mapping_limit(), at };
    }
    if !fits(&known) {
        let used = known.counted + known.made;
        return Err(StackError::TooManyMappings { used, limit: known.limit, margin });
    }
    known.made += MAPPINGS_A_STACK;
    Ok(())
}

/// A slab has gone, and with it the mappings of its guards.
pub(crate) fn mappings_have_gone() {
    mappings().at = None;
}

fn mappings() -> MutexGuard<'static, Mappings> {
    MAPPINGS.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn count_mappings() -> usize {
    std::fs::read("/proc/self/maps").map_or(0, |maps| maps.iter().filter(|&&byte| byte == b'\n').count())
}

fn mapping_limit() -> usize {
    /// What Linux starts with.
    const USUAL: usize = 65_530;
    let limit = std::fs::read_to_string("/proc/sys/vm/max_map_count");
    limit.ok().and_then(|limit| limit.trim().parse().ok()).unwrap_or(USUAL)
}
