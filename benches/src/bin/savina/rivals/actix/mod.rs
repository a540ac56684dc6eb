//! actix.

use super::{Program, Rival};

pub(crate) struct Actix;

impl Rival for Actix {
    fn start(_workers: usize) -> Self {
        Self
    }
    fn program(_name: &str) -> Option<Program<Self>> {
        None
    }
}
