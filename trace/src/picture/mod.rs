//! A sequence as a picture that opens in a browser, with nothing to install and nothing to fetch.
//!
//! It knows neither traces nor files: a [`Sequence`] comes in, and text goes out. No crate was found that draws one: those
//! that render sequence diagrams read Mermaid's text, which has no times, no nodes and no lost messages.
//!
//! | file | what |
//! |---|---|
//! | `text` | how wide words are, how they are cut, and how they are escaped |
//! | `clock` | times as they are written |
//! | `measures` | the measures of a sequence diagram |
//! | `columns` | where lifelines stand, from left to right |
//! | `layout` | where everything stands |
//! | `pen` | the pass from the top down that finds it |
//! | `tell` | what the parts are called, and what is told of them |
//! | `svg` | the layout as SVG |

use crate::sequence::Sequence;

mod clock;
mod columns;
mod layout;
mod measures;
mod pen;
mod svg;
mod tell;
mod text;

/// The sequence as an SVG picture by itself: light or dark, as the reader's system asks.
#[must_use]
pub fn svg(sequence: &Sequence) -> String {
    svg::document(sequence, &layout::lay_out(sequence))
}
