//! The models, one file for each of the protocols that are checked.

use crate::explore::Model;

pub(crate) mod mailbox;
pub(crate) mod process;
pub(crate) mod release;
pub(crate) mod relief;
pub(crate) mod resume_list;
pub(crate) mod sleep;
pub(crate) mod slot;

/// All of them, for the weakening run.
pub(crate) fn all() -> impl Iterator<Item = Model> {
    let files = [
        mailbox::MODELS,
        process::MODELS,
        release::MODELS,
        relief::MODELS,
        resume_list::MODELS,
        sleep::MODELS,
        slot::MODELS,
    ];
    files.into_iter().flatten().copied()
}
