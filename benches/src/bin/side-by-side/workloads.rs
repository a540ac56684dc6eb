//! The workloads: what each asks, how large it is, and what its result must be.

use serde::{Deserialize, Serialize};

use crate::systems::SKYNET_BRANCHES;

/// The senders of fan-in.
pub(crate) const FAN_IN_SENDERS: u64 = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Workload {
    PingpongAsync,
    PingpongSync,
    Ring1k,
    Ring100k,
    Ring1m,
    SpawnAndEnd,
    Skynet,
    FanIn,
    IdleMemory,
    SuspendedMemory,
}

/// What a workload's figure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    Nanoseconds,
    Bytes,
}

/// How large one run of a workload is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Size {
    /// Actors that exist: all of a ring, the leaves of skynet, those that are held.
    pub(crate) actors: u64,
    /// What the elapsed time is divided by.
    pub(crate) operations: u64,
}

impl Workload {
    pub(crate) const ALL: [Self; 10] = [
        Self::PingpongAsync,
        Self::PingpongSync,
        Self::Ring1k,
        Self::Ring100k,
        Self::Ring1m,
        Self::SpawnAndEnd,
        Self::Skynet,
        Self::FanIn,
        Self::IdleMemory,
        Self::SuspendedMemory,
    ];

    /// The name on the command line and in the results.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::PingpongAsync => "pingpong_async",
            Self::PingpongSync => "pingpong_sync",
            Self::Ring1k => "ring_1k",
            Self::Ring100k => "ring_100k",
            Self::Ring1m => "ring_1m",
            Self::SpawnAndEnd => "spawn_and_end",
            Self::Skynet => "skynet",
            Self::FanIn => "fan_in",
            Self::IdleMemory => "idle_memory",
            Self::SuspendedMemory => "suspended_memory",
        }
    }

    /// The question that it answers.
    pub(crate) fn question(self) -> &'static str {
        match self {
            Self::PingpongAsync => "ns a one-way message between two actors",
            Self::PingpongSync => "ns a call and its reply",
            Self::Ring1k => "ns a hop around a ring of 1,000 actors",
            Self::Ring100k => "ns a hop around a ring of 100,000 actors",
            Self::Ring1m => "ns an actor: make a ring of 1,000,000, one lap, end all",
            Self::SpawnAndEnd => "ns an actor: spawn, one message, end",
            Self::Skynet => "ns a leaf: a tree of 1,000,000 leaves adds up",
            Self::FanIn => "ns a message from 8 senders to one receiver",
            Self::IdleMemory => "bytes an actor at rest",
            Self::SuspendedMemory => "bytes an actor suspended in mid-call",
        }
    }

    pub(crate) fn unit(self) -> Unit {
        match self {
            Self::IdleMemory | Self::SuspendedMemory => Unit::Bytes,
            _ => Unit::Nanoseconds,
        }
    }

    /// The size of one run. The rings and skynet are what their names say, however quick it has to be.
    pub(crate) fn size(self, quick: bool) -> Size {
        let messages = if quick { 500_000 } else { 1_000_000 };
        let (actors, operations) = match self {
            Self::PingpongAsync => (2, messages),
            Self::PingpongSync => (2, messages / 2),
            Self::Ring1k => (1_000, messages),
            Self::Ring100k => (100_000, messages),
            Self::Ring1m => (1_000_000, 1_000_000),
            Self::SpawnAndEnd => (messages / 2, messages / 2),
            Self::Skynet => (1_000_000, 1_000_000),
            Self::FanIn => (FAN_IN_SENDERS + 1, messages),
            Self::IdleMemory | Self::SuspendedMemory => (messages / 10, messages / 10),
        };
        Size { actors, operations }
    }

    /// A smaller run that starts the workers and fills the caches of the allocator before the one that counts. The
    /// memory that the large workloads then touch is fresh on purpose: to get it is part of what they ask.
    pub(crate) fn warm_up(self, size: Size) -> Size {
        let Size { actors, operations } = size;
        match self {
            Self::PingpongAsync | Self::PingpongSync | Self::FanIn | Self::Ring1k => {
                Size { actors, operations: operations / 10 }
            }
            Self::Ring100k | Self::Ring1m => Size { actors: 1_000, operations: 100_000 },
            Self::SpawnAndEnd => Size { actors: actors / 10, operations: operations / 10 },
            Self::Skynet => Size { actors: 1_000, operations: 1_000 },
            Self::IdleMemory | Self::SuspendedMemory => Size { actors: 100, operations: 100 },
        }
    }

    /// The result that a run of this size has to give.
    pub(crate) fn expected(self, size: Size) -> u64 {
        match self {
            Self::PingpongSync => (1..=size.operations).sum(),
            Self::Skynet => (0..size.actors).sum(),
            _ => size.operations,
        }
    }

    /// How many actors exist at once, at the least: of skynet and of spawning it depends on the order in which the
    /// system runs them.
    pub(crate) fn least_at_once(self, size: Size) -> u64 {
        match self {
            Self::Skynet => SKYNET_BRANCHES * u64::from(size.actors.ilog10()),
            Self::SpawnAndEnd => 1,
            _ => size.actors,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_million_leaves_of_skynet_add_up_to_the_known_sum() {
        assert_eq!(Workload::Skynet.expected(Workload::Skynet.size(true)), 499_999_500_000);
    }

    #[test]
    fn calls_add_up_to_the_sum_of_each_argument_plus_one() {
        assert_eq!(Workload::PingpongSync.expected(Size { actors: 2, operations: 4 }), 1 + 2 + 3 + 4);
    }

    #[test]
    fn no_two_workloads_share_a_name() {
        let names: std::collections::HashSet<_> = Workload::ALL.map(Workload::name).into();
        assert_eq!(names.len(), Workload::ALL.len());
    }
}
