//! Words on a picture: how wide they are, how they are cut to fit, and how they are written into XML.
//!
//! Nobody here can ask a font. All pictures use a monospaced one, of which every character is as wide as the other, so
//! that a column count is a width.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The height of a line of text, in pixels.
pub(crate) const LINE: i32 = 16;

/// How wide a text is, in pixels, at 12 pixels a letter: a column is 0.602 em in the widest of the usual fonts.
pub(crate) fn width(text: &str) -> i32 {
    (text.width() as i32 * 29 + 3) / 4
}

/// The text on one line: each run of white space or of control characters is a single space.
pub(crate) fn on_one_line(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

/// The text on one line and within so many columns; what was cut off is told by an ellipsis.
pub(crate) fn clip(text: &str, columns: usize) -> String {
    let line = on_one_line(text);
    if line.width() <= columns {
        return line;
    }
    let mut kept = head(&line, columns - 1).trim_end().to_owned();
    kept.push('…');
    kept
}

/// The text in lines of so many columns, broken between words where that can be. What does not fit into so many lines
/// is cut off, and the last of them ends with an ellipsis.
pub(crate) fn wrap(text: &str, columns: usize, lines: usize) -> Vec<String> {
    let mut wrapped = Vec::new();
    for paragraph in text.lines() {
        let mut rest = on_one_line(paragraph);
        while rest.width() > columns {
            let fitting = head(&rest, columns);
            let at_a_space = fitting.rfind(' ').filter(|at| *at > fitting.len() / 3);
            let cut = at_a_space.unwrap_or(fitting.len());
            wrapped.push(rest[..cut].to_owned());
            rest = rest[cut..].trim_start().to_owned();
        }
        wrapped.push(rest);
    }
    if wrapped.len() > lines {
        wrapped.truncate(lines);
        if let Some(last) = wrapped.last_mut() {
            *last = head(last, columns - 2).to_owned() + " …";
        }
    }
    wrapped
}

/// As much of the text's beginning as fits into so many columns.
fn head(text: &str, columns: usize) -> &str {
    let mut used = 0;
    let end = text.char_indices().find(|(_, c)| {
        used += c.width().unwrap_or(0);
        used > columns
    });
    &text[..end.map_or(text.len(), |(at, _)| at)]
}

/// The text as it may stand in XML, within an element as within quotes. What XML has no way to write, such as a null or
/// an escape, becomes a replacement character.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\n' | '\t' => escaped.push(c),
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            _ if c.is_control() => escaped.push('\u{fffd}'),
            _ => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_off_is_told() {
        assert_eq!(clip("transfer(100)", 13), "transfer(100)");
        assert_eq!(clip("transfer(1000)", 13), "transfer(100…");
        assert_eq!(clip("a\n   b\u{1b}c", 13), "a b c");
    }

    #[test]
    fn wide_letters_count_for_two() {
        assert_eq!(clip("口座から口座へ", 6), "口座…");
        assert_eq!(width("口座"), width("abcd"));
    }

    #[test]
    fn lines_are_broken_between_words_and_within_a_word_that_is_too_long() {
        assert_eq!(wrap("the account is closed", 11, 9), ["the account", "is closed"]);
        assert_eq!(wrap("a/very/long/path", 6, 9), ["a/very", "/long/", "path"]);
        assert_eq!(wrap("one\n\nthree", 11, 9), ["one", "", "three"]);
        assert_eq!(wrap("one two three four", 5, 2), ["one", "two …"]);
    }

    #[test]
    fn nothing_that_xml_would_read_is_left() {
        assert_eq!(escape("<a href=\"x\">'&'\0"), "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;\u{fffd}");
    }
}
