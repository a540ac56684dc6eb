//! The systems under load, behind one trait. On each, a front is an actor that handles one request at a time: it asks a
//! back, waits for the reply in the middle of handling, and only then takes the next. One generator, a task or actor of
//! the same system, sends requests as they fall due and yields in the system's own way when none is.
//!
//! Mailboxes are unbounded but for the one system that is here to show what a bound does.

pub(crate) mod actix;
pub(crate) mod greenroom;
pub(crate) mod kameo;
pub(crate) mod may;
mod names;
pub(crate) mod ractor;
pub(crate) mod tokio;

pub(crate) use names::SystemName;

use crate::load::{Ledger, Load};

/// What one system must be able to do.
pub(crate) trait System: Sized {
    /// Starts the system's workers, and all fronts and backs.
    fn start(workers: usize) -> Self;

    /// Starts a generator that works through the load. It may return before the generator is done; the ledger says when
    /// all requests have ended.
    fn generate(&self, load: Load, ledger: &'static Ledger);
}
