//! What can go wrong when stacks are made, each with its remedy.

use std::{fmt, io};

/// Why a stack, or the handling of its overflow, could not be had.
///
/// Every text says what the reader of a log can do about it.
#[derive(Debug)]
#[non_exhaustive]
pub enum StackError {
    /// A stack larger than the largest size class was asked for.
    TooLarge {
        /// Bytes that were asked for.
        asked: usize,
        /// Bytes of the largest class.
        largest: usize,
    },
    /// The kernel's pages are not of 4 KiB, which the layout of the stacks is built on.
    PageSize {
        /// Bytes of a page of this kernel.
        bytes: usize,
    },
    /// The kernel refused address space.
    Map {
        /// Bytes that were asked for.
        bytes: usize,
        /// What the kernel answered.
        source: io::Error,
    },
    /// A guard could not be placed. No stack is ever given out without one.
    Guard(io::Error),
    /// One more guarded stack would come too near to the kernel's limit on mappings.
    ///
    /// It happens only where the kernel has no guards without mappings of their own
    /// (before Linux 6.13, or in a process that locked its memory).
    TooManyMappings {
        /// Mappings that the process has.
        used: usize,
        /// `vm.max_map_count`.
        limit: usize,
        /// Mappings below the limit that are left to the rest of the process.
        margin: usize,
    },
    /// The signal handler could not be installed.
    Handler(io::Error),
    /// The alternate signal stack could not be made or set.
    AlternateStack(io::Error),
}

impl fmt::Display for StackError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge { asked, largest } => write!(
                out,
                "a stack of {asked} bytes was asked for and the largest has {largest}: run the deep part on a \
                 BigStack"
            ),
            Self::PageSize { bytes } => {
                write!(out, "pages of {bytes} bytes are not supported: the stacks are laid out in 4096")
            }
            Self::Map { bytes, source } => write!(
                out,
                "the kernel refused {bytes} bytes of address space for stacks: {source}; look at `ulimit -v` and \
                 vm.overcommit_memory"
            ),
            Self::Guard(source) => write!(out, "a stack could not be guarded: {source}"),
            Self::TooManyMappings { used, limit, margin } => write!(
                out,
                "no more guarded stacks: {used} of vm.max_map_count = {limit} mappings are in use and {margin} are \
                 kept for the rest of the process; raise it (sysctl vm.max_map_count) or run Linux 6.13 or later, \
                 where guards need no mappings"
            ),
            Self::Handler(source) => write!(out, "the overflow handler could not be installed: {source}"),
            Self::AlternateStack(source) => {
                write!(out, "the alternate signal stack could not be set: {source}")
            }
        }
    }
}

impl std::error::Error for StackError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Map { source, .. }
            | Self::Guard(source)
            | Self::Handler(source)
            | Self::AlternateStack(source) => Some(source),
            Self::TooLarge { .. } | Self::PageSize { .. } | Self::TooManyMappings { .. } => None,
        }
    }
}
