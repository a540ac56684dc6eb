//! What happened in a Greenroom machine: saved, filtered, compared, and drawn.
//!
//! A machine gives records (`greenroom::trace`); here they become a [`Trace`], which knows no machine any more.
//!
//! | file | what |
//! |---|---|
//! | `model` | what a trace is made of |

mod model;

pub use model::{Actor, ActorIndex, Event, MessageIndex, Trace, Way, What};
