//! The results as a picture: an SVG with one panel per workload and one bar per system, shorter being better.
//!
//! Bars are medians on a linear scale from zero; the thin line across a bar's end goes from the least run to the
//! most. Written by hand, because all it takes is rectangles and text, and a plotting library takes minutes to build.

use std::fmt::Write;

use greenroom_benches::machine::Machine;

use crate::report::{Row, short};
use crate::workloads::Workload;

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

/// Draws all rows, by workload in the order given.
pub(crate) fn svg(workloads: &[Workload], rows: &[Row], machine: &Machine) -> String {
    let panels: Vec<(Workload, Vec<&Row>)> = workloads
        .iter()
        .map(|&workload| (workload, rows.iter().filter(|row| row.workload == workload.name()).collect()))
        .collect();
    let tallest = panels.iter().map(|(_, rows)| rows.len()).max().unwrap_or(0);
    let panel_height = TITLE + tallest as f64 * (BAR + GAP) + MARGIN;
    let width = MARGIN + PANEL_WIDTH * COLUMNS as f64;
    let height = HEAD + panel_height * panels.len().div_ceil(COLUMNS) as f64;

    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" font-family=\"system-ui, sans-serif\" font-size=\"12\" fill=\"#222\">\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>\n"
    );
    text(
        &mut svg,
        MARGIN,
        28.0,
        "font-size=\"18\" font-weight=\"600\"",
        "Greenroom and its rivals, side by side",
    );
    let Machine { date, processor, cores, kernel } = machine;
    let caption = format!("shorter is better; {date}, {processor}, {cores} cores, Linux {kernel}");
    text(&mut svg, MARGIN, 47.0, "fill=\"#666\"", &caption);
    for (place, (workload, rows)) in panels.iter().enumerate() {
        let x = MARGIN + (place % COLUMNS) as f64 * PANEL_WIDTH;
        let y = HEAD + (place / COLUMNS) as f64 * panel_height;
        panel(&mut svg, x, y, *workload, rows);
    }
    svg.push_str("</svg>\n");
    svg
}

fn panel(svg: &mut String, x: f64, y: f64, workload: Workload, rows: &[&Row]) {
    text(svg, x, y + 14.0, "font-weight=\"600\"", workload.name());
    text(svg, x, y + 28.0, "fill=\"#666\" font-size=\"11\"", workload.question());
    let longest = rows.iter().filter_map(|row| row.max.or(row.figure())).fold(f64::MIN_POSITIVE, f64::max);
    let scale = FULL / longest;
    for (line, row) in rows.iter().enumerate() {
        bar(svg, x, y + TITLE + line as f64 * (BAR + GAP), scale, row);
    }
}

fn bar(svg: &mut String, x: f64, y: f64, scale: f64, row: &Row) {
    let baseline = y + BAR - 3.5;
    let bold = if row.system == "greenroom" { "font-weight=\"600\"" } else { "" };
    text(svg, x, baseline, bold, row.system);
    let x = x + NAMES;
    let Some(figure) = row.figure() else {
        let what = if row.failed() { "failed" } else { "cannot do this size" };
        text(svg, x, baseline, "fill=\"#999\" font-style=\"italic\"", what);
        return;
    };
    let (min, max) = (row.min.unwrap_or(figure) * scale, row.max.unwrap_or(figure) * scale);
    let _ = writeln!(
        svg,
        "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{BAR}\" fill=\"{}\"/>\
         <path d=\"M{:.1} {middle:.1}H{:.1}\" stroke=\"#222\" stroke-width=\"1.5\"/>",
        (figure * scale).max(1.0),
        colour(row.system),
        x + min,
        x + max,
        middle = y + BAR / 2.0,
    );
    text(svg, x + max + 6.0, baseline, bold, &short(figure));
}

/// Greenroom in green, rivals in quiet tones that also differ in brightness.
fn colour(system: &str) -> &'static str {
    match system {
        "greenroom" => "#2f9e5b",
        "tokio" => "#5b7fa6",
        "may" => "#c9a24d",
        "actix" => "#8f6fae",
        "ractor" => "#b86a5a",
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
    use crate::report::Params;

    fn row(system: &'static str, figure: Option<f64>) -> Row {
        Row {
            workload: "skynet",
            system,
            params: Params { workers: 2, actors: 1, operations: 1 },
            ns_per_op: figure,
            min: figure,
            max: figure,
            runs: 1,
            bytes_per_actor: None,
            peak_rss_bytes: None,
            vs_best_rival: None,
            ok: figure.map(|_| true),
            unsupported: figure.is_none().then(|| "too large".to_owned()),
            error: None,
        }
    }

    #[test]
    fn every_system_has_a_line_and_a_bar_is_as_long_as_its_figure() {
        let machine =
            Machine { date: "today".into(), processor: "A & B".into(), cores: 2, kernel: "6".into() };
        let rows = [row("tokio", Some(100.0)), row("kameo", Some(50.0)), row("may", None)];
        let svg = svg(&[Workload::Skynet], &rows, &machine);
        assert!(svg.contains(&format!("width=\"{FULL:.1}\"")), "{svg}");
        assert!(svg.contains(&format!("width=\"{:.1}\"", FULL / 2.0)), "{svg}");
        assert!(svg.contains("cannot do this size") && svg.contains("A &amp; B"), "{svg}");
    }
}
