//! The survey as a picture: mean hops over the number of nodes, beside half of its binary logarithm.

use std::path::Path;

use plotters::prelude::*;

use crate::survey::{Sum, Survey};

const SIZE: (u32, u32) = (860, 520);
const GREEN: RGBColor = RGBColor(47, 158, 91);
const AMBER: RGBColor = RGBColor(201, 122, 40);
const GREY: RGBColor = RGBColor(130, 130, 130);

/// Draws into a file, as SVG.
///
/// # Errors
/// If the file cannot be written.
pub(crate) fn draw(rings: &[Survey], file: &Path) -> greenroom::Result {
    let most = rings.iter().map(|ring| ring.nodes).max().unwrap_or(10).max(20) as f64;
    let highest = rings.iter().flat_map(|ring| [ring.calm.mean(), ring.storm.mean()]).fold(4.0, f64::max);
    let area = SVGBackend::new(file, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .caption("Chord: how far a lookup goes", ("sans-serif", 22))
        .margin(18)
        .x_label_area_size(48)
        .y_label_area_size(52)
        .build_cartesian_2d((8.0..most * 1.3).log_scale(), 0.0..highest + 1.0)?;
    chart
        .configure_mesh()
        .light_line_style(BLACK.mix(0.04))
        .bold_line_style(BLACK.mix(0.12))
        .x_desc("nodes")
        .y_desc("hops of a lookup, on average")
        .x_label_formatter(&|nodes| format!("{nodes:.0}"))
        .y_label_formatter(&|hops| format!("{hops:.0}"))
        .label_style(("sans-serif", 14))
        .draw()?;

    let sizes = || rings.iter().map(|ring| ring.nodes as f64);
    let line = LineSeries::new(sizes().map(|nodes| (nodes, nodes.log2() / 2.0)), GREY.stroke_width(2));
    chart.draw_series(line)?.label("half the binary logarithm of the nodes").legend(|(x, y)| key(x, y, GREY));
    type Measured = fn(&Survey) -> Sum;
    let of: [(Measured, _, _); 2] = [
        (|ring| ring.calm, "measured, in an ideal ring", GREEN),
        (|ring| ring.storm, "measured, while nodes come, leave and crash", AMBER),
    ];
    for (sum, label, colour) in of {
        let points: Vec<_> = sizes().zip(rings.iter().map(|ring| sum(ring).mean())).collect();
        chart.draw_series(LineSeries::new(points.clone(), colour.stroke_width(2)))?;
        let dots = points.into_iter().map(|point| Circle::new(point, 4, colour.filled()));
        chart.draw_series(dots)?.label(label).legend(move |(x, y)| key(x, y, colour));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .label_font(("sans-serif", 14))
        .background_style(WHITE)
        .border_style(BLACK.mix(0.2))
        .draw()?;
    area.present()?;
    Ok(())
}

fn key(x: i32, y: i32, colour: RGBColor) -> PathElement<(i32, i32)> {
    PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2))
}
