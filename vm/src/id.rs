//! The name of an actor: a number, unique among the machines that live in the process.

use std::fmt;

const MACHINE_BITS: u32 = 10;
const SHARD_BITS: u32 = 8;
const SEQUENCE_BITS: u32 = 64 - MACHINE_BITS - SHARD_BITS;

/// How many machines may live in one process at a time.
pub(crate) const MACHINES: usize = 1 << MACHINE_BITS;
/// How many shards the registry of one machine may have.
pub(crate) const SHARDS: usize = 1 << SHARD_BITS;

/// The name of an actor: unique in its process while its machine lives, and never given twice by one machine. A
/// machine that is built when another has been dropped may give the names that the other gave: so that the same
/// program gives the same names.
///
/// It orders and hashes, and keeps no actor alive. (2^46 actors may be spawned by one worker before
/// its numbers begin anew: sixteen days at fifty million a second.)
///
/// ```
/// use greenroom::prelude::*;
/// # struct Idle; impl Actor for Idle {}
/// # let vm = Vm::builder().workers(1).build()?;
/// let (a, b) = (vm.spawn(Idle), vm.spawn(Idle));
/// assert_ne!(a.id(), b.id());
/// # Ok::<(), greenroom::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ActorId(u64);

impl ActorId {
    /// Machine, then shard, then sequence, from the high bits down.
    pub(crate) fn new(machine: usize, shard: usize, sequence: u64) -> Self {
        debug_assert!(machine < MACHINES && shard < SHARDS);
        let sequence = sequence & ((1 << SEQUENCE_BITS) - 1);
        ActorId((machine as u64) << (SHARD_BITS + SEQUENCE_BITS) | (shard as u64) << SEQUENCE_BITS | sequence)
    }

    #[inline]
    pub(crate) fn machine(self) -> usize {
        (self.0 >> (SHARD_BITS + SEQUENCE_BITS)) as usize
    }

    pub(crate) fn shard(self) -> usize {
        (self.0 >> SEQUENCE_BITS) as usize & (SHARDS - 1)
    }

    fn sequence(self) -> u64 {
        self.0 & ((1 << SEQUENCE_BITS) - 1)
    }

    /// The whole name as a number, for logs and tables.
    pub fn as_u64(self) -> u64 {
        self.0
    }
}

/// Shard and sequence, as in `3.17`: the machine is clear from where it is printed.
impl fmt::Display for ActorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.shard(), self.sequence())
    }
}

impl fmt::Debug for ActorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_name_come_out_as_they_went_in() {
        let id = ActorId::new(MACHINES - 1, SHARDS - 1, 1 << 40);
        assert_eq!((id.machine(), id.shard(), id.sequence()), (MACHINES - 1, SHARDS - 1, 1 << 40));
        assert_eq!(ActorId::new(0, 3, 17).to_string(), "3.17");
    }
}
