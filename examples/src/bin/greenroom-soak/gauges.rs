//! What this process holds, as Linux tells it.

use std::fmt;
use std::fs;
use std::io;

/// What is compared when all is at rest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Gauges {
    pub(crate) threads: u64,
    pub(crate) mappings: u64,
    pub(crate) descriptors: u64,
    pub(crate) actors: u64,
}

impl Gauges {
    /// As it is now. The descriptor that reads this is always among those that are open.
    pub(crate) fn read(actors: u64) -> io::Result<Self> {
        Ok(Gauges {
            threads: fs::read_dir("/proc/self/task")?.count() as u64,
            mappings: fs::read_to_string("/proc/self/maps")?.lines().count() as u64,
            descriptors: fs::read_dir("/proc/self/fd")?.count() as u64,
            actors,
        })
    }
}

impl fmt::Display for Gauges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Gauges { threads, mappings, descriptors, actors } = self;
        write!(f, "{threads} threads, {mappings} mappings, {descriptors} descriptors, {actors} actors")
    }
}

/// Resident memory, in KiB.
pub(crate) fn resident_kib() -> io::Result<f64> {
    let statm = fs::read_to_string("/proc/self/statm")?;
    let pages = statm.split(' ').nth(1).and_then(|pages| pages.parse::<f64>().ok());
    pages.map(|pages| pages * 4.0).ok_or_else(|| io::Error::other("/proc/self/statm is not what it was"))
}
