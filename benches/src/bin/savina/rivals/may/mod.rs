//! may.

use super::{Program, Rival};

pub(crate) struct May;

impl Rival for May {
    fn start(_workers: usize) -> Self {
        Self
    }
    fn program(_name: &str) -> Option<Program<Self>> {
        None
    }
}

pub(crate) fn refusal(_parameters: &greenroom_savina::problem::Parameters) -> Option<String> {
    None
}
