//! Traces: what happens in a machine, recorded for those who asked, and read when they like.
//!
//! | file | what |
//! |---|---|
//! | `record` | what is recorded |

mod record;

pub use record::{Record, Way, What};
