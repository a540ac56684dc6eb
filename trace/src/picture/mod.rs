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
//! | `pen`, `parts` | the pass from the top down that finds it, and what it puts down |
//! | `tell` | what the parts are called, and what is told of them |
//! | `svg` | the layout as SVG |
//! | `html` | that in a page, with a script |

pub(crate) use layout::Area;

use crate::model::Trace;
use crate::sequence::{Limits, Sequence};

mod clock;
mod columns;
mod html;
mod layout;
mod measures;
mod parts;
mod pen;
mod svg;
mod tell;
pub(crate) mod text;

impl Sequence {
    /// The diagram as an SVG picture by itself: light or dark, as the reader's system asks.
    ///
    /// ```
    /// use greenroom_trace::{Limits, Trace};
    /// let picture = Trace::default().sequence(&Limits::default()).to_svg();
    /// assert!(picture.starts_with("<svg"));
    /// ```
    #[must_use]
    pub fn to_svg(&self) -> String {
        svg::document(self, &layout::lay_out(self))
    }
}

/// With every repetition drawn, a page may have so many rows: a browser moves them within a blink.
const UNFOLDED_ROWS: usize = 2_000;

impl Trace {
    /// The diagram as an HTML page by itself, in which a reader filters, folds, zooms, and points at an arrow to learn
    /// all of it. If repetitions are folded, a button shows each of them.
    ///
    /// ```
    /// use greenroom_trace::{Limits, Trace};
    /// let page = Trace::default().to_html(&Limits::default());
    /// assert!(page.starts_with("<!DOCTYPE html>"));
    /// ```
    #[must_use]
    pub fn to_html(&self, limits: &Limits) -> String {
        let sequence = self.sequence(limits);
        let unfolded = limits
            .fold
            .then(|| self.sequence(&Limits { fold: false, rows: limits.rows.max(UNFOLDED_ROWS), ..*limits }));
        html::document(&sequence, unfolded.filter(|unfolded| unfolded.rows != sequence.rows).as_ref())
    }
}
