//! The models, one file for each of the protocols that are checked.

use crate::explore::Model;

pub(crate) mod hold;
pub(crate) mod interruption;
pub(crate) mod mailbox;
pub(crate) mod process;
pub(crate) mod progress;
pub(crate) mod release;
pub(crate) mod relief;
pub(crate) mod resume_list;
pub(crate) mod sleep;
pub(crate) mod slot;

/// All of them, for the weakening run.
pub(crate) fn all() -> impl Iterator<Item = Model> {
    let files = [
        hold::MODELS,
        interruption::MODELS,
        mailbox::MODELS,
        process::MODELS,
        progress::MODELS,
        release::MODELS,
        relief::MODELS,
        resume_list::MODELS,
        sleep::MODELS,
        slot::MODELS,
    ];
    files.into_iter().flatten().copied()
}
