//! The measures of a sequence diagram, in pixels, and in columns of text.

/// An arrow's text is broken at so many columns, into so many lines at most, of which each is so high.
pub(super) const TEXT_COLUMNS: usize = 44;
pub(super) const TEXT_LINES: usize = 3;
pub(super) const TEXT_LINE: i32 = 14;
/// The text beside a bar is cut at so many columns.
pub(super) const BAR_LABEL_COLUMNS: usize = 30;
/// A note is as wide as so many columns, at most.
pub(super) const NOTE_COLUMNS: usize = 44;
/// A note has at most so many lines.
pub(super) const NOTE_LINES: usize = 10;

/// Around all.
pub(super) const MARGIN: i32 = 16;
/// From one head to the next.
pub(super) const BETWEEN_HEADS: i32 = 24;
/// From the last head of a node to the first of the next.
pub(super) const BETWEEN_NODES: i32 = 52;
/// From the lifeline to the edge of a bar.
pub(super) const EDGE: i32 = 5;
/// How far the bar of a handler within a handler is moved to the right.
pub(super) const NESTED: i32 = 5;
/// From the bar of its lifeline to the text of a message to itself.
pub(super) const LOOP: i32 = 40;
/// From an arrow's end to its text.
pub(super) const ARROW_PAD: i32 = 14;
/// From a frame's edge to what is within.
pub(super) const FRAME_PAD: i32 = 10;
/// The height of a frame's or a node's title.
pub(super) const TAB: i32 = 20;
/// From an arrow to the next.
pub(super) const ARROW_ROW: i32 = 30;
/// A diagram taller than this has its heads again at the bottom.
pub(super) const LONG: i32 = 900;
