//! The system calls on address space, as functions of ranges.
//!
//! It knows no stacks. What is undefined about a range (that somebody still uses it) is the
//! caller's to rule out, so most of these are `unsafe`.

use std::io;

use crate::layout::PAGE;

/// Not yet in the `libc` crate's stable names for every target (Linux 6.13).
const MADV_GUARD_INSTALL: libc::c_int = 102;
const MADV_GUARD_REMOVE: libc::c_int = 103;

/// Bytes of a page of this kernel.
pub(crate) fn page_bytes() -> usize {
    // SAFETY: a query without arguments in memory.
    let bytes = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    usize::try_from(bytes).unwrap_or(0)
}

/// Reserves `bytes` of readable and writable address space, without huge pages, backed by memory
/// only where it is touched. Pointers into it may be made from plain addresses.
pub(crate) fn reserve(bytes: usize) -> io::Result<usize> {
    reserve_beside(0, bytes)
}

/// As [`reserve`], if `left` bytes more are to be had, which are left to others.
pub(crate) fn reserve_beside(left: usize, bytes: usize) -> io::Result<usize> {
    let start = map(left + bytes)?;
    if left > 0 {
        // The low end, which is not the one that a neighbour of ours may lie at: cutting there makes no mapping more.
        // SAFETY: mapped above, and no one else knows of it.
        unsafe { release(start, left) };
    }
    let start = start + left;
    // A kernel without huge pages answers EINVAL, and then there is nothing to turn off.
    // SAFETY: the range was mapped above and no one else knows of it.
    let _ = unsafe { advise(start, bytes, libc::MADV_NOHUGEPAGE) };
    Ok(start)
}

fn map(bytes: usize) -> io::Result<usize> {
    let protection = libc::PROT_READ | libc::PROT_WRITE;
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE | libc::MAP_STACK;
    // SAFETY: a new mapping at an address of the kernel's choice touches nothing that exists.
    let start = unsafe { libc::mmap(core::ptr::null_mut(), bytes, protection, flags, -1, 0) };
    if start == libc::MAP_FAILED {
        return Err(io::Error::last_os_error());
    }
    Ok(start.expose_provenance())
}

/// Gives a whole mapping back, or an end of it.
///
/// # Safety
///
/// The range came from [`reserve`] and nothing in it is used any more.
pub(crate) unsafe fn release(start: usize, bytes: usize) {
    // SAFETY: the caller's obligation.
    let status = unsafe { libc::munmap(core::ptr::with_exposed_provenance_mut(start), bytes) };
    debug_assert_eq!(status, 0, "munmap: {}", io::Error::last_os_error());
}

/// Gives the memory of a range back, and leaves the guards where there are any. In a process that
/// locked its memory nothing happens.
///
/// # Safety
///
/// The range is within a mapping of [`reserve`] and nobody needs what is written there.
pub(crate) unsafe fn discard(start: usize, bytes: usize) {
    // SAFETY: the caller's obligation.
    let _ = unsafe { advise(start, bytes, libc::MADV_DONTNEED) };
}

/// Makes every access to the range fault, without a mapping of its own.
///
/// # Safety
///
/// As for [`discard`].
pub(crate) unsafe fn install_guard(start: usize, bytes: usize) -> io::Result<()> {
    // SAFETY: the caller's obligation.
    unsafe { advise(start, bytes, MADV_GUARD_INSTALL) }
}

/// Undoes [`install_guard`]. Async-signal-safe.
///
/// # Safety
///
/// The range is within a mapping of [`reserve`].
pub(crate) unsafe fn remove_guard(start: usize, bytes: usize) -> io::Result<()> {
    // SAFETY: the caller's obligation.
    unsafe { advise(start, bytes, MADV_GUARD_REMOVE) }
}

/// Allows or forbids every access to the range, as a mapping of its own. Async-signal-safe.
///
/// # Safety
///
/// The range is within a mapping of [`reserve`]; nobody needs what is written there if it is
/// forbidden.
pub(crate) unsafe fn protect(start: usize, bytes: usize, allowed: bool) -> io::Result<()> {
    let protection = if allowed { libc::PROT_READ | libc::PROT_WRITE } else { libc::PROT_NONE };
    // SAFETY: the caller's obligation.
    let status = unsafe { libc::mprotect(core::ptr::with_exposed_provenance_mut(start), bytes, protection) };
    if status == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Pages can be read to see whether they were written. Not with a sanitizer, which reports any
/// look at the frames of others.
pub(crate) const CAN_LOOK: bool = !cfg!(feature = "sanitizer");

/// Whether a page holds only zeros. Where nobody wrote it yet it costs a page fault, but no
/// memory: the kernel maps its one page of zeros.
///
/// # Safety
///
/// The page is within a mapping of [`reserve`] and not guarded.
pub(crate) unsafe fn is_zero(page: usize) -> bool {
    let words: *const [u64; PAGE / 8] = core::ptr::with_exposed_provenance(page);
    // SAFETY: the caller says that it can be read; whatever lies there has the bits of words.
    let words = unsafe { &*words };
    // Whole chunks without a branch, which the compiler makes wide.
    words.chunks_exact(64).all(|chunk| chunk.iter().fold(0, |bits, word| bits | word) == 0)
}

/// The lowest page between the two addresses that was written to.
///
/// What the kernel swapped out counts as not written. One system call for each MiB.
///
/// # Safety
///
/// The range is within a mapping of [`reserve`] and not guarded.
pub(crate) unsafe fn lowest_written(start: usize, end: usize) -> Option<usize> {
    const PAGES: usize = 256;
    let mut resident = [0_u8; PAGES];
    for chunk in (start..end).step_by(PAGES * PAGE) {
        let bytes = (end - chunk).min(PAGES * PAGE);
        let from = core::ptr::with_exposed_provenance_mut(chunk);
        // SAFETY: `mincore` reads no memory of the range, and `resident` has a byte for each page.
        let status = unsafe { libc::mincore(from, bytes, resident.as_mut_ptr()) };
        debug_assert_eq!(status, 0, "mincore: {}", io::Error::last_os_error());
        let written = (0..bytes / PAGE).map(|page| (page, chunk + page * PAGE)).find(|&(page, address)| {
            // A page that was only ever read is resident too.
            // SAFETY: the caller says that it can be read.
            resident[page] & 1 == 1 && !(CAN_LOOK && unsafe { is_zero(address) })
        });
        if let Some((_, address)) = written {
            return Some(address);
        }
    }
    None
}

/// # Safety
///
/// The range is within a mapping of [`reserve`], and the advice may be given on it.
unsafe fn advise(start: usize, bytes: usize, advice: libc::c_int) -> io::Result<()> {
    // SAFETY: the caller's obligation.
    let status = unsafe { libc::madvise(core::ptr::with_exposed_provenance_mut(start), bytes, advice) };
    if status == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
