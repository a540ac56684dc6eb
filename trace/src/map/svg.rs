//! An actor map as SVG. It draws what the layout says.

use std::fmt::{self, Write};

use super::curves::Curve;
use super::layout::{lay_out, touch};
use super::{ActorMap, Link, Party};
use crate::picture::Area;
use crate::picture::text::{LINE, clip, escape, width};

const STYLE: &str = include_str!("map.css");
const MARGIN: i32 = 20;

impl ActorMap {
    /// The map as a picture by itself: light or dark, as the reader's system asks. What went wrong is red.
    #[must_use]
    pub fn to_svg(&self) -> String {
        let mut svg = String::new();
        // Nothing fails to write into a string.
        let _ = self.write_svg(&mut svg);
        svg
    }

    fn write_svg(&self, svg: &mut String) -> fmt::Result {
        let layout = lay_out(self);
        let title = clip(&self.title, 100);
        let (x, y) = (layout.whole.x - MARGIN, layout.whole.y - MARGIN - 24);
        let wide = layout.whole.width.max(width(&title)) + 2 * MARGIN;
        let high = layout.whole.height + 2 * MARGIN + 24;
        writeln!(
            svg,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{wide}\" height=\"{high}\" \
             viewBox=\"{x} {y} {wide} {high}\">\n<style>\n{STYLE}</style>\n\
             <rect class=\"paper\" x=\"{x}\" y=\"{y}\" width=\"{wide}\" height=\"{high}\"/>\n\
             <text class=\"title\" x=\"{}\" y=\"{}\">{}</text>",
            x + MARGIN,
            y + MARGIN + 8,
            escape(&title)
        )?;
        for (link, curve) in self.links.iter().zip(&layout.curves) {
            draw_line(svg, link, curve)?;
        }
        for (party, area) in self.boxes.iter().zip(&layout.boxes) {
            draw_party(svg, party, area)?;
        }
        for (link, curve) in self.links.iter().zip(&layout.curves) {
            draw_leader(svg, curve)?;
            self.draw_label(svg, link, curve)?;
        }
        svg.write_str("</svg>\n")
    }

    fn draw_label(&self, svg: &mut String, link: &Link, curve: &Curve) -> fmt::Result {
        let (from, to) = (&self.boxes[link.from].label, &self.boxes[link.to].label);
        write!(svg, "<g><title>{} → {}", escape(from), escape(to))?;
        for (method, count) in &link.methods {
            write!(svg, "\n{} ×{count}", escape(method))?;
        }
        svg.write_str("</title>")?;
        let lines = link.lines();
        let bad = usize::from(link.errors > 0) + usize::from(link.lost > 0);
        for (at, line) in lines.iter().enumerate() {
            let class = if at + bad >= lines.len() { "label bad" } else { "label" };
            put_line(svg, &curve.label, at, line, class)?;
        }
        svg.write_str("</g>\n")
    }
}

/// The curve, up to where its tip begins.
fn draw_line(svg: &mut String, link: &Link, curve: &Curve) -> fmt::Result {
    let class = if link.is_troubled() { "link troubled" } else { "link" };
    let [(x0, y0), (x1, y1), (x2, y2), (x3, y3)] = curve.control;
    let thickness = link.thickness() as i32;
    // The tip lies along the last bit of the curve; thick lines have a larger one.
    let (before_x, before_y) = curve.at(0.94);
    let (along_x, along_y) = (f64::from(x3 - before_x), f64::from(y3 - before_y));
    let length = (along_x * along_x + along_y * along_y).sqrt().max(1.0);
    let (along_x, along_y) = (along_x / length, along_y / length);
    let (long, half) = (f64::from(8 + thickness), f64::from(4 + thickness / 2));
    let (end_x, end_y) = (f64::from(x3), f64::from(y3));
    let (back_x, back_y) = (end_x - along_x * long, end_y - along_y * long);
    writeln!(
        svg,
        "<g class=\"{class}\"><path class=\"line\" stroke-width=\"{thickness}\" \
         d=\"M{x0} {y0} C{x1} {y1} {x2} {y2} {back_x:.0} {back_y:.0}\"/>\
         <path class=\"tip\" d=\"M{x3} {y3} L{:.1} {:.1} L{:.1} {:.1} z\"/></g>",
        back_x - along_y * half,
        back_y + along_x * half,
        back_x + along_y * half,
        back_y - along_x * half,
    )
}

/// A thin line from a label that found no room on its curve.
fn draw_leader(svg: &mut String, curve: &Curve) -> fmt::Result {
    let Area { x, y, width, height } = curve.label;
    let (middle_x, middle_y) = (x + width / 2, y + height / 2);
    let far = |(to_x, to_y): &(i32, i32)| (to_x - middle_x).pow(2) + (to_y - middle_y).pow(2);
    let (to_x, to_y) = curve.points().min_by_key(far).expect("a curve has points");
    let point = Area { x: to_x, y: to_y, width: 0, height: 0 };
    if touch(&curve.label, &point, 2) {
        return Ok(());
    }
    writeln!(svg, "<path class=\"leader\" d=\"M{middle_x} {middle_y} L{to_x} {to_y}\"/>")
}

fn draw_party(svg: &mut String, party: &Party, area: &Area) -> fmt::Result {
    let class = match party {
        Party { is_outside: true, .. } => "party outside",
        Party { panics: 1.., .. } => "party panicked",
        _ => "party",
    };
    let Area { x, y, width, height } = area;
    write!(
        svg,
        "<g class=\"{class}\"><rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"6\"/>"
    )?;
    let lines = party.lines();
    let high = lines.len() as i32 * LINE;
    let inner = Area { y: y + (height - high) / 2, height: high, ..*area };
    for (at, line) in lines.iter().enumerate() {
        let class = match at {
            0 => "",
            _ if party.panics > 0 && at == lines.len() - 1 => "bad",
            _ => "faint",
        };
        put_line(svg, &inner, at, line, class)?;
    }
    svg.write_str("</g>\n")
}

/// A line of text within an area, so many lines from its top.
fn put_line(svg: &mut String, area: &Area, at: usize, line: &str, class: &str) -> fmt::Result {
    let x = area.x + area.width / 2;
    let y = area.y + LINE * (at as i32 + 1) - 4;
    write!(svg, "<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{}</text>", escape(line))
}
