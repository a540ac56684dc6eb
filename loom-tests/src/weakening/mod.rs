//! Weakening: one ordering of the mounted files is another than what is written there.
//!
//! It knows no protocol. An ordering is named by where it is written ([`Site`]); `sync` asks for each,
//! with [`ordering_here`], what it is to be. [`run`] chooses.
//!
//! | file     | what it is                                                            |
//! |----------|-----------------------------------------------------------------------|
//! | `mod`    | collects the orderings that a model passes, and replaces one of them  |
//! | `source` | finds them in the text, to name them and to see which no model passes |
//! | `run`    | the test: every ordering is needed by some model                      |

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::panic::Location;
use std::path::Path;
use std::sync::atomic::Ordering;

use crate::explore::{Model, explore};

mod run;
mod source;

/// Where an ordering is passed to `sync`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Site {
    file: &'static str,
    line: u32,
    column: u32,
    /// 0, but 1 for the ordering of an exchange that fails.
    argument: u8,
}

impl Site {
    /// Its file's name, of which all mounted ones are different.
    fn file_name(&self) -> String {
        source::name_of(Path::new(self.file))
    }
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}:{}", self.file, self.line, self.column, self.argument)
    }
}

// All threads of a model share one thread of the system, so these hold for all of a model, and for no other.
thread_local! {
    /// While this thread collects: the orderings that its models pass, stronger than Relaxed.
    static COLLECTED: RefCell<Option<BTreeMap<Site, Ordering>>> = const { RefCell::new(None) };
    /// The site, as text, whose ordering is another, and what it is.
    static WEAKENED: RefCell<Option<(String, Ordering)>> = const { RefCell::new(None) };
}

/// The ordering to use for the one written as `argument` of the operation in which `sync` calls this.
#[track_caller]
pub(crate) fn ordering_here(argument: u8, written: Ordering) -> Ordering {
    let place = Location::caller();
    let site = Site { file: place.file(), line: place.line(), column: place.column(), argument };
    if written != Ordering::Relaxed {
        COLLECTED.with_borrow_mut(|collected| collected.as_mut().map(|sites| sites.insert(site, written)));
    }
    WEAKENED.with_borrow(|weakened| match weakened {
        Some((chosen, weaker)) if *chosen == site.to_string() => *weaker,
        _ => written,
    })
}

/// Explores the model as it is, and returns the orderings that it passes, stronger than Relaxed.
fn collect(model: Model) -> BTreeMap<Site, Ordering> {
    COLLECTED.set(Some(BTreeMap::new()));
    explore(model.body);
    COLLECTED.take().expect("set above")
}

/// From here on, for what this thread explores, the ordering at `site` is `weaker`.
fn weaken(site: &str, weaker: Ordering) {
    WEAKENED.set(Some((site.to_owned(), weaker)));
}
