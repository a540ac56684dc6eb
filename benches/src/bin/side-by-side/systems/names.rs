//! Which systems there are, and what is known about each before it runs.

use greenroom_benches::memory;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SystemName {
    Greenroom,
    Tokio,
    May,
    Actix,
    Ractor,
    Kameo,
}

impl SystemName {
    pub(crate) const ALL: &[Self] =
        &[Self::Greenroom, Self::Tokio, Self::May, Self::Actix, Self::Ractor, Self::Kameo];

    /// The name on the command line and in the results.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Greenroom => "greenroom",
            Self::Tokio => "tokio",
            Self::May => "may",
            Self::Actix => "actix",
            Self::Ractor => "ractor",
            Self::Kameo => "kameo",
        }
    }

    /// Rivals are what Greenroom is compared with.
    pub(crate) fn is_rival(self) -> bool {
        self.name() != "greenroom"
    }

    /// How many actors one process can hold, where something other than memory bounds it, and what does.
    pub(crate) fn most_actors(self) -> Option<(u64, &'static str)> {
        match self {
            Self::May => {
                Some((memory::most_guarded_stacks()?, "two mappings a stack under vm.max_map_count"))
            }
            _ => None,
        }
    }

    /// About what an actor takes at its largest here, in bytes; to refuse a run that the machine cannot hold rather
    /// than to drive it into swap.
    pub(crate) fn rough_bytes_per_actor(self) -> u64 {
        match self {
            Self::Greenroom => 5_000,
            Self::Tokio | Self::Actix => 2_000,
            Self::May => 13_000,
            Self::Ractor | Self::Kameo => 10_000,
        }
    }
}
