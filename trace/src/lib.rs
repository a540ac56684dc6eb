//! What happened in a Greenroom machine: saved, filtered, compared, and drawn.
//!
//! A machine gives records (`greenroom::trace`); here they become a [`Trace`], which knows no machine any more.
//!
//! | file | what |
//! |---|---|
//! | `model` | what a trace is made of |
//! | `sequence` | a sequence diagram before it is drawn |
//! | `picture` | a sequence diagram as SVG |

mod model;
mod picture;
mod sequence;

pub use model::{Actor, ActorIndex, Event, MessageIndex, Trace, Way, What};
pub use picture::svg;
pub use sequence::{
    Arrow, ArrowKind, Frame, Lifeline, LifelineIndex, Limits, Mark, NoteKind, Role, Row, Sequence,
};
