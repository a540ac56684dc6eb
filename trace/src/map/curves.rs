//! The arrows of an actor map: curves that go around the boxes, and labels that lie on none.

use super::layout::touch;
use super::{ActorMap, Link};
use crate::picture::Area;
use crate::picture::text::{LINE, width};

/// How far a curve may be bent to go around boxes, the least first.
const BENDS: [i32; 13] = [0, -40, 40, -80, 80, -130, 130, -190, 190, -260, 260, -340, 340];
/// How far above or below its curve a label may stand, the best first.
const ASIDE: [i32; 7] = [0, -20, 20, -40, 40, -60, 60];
/// A curve is looked at in so many points.
const SAMPLES: i32 = 32;

/// A Bézier curve, and its label.
#[derive(Clone, Debug)]
pub(super) struct Curve {
    /// Its beginning, the two points that draw it towards them, and its end.
    pub(super) control: [(i32, i32); 4],
    /// What the label covers; where there is nothing to write, nothing.
    pub(super) label: Area,
}

impl Curve {
    /// Points along it, from its beginning to its end.
    pub(super) fn points(&self) -> impl Iterator<Item = (i32, i32)> + '_ {
        (0..=SAMPLES).map(|step| self.at(f64::from(step) / f64::from(SAMPLES)))
    }

    /// The point at a part of the way.
    pub(super) fn at(&self, part: f64) -> (i32, i32) {
        let rest = 1.0 - part;
        let weights =
            [rest * rest * rest, 3.0 * rest * rest * part, 3.0 * rest * part * part, part * part * part];
        let sum = |value: fn(&(i32, i32)) -> i32| {
            let parts =
                self.control.iter().zip(weights).map(|(point, weight)| f64::from(value(point)) * weight);
            parts.sum::<f64>().round() as i32
        };
        (sum(|point| point.0), sum(|point| point.1))
    }
}

/// One curve for each link.
pub(super) fn draw_curves(map: &ActorMap, boxes: &[Area], columns: &[usize]) -> Vec<Curve> {
    let ends = ends(map, boxes, columns);
    let mut curves: Vec<Curve> =
        map.links.iter().zip(ends).map(|(link, [from, to])| bend(link, from, to, boxes)).collect();
    let points: Vec<Vec<(i32, i32)>> = curves.iter().map(|curve| curve.points().collect()).collect();
    for (at, link) in map.links.iter().enumerate() {
        curves[at].label = find_room(link, at, &curves, &points, boxes);
    }
    curves
}

/// A point on a box's side.
#[derive(Clone, Copy, Debug)]
struct End {
    x: i32,
    y: i32,
    /// 1 if the side is the right one, and -1 otherwise.
    out: i32,
}

/// Where each link begins and ends. Those on one side of a box share it evenly, in the order of the boxes that they
/// lead to, so that they do not cross at once.
fn ends(map: &ActorMap, boxes: &[Area], columns: &[usize]) -> Vec<[End; 2]> {
    let mut on_sides: Vec<[Vec<(i32, usize, usize)>; 2]> = vec![Default::default(); boxes.len()];
    let mut sides = Vec::new();
    for (number, link) in map.links.iter().enumerate() {
        let (from, to) = (columns[link.from], columns[link.to]);
        // To a later column from right to left, to an earlier one from left to right, and else around on the right.
        let (from_side, to_side) = (usize::from(from <= to), usize::from(from >= to));
        sides.push([from_side, to_side]);
        let middle = |at: usize| boxes[at].y + boxes[at].height / 2;
        on_sides[link.from][from_side].push((middle(link.to), number, 0));
        on_sides[link.to][to_side].push((middle(link.from), number, 1));
    }
    let nowhere = End { x: 0, y: 0, out: 1 };
    let mut ends = vec![[nowhere; 2]; map.links.len()];
    for (area, both) in boxes.iter().zip(&mut on_sides) {
        for (side, on_side) in both.iter_mut().enumerate() {
            on_side.sort_unstable();
            for (place, (_, number, end)) in on_side.iter().enumerate() {
                let y = area.y + area.height * (place as i32 + 1) / (on_side.len() as i32 + 1);
                let (x, out) = if side == 1 { (area.right(), 1) } else { (area.x, -1) };
                ends[*number][*end] = End { x, y, out };
            }
        }
    }
    ends
}

/// The curve that is bent the least of those that hit the fewest boxes.
fn bend(link: &Link, from: End, to: End, boxes: &[Area]) -> Curve {
    let apart = (to.x - from.x).abs();
    let reach = if from.out == to.out { 50 + (to.y - from.y).abs() / 5 } else { (apart / 2).clamp(40, 200) };
    let candidates = BENDS.iter().map(|bend| {
        let control = [
            (from.x, from.y),
            (from.x + from.out * reach, from.y + bend),
            (to.x + to.out * reach, to.y + bend),
            (to.x, to.y),
        ];
        Curve { control, label: Area::default() }
    });
    let others = || boxes.iter().enumerate().filter(|(at, _)| *at != link.from && *at != link.to);
    let hits = |curve: &Curve| {
        let point = |(x, y)| Area { x, y, width: 1, height: 1 };
        curve.points().filter(|at| others().any(|(_, area)| touch(&point(*at), area, 6))).count()
    };
    candidates.min_by_key(hits).expect("there are bends to choose from")
}

/// A place for the label on its curve that covers no box and no label, and as little of other curves as can be. If there
/// is none near the curve, the nearest above or below its middle.
fn find_room(
    link: &Link,
    number: usize,
    curves: &[Curve],
    points: &[Vec<(i32, i32)>],
    boxes: &[Area],
) -> Area {
    let lines = link.lines();
    let wide = lines.iter().map(|line| width(line)).max().unwrap_or(0) + 4;
    let high = lines.len() as i32 * LINE;
    let curve = &curves[number];
    let around = |(x, y): (i32, i32)| Area { x: x - wide / 2, y: y - high / 2, width: wide, height: high };
    let is_free = |area: &Area| {
        let labels = curves[..number].iter().map(|earlier| &earlier.label);
        !boxes.iter().chain(labels).any(|taken| touch(area, taken, 2))
    };
    let covered = |area: &Area| {
        let others = points.iter().enumerate().filter(|(at, _)| *at != number);
        let inside =
            |(x, y): &(i32, i32)| area.x <= *x && *x <= area.right() && area.y <= *y && *y <= area.bottom();
        others.flat_map(|(_, other)| other).filter(|point| inside(point)).count()
    };
    // Along the middle two thirds of the curve, from its middle outwards.
    let spots: Vec<Area> = (0..=SAMPLES * 2 / 3)
        .map(|step| (SAMPLES + if step % 2 == 0 { step } else { -step }) / 2)
        .map(|step| around(points[number][step as usize]))
        .collect();
    for aside in ASIDE {
        let moved = spots.iter().map(|spot| Area { y: spot.y + aside, ..*spot });
        if let Some(best) = moved.filter(is_free).min_by_key(covered) {
            return best;
        }
    }
    let (x, y) = curve.at(0.5);
    let mut aside = (1..).flat_map(|step| [(x, y - 6 * step), (x, y + 6 * step)]).map(around);
    aside.find(is_free).expect("there is no end of room above")
}
