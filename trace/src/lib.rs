//! What happened in a Greenroom machine: saved, filtered, compared, and drawn.
//!
//! A machine gives records (`greenroom::trace`); here they become a [`Trace`], which knows no machine any more.
//!
//! | file | what |
//! |---|---|
//! | `model` | what a trace is made of |
//! | `records`, `named`, `numbering` | from what a machine records to a trace |
//! | `store` | a trace in a file |
//! | `select` | a part of a trace |
//! | `sentence` | events as sentences, a trace as a log |
//! | `tally` | how much of what is in a trace |
//! | `compare` | the first difference of two runs |
//! | `sequence` | a sequence diagram before it is drawn |
//! | `plantuml`, `mermaid` | a sequence as text |
//! | `picture` | a sequence as SVG, and as an HTML page |
//! | `timeline` | what the workers did, for Perfetto |
//! | `map` | who talks to whom, as DOT and SVG |

mod compare;
mod map;
mod mermaid;
mod model;
mod named;
mod numbering;
mod picture;
mod plantuml;
mod records;
mod select;
mod sentence;
mod sequence;
mod store;
mod tally;
mod timeline;

pub use compare::{By, Difference, compare};
pub use map::ActorMap;
pub use model::{Actor, ActorIndex, Event, MessageIndex, Trace, Way, What};
pub use select::Selection;
pub use sentence::Sentences;
pub use sequence::{
    Arrow, ArrowKind, Frame, Lifeline, LifelineIndex, Limits, Mark, NoteKind, Role, Row, Sequence,
};
pub use store::StoreError;
pub use tally::Tally;
