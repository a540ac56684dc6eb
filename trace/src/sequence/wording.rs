//! Texts cut and broken so that they fit into a diagram: it is for reading, the log has the whole.

/// Longer texts on an arrow are cut.
const ARROW_TEXT: usize = 60;
/// Longer lines of a note are broken, and notes of more lines cut.
const NOTE_LINE: usize = 60;
const NOTE_LINES: usize = 8;

/// On one line, and cut.
pub(super) fn on_arrow(text: &str) -> String {
    shorten(text, ARROW_TEXT)
}

fn shorten(text: &str, most: usize) -> String {
    let line = text.replace('\n', " ");
    if line.chars().count() <= most {
        return line;
    }
    line.chars().take(most - 1).chain(['…']).collect()
}

/// Broken between words, or in a word that is too long by itself.
pub(super) fn in_note(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            let word = shorten(word, 2 * NOTE_LINE);
            if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > NOTE_LINE {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line += &word;
        }
        lines.push(line);
    }
    if lines.len() > NOTE_LINES {
        lines.truncate(NOTE_LINES - 1);
        lines.push("…".into());
    }
    lines.join("\n")
}
