//! The names of actors and of their monitors: numbers, unique among the machines that live in the process.

use std::fmt;

const MACHINE_BITS: u32 = 9;
/// Whether the actor has a thread of its own. It comes next to the machine, so that one comparison of both tells whether
/// a worker may run an actor.
const DEDICATED_BITS: u32 = 1;
const SHARD_BITS: u32 = 8;
const SEQUENCE_BITS: u32 = 64 - MACHINE_BITS - DEDICATED_BITS - SHARD_BITS;

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

/// Who may run an actor: all workers of a machine, or a thread that the actor has to itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Home(usize);

impl Home {
    /// All workers of a machine.
    pub(crate) fn shared(machine: usize) -> Self {
        Home(machine << DEDICATED_BITS)
    }

    /// A thread of its own in that machine. Which one, the name does not say.
    pub(crate) fn dedicated(machine: usize) -> Self {
        Home(machine << DEDICATED_BITS | 1)
    }

    /// No actor's: those who have it may run none at their own choice.
    pub(crate) const NONE: Home = Home(usize::MAX);
}

impl ActorId {
    /// From the high bits down: machine, whether it is dedicated, shard, sequence.
    pub(crate) fn new(home: Home, shard: usize, sequence: u64) -> Self {
        debug_assert!(home.0 < MACHINES << DEDICATED_BITS && shard < SHARDS);
        let sequence = sequence & ((1 << SEQUENCE_BITS) - 1);
        ActorId((home.0 as u64) << (SHARD_BITS + SEQUENCE_BITS) | (shard as u64) << SEQUENCE_BITS | sequence)
    }

    /// Stands where there is no actor, and is never looked up.
    pub(crate) const NOBODY: ActorId = ActorId(u64::MAX);

    /// The number of its machine.
    #[inline]
    pub(crate) fn machine(self) -> usize {
        self.home().0 >> DEDICATED_BITS
    }

    /// Who may run it.
    #[inline]
    pub(crate) fn home(self) -> Home {
        Home((self.0 >> (SHARD_BITS + SEQUENCE_BITS)) as usize)
    }

    /// Whether it has a thread of its own, and runs nowhere else.
    #[inline]
    pub(crate) fn is_dedicated(self) -> bool {
        self.home().0 & 1 == 1
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

/// The name of a [monitor](crate::Monitor): unique in its process while its watcher's machine lives.
///
/// It orders and hashes; of two that one worker's actors have made, the first is the lesser.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MonitorId(u64);

impl MonitorId {
    /// Of the same form as the watcher's own name.
    pub(crate) fn new(watcher: ActorId, sequence: u64) -> Self {
        MonitorId(ActorId::new(Home::shared(watcher.machine()), watcher.shard(), sequence).as_u64())
    }

    /// That of a monitor whose watcher had ended before: it is no other's.
    pub(crate) fn none(watcher: ActorId) -> Self {
        Self::new(watcher, u64::MAX)
    }

    /// The whole name as a number, for logs and tables.
    pub fn as_u64(self) -> u64 {
        self.0
    }
}

/// Shard and sequence, as an [`ActorId`] prints.
impl fmt::Display for MonitorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        ActorId(self.0).fmt(f)
    }
}

impl fmt::Debug for MonitorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "monitor#{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_name_come_out_as_they_went_in() {
        for home in [Home::shared, Home::dedicated] {
            let id = ActorId::new(home(MACHINES - 1), SHARDS - 1, 1 << 40);
            assert_eq!((id.machine(), id.shard(), id.sequence()), (MACHINES - 1, SHARDS - 1, 1 << 40));
            assert_eq!(id.home(), home(MACHINES - 1));
            assert_ne!(id.home(), Home::NONE);
        }
        assert_eq!(ActorId::new(Home::shared(0), 3, 17).to_string(), "3.17");
    }

    #[test]
    fn the_name_says_who_may_run_an_actor() {
        let [shared, dedicated] = [Home::shared(5), Home::dedicated(5)].map(|home| ActorId::new(home, 1, 2));
        assert_eq!((shared.is_dedicated(), dedicated.is_dedicated()), (false, true));
        assert_ne!(shared, dedicated);
        assert_ne!(shared.home(), dedicated.home());
    }
}
