//! Leaks on purpose: what the soak is to find.

use std::fs::File;
use std::mem::forget;
use std::thread;

use greenroom::spawn;
use greenroom_examples::flags::UsageError;

use crate::lodger::Lodger;

/// What is leaked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leak {
    Memory,
    Threads,
    Descriptors,
    Actors,
}

impl Leak {
    pub(crate) fn read(name: &str) -> Result<Self, UsageError> {
        Ok(match name {
            "memory" => Leak::Memory,
            "threads" => Leak::Threads,
            "descriptors" => Leak::Descriptors,
            "actors" => Leak::Actors,
            _ => {
                return Err(UsageError::new(format_args!(
                    "--leak is '{name}'; give memory, threads, descriptors or actors"
                )));
            }
        })
    }

    /// A little of it. In a handler, `moves` after the beginning.
    pub(crate) fn drip(self, moves: u64) {
        match self {
            Leak::Memory => forget(vec![1_u8; 4_000]),
            // Few enough that the system goes along, however long it takes.
            Leak::Threads if moves.is_multiple_of(2_000) => drop(thread::Builder::new().spawn(thread::park)),
            Leak::Descriptors if moves.is_multiple_of(2_000) => forget(File::open("/dev/null")),
            Leak::Actors if moves.is_multiple_of(2_000) => forget(spawn(Lodger::new(0))),
            _ => {}
        }
    }
}
