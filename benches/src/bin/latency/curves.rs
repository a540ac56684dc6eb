//! The results as a picture: for each load a panel, and in it a curve a system, from the quickest request to the slowest.
//!
//! Both axes are logarithmic: to the right by how few are slower, so that each nine takes the same room; upwards by time.

use std::collections::BTreeSet;
use std::error::Error;
use std::path::Path;

use greenroom_benches::machine::Machine;
use plotters::coord::Shift;
use plotters::prelude::*;

use crate::measure::QUANTILES;
use crate::report::Row;

const PANEL: (u32, u32) = (560, 400);
const HEAD: u32 = 60;
/// The longest request of all is drawn where one in so many is slower.
const LAST: f64 = 100_000.0;
const MARKS: [(f64, &str); 6] =
    [(1.0, "0"), (2.0, "p50"), (10.0, "p90"), (100.0, "p99"), (1_000.0, "p99.9"), (10_000.0, "p99.99")];

/// Draws into a file, as SVG.
///
/// # Errors
/// If the file cannot be written.
pub(crate) fn draw(machine: &Machine, rows: &[Row], file: &Path) -> Result<(), Box<dyn Error>> {
    let loads: BTreeSet<_> = rows.iter().map(|row| row.load).collect();
    let lines = loads.len().div_ceil(2) as u32;
    let size = (PANEL.0 * 2, HEAD + PANEL.1 * lines);
    let area = SVGBackend::new(file, size).into_drawing_area();
    area.fill(&WHITE)?;
    let title = ("sans-serif", 22).into_text_style(&area);
    area.draw_text("Latency from the moment due to the reply handled", &title, (20, 10))?;
    let Machine { date, processor, cores, kernel } = machine;
    let caption = format!("{date}, {processor}, {cores} cores, Linux {kernel}; lower is better");
    area.draw_text(&caption, &("sans-serif", 14, &BLACK.mix(0.6)).into_text_style(&area), (20, 36))?;
    let panels = area.margin(HEAD, 0, 0, 0).split_evenly((lines as usize, 2));
    for (panel, &load) in panels.iter().zip(&loads) {
        let rows: Vec<_> = rows.iter().filter(|row| row.load == load && !row.failed()).collect();
        draw_load(panel, load, &rows)?;
    }
    area.present()?;
    Ok(())
}

fn draw_load(
    panel: &DrawingArea<SVGBackend<'_>, Shift>,
    load: u32,
    rows: &[&Row],
) -> Result<(), Box<dyn Error>> {
    let all = || rows.iter().flat_map(|row| row.latencies.iter().copied());
    let highest = all().fold(1_000.0, f64::max) * 1.5;
    let mut chart = ChartBuilder::on(panel)
        .caption(format!("{load} % of capacity"), ("sans-serif", 18))
        .margin(14)
        .x_label_area_size(40)
        .y_label_area_size(64)
        .build_cartesian_2d(
            (1.0..LAST * 1.2).log_scale().with_key_points(MARKS.map(|(place, _)| place).to_vec()),
            (15.0..highest).log_scale(),
        )?;
    chart
        .configure_mesh()
        .light_line_style(BLACK.mix(0.04))
        .bold_line_style(BLACK.mix(0.12))
        .x_label_formatter(&|place| mark(*place))
        .y_label_formatter(&|micros| micros_text(*micros))
        .label_style(("sans-serif", 13))
        .draw()?;
    for row in rows {
        let (colour, width) = colour(row.system);
        let points = QUANTILES.iter().zip(&row.latencies).map(|(&quantile, &micros)| {
            let slower = (1.0 - quantile).max(1.0 / LAST);
            (1.0 / slower, micros)
        });
        let style = colour.stroke_width(width);
        chart
            .draw_series(LineSeries::new(points, style))?
            .label(row.system)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], style));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .label_font(("sans-serif", 13))
        .background_style(WHITE.mix(0.8))
        .border_style(BLACK.mix(0.2))
        .draw()?;
    Ok(())
}

fn mark(place: f64) -> String {
    let known = MARKS.iter().find(|(known, _)| (place / known - 1.0).abs() < 0.01);
    known.map_or_else(String::new, |(_, name)| (*name).to_owned())
}

fn micros_text(micros: f64) -> String {
    match micros {
        ..1e3 => format!("{micros:.0} us"),
        1e3..1e6 => format!("{:.0} ms", micros / 1e3),
        _ => format!("{:.0} s", micros / 1e6),
    }
}

/// Greenroom in green, rivals in quiet tones that also differ in brightness: as in the chart of `side-by-side`.
fn colour(system: &str) -> (RGBColor, u32) {
    match system {
        "greenroom" => (RGBColor(0x2f, 0x9e, 0x5b), 3),
        "greenroom-bounded" => (RGBColor(0x12, 0x5c, 0x30), 3),
        "tokio" => (RGBColor(0x5b, 0x7f, 0xa6), 2),
        "may" => (RGBColor(0xc9, 0xa2, 0x4d), 2),
        "actix" => (RGBColor(0x8f, 0x6f, 0xae), 2),
        "ractor" => (RGBColor(0xb8, 0x6a, 0x5a), 2),
        _ => (RGBColor(0x9a, 0xa3, 0xab), 2),
    }
}
