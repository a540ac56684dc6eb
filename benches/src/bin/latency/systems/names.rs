//! Which systems there are.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SystemName {
    Greenroom,
    GreenroomBounded,
    Tokio,
    May,
    Actix,
    Ractor,
    Kameo,
}

impl SystemName {
    pub(crate) const ALL: &[Self] = &[
        Self::Greenroom,
        Self::GreenroomBounded,
        Self::Tokio,
        Self::May,
        Self::Actix,
        Self::Ractor,
        Self::Kameo,
    ];

    /// The name on the command line and in the results.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Greenroom => "greenroom",
            Self::GreenroomBounded => "greenroom-bounded",
            Self::Tokio => "tokio",
            Self::May => "may",
            Self::Actix => "actix",
            Self::Ractor => "ractor",
            Self::Kameo => "kameo",
        }
    }
}
