//! Results as a picture: an SVG with one panel per task and one bar per system, shorter being better.
//!
//! Bars are medians on a linear scale from zero; the thin line across a bar's end goes from the least run to the
//! most. Written by hand, because all it takes is rectangles and text, and a plotting library takes minutes to build.

use std::fmt::Write;

use crate::machine::Machine;
use crate::stats::{Spread, short};

const PANEL_WIDTH: f64 = 460.0;
const COLUMNS: usize = 2;
const MARGIN: f64 = 24.0;
const HEAD: f64 = 64.0;
const TITLE: f64 = 34.0;
const BAR: f64 = 15.0;
const GAP: f64 = 5.0;
/// Where bars begin: to the left of it stand the systems' names.
const NAMES: f64 = 78.0;
/// Room behind the longest bar for its figure.
const FIGURES: f64 = 62.0;
const FULL: f64 = PANEL_WIDTH - NAMES - FIGURES - MARGIN;

/// One task.
#[derive(Debug)]
pub struct Panel {
    /// Its name.
    pub title: String,
    /// What a figure means.
    pub subtitle: String,
    /// From top to bottom.
    pub bars: Vec<Bar>,
}

/// One system's line in a panel.
#[derive(Debug)]
pub struct Bar {
    /// The system's name.
    pub system: &'static str,
    /// What was measured, or a few words in its place.
    pub figure: Result<Spread, &'static str>,
}

/// Draws all panels, in the order given.
pub fn svg(title: &str, panels: &[Panel], machine: &Machine) -> String {
    let heights: Vec<_> = panels.chunks(COLUMNS).map(row_height).collect();
    let width = MARGIN + PANEL_WIDTH * COLUMNS as f64;
    let height = HEAD + heights.iter().sum::<f64>();

    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" font-family=\"system-ui, sans-serif\" font-size=\"12\" fill=\"#222\">\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>\n"
    );
    text(&mut svg, MARGIN, 28.0, "font-size=\"18\" font-weight=\"600\"", title);
    let Machine { date, processor, cores, kernel } = machine;
    let caption = format!("shorter is better; {date}, {processor}, {cores} cores, Linux {kernel}");
    text(&mut svg, MARGIN, 47.0, "fill=\"#666\"", &caption);
    let mut y = HEAD;
    for (row, height) in panels.chunks(COLUMNS).zip(heights) {
        for (column, panel) in row.iter().enumerate() {
            draw(&mut svg, MARGIN + column as f64 * PANEL_WIDTH, y, panel);
        }
        y += height;
    }
    svg.push_str("</svg>\n");
    svg
}

/// That of the tallest among panels that stand side by side.
fn row_height(panels: &[Panel]) -> f64 {
    let bars = panels.iter().map(|panel| panel.bars.len()).max().unwrap_or(0);
    TITLE + bars as f64 * (BAR + GAP) + MARGIN
}

fn draw(svg: &mut String, x: f64, y: f64, panel: &Panel) {
    text(svg, x, y + 14.0, "font-weight=\"600\"", &panel.title);
    text(svg, x, y + 28.0, "fill=\"#666\" font-size=\"11\"", &panel.subtitle);
    let figures = panel.bars.iter().filter_map(|bar| bar.figure.ok());
    let scale = FULL / figures.map(|spread| spread.max).fold(f64::MIN_POSITIVE, f64::max);
    for (line, bar) in panel.bars.iter().enumerate() {
        draw_bar(svg, x, y + TITLE + line as f64 * (BAR + GAP), scale, bar);
    }
}

fn draw_bar(svg: &mut String, x: f64, y: f64, scale: f64, bar: &Bar) {
    let baseline = y + BAR - 3.5;
    let bold = if bar.system == "greenroom" { "font-weight=\"600\"" } else { "" };
    text(svg, x, baseline, bold, bar.system);
    let x = x + NAMES;
    let Spread { median, min, max } = match bar.figure {
        Ok(spread) => spread,
        Err(what) => return text(svg, x, baseline, "fill=\"#999\" font-style=\"italic\"", what),
    };
    let _ = writeln!(
        svg,
        "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{BAR}\" fill=\"{}\"/>\
         <path d=\"M{:.1} {middle:.1}H{:.1}\" stroke=\"#222\" stroke-width=\"1.5\"/>",
        (median * scale).max(1.0),
        colour(bar.system),
        x + min * scale,
        x + max * scale,
        middle = y + BAR / 2.0,
    );
    text(svg, x + max * scale + 6.0, baseline, bold, &short(median));
}

/// Greenroom in green, rivals in quiet tones that also differ in brightness.
fn colour(system: &str) -> &'static str {
    match system {
        "greenroom" => "#2f9e5b",
        "tokio" => "#5b7fa6",
        "may" => "#c9a24d",
        "actix" => "#8f6fae",
        "ractor" => "#b86a5a",
        "erlang" => "#a84a5f",
        "go" => "#5aa7b0",
        "caf" => "#7d7363",
        _ => "#9aa3ab",
    }
}

fn text(svg: &mut String, x: f64, y: f64, style: &str, words: &str) {
    let escaped = words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let _ = writeln!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\" {style}>{escaped}</text>");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_system_has_a_line_and_a_bar_is_as_long_as_its_figure() {
        let machine =
            Machine { date: "today".into(), processor: "A & B".into(), cores: 2, kernel: "6".into() };
        let of = |figure| Ok(Spread { median: figure, min: figure, max: figure });
        let bars = vec![
            Bar { system: "tokio", figure: of(100.0) },
            Bar { system: "kameo", figure: of(50.0) },
            Bar { system: "may", figure: Err("cannot do this size") },
        ];
        let svg = svg("Title", &[Panel { title: "skynet".into(), subtitle: "ns".into(), bars }], &machine);
        assert!(svg.contains(&format!("width=\"{FULL:.1}\"")), "{svg}");
        assert!(svg.contains(&format!("width=\"{:.1}\"", FULL / 2.0)), "{svg}");
        assert!(svg.contains("cannot do this size") && svg.contains("A &amp; B"), "{svg}");
    }
}
