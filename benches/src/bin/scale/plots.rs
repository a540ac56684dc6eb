//! The results as a picture: a panel a question, and in it a line for each thing that was measured.
//!
//! Both axes are logarithmic, so that a cost which does not grow is level at any height. Dots are medians; a bar through a
//! dot goes from the least run to the most.

use std::error::Error;
use std::path::Path;

use greenroom_benches::machine::Machine;
use plotters::coord::Shift;
use plotters::prelude::*;

use crate::cli::Settings;
use crate::report::{Figure, Row};
use crate::sweeps::Sweep;

const PANEL: (u32, u32) = (520, 340);
const HEAD: u32 = 60;
const COLOURS: [RGBColor; 3] =
    [RGBColor(0x2f, 0x9e, 0x5b), RGBColor(0x5b, 0x7f, 0xa6), RGBColor(0xc9, 0x7a, 0x28)];

/// Draws into a file, as SVG.
///
/// # Errors
/// If the file cannot be written.
pub(crate) fn draw(
    machine: &Machine,
    settings: &Settings,
    rows: &[Row],
    file: &Path,
) -> Result<(), Box<dyn Error>> {
    let lines = settings.sweeps.len().div_ceil(2);
    let size = (PANEL.0 * 2, HEAD + PANEL.1 * lines as u32);
    let area = SVGBackend::new(file, size).into_drawing_area();
    area.fill(&WHITE)?;
    let title = ("sans-serif", 22).into_text_style(&area);
    area.draw_text("What one more costs where there are many", &title, (20, 10))?;
    let Machine { date, processor, cores, kernel } = machine;
    let caption = format!(
        "{date}, {processor}, {cores} cores, Linux {kernel}; {} workers; lower is better",
        settings.workers
    );
    area.draw_text(&caption, &("sans-serif", 14, &BLACK.mix(0.6)).into_text_style(&area), (20, 36))?;
    let panels = area.margin(HEAD, 0, 0, 0).split_evenly((lines, 2));
    for (panel, sweep) in panels.iter().zip(&settings.sweeps) {
        let rows: Vec<_> = rows.iter().filter(|row| row.sweep == sweep.name && !row.failed()).collect();
        if !rows.is_empty() {
            draw_sweep(panel, sweep, &rows)?;
        }
    }
    area.present()?;
    Ok(())
}

fn draw_sweep(
    panel: &DrawingArea<SVGBackend<'_>, Shift>,
    sweep: &Sweep,
    rows: &[&Row],
) -> Result<(), Box<dyn Error>> {
    let sizes = || rows.iter().map(|row| row.size as f64);
    let (first, last) = (sizes().fold(f64::MAX, f64::min), sizes().fold(1.0, f64::max));
    let figures = || rows.iter().flat_map(|row| &row.figures);
    // A figure of nothing has no place on a logarithmic axis.
    let lowest = figures().map(|figure| figure.min.max(0.1)).fold(f64::MAX, f64::min);
    let highest = figures().map(|figure| figure.max).fold(1.0, f64::max);
    let mut chart = ChartBuilder::on(panel)
        .caption(sweep.question, ("sans-serif", 13))
        .margin(12)
        .x_label_area_size(38)
        .y_label_area_size(60)
        .build_cartesian_2d(
            (first / 1.3..last * 1.3).log_scale(),
            (lowest / 2.0..highest * 6.0).log_scale(),
        )?;
    chart
        .configure_mesh()
        .light_line_style(BLACK.mix(0.04))
        .bold_line_style(BLACK.mix(0.12))
        .x_desc(sweep.counts)
        .x_label_formatter(&|size| whole(*size))
        .y_label_formatter(&|figure| whole(*figure))
        .label_style(("sans-serif", 12))
        .draw()?;
    for (place, (name, unit)) in sweep.figures.iter().enumerate() {
        let colour = COLOURS[place % COLOURS.len()];
        let points: Vec<(f64, &Figure)> =
            rows.iter().map(|row| (row.size as f64, &row.figures[place])).collect();
        let medians = points.iter().map(|(size, figure)| (*size, figure.median.max(lowest)));
        chart.draw_series(LineSeries::new(medians.clone(), colour.stroke_width(2)))?;
        chart
            .draw_series(medians.map(|point| Circle::new(point, 3, colour.filled())))?
            .label(format!("{name}, {unit}"))
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], colour.stroke_width(2)));
        chart.draw_series(points.iter().map(|(size, figure)| {
            let ends = [(*size, figure.min.max(lowest)), (*size, figure.max.max(lowest))];
            PathElement::new(ends, colour.mix(0.5).stroke_width(1))
        }))?;
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperRight)
        .label_font(("sans-serif", 12))
        .background_style(WHITE.mix(0.8))
        .border_style(BLACK.mix(0.2))
        .draw()?;
    Ok(())
}

/// With commas, as the tables of the documentation have them.
fn whole(number: f64) -> String {
    let digits = format!("{number:.0}");
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    groups.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_commas() {
        assert_eq!([1.0, 999.6, 1_000_000.0].map(whole), ["1", "1,000", "1,000,000"]);
    }
}
