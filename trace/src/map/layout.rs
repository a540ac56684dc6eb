//! Where everything in an actor map stands: numbers, no picture yet.

use super::ActorMap;
use super::curves::{Curve, draw_curves};
use super::places::place_boxes;
use crate::picture::Area;

/// Where everything stands.
#[derive(Debug, Default)]
pub(super) struct Layout {
    /// In the order of the map's boxes.
    pub(super) boxes: Vec<Area>,
    /// In the order of the map's links.
    pub(super) curves: Vec<Curve>,
    /// Around all of it.
    pub(super) whole: Area,
}

pub(super) fn lay_out(map: &ActorMap) -> Layout {
    let (boxes, columns) = place_boxes(map);
    let curves = draw_curves(map, &boxes, &columns);
    let reached = curves.iter().flat_map(|curve| {
        let points = curve.points().map(|(x, y)| Area { x, y, width: 0, height: 0 });
        points.chain([curve.label])
    });
    let whole = boxes.iter().copied().chain(reached).reduce(around).unwrap_or_default();
    Layout { boxes, curves, whole }
}

/// The least area that holds both.
fn around(a: Area, b: Area) -> Area {
    let (x, y) = (a.x.min(b.x), a.y.min(b.y));
    Area { x, y, width: a.right().max(b.right()) - x, height: a.bottom().max(b.bottom()) - y }
}

/// Whether two areas have a point in common, or nearly so.
pub(super) fn touch(a: &Area, b: &Area, margin: i32) -> bool {
    a.x < b.right() + margin
        && b.x < a.right() + margin
        && a.y < b.bottom() + margin
        && b.y < a.bottom() + margin
}

#[cfg(test)]
mod tests {
    use super::super::{Link, Party};
    use super::*;

    fn party(number: usize) -> Party {
        let label = format!("Worker#0.{number}");
        Party { label, kind: None, node: None, panics: 0, is_outside: false }
    }

    fn link(from: usize, to: usize) -> Link {
        Link { from, to, methods: vec![("work".into(), 3), ("rest".into(), 1)], errors: 1, lost: 0 }
    }

    /// Everybody talks to itself, to its neighbours, and to someone farther off.
    fn busy(count: usize) -> ActorMap {
        let links = (0..count).flat_map(|at| [1, 4, count - 1].map(|far| (at, (at + far) % count)));
        let mut links: Vec<_> = links.chain([(0, 0)]).map(|(from, to)| link(from, to)).collect();
        links.dedup();
        ActorMap { title: String::new(), boxes: (0..count).map(party).collect(), links }
    }

    #[test]
    fn no_box_and_no_label_lies_upon_another() {
        for count in [1, 2, 5, 12, 30] {
            let layout = lay_out(&busy(count));
            let labels = layout.curves.iter().map(|curve| curve.label);
            let areas: Vec<Area> = layout.boxes.iter().copied().chain(labels).collect();
            for (at, one) in areas.iter().enumerate() {
                for other in &areas[at + 1..] {
                    assert!(!touch(one, other, 0), "{one:?} lies upon {other:?}, of {count}");
                }
            }
        }
    }

    #[test]
    fn arrows_begin_and_end_at_the_sides_of_their_boxes() {
        let map = busy(12);
        let layout = lay_out(&map);
        for (link, curve) in map.links.iter().zip(&layout.curves) {
            let ends = [(link.from, curve.points().next()), (link.to, curve.points().last())];
            for (at, end) in ends {
                let (area, (x, y)) = (layout.boxes[at], end.expect("a curve has two ends"));
                assert!(x == area.x || x == area.right(), "{curve:?} ends off {area:?}");
                assert!(area.y < y && y < area.bottom(), "{curve:?} ends off {area:?}");
            }
        }
    }
}
