//! A sequence as a page: the picture, and a script with which it is filtered, folded and zoomed.
//!
//! All is in the one file. The script moves what the picture already holds; it lays nothing out.

use std::fmt::Write;

use super::layout::{Layout, lay_out};
use super::svg;
use super::text::escape;
use crate::sequence::Sequence;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// A page of the sequence, and of the same with each repetition drawn, if that is another.
pub(super) fn document(sequence: &Sequence, unfolded: Option<&Sequence>) -> String {
    let title = if sequence.title.is_empty() { "A run" } else { &sequence.title };
    let title = escape(title);
    let each = match unfolded {
        Some(_) => "<button id=\"each\" aria-pressed=\"false\">each repetition</button>\n",
        None => "",
    };
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n\
         <style>\n{STYLE}{picture}</style>\n</head>\n<body>\n<div id=\"tools\">\n<h1>{title}</h1>\n\
         <input id=\"filter\" type=\"search\" placeholder=\"actor, method or text\" aria-label=\"filter\">\n\
         <span id=\"shown\"></span>\n{each}<button id=\"out\" aria-label=\"smaller\">−</button>\n\
         <button id=\"zoom\" aria-label=\"as large as at first\">100%</button>\n\
         <button id=\"in\" aria-label=\"larger\">+</button>\n</div>\n<main>\n",
        picture = svg::STYLE,
    );
    put_view(&mut page, sequence, "");
    if let Some(unfolded) = unfolded {
        put_view(&mut page, unfolded, " hidden");
    }
    page += "</main>\n<div id=\"tip\" hidden></div>\n<script>\n";
    page += SCRIPT;
    page += "</script>\n</body>\n</html>\n";
    page
}

fn put_view(page: &mut String, sequence: &Sequence, hidden: &str) {
    let layout = lay_out(sequence);
    let Layout { width, height, heads_from, heads_until, .. } = layout;
    let top = heads_from - 6;
    let tall = heads_until - top;
    // Nothing fails to write into a string.
    let _ = write!(
        page,
        "<div class=\"view\"{hidden}>\n<div class=\"heads\"><svg width=\"{width}\" height=\"{tall}\" \
         viewBox=\"0 {top} {width} {tall}\">\n"
    );
    svg::draw_heads(page, sequence, &layout);
    // Where each row begins, and where the last one ends.
    let end = layout.rows.last().map_or(heads_until, |(_, bottom)| *bottom);
    let tops = layout.rows.iter().map(|(top, _)| *top).chain([end]);
    let tops: Vec<String> = tops.map(|top| top.to_string()).collect();
    let _ = write!(
        page,
        "</svg></div>\n<div class=\"all\"><svg width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" data-tops=\"{}\">\n",
        tops.join(" ")
    );
    svg::draw(page, sequence, &layout);
    page.push_str("</svg></div>\n</div>\n");
}
