//! Traces: what happens in a machine, recorded for those who asked, and read when they like.
//!
//! Nothing is recorded, and nothing is looked at but one flag, until somebody opens a [`Session`] by
//! [`Vm::trace`](crate::Vm::trace).
//!
//! ```
//! use greenroom::prelude::*;
//! use greenroom::trace::{Filter, What};
//!
//! #[derive(Default)]
//! struct Counter { value: u64 }
//! #[actor]
//! impl Counter {
//!     fn add(&mut self, by: u64) -> u64 { self.value += by; self.value }
//! }
//!
//! let vm = Vm::builder().workers(1).build()?;
//! let session = vm.trace(Filter::everything().with_arguments());
//! vm.spawn(Counter::default()).add(5)?;
//! let records = session.take();
//! let sent = records.iter().find_map(|record| match &record.what {
//!     What::Send { method: "add", arguments, .. } => arguments.as_deref(),
//!     _ => None,
//! });
//! assert_eq!(sent, Some("(5)"));
//! # Ok::<(), greenroom::Error>(())
//! ```
//!
//! | file | what |
//! |---|---|
//! | `record` | what is recorded |
//! | `lines` | the same as text |
//! | `filter` | of whom |
//! | `session` | for whom, and how it is read |
//! | `recording` | what a session keeps, and what it knows of messages under way |
//! | `ring` | the newest events of one worker |
//! | `sending` | how a message leaves while somebody records |
//! | `events` | what else the machine tells of |
//! | `text` | arguments and replies as texts |

pub(crate) mod events;
mod filter;
mod lines;
mod record;
pub(crate) mod recording;
mod ring;
pub(crate) mod sending;
mod session;
mod text;

pub use filter::Filter;
pub use record::{Record, Way, What};
pub use session::Session;
