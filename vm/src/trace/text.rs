//! Texts of what users send: made where there is stack enough, and not too long.

use std::fmt::{self, Write};
use std::sync::Arc;

use crate::inside::on_big_stack;
use crate::panics;

/// How many bytes are kept of one.
const LONGEST: usize = 400;

/// What `show` writes, if it writes anything. What it does is foreign code: a panic of it goes no further, and it may not
/// wait.
pub(crate) fn of(show: &dyn Fn(&mut fmt::Formatter<'_>) -> fmt::Result) -> Option<Arc<str>> {
    let text = panics::catch(|| {
        on_big_stack(|| {
            let mut text = Limited { text: String::new(), is_cut: false };
            if write!(text, "{}", Shown(show)).is_err() && !text.is_cut {
                text.text.push_str("(its `Debug` failed)");
            }
            text.text
        })
    });
    let text = text.unwrap_or_else(|_| "(its `Debug` panicked)".to_owned());
    (!text.is_empty()).then(|| text.into())
}

struct Shown<'a>(&'a dyn Fn(&mut fmt::Formatter<'_>) -> fmt::Result);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (self.0)(f)
    }
}

/// Stops whoever writes when there is enough.
struct Limited {
    text: String,
    is_cut: bool,
}

impl Write for Limited {
    fn write_str(&mut self, more: &str) -> fmt::Result {
        let left = LONGEST - self.text.len();
        if more.len() <= left {
            self.text.push_str(more);
            return Ok(());
        }
        self.text.push_str(&more[..more.floor_char_boundary(left)]);
        self.text.push('…');
        self.is_cut = true;
        Err(fmt::Error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_two_characters_and_says_so() {
        let long = "ä".repeat(LONGEST);
        let text = of(&|f| f.write_str("x").and_then(|()| f.write_str(&long))).unwrap();
        assert!(text.starts_with("xää") && text.ends_with("ä…"));
        assert!((LONGEST..LONGEST + 4).contains(&text.len()), "{}", text.len());
    }

    #[test]
    fn nothing_is_no_text_and_a_panic_goes_no_further() {
        assert_eq!(of(&|_| Ok(())), None);
        assert_eq!(of(&|_| panic!("a planted one")).as_deref(), Some("(its `Debug` panicked)"));
        assert_eq!(of(&|_| Err(fmt::Error)).as_deref(), Some("(its `Debug` failed)"));
    }
}
